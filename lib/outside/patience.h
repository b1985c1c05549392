/*
 * Waiting for what AWS has done but not spread yet: pauses that double up to a
 * limit, within one of the whole.
 */
#ifndef TS_OUTSIDE_PATIENCE_H
#define TS_OUTSIDE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
	int64_t until;	    /* of clock_ms */
	int64_t next, most; /* pauses, ms */
	unsigned waits;	    /* so far */
};

struct patience patience_of(uint64_t whole_s, int64_t first_ms, int64_t most_ms);
/* Waits; false, at once, when the time is up. */
bool patience_wait(struct patience *p);

#endif
