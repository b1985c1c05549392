/*
 * A ceiling of records, for ts-merge and ts-shard, by what goes first: the least
 * weight; of equal weight the later input; of these what covers fewer addresses;
 * of these what has no place yet where others have; of these the last in
 * canonical order.
 *
 * Records are counted by class first, then asked about one by one in the same
 * order; nothing is kept of each.
 */
#ifndef TS_SENSE_ADDRCAP_H
#define TS_SENSE_ADDRCAP_H

#include "sense/intern.h"

struct addrcap_class {
	uint32_t weight, input;
	uint32_t kind;	/* enum kind, in canonical order */
	uint32_t width; /* host bits */
	uint32_t placed; /* it is in a set that is in force */
};

/* How many of a class there are, how many stay, and came since the rewind. */
struct addrcap_tally {
	uint64_t count, keep, seen;
};

struct addrcap {
	uint64_t max; /* 0: none */
	uint64_t records, dropped;
	struct intern classes;
	struct addrcap_tally *tally; /* by class */
	size_t ntally;
};

void addrcap_free(struct addrcap *c);
int addrcap_count(struct addrcap *c, const struct addrcap_class *of,
		  struct err *e);
/* After the last one was counted. */
int addrcap_decide(struct addrcap *c, struct err *e);
/* Whether the next record, which was counted, stays: 1 or 0. */
int addrcap_keeps(struct addrcap *c, const struct addrcap_class *of,
		  struct err *e);
/* The records are gone through anew. */
void addrcap_rewind(struct addrcap *c);

#endif
