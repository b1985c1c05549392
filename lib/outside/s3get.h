/*
 * An object of S3, whole and checked, into a spool that nobody reads before it
 * is there.
 *
 * What breaks is taken up where it ended, by Range and If-Match, so that two
 * versions never mix; where the object was replaced meanwhile it begins anew.
 * The bytes are those that are stored: no coding is undone. They are checked
 * against their length, and as s3sum.h says.
 */
#ifndef TS_OUTSIDE_S3GET_H
#define TS_OUTSIDE_S3GET_H

#include "base/out.h"
#include "outside/fetch.h"
#include "outside/s3.h"

/* All borrowed. */
struct s3_get {
	const char *what;    /* for errors, in front of the cause */
	const char *key;
	const char *version; /* NULL: the current one */
	const char *had;     /* etag of the one at hand, or NULL */
	const char *only;    /* etag of the only one that will do, or NULL:
			      * another one is EX_UNAVAILABLE, status 412 */
	uint64_t max_bytes;
	bool opaque_etag; /* it is never an MD5 */
};

struct s3_got {
	bool unchanged; /* it is the one at hand: nothing was written */
	char etag[FETCH_VALIDATOR_MAX], last_modified[FETCH_VALIDATOR_MAX];
	const char *checked; /* by what: "sha256", …, "none" */
	int status;
	unsigned tries;
	bool resumed;
};

int s3_get(struct s3 *s, const struct s3_get *q, struct out *body,
	   struct s3_got *got, struct aws_error *ae, struct err *e);

#endif
