/* What is there, how it differs from what is wanted, and what to do about it. */
#include "outside/ksets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Seconds by which two times of the same expiry may differ: the kernel counts
 * from when the entry was written and rounds down. */
#define TIME_SLACK 3

int
ksets_find(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++) {
		struct kset *s = &ks->set[i];
		const int r = nfset_info(ns, s->name, &s->info, e);

		if (r < 0)
			return -1;
		s->exists = r > 0;
		if (!s->exists ||
		    (s->info.fits && s->info.shape.type == s->shape.type &&
		     s->info.shape.family == s->shape.family))
			continue;
		(void)err_set(e, EX_CONFIG, "set '%s' is there, but as %s%s, "
			      "not %s of IPv%d: it is not ours", s->name,
			      s->info.typename,
			      s->info.shape.family == CIDR_V4 ? " of IPv4"
			      : s->info.shape.family == CIDR_V6 ? " of IPv6"
								: "",
			      nfset_typename(s->shape.type), s->shape.family);
		return err_hint(e, "destroy or rename it, or choose another "
				"--prefix");
	}
	return 0;
}

struct reader {
	struct kset *s;
	struct entries_index ix;
};

static int
add_hit(struct kset *s, size_t i, const struct nfset_entry *v, struct err *e)
{
	void *p = s->hits;

	if (array_grow(&p, &s->hits_cap, s->nhits + 1, sizeof(*s->hits),
		       ENTRIES_MAX, "entries with counters", e) < 0)
		return -1;
	s->hits = p;
	s->hits[s->nhits++] = (struct kset_hit){(uint32_t)i, v->packets,
						v->bytes};
	return 0;
}

static bool
same_time(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a == b;
	return a > b ? a - b <= TIME_SLACK : b - a <= TIME_SLACK;
}

static int
compare_one(struct reader *r, uint32_t at, const struct nfset_entry *v,
	    struct err *e)
{
	struct kset *const s = r->s;
	const size_t i = entries_index_find(&r->ix, at, &v->cidr);

	s->covers += ldexp(1, (int)cidr_max_len(v->cidr.family) - v->cidr.len);
	if (i == ENTRY_NONE)
		return entries_add(&s->stale, &v->cidr, v->timeout, e);
	/* An exception with the prefix of a wanted entry becomes that entry. */
	if (v->nomatch)
		return 0;
	s->state[i] = same_time(v->timeout, entries_ttl(&s->want, i))
			      ? KSET_THERE : KSET_RETIME;
	return v->packets != 0 ? add_hit(s, i, v, e) : 0;
}

static int
on_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct reader *r = arg;
	uint32_t at[64];
	size_t i, k;

	/* Many look-ups under way at once, each a miss of the cache. */
	for (i = 0; i < n; i += k) {
		k = n - i < 64 ? n - i : 64;
		for (size_t j = 0; j < k; j++)
			at[j] = entries_index_start(&r->ix, &v[i + j].cidr);
		for (size_t j = 0; j < k; j++)
			if (compare_one(r, at[j], &v[i + j], e) < 0)
				return -1;
	}
	return 0;
}

static int
by_index(const void *a, const void *b)
{
	const struct kset_hit *x = a, *y = b;

	return (x->i > y->i) - (x->i < y->i);
}

static int
count(struct kset *s, struct err *e)
{
	size_t i;

	s->missing = s->retime = 0;
	for (i = 0; i < entries_count(&s->want); i++) {
		s->missing += s->state[i] == KSET_MISSING;
		s->retime += s->state[i] == KSET_RETIME;
	}
	if (s->nhits > 0)
		qsort(s->hits, s->nhits, sizeof(*s->hits), by_index);
	return entries_sort(&s->stale, e);
}

static int
read_one(struct kset *s, struct nfset *ns, struct err *e)
{
	struct reader r = {.s = s};
	int rc;

	free(s->state);
	s->state = calloc(entries_count(&s->want) + 1, 1);
	s->nhits = 0;
	entries_clear(&s->stale);
	s->covers = 0;
	if (s->state == NULL)
		return err_mem(e);
	if (s->exists && s->info.entries > 0) {
		if (entries_index_build(&r.ix, &s->want, e) < 0)
			return -1;
		rc = nfset_read(ns, s->name, on_group, &r, e);
		entries_index_free(&r.ix);
		if (rc < 0)
			return -1;
	}
	return count(s, e);
}

static uint32_t
power_above(uint64_t n, uint32_t min)
{
	uint64_t p = min;

	while (p < n)
		p *= 2;
	return p > UINT32_MAX / 2 ? (uint32_t)1 << 31 : (uint32_t)p;
}

/* In place while the changes cost less than filling anew; see bench/ipset. */
static bool
worth_rebuilding(const struct kset *s)
{
	return s->missing + s->retime + entries_count(&s->stale) > entries_count(&s->want);
}

static void
decide(struct kset *s)
{
	s->shape.hashsize = power_above(entries_count(&s->want), KSETS_HASHSIZE_MIN);
	s->shape.maxelem = power_above(entries_count(&s->want) + entries_count(&s->want) / 4 + 1,
				       KSETS_MAXELEM_MIN);
	s->why = NULL;
	s->todo = KSET_REBUILD;
	if (!s->exists)
		s->todo = KSET_CREATE;
	else if (!s->info.ours)
		s->why = "it was made with other options";
	else if (s->missing + s->retime + entries_count(&s->stale) == 0)
		s->todo = KSET_KEEP;
	else if ((uint64_t)s->info.entries + s->missing >
		 s->info.shape.maxelem)
		s->why = "it grows over its maxelem";
	else if (worth_rebuilding(s))
		s->why = "most of it changes";
	else
		s->todo = KSET_CHANGE;
}

int
ksets_read(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	if (ksets_find(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++) {
		if (read_one(&ks->set[i], ns, e) < 0)
			return -1;
		decide(&ks->set[i]);
	}
	return 0;
}

bool
ksets_differ(const struct ksets *ks)
{
	size_t i;

	for (i = 0; i < KSETS; i++)
		if (ks->set[i].todo != KSET_KEEP)
			return true;
	return false;
}

/* Everything that is there becomes wanted. */
static int
adopt_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct kset *s = arg;
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].nomatch &&
		    entries_add(&s->want, &v[i].cidr, v[i].timeout, e) < 0)
			return -1;
	return 0;
}

int
ksets_adopt(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	if (ksets_find(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++)
		if (ks->set[i].exists &&
		    nfset_read(ns, ks->set[i].name, adopt_group, &ks->set[i],
			       e) < 0)
			return -1;
	return ksets_ready(ks, e);
}
