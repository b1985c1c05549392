#include "sense/addrsweep.h"

#include <stdlib.h>

/* A prefix that is not yet left behind. */
struct level {
	addr128 last;
	uint32_t ruling;
	uint32_t idle;	/* a claim known to change nothing here */
	uint32_t alone; /* the only claim, where stand is not made yet */
	struct stand stand;
};
#define NO_CLAIM UINT32_MAX

struct sweep {
	struct claims *cs;
	addrsweep_put *put;
	addrsweep_each *each;
	void *ctx;
	struct level level[130]; /* by depth, from 1; and one to try */
	unsigned depth;
	addr128 at; /* the first address that is not done; with end, none is */
	bool end;
	uint32_t alone, ruling; /* the last claim that stood alone */
	uint32_t *claim; /* those of one prefix */
	size_t cap;
};

/* All up to last has what the innermost level says. */
static int
advance(struct sweep *w, addr128 last, struct err *e)
{
	const struct level *in = &w->level[w->depth];
	const addr128 first = w->at;

	w->at = last + 1;
	w->end = w->at == 0;
	if (in->ruling == RULING_NONE || w->put == NULL)
		return 0;
	return w->put(w->ctx, first, last, in->ruling, e);
}

/* Leaves the prefixes that end before addr. */
static int
leave(struct sweep *w, addr128 addr, bool all, struct err *e)
{
	for (; w->depth > 0; w->depth--) {
		const addr128 last = w->level[w->depth].last;

		if (!all && addr <= last)
			return 0;
		/* An inner prefix may have ended there too. */
		if (!w->end && w->at <= last && advance(w, last, e) < 0)
			return -1;
	}
	return 0;
}

/* The prefix becomes the innermost one. */
static int
enter(struct sweep *w, addr128 addr, unsigned len, struct err *e)
{
	struct level *const in = &w->level[w->depth + 1];

	if (w->depth > 0 && w->at != addr && advance(w, addr - 1, e) < 0)
		return -1;
	w->at = addr;
	in->last = prefix_last(addr, len);
	w->depth++;
	return 0;
}

static int
decide_alone(struct sweep *w, uint32_t claim, uint32_t *ruling, struct err *e)
{
	if (claim != w->alone &&
	    claims_alone(w->cs, claim, &w->ruling, e) < 0)
		return -1;
	w->alone = claim;
	*ruling = w->ruling;
	return 0;
}

/* Within no other prefix, and with one claim. */
static int
enter_alone(struct sweep *w, addr128 addr, unsigned len, uint32_t claim,
	    struct err *e)
{
	struct level *const in = &w->level[1];

	in->idle = in->alone = claim;
	if (decide_alone(w, claim, &in->ruling, e) < 0)
		return -1;
	return enter(w, addr, len, e);
}

/* The same with none inside it either, as are most: it is a range at once. */
static int
pass_alone(struct sweep *w, addr128 addr, addr128 last, uint32_t claim,
	   struct err *e)
{
	uint32_t ruling;

	if (decide_alone(w, claim, &ruling, e) < 0)
		return -1;
	return ruling == RULING_NONE || w->put == NULL
		       ? 0 : w->put(w->ctx, addr, last, ruling, e);
}

static int
enter_within(struct sweep *w, addr128 addr, unsigned len, size_t n,
	     struct err *e)
{
	struct level *const in = &w->level[w->depth + 1];
	struct level *const out = w->depth > 0 ? &w->level[w->depth] : NULL;

	if (out != NULL && out->alone != NO_CLAIM) {
		if (stand_on(w->cs, &out->stand, NULL, &out->alone, 1, e) < 0)
			return -1;
		out->alone = NO_CLAIM;
	}
	in->idle = n == 1 ? w->claim[0] : NO_CLAIM;
	in->alone = NO_CLAIM;
	if (stand_on(w->cs, &in->stand, out != NULL ? &out->stand : NULL,
		     w->claim, n, e) < 0)
		return -1;
	if (out != NULL && stand_equal(&in->stand, &out->stand)) {
		out->idle = in->idle;
		return 0;
	}
	if (stand_decide(w->cs, &in->stand, &in->ruling, e) < 0)
		return -1;
	return enter(w, addr, len, e);
}

static int
more_claims(struct sweep *w, struct err *e)
{
	void *p = w->claim;
	const int rc = array_grow(&p, &w->cap, w->cap + 1, sizeof(*w->claim),
				  SIZE_MAX, "records of one address", e);

	w->claim = p;
	return rc;
}

/* The claims of the prefix at i; returns how many entries that were. */
static size_t
gather(struct sweep *w, const struct addrset *s, size_t i, size_t *n,
       struct err *e)
{
	const struct addrset_entry first = addrset_get(s, i);
	size_t k = i;

	for (*n = 0; k < s->n; k++) {
		const struct addrset_entry x = addrset_get(s, k);

		if (x.addr != first.addr || x.len != first.len)
			break;
		if (*n > 0 && w->claim[*n - 1] == x.tag)
			continue;
		if (*n == w->cap && more_claims(w, e) < 0)
			return 0;
		w->claim[(*n)++] = x.tag;
	}
	return k - i;
}

/* What the prefix that was just met is decided as. */
static int
tell(struct sweep *w, const struct addrset_entry *x, size_t n, bool passed,
     struct err *e)
{
	const struct prefix p = {x->addr, x->len};

	return w->each(w->ctx, &p, w->claim, n,
		       passed ? w->ruling : w->level[w->depth].ruling, e);
}

static int
sweep(struct sweep *w, const struct addrset *s, struct err *e)
{
	size_t i = 0, n, took;
	bool passed;
	int rc;

	while (i < s->n) {
		const struct addrset_entry x = addrset_get(s, i);

		if (leave(w, x.addr, false, e) < 0)
			return -1;
		took = gather(w, s, i, &n, e);
		if (took == 0)
			return -1;
		i += took;
		passed = n == 1 && w->depth == 0 &&
			 (i == s->n || addrset_get(s, i).addr >
					       prefix_last(x.addr, x.len));
		if (passed)
			rc = pass_alone(w, x.addr, prefix_last(x.addr, x.len),
					x.tag, e);
		else if (n == 1 && w->depth == 0)
			rc = enter_alone(w, x.addr, x.len, x.tag, e);
		else if (n == 1 && w->level[w->depth].idle == x.tag)
			rc = 0;
		else
			rc = enter_within(w, x.addr, x.len, n, e);
		if (rc == 0 && w->each != NULL)
			rc = tell(w, &x, n, passed, e);
		if (rc < 0)
			return -1;
	}
	return leave(w, 0, true, e);
}

int
addrsweep(struct claims *cs, const struct addrset *s, addrsweep_put *put,
	  addrsweep_each *each, void *ctx, struct err *e)
{
	struct sweep *w = calloc(1, sizeof(*w));
	size_t i;
	int rc;

	if (w == NULL)
		return err_mem(e);
	w->cs = cs;
	w->put = put;
	w->each = each;
	w->ctx = ctx;
	w->alone = NO_CLAIM;
	rc = sweep(w, s, e);
	for (i = 0; i < sizeof(w->level) / sizeof(*w->level); i++)
		stand_free(&w->level[i].stand);
	free(w->claim);
	free(w);
	return rc;
}
