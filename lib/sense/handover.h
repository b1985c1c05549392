/*
 * Which addresses go from one bounded set to another when the content of many
 * sets changes, each by a write of its own: those that are covered before and
 * after, but by no set that covers them both times. The set that takes them over
 * must be written before the set that gives them up.
 *
 * Cover counts, not entries: a prefix may be handed over to parts of it in
 * several sets, and the other way round.
 */
#ifndef TS_SENSE_HANDOVER_H
#define TS_SENSE_HANDOVER_H

#include "sense/entries.h"

#define HANDOVERS_MAX ((size_t)1 << 26)

struct handover {
	addr128 first, last;
	uint32_t from, to; /* indices of sets */
};

struct handovers {
	struct handover *v; /* by from, to, address */
	size_t n, cap;
	double before, after; /* addresses covered, of this family */
};

/* The sets of one family. Sorted entries; NULL for none. */
struct handover_set {
	const struct entries *before, *after;
	/* It is in force for whoever uses any of the sets: what it covers, it
	 * covers for all of them. */
	bool everywhere;
};

/* Adds to h, which was zeroed or emptied; set i is counted as base + i there. */
int handovers_find(struct handovers *h, uint8_t family,
		   const struct handover_set *set, size_t n, uint32_t base,
		   struct err *e);
void handovers_sort(struct handovers *h);
void handovers_free(struct handovers *h);

#endif
