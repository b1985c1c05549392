#include "outside/credential.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/file.h"

int
credential_basic(struct buf *line, const char *userinfo, struct err *e)
{
	const size_t n = strlen(userinfo);
	unsigned char code[CREDENTIAL_LINE_MAX];

	if (n > CREDENTIAL_MAX)
		return err_set(e, EX_CONFIG, "the password is too long");
	(void)EVP_EncodeBlock(code, (const unsigned char *)userinfo, (int)n);
	(void)buf_addf(line, "Authorization: Basic %s", (char *)code);
	OPENSSL_cleanse(code, sizeof(code));
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
	struct buf file;
	int rc = -1;

	buf_init(&file, CREDENTIAL_MAX);
	if (file_read(path, &file, e) < 0) {
		e->code = EX_CONFIG;
		goto out;
	}
	while (file.n > 0 && strchr("\r\n", file.p[file.n - 1]) != NULL)
		file.p[--file.n] = '\0';
	if (file.n == 0 || strlen(file.p) != file.n ||
	    strpbrk(file.p, "\r\n") != NULL || strchr(file.p, ':') == NULL) {
		(void)err_set(e, EX_CONFIG, "'%s' is not one line of "
			      "USER:PASSWORD or 'Name: value'", path);
	} else if (is_header(file.p)) {
		(void)buf_add(line, file.p, file.n);
		rc = buf_check(line, "the credential", e);
	} else {
		rc = credential_basic(line, file.p, e);
	}
	OPENSSL_cleanse(file.p, file.n);
out:
	buf_free(&file);
	return rc;
}

void
credential_free(struct buf *line)
{
	if (line->p != NULL)
		OPENSSL_cleanse(line->p, line->cap);
	buf_free(line);
}
