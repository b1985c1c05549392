#include "sense/handover.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

/* The prefixes around the present address, the widest first. */
struct nest {
	struct addrset all; /* of every set, its number being the tag */
	size_t next;
	struct addrset_entry *open;
	size_t n, cap;
};

struct sweep {
	struct nest before, after;
	const struct handover_set *set;
	uint32_t base;
	struct handovers *h;
};

static int
collect(struct nest *nest, const struct entries *es, uint32_t set,
	struct err *e)
{
	size_t i;

	for (i = 0; es != NULL && i < entries_count(es); i++) {
		const struct cidr c = entries_cidr(es, i);

		if (addrset_add(&nest->all, &c, set, e) < 0)
			return -1;
	}
	return 0;
}

/* Closes what ends before addr, opens what begins there. */
static int
step_to(struct nest *nest, addr128 addr, struct err *e)
{
	while (nest->n > 0 &&
	       prefix_last(nest->open[nest->n - 1].addr,
			   nest->open[nest->n - 1].len) < addr)
		nest->n--;
	for (; nest->next < nest->all.n; nest->next++) {
		const struct addrset_entry x =
			addrset_get(&nest->all, nest->next);

		if (x.addr != addr)
			break;
		if (array_grow((void **)&nest->open, &nest->cap, nest->n + 1,
			       sizeof(*nest->open), HANDOVERS_MAX,
			       "prefixes around one address", e) < 0)
			return -1;
		nest->open[nest->n++] = x;
	}
	return 0;
}

/* The end of the cell that begins at the present address. */
static addr128
cell_last(const struct nest *nest, addr128 last)
{
	addr128 end;

	if (nest->n > 0) {
		const struct addrset_entry *x = &nest->open[nest->n - 1];

		end = prefix_last(x->addr, x->len);
		last = end < last ? end : last;
	}
	if (nest->next < nest->all.n) {
		end = addrset_get(&nest->all, nest->next).addr - 1;
		last = end < last ? end : last;
	}
	return last;
}

static bool
has(const struct nest *nest, uint32_t set)
{
	size_t i;

	for (i = 0; i < nest->n; i++)
		if (nest->open[i].tag == set)
			return true;
	return false;
}

/* The lowest that is in force everywhere, else the lowest. */
static uint32_t
taker(const struct sweep *s)
{
	uint32_t best = s->after.open[0].tag;
	size_t i;

	for (i = 1; i < s->after.n; i++) {
		const uint32_t t = s->after.open[i].tag;

		if (s->set[t].everywhere != s->set[best].everywhere
			    ? s->set[t].everywhere
			    : t < best)
			best = t;
	}
	return best;
}

static int
put(struct sweep *s, addr128 first, addr128 last, uint32_t from, uint32_t to,
    struct err *e)
{
	struct handovers *h = s->h;
	struct handover *end = h->n > 0 ? &h->v[h->n - 1] : NULL;

	from += s->base;
	to += s->base;
	if (end != NULL && end->from == from && end->to == to &&
	    end->last + 1 == first) {
		end->last = last;
		return 0;
	}
	if (array_grow((void **)&h->v, &h->cap, h->n + 1, sizeof(*h->v),
		       HANDOVERS_MAX, "addresses that change their set", e) < 0)
		return -1;
	h->v[h->n++] = (struct handover){first, last, from, to};
	return 0;
}

/* A cell that is covered before and after. One giver is enough where all are in
 * force everywhere: it holds on until the taker is there. */
static int
judge(struct sweep *s, addr128 first, addr128 last, struct err *e)
{
	const uint32_t to = taker(s);
	bool once = true;
	size_t i;

	for (i = 0; i < s->before.n; i++) {
		const uint32_t t = s->before.open[i].tag;

		if (s->set[t].everywhere && has(&s->after, t))
			return 0;
		once &= s->set[t].everywhere;
	}
	for (i = 0; i < s->before.n; i++) {
		const uint32_t from = s->before.open[i].tag;

		if (from == to)
			continue;
		if (put(s, first, last, from, to, e) < 0)
			return -1;
		if (once)
			break;
	}
	return 0;
}

static double
size_of(addr128 first, addr128 last, uint8_t family)
{
	const unsigned unused = 128 - cidr_max_len(family);
	const addr128 n = (last - first) >> unused;

	return ldexp((double)(uint64_t)(n >> 64), 64) +
	       (double)(uint64_t)n + 1;
}

static int
run(struct sweep *s, uint8_t family, struct err *e)
{
	addr128 at = 0;

	for (;;) {
		addr128 last;

		if (step_to(&s->before, at, e) < 0 ||
		    step_to(&s->after, at, e) < 0)
			return -1;
		last = cell_last(&s->before, cell_last(&s->after,
						       ADDR128_MAX));
		if (s->before.n > 0)
			s->h->before += size_of(at, last, family);
		if (s->after.n > 0)
			s->h->after += size_of(at, last, family);
		if (s->before.n > 0 && s->after.n > 0 &&
		    judge(s, at, last, e) < 0)
			return -1;
		if (last == ADDR128_MAX)
			return 0;
		at = last + 1;
	}
}

int
handovers_find(struct handovers *h, uint8_t family,
	       const struct handover_set *set, size_t n, uint32_t base,
	       struct err *e)
{
	struct sweep s = {.before.all.family = family,
			  .after.all.family = family,
			  .set = set,
			  .base = base,
			  .h = h};
	int rc = 0;
	size_t i;

	for (i = 0; i < n && rc == 0; i++)
		if (collect(&s.before, set[i].before, (uint32_t)i, e) < 0 ||
		    collect(&s.after, set[i].after, (uint32_t)i, e) < 0)
			rc = -1;
	if (rc == 0 && (addrset_sort(&s.before.all, e) < 0 ||
			addrset_sort(&s.after.all, e) < 0 ||
			run(&s, family, e) < 0))
		rc = -1;
	addrset_free(&s.before.all);
	addrset_free(&s.after.all);
	free(s.before.open);
	free(s.after.open);
	return rc;
}

static int
cmp(const void *pa, const void *pb)
{
	const struct handover *a = pa, *b = pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

void
handovers_sort(struct handovers *h)
{
	if (h->n > 1)
		qsort(h->v, h->n, sizeof(*h->v), cmp);
}

void
handovers_free(struct handovers *h)
{
	free(h->v);
	*h = (struct handovers){0};
}
