#include "sense/setplan.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define STEPS_MAX ((size_t)4 * SETPLAN_SETS_MAX)

/* All that one set hands over to another. */
struct edge {
	uint32_t from, to;
	size_t at, n; /* its ranges */
	size_t pieces; /* prefixes that these are */
	bool taken;
};

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
	} *state;
	struct err *e;
};

static int
add_step(struct planner *pl, enum setplan_op op, uint32_t set, size_t at)
{
	struct setplan *p = pl->p;

	if (array_grow((void **)&p->step, &p->cap, p->n + 1, sizeof(*p->step),
		       STEPS_MAX, "steps", pl->e) < 0)
		return -1;
	p->step[p->n++] = (struct setplan_step){op, set, at, p->nhold - at};
	return 0;
}

/* The fewest prefixes that are exactly the range, into dst if there is one; their
 * number. */
static size_t
pieces(addr128 first, addr128 last, struct cidr *dst, uint8_t family)
{
	size_t n = 0;

	for (;;) {
		const unsigned len = prefix_fit(first, last);
		const struct prefix x = {first, (uint8_t)len};

		if (dst != NULL)
			dst[n] = prefix_cidr(&x, family);
		n++;
		if (prefix_last(first, len) == last)
			return n;
		first = prefix_last(first, len) + 1;
	}
}

static int
make_edges(struct planner *pl)
{
	size_t i;

	handovers_sort(&pl->h);
	for (i = 0; i < pl->h.n; i++) {
		const struct handover *v = &pl->h.v[i];
		struct edge *x = pl->nedges > 0 ? &pl->edge[pl->nedges - 1]
						: NULL;

		if (x == NULL || x->from != v->from || x->to != v->to) {
			if (array_grow((void **)&pl->edge, &pl->cap_edges,
				       pl->nedges + 1, sizeof(*pl->edge),
				       HANDOVERS_MAX, "hand-overs", pl->e) < 0)
				return -1;
			x = &pl->edge[pl->nedges++];
			*x = (struct edge){.from = v->from, .to = v->to,
					   .at = i};
		}
		x->n++;
		x->pieces += pieces(v->first, v->last, NULL, 0);
	}
	return 0;
}

/* The hand-overs within each group, and what each covers. */
static int
find_edges(struct planner *pl)
{
	struct handover_set *hs = calloc(pl->nsets + 1, sizeof(*hs));
	size_t i, end;
	int rc = hs != NULL ? 0 : err_mem(pl->e);

	for (i = 0; rc == 0 && i < pl->nsets; i = end) {
		const uint8_t group = pl->set[i].group;

		for (end = i; end < pl->nsets && pl->set[end].group == group;
		     end++)
			hs[end - i] = (struct handover_set){
				pl->set[end].referred ? pl->set[end].held
						      : NULL,
				pl->set[end].want, pl->set[end].everywhere};
		pl->h.before = pl->h.after = 0;
		rc = handovers_find(&pl->h, pl->set[i].family, hs, end - i,
				    (uint32_t)i, pl->e);
		pl->p->before[group] = pl->h.before;
		pl->p->after[group] = pl->h.after;
	}
	free(hs);
	return rc == 0 ? make_edges(pl) : -1;
}

/* What the set covers now has taken effect. */
static void
take(struct planner *pl, uint32_t set)
{
	size_t i;

	if (!pl->state[set].everywhere || !pl->state[set].filled)
		return;
	for (i = 0; i < pl->nedges; i++) {
		struct edge *x = &pl->edge[i];

		if (x->to != set || x->taken)
			continue;
		x->taken = true;
		pl->state[x->from].pending--;
	}
}

static void
take_all(struct planner *pl)
{
	uint32_t i;

	for (i = 0; i < pl->nsets; i++) {
		pl->state[i].everywhere |= pl->set[i].want != NULL;
		take(pl, i);
	}
}

static int
write_set(struct planner *pl, enum setplan_op op, uint32_t set)
{
	pl->state[set].written = pl->state[set].filled = true;
	if (add_step(pl, op, set, pl->p->nhold) < 0)
		return -1;
	take(pl, set);
	return 0;
}

/* Every set that gives up nothing any more that has not been taken. */
static int
write_free(struct planner *pl)
{
	bool more;
	uint32_t i;

	do {
		more = false;
		for (i = 0; i < pl->nsets; i++) {
			if (pl->state[i].written || pl->state[i].pending > 0)
				continue;
			if (write_set(pl, SETPLAN_WRITE, i) < 0)
				return -1;
			more = true;
		}
	} while (more);
	return 0;
}

