/*
 * The records of one kind as they were given, as far as the result agrees with
 * them: nothing is aggregated or left out for being covered, so that one sees
 * which list named what.
 *
 * Records of one prefix and action are one, joined. Where only a part of a
 * prefix was decided so, the fewest prefixes of that part stand for it.
 */
#ifndef TS_SENSE_ADDRKEEP_H
#define TS_SENSE_ADDRKEEP_H

#include "sense/addrcover.h"
#include "sense/addrset.h"

/* s is sorted. Records come in canonical order. */
int addrkeep(struct claims *cs, const struct addrset *s, addrcover_put *put,
	     void *ctx, struct err *e);

#endif
