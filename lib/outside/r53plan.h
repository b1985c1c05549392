/*
 * The steps that bring a rule group from what it is to what it should be. Pure:
 * it looks at a view and asks nobody.
 *
 * The order keeps a promise: at every moment, between any two steps and within
 * each, every name gets the answer that it got before or the one that it is to
 * get. All lists gain what they lack, from the one that is asked first to the
 * one that is asked last; then all lose what they should not have, from the last
 * to the first. So the answer changes once, from the old rule that decides to
 * the new one: what comes to lie above both is there only when the new one is, and
 * what lies between them decides nothing, or is gone before. A new list is filled
 * before its rule is made, and a rule goes before its list is taken apart.
 *
 * Where the account has no room for old and new names at once, the change is
 * parted: names that no entry shares go through these two passes group after
 * group, those that only lose first.
 *
 * A rule of ours that blocks less than it should, or more, because somebody set
 * it so, is put right first; but where none of ours blocks (monitor-only until
 * now), last.
 */
#ifndef TS_OUTSIDE_R53PLAN_H
#define TS_OUTSIDE_R53PLAN_H

#include "outside/r53prio.h"
#include "outside/r53slice.h"

enum r53_op {
	R53_LIST_MAKE, R53_NAMES_ADD, R53_NAMES_REMOVE, R53_LIST_DROP,
	R53_RULE_MAKE, R53_RULE_SET, R53_RULE_MOVE, R53_RULE_DROP,
};

struct r53step {
	enum r53_op op;
	size_t one;		/* index in the view */
	int64_t priority;	/* of R53_RULE_MOVE */
	const char *const *v;	/* of R53_NAMES_*: borrowed from the plan */
	size_t n;
};

struct r53plan_opts {
	int64_t base;	    /* the least priority of ours */
	uint64_t room;	    /* names that the lists of ours may have together */
	unsigned rules_max; /* of the group, others' included */
};

struct r53plan {
	struct r53step *step;
	size_t n, cap;
	uint64_t adds, removes; /* names */
	/* What the steps point into. */
	size_t nview;
	struct r53some *add, *remove; /* of each of the view */
	struct r53slices slices;
};

/* True where old and new do not fit together, so that r53plan_make must know
 * the names of the lists that are to go, too. */
int r53plan_tight(const struct r53view *w, const struct r53plan_opts *o,
		  bool *tight, struct err *e);
/*
 * Every list that is there and wanted is known. EX_UNAVAILABLE where it cannot
 * be done within the quotas without a gap. The view stays as it is while the
 * plan is used.
 */
int r53plan_make(struct r53view *w, const struct r53plan_opts *o,
		 struct r53plan *p, struct err *e);
void r53plan_free(struct r53plan *p);
/* Writes that a step takes. */
uint64_t r53step_calls(const struct r53step *s);

#endif
