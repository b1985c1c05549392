/* SHA-256, by OpenSSL. */
#ifndef TS_OUTSIDE_DIGEST_H
#define TS_OUTSIDE_DIGEST_H

#include <stddef.h>

#include "base/err.h"

#define SHA256_HEX 64 /* digits; a buffer has one byte more */

/* Of a whole file, whatever its offset, which stays. */
int sha256_file(int fd, char hex[SHA256_HEX + 1], struct err *e);
int sha256_bytes(const void *p, size_t n, char hex[SHA256_HEX + 1],
		 struct err *e);

#endif
