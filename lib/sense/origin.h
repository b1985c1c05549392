/*
 * The source and weight columns when records become one, ts-stream(5).
 *
 * Sources are joined as a set, in byte order. Weights of different sources add,
 * up to POLICY_WEIGHT_MAX; the same source takes the larger. Where the two have
 * some sources in common, the larger weight gains one for each source that only
 * the other has, but never more than the sum.
 */
#ifndef TS_SENSE_ORIGIN_H
#define TS_SENSE_ORIGIN_H

#include "values/policy.h"

struct origin {
	struct span source; /* as in a record; "-" absent */
	uint16_t weight;
};

/*
 * Fills joined, whose source is in dst (POLICY_SOURCE_MAX bytes, no NUL).
 * Sources that do not fit any more are left out, and "+" says so at the end.
 */
void origin_join(const struct origin *a, const struct origin *b, char *dst,
		 struct origin *joined);

#endif