static int
hold_range(struct planner *pl, const struct handover *v)
{
	struct setplan *p = pl->p;
	const size_t n = pieces(v->first, v->last, NULL, 0);

	if (array_grow((void **)&p->hold, &p->cap_hold, p->nhold + n,
		       sizeof(*p->hold), HANDOVERS_MAX, "prefixes that move",
		       pl->e) < 0)
		return -1;
	(void)pieces(v->first, v->last, p->hold + p->nhold,
		     pl->set[v->from].family);
	p->nhold += n;
	return 0;
}

/* How many entries the set has with all that it takes and still gives up. */
static size_t
filled_size(const struct planner *pl, uint32_t set)
{
	size_t i, n = entries_count(pl->set[set].want);

	for (i = 0; i < pl->nedges; i++)
		if (pl->edge[i].from == set && !pl->edge[i].taken)
			n += pl->edge[i].pieces;
	return n;
}

/* Writes it so. */
static int
fill(struct planner *pl, uint32_t set)
{
	const size_t at = pl->p->nhold;
	size_t i, j;

	for (i = 0; i < pl->nedges; i++) {
		const struct edge *x = &pl->edge[i];

		if (x->from != set || x->taken)
			continue;
		for (j = x->at; j < x->at + x->n; j++)
			if (hold_range(pl, &pl->h.v[j]) < 0)
				return -1;
	}
	pl->state[set].filled = true;
	if (add_step(pl, SETPLAN_WRITE, set, at) < 0)
		return -1;
	take(pl, set);
	return 0;
}

static bool
can_fill(const struct planner *pl, uint32_t set)
{
	return !pl->state[set].filled &&
	       filled_size(pl, set) <= pl->capacity;
}

/* What is not wanted hands over before the rules let go of it: 1 when done, 0
 * where there is no room, -1 on error. */
static int
fill_before_refer(struct planner *pl)
{
	size_t i;

	for (i = 0; i < pl->nedges; i++) {
		const struct edge *x = &pl->edge[i];

		if (x->taken || pl->set[x->from].want != NULL ||
		    pl->state[x->to].filled)
			continue;
		if (!can_fill(pl, x->to))
			return 0;
		if (fill(pl, x->to) < 0 || write_free(pl) < 0)
			return -1;
	}
	return 1;
}

/* Breaks a ring at the set that needs least room; as above. */
static int
fill_one(struct planner *pl)
{
	size_t best = SIZE_MAX, i;
	uint32_t at = 0;

	for (i = 0; i < pl->nedges; i++) {
		const struct edge *x = &pl->edge[i];
		size_t size;

		if (x->taken || !can_fill(pl, x->to))
			continue;
		size = filled_size(pl, x->to);
		if (size < best) {
			best = size;
			at = x->to;
		}
	}
	if (best == SIZE_MAX)
		return 0;
	return fill(pl, at) < 0 ? -1 : 1;
}

static bool
all_written(const struct planner *pl)
{
	size_t i;

	for (i = 0; i < pl->nsets; i++)
		if (!pl->state[i].written)
			return false;
	return true;
}

static int
create(struct planner *pl)
{
	uint32_t i;

	for (i = 0; i < pl->nsets; i++)
		if (pl->set[i].want != NULL && !pl->set[i].exists &&
		    write_set(pl, SETPLAN_CREATE, i) < 0)
			return -1;
	return 0;
}

static int
delete(struct planner *pl)
{
	uint32_t i;

	for (i = 0; i < pl->nsets; i++)
		if (pl->set[i].want == NULL && pl->set[i].exists &&
		    add_step(pl, SETPLAN_DELETE, i, pl->p->nhold) < 0)
			return -1;
	for (i = 0; i < pl->p->bridges; i++)
		if (add_step(pl, SETPLAN_DELETE, (uint32_t)pl->nsets + i,
			     pl->p->nhold) < 0)
			return -1;
	return 0;
}

