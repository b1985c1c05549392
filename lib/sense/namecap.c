/* Ceilings: groups of records that go, the least corroborated first. */
#include <stdlib.h>

#include "base/buf.h"
#include "sense/nametree.h"

struct capgroup {
	struct nametree *t;
	uint32_t start, n, prec;
	uint16_t weight;
	uint32_t block, allow;
};

struct cap {
	const struct namemerge *m;
	struct capgroup *v;
	size_t n, cap;
	uint64_t block, allow;
	uint32_t attr;	 /* the last one weighed; ATTR_NONE at first */
	uint16_t weight; /* of it */
};

static int
gather(struct cap *c, struct nametree *t, struct err *e)
{
	uint32_t set;
	size_t i;

	for (i = 0; i < t->nrecs; i++) {
		const struct attr *a = attr_get(c->m, t->v[i].attr);
		struct capgroup *g;

		if (t->v[i].attr != c->attr &&
		    sources_weigh(c->m->sources, a->report, &set, &c->weight,
				  e) < 0)
			return -1;
		c->attr = t->v[i].attr;
		if (t->v[i].flags & REC_FIRST) {
			if (array_grow((void **)&c->v, &c->cap, c->n + 1,
				       sizeof(*c->v), UINT32_MAX, "records",
				       e) < 0)
				return -1;
			c->v[c->n++] = (struct capgroup){
				.t = t, .start = (uint32_t)i, .prec = a->prec};
		}
		g = &c->v[c->n - 1];
		g->n++;
		if (a->prec < g->prec)
			g->prec = a->prec;
		if (c->weight > g->weight)
			g->weight = c->weight;
		*(a->verdict == VERDICT_ALLOW ? &g->allow : &g->block) += 1;
	}
	return 0;
}

/* What goes first comes first. Arrival in gather is canonical order. */
static int
compare(const void *pa, const void *pb)
{
	const struct capgroup *a = pa, *b = pb;

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	if (a->prec != b->prec)
		return a->prec > b->prec ? -1 : 1;
	if (a->t != b->t)
		return a->t > b->t ? -1 : 1;
	return a->start > b->start ? -1 : 1;
}

static void
drop(struct cap *c, struct capgroup *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		g->t->v[g->start + i].flags |= REC_CAPPED;
	c->block -= g->block;
	c->allow -= g->allow;
	g->block = g->allow = 0;
}

static void
keep_ceilings(struct cap *c, const struct namemerge_opts *o)
{
	size_t i;

	for (i = 0; i < c->n && o->max_block > 0 && c->block > o->max_block; i++)
		if (c->v[i].block > 0)
			drop(c, &c->v[i]);
	/* Allow records alone, before a wildcard goes with its exceptions. */
	for (i = 0; i < c->n && o->max_allow > 0 && c->allow > o->max_allow; i++)
		if (c->v[i].block == 0 && c->v[i].allow > 0)
			drop(c, &c->v[i]);
	for (i = 0; i < c->n && o->max_allow > 0 && c->allow > o->max_allow; i++)
		if (c->v[i].allow > 0)
			drop(c, &c->v[i]);
}

/* Both have the same groups in the same order: what is kept lies below. */
static int
mark_kept(const struct nametree *t, struct nametree *kept, struct err *e)
{
	size_t i, at = 0;

	for (i = 0; i < kept->nrecs; i++) {
		if (kept->v[i].flags & REC_FIRST) {
			for (at += i > 0; at < t->nrecs; at++)
				if (t->v[at].flags & REC_FIRST)
					break;
		}
		if (at == t->nrecs)
			return err_set(e, EX_SOFTWARE, "groups of names differ");
		kept->v[i].flags |= t->v[at].flags & REC_CAPPED;
	}
	return 0;
}

int
nametree_cap(struct namemerge *m, const struct namemerge_opts *opts,
	     struct err *e)
{
	struct cap c = {.m = m};
	size_t i;
	int rc = -1;

	if (opts->max_block == 0 && opts->max_allow == 0)
		return 0;
	if (gather(&c, &m->name, e) == 0 && gather(&c, &m->nsname, e) == 0) {
		for (i = 0; i < c.n; i++) {
			c.block += c.v[i].block;
			c.allow += c.v[i].allow;
		}
		if (c.n > 0)
			qsort(c.v, c.n, sizeof(*c.v), compare);
		keep_ceilings(&c, opts);
		rc = opts->entries &&
				     (mark_kept(&m->name, &m->kept_name, e) < 0 ||
				      mark_kept(&m->nsname, &m->kept_nsname, e) <
					      0)
			     ? -1 : 0;
	}
	free(c.v);
	return rc;
}
