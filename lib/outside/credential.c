#include "outside/credential.h"

#include <string.h>

#include <openssl/evp.h>

#include "outside/secretfile.h"

int
credential_basic(struct buf *line, const char *userinfo, struct err *e)
{
	const size_t n = strlen(userinfo);
	unsigned char code[CREDENTIAL_LINE_MAX];

	if (n > CREDENTIAL_MAX)
		return err_set(e, EX_CONFIG, "the password is too long");
	(void)EVP_EncodeBlock(code, (const unsigned char *)userinfo, (int)n);
	(void)buf_addf(line, "Authorization: Basic %s", (char *)code);
	explicit_bzero(code, sizeof(code));
	return buf_check(line, "the credential", e);
}

/* "Name: value" is a header, "user:password" is not. */
static bool
is_header(const char *p)
{
	const size_t n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && p[n] == ':' && p[n + 1] == ' ';
}

int
credential_read(struct buf *line, const char *path, struct err *e)
{
	char text[CREDENTIAL_MAX];
	size_t n;
	int rc = secret_read(path, text, sizeof(text), &n, e);

	while (rc == 0 && n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	if (rc == 0 && (strpbrk(text, "\r\n") != NULL ||
			strchr(text, ':') == NULL))
		rc = err_set(e, EX_CONFIG, "key file '%s' is not one line of "
			     "USER:PASSWORD or 'Name: value'", path);
	else if (rc == 0 && !is_header(text))
		rc = credential_basic(line, text, e);
	else if (rc == 0 && buf_add(line, text, n) < 0)
		rc = buf_check(line, "the credential", e);
	explicit_bzero(text, sizeof(text));
	return rc;
}

void
credential_free(struct buf *line)
{
	if (line->p != NULL)
		explicit_bzero(line->p, line->cap);
	buf_free(line);
}
