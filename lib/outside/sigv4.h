/*
 * AWS Signature Version 4: a pure function from a request, keys and a time to
 * the target of the request line and the headers that go with it.
 *
 * The caller gives path and parameters as they are meant, not encoded; what is
 * sent and what is signed are encoded here, by one code, so that they cannot
 * differ. For S3 the path is encoded once and taken as it is; elsewhere it is
 * encoded again for the signature.
 * ("Create a signed AWS API request", AWS IAM User Guide.)
 */
#ifndef TS_OUTSIDE_SIGV4_H
#define TS_OUTSIDE_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SIGV4_KEY_ID_MAX 128
#define SIGV4_SECRET_MAX 256
#define SIGV4_TOKEN_MAX 16384 /* of a session; STS names no bound */
#define SIGV4_HEADERS_MAX 16  /* of the caller */
#define SIGV4_LINES_MAX (SIGV4_HEADERS_MAX + 5) /* with ours */
#define SIGV4_PARAMS_MAX 32
#define SIGV4_TEXT_MAX ((size_t)64 * 1024) /* of a canonical request */

#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD" /* S3 over TLS */

/* Whose request it is. Secrets: wipe with explicit_bzero. */
struct sigv4_keys {
	char id[SIGV4_KEY_ID_MAX];
	char secret[SIGV4_SECRET_MAX];
	char token[SIGV4_TOKEN_MAX]; /* "" unless they are of a session */
};

struct sigv4_pair {
	const char *name, *value;
};

/* All borrowed. */
struct sigv4_request {
	const char *method;
	const char *host;   /* as sent: with its port unless the default one */
	const char *region;
	const char *service; /* the signing name */
	const char *path;    /* starts with '/' */
	const struct sigv4_pair *param; /* query parameters, in any order */
	size_t nparam;
	const struct sigv4_pair *header; /* to be sent and signed */
	size_t nheader;
	const char *payload; /* SHA-256 of the body in hex, or SIGV4_UNSIGNED */
	int64_t now;	     /* seconds since 1970 */
	bool s3;
};

struct sigv4_signed {
	struct buf target; /* encoded path and query */
	struct buf header; /* "Name: value" lines, each ended by NUL: the
			    * caller's, and those of the signature. Secret. */
};

void sigv4_init(struct sigv4_signed *s);
void sigv4_free(struct sigv4_signed *s); /* wipes */
int sigv4_sign(const struct sigv4_request *r, const struct sigv4_keys *k,
	       struct sigv4_signed *s, struct err *e);
/* Its header lines as a NULL-ended list, borrowed from s. */
void sigv4_lines(const struct sigv4_signed *s,
		 const char *line[SIGV4_LINES_MAX + 1]);

/* Adds s with all but RFC 3986's unreserved bytes, and '/' where that is to be
 * kept, as %XX. */
void sigv4_encode(struct buf *b, const char *s, bool keep_slash);

#endif
