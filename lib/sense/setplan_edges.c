/* What sets hand over to each other, and what holds it meanwhile. */
#include "sense/setplan_priv.h"

#include <stdlib.h>

#include "base/buf.h"

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

int
setplan_find_edges(struct planner *pl)
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

int
setplan_hold(struct planner *pl, const struct handover *v)
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

static int
cmp_cidr(const void *a, const void *b)
{
	return cidr_cmp(a, b);
}

void
setplan_tidy(struct planner *pl, uint32_t set, size_t at)
{
	struct setplan *p = pl->p;
	size_t i, n = at;

	if (p->nhold - at > 1)
		qsort(p->hold + at, p->nhold - at, sizeof(*p->hold), cmp_cidr);
	for (i = at; i < p->nhold; i++)
		if ((n == at || cidr_cmp(&p->hold[n - 1], &p->hold[i]) != 0) &&
		    (set >= pl->nsets ||
		     entries_find(pl->set[set].want, &p->hold[i]) == ENTRY_NONE))
			p->hold[n++] = p->hold[i];
	p->nhold = n;
}
