/*
 * AWS's clock, as far as it is known: this host's, and by how much that is
 * wrong. A signature counts for five minutes around its time; what the service
 * says of the hour when it refuses one is believed.
 */
#ifndef TS_OUTSIDE_AWSCLOCK_H
#define TS_OUTSIDE_AWSCLOCK_H

#include "outside/http.h"

#define AWSCLOCK_SKEW_MIN 240 /* seconds of difference that are a wrong clock */

struct awsclock {
	int64_t skew; /* AWS's clock less ours, seconds */
	char note[96]; /* of it, for a message; "" for no difference */
};

/* Seconds since 1970, by AWS's clock. */
int64_t awsclock_now(const struct awsclock *k);
/* After a refusal with that code: takes the difference from the answer's Date.
 * True where it was news, so that the call is worth repeating. */
bool awsclock_learn(struct awsclock *k, const struct http_response *r,
		    const char *code);

#endif
