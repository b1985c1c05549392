/*
 * Priorities for the rules of ours, between those of others.
 *
 * What has a priority that serves keeps it. Rules that are new, or stand at the
 * wrong side of another layer, get free numbers; where there is none between two
 * layers, all are numbered anew. Others' numbers, and those of rules that are to
 * go, are not touched.
 */
#ifndef TS_OUTSIDE_R53PRIO_H
#define TS_OUTSIDE_R53PRIO_H

#include "outside/r53view.h"

/* In a group that is new, layer 0 begins STRIDE * (LAYERS - 1) over the base, and
 * each layer STRIDE before the one under it. */
#define R53_PRIO_LAYERS 40
#define R53_PRIO_STRIDE 100
#define R53_PRIO_BASE 1000 /* as it comes */

/* One rule to be moved: there is never another at that number then, and the
 * order of ours stays unless it was wrong. */
struct r53move {
	size_t one; /* index in the view */
	int64_t to;
};

/*
 * Sets priority of all that are wanted, none under base. The moves that bring
 * the rules there, in order, into *moves, which the caller frees.
 */
int r53prio(struct r53view *w, int64_t base, struct r53move **moves,
	    size_t *nmoves, struct err *e);

/* The first rule of others that stands between two of ours, or NULL. */
const struct r53_rule *r53prio_between(const struct r53view *w);

#endif
