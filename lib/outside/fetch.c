#include "outside/fetch.h"

#include <string.h>
#include <strings.h>

#define HIDDEN "***"

struct text {
	char *p;
	size_t n;
};

static void
add(struct text *t, const char *p, size_t n)
{
	if (n > FETCH_URL_MAX - t->n)
		n = FETCH_URL_MAX - t->n;
	memcpy(t->p + t->n, p, n);
	t->n += n;
	t->p[t->n] = '\0';
}

/* "?a=b&c" as "?a=***&***". */
static void
add_query(struct text *t, const char *p)
{
	while (*p != '\0') {
		const size_t n = strcspn(p + 1, "&");
		const char *eq = memchr(p + 1, '=', n);

		add(t, p, eq != NULL ? (size_t)(eq + 1 - p) : 1);
		if (n > 0)
			add(t, HIDDEN, strlen(HIDDEN));
		p += 1 + n;
	}
}

void
fetch_url_shown(const char *url, char shown[FETCH_URL_MAX + 1])
{
	struct text t = {shown, 0};
	const char *host = strstr(url, "://"), *end, *at;
	const bool secret_query = strncasecmp(url, "http", 4) == 0 ||
				  strncasecmp(url, "s3:", 3) == 0;

	*shown = '\0';
	if (host != NULL) {
		host += 3;
		add(&t, url, (size_t)(host - url));
		end = host + strcspn(host, "/?#");
		at = memrchr(host, '@', (size_t)(end - host));
		url = at != NULL ? at + 1 : host;
	}
	end = url + (secret_query ? strcspn(url, "?#") : strlen(url));
	add(&t, url, (size_t)(end - url));
	if (*end == '?')
		add_query(&t, end);
}
