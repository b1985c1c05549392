#include "sense/addrkeep.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sense/addrsweep.h"

/* Addresses in a row of one action. */
struct run {
	addr128 first, last;
	uint32_t action;
};

struct piece {
	addr128 addr;
	uint32_t claim;
	uint8_t len;
};

struct keep {
	struct claims *cs;
	struct run *run;
	size_t nrun, cap_run;
	struct piece *piece;
	size_t npiece, cap_piece;
	uint32_t *claim; /* those of one prefix */
	size_t cap_claim;
};

static int
add_run(void *keep, addr128 first, addr128 last, uint32_t ruling,
	struct err *e)
{
	struct keep *const k = keep;
	const uint32_t action = claims_ruling(k->cs, ruling)->action;
	struct run *const before = k->nrun > 0 ? &k->run[k->nrun - 1] : NULL;
	void *p = k->run;

	if (before != NULL && before->action == action &&
	    before->last + 1 == first) {
		before->last = last;
		return 0;
	}
	if (array_grow(&p, &k->cap_run, k->nrun + 1, sizeof(*k->run), SIZE_MAX,
		       "ranges", e) < 0)
		return -1;
	k->run = p;
	k->run[k->nrun++] = (struct run){first, last, action};
	return 0;
}

static int
add_range(struct keep *k, addr128 first, addr128 last, uint32_t claim,
	  struct err *e)
{
	for (;;) {
		const unsigned len = prefix_fit(first, last);
		void *p = k->piece;

		if (array_grow(&p, &k->cap_piece, k->npiece + 1,
			       sizeof(*k->piece), SIZE_MAX, "records", e) < 0)
			return -1;
		k->piece = p;
		k->piece[k->npiece++] =
			(struct piece){first, claim, (uint8_t)len};
		first = prefix_last(first, len);
		if (first == last)
			return 0;
		first++;
	}
}

/* The first run that does not end before addr. */
static size_t
find_run(const struct keep *k, addr128 addr)
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

/* The prefix as far as it was decided so. */
static int
add_prefix(struct keep *k, addr128 first, addr128 last, uint32_t claim,
	   struct err *e)
{
	const uint32_t action = claims_get(k->cs, claim)->action;
	size_t i;

	for (i = find_run(k, first); i < k->nrun && k->run[i].first <= last;
	     i++) {
		const struct run *const r = &k->run[i];

		if (r->action == action &&
		    add_range(k, r->first > first ? r->first : first,
			      r->last < last ? r->last : last, claim, e) < 0)
			return -1;
	}
	return 0;
}

/* One claim of the prefix, which takes in those of the same action. */
static int
add_claim(struct keep *k, uint32_t claim, size_t *n, struct err *e)
{
	const struct claim *const c = claims_get(k->cs, claim);
	void *p = k->claim;
	size_t i;

	if (c->never)
		return 0;
	for (i = 0; i < *n; i++)
		if (claims_get(k->cs, k->claim[i])->action == c->action)
			return claims_unite(k->cs, k->claim[i], claim,
					    &k->claim[i], e);
	if (array_grow(&p, &k->cap_claim, *n + 1, sizeof(*k->claim), SIZE_MAX,
		       "records of one address", e) < 0)
		return -1;
	k->claim = p;
	k->claim[(*n)++] = claim;
	return 0;
}

/* All entries of the prefix at *i, which moves on to the next one. */
static int
add_entries(struct keep *k, const struct addrset *s, size_t *i, struct err *e)
{
	const struct addrset_entry x = addrset_get(s, *i);
	uint32_t last = RULING_NONE;
	size_t n = 0, j;

	for (; *i < s->n; (*i)++) {
		const struct addrset_entry y = addrset_get(s, *i);

		if (y.addr != x.addr || y.len != x.len)
			break;
		if (y.tag != last && add_claim(k, y.tag, &n, e) < 0)
			return -1;
		last = y.tag;
	}
	for (j = 0; j < n; j++)
		if (add_prefix(k, x.addr, prefix_last(x.addr, x.len),
			       k->claim[j], e) < 0)
			return -1;
	return 0;
}

static int
by_address(const void *pa, const void *pb)
{
	const struct piece *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}

/* A piece of one prefix may be the whole of another: that is one record. */
static int
put_pieces(struct keep *k, addrcover_put *put, void *ctx, struct err *e)
{
	uint32_t claim, ruling;
	size_t i, j;

	if (k->npiece > 1)
		qsort(k->piece, k->npiece, sizeof(*k->piece), by_address);
	for (i = 0; i < k->npiece; i = j) {
		const struct piece *const x = &k->piece[i];
		const struct prefix p = {x->addr, x->len};

		claim = x->claim;
		for (j = i + 1; j < k->npiece && by_address(x, x + j - i) == 0;
		     j++)
			if (claims_unite(k->cs, claim, k->piece[j].claim,
					 &claim, e) < 0)
				return -1;
		if (claims_alone(k->cs, claim, &ruling, e) < 0 ||
		    put(ctx, &p, ruling, e) < 0)
			return -1;
	}
	return 0;
}

static int
keep_all(struct keep *k, const struct addrset *s, addrcover_put *put, void *ctx,
	 struct err *e)
{
	size_t i = 0;

	if (addrsweep(k->cs, s, add_run, k, e) < 0)
		return -1;
	while (i < s->n)
		if (add_entries(k, s, &i, e) < 0)
			return -1;
	return put_pieces(k, put, ctx, e);
}

int
addrkeep(struct claims *cs, const struct addrset *s, addrcover_put *put,
	 void *ctx, struct err *e)
{
	struct keep k = {.cs = cs};
	const int rc = keep_all(&k, s, put, ctx, e);

	free(k.run);
	free(k.piece);
	free(k.claim);
	return rc;
}
