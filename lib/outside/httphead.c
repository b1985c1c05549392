#include "outside/httphead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
http_validator(const struct http_response *r, const char *name,
	       char to[FETCH_VALIDATOR_MAX])
{
	const char *v = http_header(r, name);
	size_t i, n;

	*to = '\0';
	if (v == NULL)
		return;
	n = strlen(v);
	while (n > 0 && (v[n - 1] == ' ' || v[n - 1] == '\t'))
		n--;
	if (n >= FETCH_VALIDATOR_MAX)
		return;
	for (i = 0; i < n; i++)
		if ((unsigned char)v[i] < ' ' || v[i] == 0x7f)
			return;
	memcpy(to, v, n);
	to[n] = '\0';
}

/* One number and the text behind it. */
static bool
take_u64(const char **p, const char *behind, uint64_t *v)
{
	char *end;

	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	*v = strtoull(*p, &end, 10);
	if (errno != 0 || strncmp(end, behind, strlen(behind)) != 0)
		return false;
	*p = end + strlen(behind);
	return true;
}

bool
http_rest(const struct http_response *r, uint64_t *first, uint64_t *whole)
{
	const char *p = http_header(r, "content-range");
	uint64_t last;

	if (p == NULL || strncasecmp(p, "bytes ", 6) != 0)
		return false;
	p += 6;
	return take_u64(&p, "-", first) && take_u64(&p, "/", &last) &&
	       take_u64(&p, "", whole) && *whole > 0 && last == *whole - 1;
}

bool
http_length(const struct http_response *r, uint64_t *n)
{
	const char *v = http_header(r, "content-length");

	return v != NULL && http_header(r, "transfer-encoding") == NULL &&
	       take_u64(&v, "", n);
}
