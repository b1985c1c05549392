/*
 * One pass over a sorted addrset, whose tags are claims: what is decided for
 * which addresses, as ranges in ascending order that do not overlap. Ranges of
 * no decision are passed over.
 */
#ifndef TS_SENSE_ADDRSWEEP_H
#define TS_SENSE_ADDRSWEEP_H

#include "sense/addrset.h"
#include "sense/claim.h"

typedef int addrsweep_put(void *ctx, addr128 first, addr128 last,
			  uint32_t ruling, struct err *e);

int addrsweep(struct claims *cs, const struct addrset *s, addrsweep_put *put,
	      void *ctx, struct err *e);

#endif
