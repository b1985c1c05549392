#include "outside/s3sum.h"

#include <string.h>
#include <strings.h>

#include "base/hex.h"

/* The best first. */
static const struct kind {
	const char *header, *name;
	size_t size;
	const EVP_MD *(*md)(void);
	uint64_t poly;
} kinds[] = {
	{"x-amz-checksum-sha256", "sha256", 32, EVP_sha256, 0},
	{"x-amz-checksum-sha1", "sha1", 20, EVP_sha1, 0},
	{"x-amz-checksum-crc64nvme", "crc64nvme", 8, NULL, CRC64NVME_POLY},
	{"x-amz-checksum-crc32c", "crc32c", 4, NULL, CRC32C_POLY},
	{"x-amz-checksum-crc32", "crc32", 4, NULL, CRC32_POLY},
};
static const struct kind etag_kind = {"etag", "md5", 16, EVP_md5, 0};

#define NKINDS (sizeof(kinds) / sizeof(*kinds))

void
s3sum_free(struct s3sum *s)
{
	EVP_MD_CTX_free(s->md);
	s->md = NULL;
}

static int
failed(struct err *e)
{
	return err_set(e, EX_OSERR, "cannot compute a checksum");
}

static int
start(struct s3sum *s, const struct kind *k, struct err *e)
{
	s->name = k->name;
	s->size = k->size;
	s->by_crc = k->md == NULL;
	if (s->by_crc) {
		crc_begin(&s->crc, k->poly, k->size == 8 ? 64 : 32);
		return 0;
	}
	s->md = EVP_MD_CTX_new();
	if (s->md == NULL)
		return err_mem(e);
	return EVP_DigestInit_ex(s->md, k->md(), NULL) == 1 ? 0 : failed(e);
}

/* Base64 of exactly size bytes. */
static bool
decode(const char *text, unsigned char *to, size_t size)
{
	unsigned char raw[3 * ((S3SUM_SIZE_MAX + 2) / 3)];
	size_t n = strlen(text), fill = (3 - size % 3) % 3;

	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	if (n != (size + fill) / 3 * 4 ||
	    (size_t)EVP_DecodeBlock(raw, (const unsigned char *)text,
				    (int)n) != size + fill ||
	    strncmp(text + n - fill, "==", fill) != 0)
		return false;
	memcpy(to, raw, size);
	return true;
}

/* "0123…ef", 32 digits in quotes: what the MD5 of one part looks like. */
static bool
decode_etag(const char *tag, unsigned char to[16])
{
	size_t i;

	if (tag == NULL || *tag++ != '"' || strcspn(tag, "\"") != 32)
		return false;
	for (i = 0; i < 16; i++) {
		const int octet = hex_octet(tag + 2 * i);

		if (octet < 0)
			return false;
		to[i] = (unsigned char)octet;
	}
	return true;
}

/* Under such a key the ETag is no MD5, though it may look like one. */
static bool
has_own_key(const struct http_response *r)
{
	const char *how = http_header(r, "x-amz-server-side-encryption");

	return (how != NULL && strncasecmp(how, "aws:kms", 7) == 0) ||
	       http_header(r, "x-amz-server-side-encryption-customer-algorithm")
		       != NULL;
}

int
s3sum_begin(struct s3sum *s, const struct http_response *r, bool opaque_etag,
	    struct err *e)
{
	const struct kind *k;

	s3sum_free(s);
	s->name = "none";
	s->size = 0;
	for (k = kinds; k < kinds + NKINDS; k++) {
		const char *v = http_header(r, k->header);

		/* "VALUE-3": a checksum of the checksums of three parts. */
		if (v == NULL || strchr(v, '-') != NULL)
			continue;
		if (!decode(v, s->want, k->size))
			return err_set(e, EX_DATAERR, "the checksum '%.100s' "
				       "is no %s", v, k->name);
		return start(s, k, e);
	}
	if (!opaque_etag && !has_own_key(r) &&
	    decode_etag(http_header(r, "etag"), s->want))
		return start(s, &etag_kind, e);
	return 0;
}

int
s3sum_put(struct s3sum *s, const void *p, size_t n, struct err *e)
{
	if (s->size == 0)
		return 0;
	if (s->by_crc)
		crc_put(&s->crc, p, n);
	else if (EVP_DigestUpdate(s->md, p, n) != 1)
		return failed(e);
	return 0;
}

int
s3sum_end(struct s3sum *s, struct err *e)
{
	unsigned char got[EVP_MAX_MD_SIZE];
	size_t i;

	if (s->size == 0)
		return 0;
	if (s->by_crc)
		for (i = 0; i < s->size; i++)
			got[i] = (unsigned char)(crc_end(&s->crc) >>
						 8 * (s->size - 1 - i));
	else if (EVP_DigestFinal_ex(s->md, got, NULL) != 1)
		return failed(e);
	if (memcmp(got, s->want, s->size) == 0)
		return 0;
	(void)err_set(e, EX_DATAERR, "the body's %s is not the one that the "
		      "server has for it", s->name);
	return s->size == 16 ? err_hint(e, "--opaque-etag is for servers whose "
					"ETag is no MD5") : -1;
}
