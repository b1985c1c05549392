/* Between setplan.c and setplan_edges.c. */
#ifndef TS_SENSE_SETPLAN_PRIV_H
#define TS_SENSE_SETPLAN_PRIV_H

#include "sense/setplan.h"

/* All that one set hands over to another. */
struct edge {
	uint32_t from, to;
	size_t at, n; /* its ranges */
	size_t pieces; /* prefixes that these are */
	bool taken;
};

#define NO_HOST UINT32_MAX

struct planner {
	struct setplan *p;
	const struct setplan_set *set;
	size_t nsets, capacity;
	struct handovers h;
	struct edge *edge;
	size_t nedges, cap_edges;
	/* of each set */
	struct state {
		uint32_t pending; /* edges from it that are not taken */
		bool written;	  /* as wanted */
		bool filled;	  /* all that is wanted is in it, and more */
		bool everywhere;
		bool hosts; /* what others give up: written last */
	} *state;
	uint32_t host[SETPLAN_GROUPS]; /* or NO_HOST */
	uint8_t stuck; /* the group that had no room */
	struct err *e;
};

/* The hand-overs within each group, and what each covers. */
int setplan_find_edges(struct planner *pl);
/* The range at the end of the plan's hold. */
int setplan_hold(struct planner *pl, const struct handover *v);
/* What the set wants anyway, and what is there twice, is not held too. */
void setplan_tidy(struct planner *pl, uint32_t set, size_t at);

#endif
