#include "outside/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#define BLOCK ((size_t)256 * 1024)

static int
failed(struct err *e)
{
	return err_set(e, EX_OSERR, "cannot compute a SHA-256 digest");
}

static void
to_hex(const unsigned char *md, char hex[SHA256_HEX + 1])
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < SHA256_HEX / 2; i++) {
		hex[2 * i] = digit[md[i] >> 4];
		hex[2 * i + 1] = digit[md[i] & 15];
	}
	hex[SHA256_HEX] = '\0';
}

static int
add_file(EVP_MD_CTX *ctx, int fd, char *block, struct err *e)
{
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, block, BLOCK, at)) != 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(e, EX_IOERR, "cannot read a file back");
		if (n > 0 && EVP_DigestUpdate(ctx, block, (size_t)n) != 1)
			return failed(e);
		at += n > 0 ? n : 0;
	}
	return 0;
}

int
sha256_file(int fd, char hex[SHA256_HEX + 1], struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *block = malloc(BLOCK);
	int rc = -1;

	if (ctx == NULL || block == NULL)
		(void)err_mem(e);
	else if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		(void)failed(e);
	else
		rc = add_file(ctx, fd, block, e);
	if (rc == 0 && EVP_DigestFinal_ex(ctx, md, NULL) != 1)
		rc = failed(e);
	if (rc == 0)
		to_hex(md, hex);
	free(block);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
sha256_bytes(const void *p, size_t n, char hex[SHA256_HEX + 1], struct err *e)
{
	unsigned char md[EVP_MAX_MD_SIZE];

	if (EVP_Digest(p, n, md, NULL, EVP_sha256(), NULL) != 1)
		return failed(e);
	to_hex(md, hex);
	return 0;
}
