#include "sense/addrkeep.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sense/addrsweep.h"

void
addrkeep_init(struct addrkeep *k, struct claims *cs)
{
	*k = (struct addrkeep){.cs = cs};
}

void
addrkeep_free(struct addrkeep *k)
{
	free(k->run);
	free(k->piece);
	free(k->claim);
	*k = (struct addrkeep){.cs = k->cs};
}

int
addrkeep_result(void *addrkeep, const struct prefix *p, uint32_t ruling,
		struct err *e)
{
	struct addrkeep *const k = addrkeep;
	const uint32_t action = claims_ruling(k->cs, ruling)->action;
	struct addrkeep_run *const before =
		k->nrun > 0 ? &k->run[k->nrun - 1] : NULL;
	void *runs = k->run;

	/* One that lasts longer lies within the one before. */
	if (before != NULL && p->addr <= before->last)
		return 0;
	if (before != NULL && before->action == action &&
	    before->last + 1 == p->addr) {
		before->last = prefix_last(p->addr, p->len);
		return 0;
	}
	if (array_grow(&runs, &k->cap_run, k->nrun + 1, sizeof(*k->run),
		       SIZE_MAX, "ranges", e) < 0)
		return -1;
	k->run = runs;
	k->run[k->nrun++] = (struct addrkeep_run){
		p->addr, prefix_last(p->addr, p->len), action};
	return 0;
}

/* A part of the prefix, as pieces with its ruling. */
static int
add_range(struct addrkeep *k, addr128 first, addr128 last,
	  const struct addrkeep_piece *whole, struct err *e)
{
	for (;;) {
		const unsigned len = prefix_fit(first, last);
		void *p = k->piece;

		if (array_grow(&p, &k->cap_piece, k->npiece + 1,
			       sizeof(*k->piece), SIZE_MAX, "records", e) < 0)
			return -1;
		k->piece = p;
		k->piece[k->npiece++] = (struct addrkeep_piece){
			first, whole->ruling, (uint8_t)len, whole->len};
		first = prefix_last(first, len);
		if (first == last)
			return 0;
		first++;
	}
}

/* The first run that does not end before addr. */
static size_t
find_run(const struct addrkeep *k, addr128 addr)
{
	size_t lo = 0, hi = k->nrun;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (k->run[mid].last < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The prefix as far as it is in the result. */
static int
add_prefix(struct addrkeep *k, const struct addrkeep_piece *whole,
	   uint32_t action, struct err *e)
{
	const addr128 first = whole->addr;
	const addr128 last = prefix_last(first, whole->len);
	size_t i;

	for (i = find_run(k, first); i < k->nrun && k->run[i].first <= last;
	     i++) {
		const struct addrkeep_run *const r = &k->run[i];

		if (r->action == action &&
		    add_range(k, r->first > first ? r->first : first,
			      r->last < last ? r->last : last, whole, e) < 0)
			return -1;
	}
	return 0;
}

/* Leaves the prefixes that end before this one and goes into it. */
static int
go_into(struct addrkeep *k, const struct prefix *p, const uint32_t *claim,
	size_t n, struct err *e)
{
	void *claims = k->claim;
	size_t had, i;

	while (k->depth > 0 && k->around[k->depth - 1].last < p->addr)
		k->depth--;
	had = k->depth > 0 ? k->around[k->depth - 1].nclaim : 0;
	if (array_grow(&claims, &k->cap_claim, had + n, sizeof(*k->claim),
		       SIZE_MAX, "records of one address", e) < 0)
		return -1;
	k->claim = claims;
	for (i = 0; i < n; i++)
		k->claim[had + i] = claim[i];
	k->around[k->depth].last = prefix_last(p->addr, p->len);
	k->around[k->depth++].nclaim = had + n;
	return 0;
}

static bool
says(const struct claims *cs, uint32_t claim, uint32_t action)
{
	const struct claim *const c = claims_get(cs, claim);

	return !c->never && c->action == action;
}

/* The prefix with the action of one of its claims. ruling is what holds on it
 * where no longer prefix says otherwise: maybe of another action. */
static int
add_action(struct addrkeep *k, const struct prefix *p, uint32_t claim,
	   uint32_t ruling, struct err *e)
{
	struct addrkeep_piece whole = {p->addr, ruling, p->len, p->len};
	const uint32_t action = claims_get(k->cs, claim)->action;
	uint32_t report = claims_get(k->cs, claim)->report;
	size_t i;

	if ((ruling == RULING_NONE ||
	     claims_ruling(k->cs, ruling)->action != action) &&
	    claims_alone(k->cs, claim, &whole.ruling, e) < 0)
		return -1;
	for (i = k->around[k->depth - 1].nclaim; i-- > 0;)
		if (says(k->cs, k->claim[i], action) &&
		    sources_join(k->cs->sources, report,
				 claims_get(k->cs, k->claim[i])->report,
				 &report, e) < 0)
			return -1;
	if (claims_reported(k->cs, whole.ruling, report, &whole.ruling, e) < 0)
		return -1;
	return add_prefix(k, &whole, action, e);
}

static int
add_each(void *addrkeep, const struct prefix *p, const uint32_t *claim,
	 size_t n, uint32_t ruling, struct err *e)
{
	struct addrkeep *const k = addrkeep;
	size_t i, j;

	if (go_into(k, p, claim, n, e) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		const struct claim *const c = claims_get(k->cs, claim[i]);
		const uint32_t action = c->action;

		if (c->never)
			continue;
		for (j = 0; j < i && !says(k->cs, claim[j], action); j++)
			;
		if (j == i &&
		    add_action(k, p, claim[i], ruling, e) < 0)
			return -1;
	}
	return 0;
}

/* A piece of one prefix may be the whole of a longer one, which knows more. */
static int
by_address(const void *pa, const void *pb)
{
	const struct addrkeep_piece *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return (a->of < b->of) - (a->of > b->of);
}

int
addrkeep_put(struct addrkeep *k, const struct addrset *s, addrcover_put *put,
	     void *ctx, struct err *e)
{
	size_t i;

	if (addrsweep(k->cs, s, NULL, add_each, k, e) < 0)
		return -1;
	if (k->npiece > 1)
		qsort(k->piece, k->npiece, sizeof(*k->piece), by_address);
	for (i = 0; i < k->npiece; i++) {
		const struct addrkeep_piece *const x = &k->piece[i];
		const struct prefix p = {x->addr, x->len};

		if (i > 0 && x->addr == x[-1].addr && x->len == x[-1].len)
			continue;
		if (put(ctx, &p, x->ruling, e) < 0)
			return -1;
	}
	return 0;
}
