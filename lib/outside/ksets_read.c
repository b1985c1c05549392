/* What is there, how it differs from what is wanted, and what to do about it. */
#include "outside/ksets.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* Seconds by which two times of the same expiry may differ: the kernel counts
 * from when the entry was written and rounds down. */
#define TIME_SLACK 3

/* A set of our name must be of the type and family of ours. */
static int
check_kind(const struct kset *s, struct err *e)
{
	const struct nfset_info *const info = &s->info;

	if (info->fits && info->shape.type == s->shape.type &&
	    info->shape.family == s->shape.family)
		return 0;
	(void)err_set(e, EX_CONFIG, "set '%s' is there, but as %s%s, not %s of "
		      "IPv%d: it is not ours", s->name, info->typename,
		      info->shape.family == CIDR_V4 ? " of IPv4"
		      : info->shape.family == CIDR_V6 ? " of IPv6" : "",
		      nfset_typename(s->shape.type), s->shape.family);
	return err_hint(e, "destroy or rename it, or choose another --prefix");
}

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
		if (s->exists && check_kind(s, e) < 0)
			return -1;
	}
	return 0;
}

int
ksets_scan(struct kset *s, struct nfset *ns, nfset_seen *seen, void *arg,
	   struct err *e)
{
	const int r = nfset_read(ns, s->name, &s->info, seen, arg, e);

	if (r < 0)
		return -1;
	s->exists = r > 0;
	return s->exists ? check_kind(s, e) : 0;
}

/* The kernel gives entries in the order of its hash. They are gathered, an
 * eighth of those wanted at a time but at least so many, and sorted, so that
 * they are met one behind the other among those wanted. Looking each up by
 * itself waits for memory that no cache holds, and costs twice that. */
#define GATHER_MIN ((size_t)16384)

struct reader {
	struct kset *s;
	struct entries found;
	size_t max;
};

static bool
same_time(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a == b;
	return a > b ? a - b <= TIME_SLACK : b - a <= TIME_SLACK;
}

/* Wanted entry i is there, with this timeout. */
static void
mark(struct kset *s, size_t i, uint32_t timeout)
{
	s->state[i] = same_time(timeout, entries_ttl(&s->want, i))
			      ? KSET_THERE : KSET_RETIME;
}

static int
match(struct reader *r, struct err *e)
{
	struct kset *const s = r->s;
	size_t i, at = 0;

	if (entries_sort(&r->found, e) < 0)
		return -1;
	for (i = 0; i < entries_count(&r->found); i++) {
		const struct addrset_entry x = addrset_get(&r->found.set, i);
		struct cidr c;

		at = entries_seek(&s->want, at, &x);
		if (entries_is(&s->want, at, &x)) {
			mark(s, at, x.tag);
			continue;
		}
		c = entries_cidr(&r->found, i);
		if (entries_add(&s->stale, &c, x.tag, e) < 0)
			return -1;
	}
	entries_clear(&r->found);
	return 0;
}

/* One with counters is looked up at once. */
static int
look_up_counted(struct kset *s, const struct nfset_entry *v, struct err *e)
{
	const size_t i = entries_find(&s->want, &v->cidr);
	void *p = s->hits;

	s->packets += v->packets;
	s->bytes += v->bytes;
	if (i == ENTRY_NONE)
		return entries_add(&s->stale, &v->cidr, v->timeout, e);
	mark(s, i, v->timeout);
	if (array_grow(&p, &s->hits_cap, s->nhits + 1, sizeof(*s->hits),
		       ENTRIES_MAX, "entries with counters", e) < 0)
		return -1;
	s->hits = p;
	s->hits[s->nhits++] = (struct kset_hit){(uint32_t)i, v->packets,
						v->bytes};
	return 0;
}

/* An exception goes; or it is overwritten by the wanted entry of the same
 * prefix, so it must not count as stale. */
static int
look_up_exception(struct kset *s, const struct cidr *c, struct err *e)
{
	return entries_find(&s->want, c) != ENTRY_NONE
		       ? 0 : entries_add(&s->stale, c, 0, e);
}

/* All but the many that have neither counters nor a timeout, which come out in
 * plain; their number. */
static int
sort_out(struct reader *r, const struct nfset_entry *v, size_t n,
	 struct cidr *plain, struct err *e)
{
	struct kset *const s = r->s;
	int k = 0, rc = 0;
	size_t i;

	for (i = 0; i < n && rc == 0; i++) {
		s->lens[v[i].cidr.len]++;
		if (v[i].nomatch)
			rc = look_up_exception(s, &v[i].cidr, e);
		else if (v[i].packets != 0)
			rc = look_up_counted(s, &v[i], e);
		else if (v[i].timeout != 0)
			rc = entries_add(&r->found, &v[i].cidr, v[i].timeout,
					 e);
		else
			plain[k++] = v[i].cidr;
	}
	return rc < 0 ? -1 : k;
}

static int
on_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct reader *const r = arg;
	struct cidr plain[NFSET_GROUP];
	const int k = sort_out(r, v, n, plain, e);

	if (k < 0 || entries_add_many(&r->found, plain, (size_t)k, 0, e) < 0)
		return -1;
	return entries_count(&r->found) >= r->max ? match(r, e) : 0;
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
	if (s->state == NULL)
		return err_mem(e);
	s->nhits = 0;
	s->packets = s->bytes = 0;
	entries_clear(&s->stale);
	memset(s->lens, 0, sizeof(s->lens));
	entries_init(&r.found, s->shape.family);
	r.max = entries_count(&s->want) / 8;
	if (r.max < GATHER_MIN)
		r.max = GATHER_MIN;
	rc = ksets_scan(s, ns, on_group, &r, e);
	if (rc == 0)
		rc = match(&r, e);
	entries_free(&r.found);
	return rc < 0 ? -1 : count(s, e);
}

static uint32_t
power_above(uint64_t n, uint32_t min)
{
	uint64_t p = min;

	while (p < n)
		p *= 2;
	return p > UINT32_MAX / 2 ? (uint32_t)1 << 31 : (uint32_t)p;
}

/* Writing the difference in place has never cost more than filling anew, not
 * even where all entries change (bench-ipset); but for a table that is far too
 * small, which the kernel would enlarge and rehash over and over. */
static bool
outgrows_table(const struct kset *s)
{
	const size_t want = entries_count(&s->want);

	return want > s->info.shape.hashsize &&
	       s->missing + s->retime + entries_count(&s->stale) >= want;
}

static void
decide(struct kset *s)
{
	const size_t n = entries_count(&s->want);

	s->shape.hashsize = power_above(n, KSETS_HASHSIZE_MIN);
	s->shape.maxelem = power_above(n + n / 4 + 1, KSETS_MAXELEM_MIN);
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
	else if (outgrows_table(s))
		s->why = "it grows far over its table";
	else
		s->todo = KSET_CHANGE;
}

int
ksets_read(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

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

	for (i = 0; i < KSETS; i++)
		if (ksets_scan(&ks->set[i], ns, adopt_group, &ks->set[i],
			       e) < 0)
			return -1;
	return ksets_sort(ks, e);
}
