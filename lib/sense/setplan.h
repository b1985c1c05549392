/*
 * In which order bounded sets are written, referred to and deleted, so that at
 * every instant what is covered before and after is covered, also where the
 * addresses move from set to set.
 *
 * First what covers more: new sets, and sets that give up nothing that is not
 * taken over yet. Then the rules come to refer to all that is wanted and to
 * nothing else. Then what has given up something to a set that took effect by
 * that; last, sets that are not wanted are deleted.
 *
 * Where sets hand over to each other in a ring, one of them is first written
 * with what it takes and, still, what it gives up. Where no set of the ring has
 * room for that, another one holds meanwhile all that moves; where none has, sets
 * of their own do: bridges.
 */
#ifndef TS_SENSE_SETPLAN_H
#define TS_SENSE_SETPLAN_H

#include "sense/handover.h"

#define SETPLAN_SETS_MAX 16384
#define SETPLAN_GROUPS 4

enum setplan_op {
	SETPLAN_CREATE,
	SETPLAN_WRITE,
	SETPLAN_REFER_ALL, /* rules to all sets there are, bridges too */
	SETPLAN_REFER,	   /* rules to the wanted sets and no others */
	SETPLAN_DELETE,
};

/* Given in the order of their groups, which are written in that order; only
 * sets of one group hand over to each other. */
struct setplan_set {
	uint8_t group;	/* 0..SETPLAN_GROUPS-1 */
	uint8_t family; /* of the whole group */
	bool exists;	/* at the target */
	bool referred;	/* by some rules that are in force … */
	bool everywhere; /* … by all */
	bool differs;	/* what is there is not as wanted */
	const struct entries *held; /* there; NULL for nothing */
	const struct entries *want; /* NULL: to be deleted */
};

/* The set's content is what is wanted of it, and hold[at..at+n) of the plan. */
struct setplan_step {
	enum setplan_op op;
	uint32_t set; /* its index; a bridge from the number of sets on */
	size_t at, n;
};

struct setplan {
	struct setplan_step *step;
	size_t n, cap;
	struct cidr *hold;
	size_t nhold, cap_hold;
	uint32_t bridges;
	uint8_t bridge_group[SETPLAN_SETS_MAX]; /* of each */
	double before[SETPLAN_GROUPS], after[SETPLAN_GROUPS]; /* addresses */
};

/*
 * refer: the rules are not as wanted, whatever becomes of the sets. No steps
 * where all is as it should be. p comes zeroed.
 */
int setplan_make(struct setplan *p, const struct setplan_set *set, size_t n,
		 size_t capacity, bool refer, struct err *e);
void setplan_free(struct setplan *p);

#endif
