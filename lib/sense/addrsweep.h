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
/* Instead: each prefix of the set, its own claims, and what is decided for it
 * (also RULING_NONE) where no longer prefix says otherwise. */
typedef int addrsweep_each(void *ctx, const struct prefix *p,
			   const uint32_t *claim, size_t n, uint32_t ruling,
			   struct err *e);

/* Either function may be NULL. */
int addrsweep(struct claims *cs, const struct addrset *s, addrsweep_put *put,
	      addrsweep_each *each, void *ctx, struct err *e);

#endif
