/*
 * When to try again what failed for a reason that may pass (EX_TEMPFAIL):
 * full jitter, that is a random time from nothing up to a bound that doubles
 * each time, so that a thousand clients do not come back at once; never past
 * the limit of the whole.
 */
#ifndef TS_OUTSIDE_RETRY_H
#define TS_OUTSIDE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define RETRY_BASE_MS 1000 /* bound of the first wait */
#define RETRY_CAP_MS 30000 /* bound of any */

struct retry {
	int64_t deadline; /* of clock_ms */
	uint64_t left;	  /* further tries */
	unsigned tried;
};

void retry_begin(struct retry *r, uint64_t retries, uint64_t total_s);
/* Milliseconds until the limit; 0 when it has passed. */
int64_t retry_left_ms(const struct retry *r);
/* Waits, and at least after_s (Retry-After); false at once when there is no
 * further try, or no time for it. */
bool retry_wait(struct retry *r, uint64_t after_s);

#endif
