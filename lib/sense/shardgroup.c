#include "sense/shardgroup.h"

#include <stdlib.h>
#include <string.h>

void
group_init(struct group *g)
{
	*g = (struct group){0};
	buf_init(&g->sources, GROUP_SOURCES_MAX);
}

void
group_free(struct group *g)
{
	free(g->row);
	buf_free(&g->sources);
	group_init(g);
}

/* The source column is nearly always the one of the record before. */
static int
add_source(struct group *g, struct span s, struct err *e)
{
	if (g->sources.n > 0 && g->last_nsource == s.n &&
	    memcmp(g->sources.p + g->last_source, s.p, s.n) == 0)
		return 0;
	g->last_source = (uint32_t)g->sources.n;
	g->last_nsource = (uint32_t)s.n;
	(void)buf_add(&g->sources, s.p, s.n);
	return buf_check(&g->sources, "the text of sources", e);
}

int
group_add(struct group *g, const struct policy *rec, int32_t set,
	  struct err *e)
{
	void *rows = g->row;

	if (array_grow(&rows, &g->cap, g->n + 1, sizeof(*g->row),
		       GROUP_ROWS_MAX, "entries", e) < 0)
		return -1;
	g->row = rows;
	if (add_source(g, rec->source, e) < 0)
		return -1;
	g->row[g->n++] = (struct group_row){
		.cidr = rec->cidr,
		.expires = rec->expires,
		.source = g->last_source,
		.nsource = g->last_nsource,
		.set = set,
		.weight = rec->weight,
		.wanted = set == SHARD_NONE,
	};
	return 0;
}

/* Canonical order; of equals the wanted one first, then the lowest set. */
static int
row_cmp(const void *a, const void *b)
{
	const struct group_row *x = a, *y = b;
	const int c = cidr_cmp(&x->cidr, &y->cidr);

	if (c != 0)
		return c;
	if (x->wanted != y->wanted)
		return x->wanted ? -1 : 1;
	return (x->set > y->set) - (x->set < y->set);
}

void
group_join(struct group *g)
{
	size_t i, out = 0;

	if (g->n == 0)
		return;
	qsort(g->row, g->n, sizeof(*g->row), row_cmp);
	for (i = 1; i < g->n; i++) {
		struct group_row *last = &g->row[out];

		if (cidr_cmp(&last->cidr, &g->row[i].cidr) != 0) {
			g->row[++out] = g->row[i];
			continue;
		}
		if (g->row[i].wanted)
			g->repeats++;
		else if (last->set == SHARD_NONE)
			last->set = g->row[i].set;
	}
	g->n = out + 1;
}

/* The first wanted row of g that is not before c. */
static size_t
lower_bound(const struct group *g, const struct cidr *c)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (cidr_cmp(&g->row[mid].cidr, c) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * True where c shares an address with a wanted row of g. Rows inside c follow
 * its place; rows around it are looked up length by length.
 */
static bool
touches(const struct group *g, const struct cidr *c)
{
	struct cidr around = *c;
	size_t i;

	for (i = lower_bound(g, c);
	     i < g->n && cidr_contains(c, &g->row[i].cidr); i++)
		if (g->row[i].wanted)
			return true;
	while (around.len-- > 0) {
		cidr_truncate(&around);
		i = lower_bound(g, &around);
		if (i < g->n && g->row[i].wanted &&
		    cidr_cmp(&g->row[i].cidr, &around) == 0)
			return true;
	}
	return false;
}

/* What becomes of a row that the policy no longer wants. */
static uint8_t
fate(struct group_row *r, const struct group_defer *d)
{
	int64_t due;

	if (d == NULL || d->defer_s == 0)
		return ITEM_GONE;
	/* The first run after the de-listing sets the date, later ones keep it. */
	due = d->now + (int64_t)d->defer_s;
	if (r->expires > due)
		r->expires = due;
	return r->expires <= d->now || touches(d->allow, &r->cidr)
		       ? ITEM_GONE : ITEM_LINGER;
}

int
group_place(struct group *g, const struct shard_limits *lim,
	    const struct group_defer *defer, struct err *e)
{
	struct shard_item *item = calloc(g->n + 1, sizeof(*item));
	size_t i;
	int rc;

	if (item == NULL)
		return err_mem(e);
	for (i = 0; i < g->n; i++) {
		struct group_row *r = &g->row[i];

		item[i] = (struct shard_item){
			.from = r->set,
			.to = SHARD_NONE,
			.weight = r->weight,
			.width = (uint8_t)(cidr_max_len(r->cidr.family) -
					   r->cidr.len),
			.state = r->wanted ? ITEM_WANTED : fate(r, defer),
		};
	}
	rc = shard_place(item, g->n, lim, &g->stats, e);
	for (i = 0; rc == 0 && i < g->n; i++)
		g->row[i].set = item[i].to;
	free(item);
	return rc;
}

struct policy
group_record(const struct group *g, size_t i, enum verdict verdict,
	     enum kind kind)
{
	const struct group_row *r = &g->row[i];

	return (struct policy){
		.verdict = verdict,
		.kind = kind,
		.cidr = r->cidr,
		.response = RESPONSE_NONE,
		.source = {g->sources.p + r->source, r->nsource},
		.expires = r->expires,
		.weight = r->weight,
	};
}
