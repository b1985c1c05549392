/*
 * The records of one kind at the prefixes they were given, as far as the result
 * agrees with them: nothing is aggregated, or left out for being covered.
 *
 * A record is reported by all that say the same of its prefix, be it by a wider
 * one, and lasts as long as is decided there. Where only a part of the prefix
 * is in the result, the fewest prefixes of that part stand for it.
 */
#ifndef TS_SENSE_ADDRKEEP_H
#define TS_SENSE_ADDRKEEP_H

#include "sense/addrcover.h"
#include "sense/addrset.h"

/* Addresses in a row of one action. */
struct addrkeep_run {
	addr128 first, last;
	uint32_t action;
};

struct addrkeep_piece {
	addr128 addr;
	uint32_t ruling;
	uint8_t len, of; /* the length of the prefix that it is a piece of */
};

struct addrkeep {
	struct claims *cs;
	struct addrkeep_run *run; /* the result */
	size_t nrun, cap_run;
	struct addrkeep_piece *piece;
	size_t npiece, cap_piece;
	/* The prefixes around, the innermost last; the claims up to each. */
	struct {
		addr128 last;
		size_t nclaim;
	} around[129];
	size_t depth;
	uint32_t *claim;
	size_t cap_claim;
};

void addrkeep_init(struct addrkeep *k, struct claims *cs);
void addrkeep_free(struct addrkeep *k);
/* A record of the result, in canonical order: an addrcover_put. */
int addrkeep_result(void *addrkeep, const struct prefix *p, uint32_t ruling,
		    struct err *e);
/* Behind the last of them: what there is to be written, in canonical order. s is
 * sorted. */
int addrkeep_put(struct addrkeep *k, const struct addrset *s,
		 addrcover_put *put, void *ctx, struct err *e);

#endif
