/*
 * Whether an object came as it was stored: by the checksum of the whole that
 * S3 keeps with it (x-amz-checksum-*; not the composite one of parts), else by
 * its ETag, which is the MD5 of what was stored in one part and not under a key
 * of KMS or of the customer's.
 */
#ifndef TS_OUTSIDE_S3SUM_H
#define TS_OUTSIDE_S3SUM_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "outside/http.h"
#include "values/crc.h"

#define S3SUM_SIZE_MAX 32

struct s3sum {
	const char *name; /* "sha256", …; "none" where there is nothing to check */
	EVP_MD_CTX *md;
	bool by_crc;
	struct crc crc;
	unsigned char want[S3SUM_SIZE_MAX];
	size_t size; /* of want; 0: none */
};

/* By the headers of a whole object; the sum before, if any, is given up. A
 * checksum that cannot be read is EX_DATAERR. */
int s3sum_begin(struct s3sum *s, const struct http_response *r,
		bool opaque_etag, struct err *e);
int s3sum_put(struct s3sum *s, const void *p, size_t n, struct err *e);
/* EX_DATAERR where the bytes are others. */
int s3sum_end(struct s3sum *s, struct err *e);
void s3sum_free(struct s3sum *s); /* accepts a zeroed one */

#endif