/* Sets in the state before the first step; edges none of them taken. */
static void
begin(struct planner *pl)
{
	size_t i;

	pl->p->n = pl->p->nhold = 0;
	for (i = 0; i < pl->nsets; i++) {
		const struct setplan_set *s = &pl->set[i];
		const bool done = s->want == NULL || (s->exists && !s->differs);

		pl->state[i] = (struct state){
			.written = done,
			.filled = done && s->want != NULL,
			.everywhere = s->everywhere && s->want != NULL};
	}
	for (i = 0; i < pl->nedges; i++) {
		pl->edge[i].taken = false;
		pl->state[pl->edge[i].from].pending++;
	}
	for (i = 0; i < pl->nsets; i++)
		take(pl, (uint32_t)i);
}

/* 1 when it has come about, 0 where there is no room, -1 on error. */
static int
without_bridges(struct planner *pl, bool refer)
{
	int rc;

	if (create(pl) < 0 || write_free(pl) < 0)
		return -1;
	if (refer) {
		rc = fill_before_refer(pl);
		if (rc <= 0)
			return rc;
		if (add_step(pl, SETPLAN_REFER, 0, pl->p->nhold) < 0)
			return -1;
		take_all(pl);
	}
	for (;;) {
		if (write_free(pl) < 0)
			return -1;
		if (all_written(pl))
			return delete(pl) < 0 ? -1 : 1;
		rc = fill_one(pl);
		if (rc <= 0)
			return rc;
	}
}

static int
add_bridge(struct planner *pl, uint8_t group, size_t at)
{
	const uint32_t n = pl->p->bridges;

	if (n == SETPLAN_SETS_MAX)
		return err_set(pl->e, EX_DATAERR, "too many sets");
	pl->p->bridge_group[n] = group;
	pl->p->bridges++;
	return add_step(pl, SETPLAN_CREATE, (uint32_t)pl->nsets + n, at);
}

/* All that moves, by the capacity's worth; a set has prefixes of one group. */
static int
create_bridges(struct planner *pl)
{
	struct setplan *p = pl->p;
	size_t at = p->nhold, i, j;
	uint8_t group = 0;

	for (i = 0; i < pl->nedges; i++) {
		const struct edge *x = &pl->edge[i];

		if (pl->set[x->from].group != group && p->nhold > at) {
			if (add_bridge(pl, group, at) < 0)
				return -1;
			at = p->nhold;
		}
		group = pl->set[x->from].group;
		for (j = x->at; j < x->at + x->n; j++)
			if (hold_range(pl, &pl->h.v[j]) < 0)
				return -1;
		while (p->nhold - at > pl->capacity) {
			const size_t all = p->nhold;
			int rc;

			p->nhold = at + pl->capacity;
			rc = add_bridge(pl, group, at);
			at = p->nhold;
			p->nhold = all;
			if (rc < 0)
				return -1;
		}
	}
	return p->nhold > at ? add_bridge(pl, group, at) : 0;
}

static int
with_bridges(struct planner *pl)
{
	size_t i;

	begin(pl);
	if (create(pl) < 0 || create_bridges(pl) < 0 ||
	    add_step(pl, SETPLAN_REFER_ALL, 0, pl->p->nhold) < 0)
		return -1;
	for (i = 0; i < pl->nedges; i++)
		pl->edge[i].taken = true;
	for (i = 0; i < pl->nsets; i++)
		pl->state[i].pending = 0;
	if (write_free(pl) < 0 ||
	    add_step(pl, SETPLAN_REFER, 0, pl->p->nhold) < 0)
		return -1;
	return delete(pl);
}

int
setplan_make(struct setplan *p, const struct setplan_set *set, size_t n,
	     size_t capacity, bool refer, struct err *e)
{
	struct planner pl = {.p = p, .set = set, .nsets = n,
			     .capacity = capacity, .e = e};
	int rc = -1;
	size_t i;

	pl.state = calloc(n + 1, sizeof(*pl.state));
	if (pl.state == NULL)
		return err_mem(e);
	for (i = 0; i < n; i++)
		refer |= set[i].want != NULL ? !set[i].everywhere
					     : set[i].referred;
	if (find_edges(&pl) == 0) {
		begin(&pl);
		rc = without_bridges(&pl, refer);
		if (rc == 0)
			rc = with_bridges(&pl);
	}
	free(pl.state);
	free(pl.edge);
	handovers_free(&pl.h);
	return rc < 0 ? -1 : 0;
}

void
setplan_free(struct setplan *p)
{
	free(p->step);
	free(p->hold);
	*p = (struct setplan){0};
}
