#include "sense/setplan_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define STEPS_MAX ((size_t)4 * SETPLAN_SETS_MAX)

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
			if (pl->state[i].written || pl->state[i].hosts ||
			    pl->state[i].pending > 0)
				continue;
			if (write_set(pl, SETPLAN_WRITE, i) < 0)
				return -1;
			more = true;
		}
	} while (more);
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

static int
hold_edge(struct planner *pl, const struct edge *x)
{
	size_t i;

	for (i = x->at; i < x->at + x->n; i++)
		if (setplan_hold(pl, &pl->h.v[i]) < 0)
			return -1;
	return 0;
}

/* Writes it so. */
static int
fill(struct planner *pl, uint32_t set)
{
	const size_t at = pl->p->nhold;
	size_t i;

	for (i = 0; i < pl->nedges; i++)
		if (pl->edge[i].from == set && !pl->edge[i].taken &&
		    hold_edge(pl, &pl->edge[i]) < 0)
			return -1;
	setplan_tidy(pl, set, at);
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

/* What any set of the group gives up, but for what this one takes for good. */
static bool
is_hosted(const struct planner *pl, const struct edge *x, uint32_t host)
{
	return !x->taken && x->to != host &&
	       pl->set[x->from].group == pl->set[host].group;
}

static size_t
hosted_size(const struct planner *pl, uint32_t host)
{
	size_t i, n = entries_count(pl->set[host].want);

	for (i = 0; i < pl->nedges; i++)
		if (is_hosted(pl, &pl->edge[i], host))
			n += pl->edge[i].pieces;
	return n;
}

static int
host_all(struct planner *pl, uint32_t host)
{
	const size_t at = pl->p->nhold;
	size_t i;

	for (i = 0; i < pl->nedges; i++) {
		struct edge *x = &pl->edge[i];

		if (!is_hosted(pl, x, host))
			continue;
		if (hold_edge(pl, x) < 0)
			return -1;
		x->taken = true;
		pl->state[x->from].pending--;
	}
	setplan_tidy(pl, host, at);
	pl->state[host].filled = true;
	pl->state[host].hosts = true;
	pl->state[host].written = false;
	if (add_step(pl, SETPLAN_WRITE, host, at) < 0)
		return -1;
	take(pl, host);
	return 0;
}

/* The set of the group that has the most room for all that moves there; of two,
 * rather one that is written anyway. False where none has room. */
static bool
find_host(struct planner *pl, uint8_t group)
{
	size_t best = SIZE_MAX;
	uint32_t i;

	if (pl->host[group] != NO_HOST)
		return false;
	for (i = 0; i < pl->nsets; i++) {
		size_t size;

		if (pl->set[i].group != group || !pl->state[i].everywhere)
			continue;
		size = hosted_size(pl, i);
		if (size > pl->capacity)
			continue;
		size = size * 2 + !pl->set[i].differs;
		if (size < best) {
			best = size;
			pl->host[group] = i;
		}
	}
	return best != SIZE_MAX;
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
		if (!can_fill(pl, x->to)) {
			pl->stuck = pl->set[x->to].group;
			return 0;
		}
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

		if (x->taken)
			continue;
		pl->stuck = pl->set[x->to].group;
		if (!can_fill(pl, x->to))
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

/* Once all others are as they should be. */
static int
write_hosts(struct planner *pl)
{
	uint32_t i;

	for (i = 0; i < pl->nsets; i++)
		if (!pl->state[i].written && !pl->state[i].hosts)
			return 0;
	for (i = 0; i < pl->nsets; i++)
		if (!pl->state[i].written &&
		    write_set(pl, SETPLAN_WRITE, i) < 0)
			return -1;
	return 0;
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

static int
host(struct planner *pl)
{
	size_t g;

	for (g = 0; g < SETPLAN_GROUPS; g++)
		if (pl->host[g] != NO_HOST && host_all(pl, pl->host[g]) < 0)
			return -1;
	return 0;
}

/* 1 when it has come about, 0 where there is no room, -1 on error. */
static int
order(struct planner *pl, bool refer)
{
	int rc;

	begin(pl);
	if (create(pl) < 0 || host(pl) < 0 || write_free(pl) < 0)
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
		if (write_free(pl) < 0 || write_hosts(pl) < 0)
			return -1;
		if (all_written(pl))
			return delete(pl) < 0 ? -1 : 1;
		rc = fill_one(pl);
		if (rc <= 0)
			return rc;
	}
}

/* Each group that gets stuck is given a host from the beginning. */
static int
without_bridges(struct planner *pl, bool refer)
{
	int rc;

	while ((rc = order(pl, refer)) == 0) {
		begin(pl);
		if (!find_host(pl, pl->stuck))
			return 0;
	}
	return rc;
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
	size_t at = p->nhold, i;
	uint8_t group = 0;

	for (i = 0; i < pl->nedges; i++) {
		const struct edge *x = &pl->edge[i];

		if (pl->set[x->from].group != group && p->nhold > at) {
			if (add_bridge(pl, group, at) < 0)
				return -1;
			at = p->nhold;
		}
		group = pl->set[x->from].group;
		if (hold_edge(pl, x) < 0)
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
	for (i = 0; i < SETPLAN_GROUPS; i++)
		pl.host[i] = NO_HOST;
	if (setplan_find_edges(&pl) == 0) {
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
