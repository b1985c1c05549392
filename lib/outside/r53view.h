/*
 * A rule group as it is and as it should be: the lists of ours, each wanted or
 * there or both, with their rules; and what of the group is others'.
 *
 * Of two rules the one with the smaller priority decides. A list belongs to a
 * layer; all rules of a higher layer come before all of a lower one, and inside a
 * layer the order is free.
 */
#ifndef TS_OUTSIDE_R53VIEW_H
#define TS_OUTSIDE_R53VIEW_H

#include "outside/r53fw.h"

struct r53one {
	struct r53_list list; /* id "" where it is not there */

	bool wanted;
	unsigned layer;	 /* 0: the last to be asked */
	bool blocks;	 /* its names count as blocked, in monitor-only too */
	struct r53_does does;
	struct r53names want; /* the names that it should have */

	bool ruled; /* there is a rule of this list, for all types */
	struct r53_rule rule;
	bool known; /* have is what is in it */
	struct r53names have;

	int64_t priority; /* that its rule is to have, or keep; r53prio.h */
};

struct r53view {
	struct r53one *v;
	size_t n, cap;
	struct r53_rule *other; /* the rules of the group that are not ours */
	size_t nother;
	/* Names in all lists of the account that are neither ours nor AWS's. */
	uint64_t others;
};

void r53view_init(struct r53view *w);
void r53view_free(struct r53view *w);
/* One more, zeroed; pointers to others move. NULL on failure. */
struct r53one *r53view_add(struct r53view *w, struct err *e);
/* Takes one out; those behind it move up. */
void r53view_drop(struct r53view *w, size_t i);
bool r53_does_equal(const struct r53_does *a, const struct r53_does *b);
/* Names in the lists of ours, as they are. */
uint64_t r53view_count(const struct r53view *w);

#endif
