/*
 * The two calls of the Security Token Service by which a role is taken on
 * (query protocol, version 2011-06-15).
 */
#ifndef TS_OUTSIDE_AWSSTS_H
#define TS_OUTSIDE_AWSSTS_H

#include "outside/awsclock.h"
#include "outside/awsprofile.h"
#include "outside/http.h"
#include "outside/sigv4.h"

struct sts_role {
	const char *arn;
	const char *session;	 /* NULL: "ts-tools" */
	const char *external_id; /* NULL for none */
	const char *duration;	 /* seconds as text; NULL: STS's default */
	const char *region;
};

/* Session keys of the role, by those of base; *expires in seconds since 1970.
 * Refused: EX_NOPERM; the network: EX_TEMPFAIL. Where it is refused for the time,
 * the clock is mended and the call repeated, once. */
int sts_assume_role(struct http *h, const struct sts_role *r,
		    const struct awsprofile *p, const struct sigv4_keys *base,
		    struct awsclock *clock, struct sigv4_keys *keys,
		    int64_t *expires, struct err *e);
/* The same by the token in a file (OpenID Connect). */
int sts_web_identity(struct http *h, const struct sts_role *r,
		     const struct awsprofile *p, const char *token_file,
		     struct sigv4_keys *keys, int64_t *expires,
		     struct err *e);
/* "2026-11-24T06:00:00Z", fraction allowed; false where it is no such text. */
bool aws_parse_time(const char *s, int64_t *t);

#endif
