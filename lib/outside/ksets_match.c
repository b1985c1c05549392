/*
 * How what is there differs from what is wanted.
 *
 * The kernel gives entries in the order of its hash. Looking each up by itself
 * would wait for memory that no cache holds. So, in the usual case, a table of
 * differences (sense/delta.h) takes them in as they come: of a million entries
 * of which some change, only those that do are ever looked for. In other cases
 * entries are gathered and sorted, so that they are met one behind the other
 * among those wanted: where the sets are small, where they differ in much, and
 * for those of a limited life, whose times must be compared.
 */
#include "outside/ksets.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sense/delta.h"

/* Seconds by which two times of the same expiry may differ: the kernel counts
 * from when the entry was written and rounds down. */
#define TIME_SLACK 3

/* Gathered at a time: an eighth of those wanted, but at least so many. */
#define GATHER_MIN ((size_t)16384)

enum { MISSING, THERE, RETIME /* there, with another expiry */ };

struct reader {
	struct kset *s;
	bool whole; /* no table of differences: each is to be met */
	bool begun;
	struct delta *delta; /* wanted for ever and not met, and the reverse */
	uint8_t *state; /* by wanted entry; NULL where delta tells of all */
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

static int
add_change(struct kset *s, size_t i, uint32_t flag, struct err *e)
{
	void *p = s->change;

	if (array_grow(&p, &s->change_cap, s->nchange + 1, sizeof(*s->change),
		       ENTRIES_MAX, "changes", e) < 0)
		return -1;
	s->change = p;
	s->change[s->nchange++] = (uint32_t)i | flag;
	return 0;
}

/* Wanted entry i is there, with this timeout. */
static int
mark(struct reader *r, size_t i, uint32_t timeout, struct err *e)
{
	const bool same = same_time(timeout, entries_ttl(&r->s->want, i));

	if (r->state != NULL)
		r->state[i] = same ? THERE : RETIME;
	else if (!same)
		return add_change(r->s, i, KSET_RETIME, e);
	return 0;
}

/* The same, of one that was looked up. */
static int
met(struct reader *r, size_t i, uint32_t timeout, struct err *e)
{
	if (r->delta != NULL && entries_ttl(&r->s->want, i) == 0) {
		const struct cidr c = entries_cidr(&r->s->want, i);

		delta_take(r->delta, &c, 1);
	}
	return mark(r, i, timeout, e);
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
		c = entries_cidr(&r->found, i);
		if ((entries_is(&s->want, at, &x)
			     ? met(r, at, x.tag, e)
			     : entries_add(&s->stale, &c, x.tag, e)) < 0)
			return -1;
	}
	entries_clear(&r->found);
	return 0;
}

/* One with counters is looked up at once. */
static int
look_up_counted(struct reader *r, const struct nfset_entry *v, struct err *e)
{
	struct kset *const s = r->s;
	const size_t i = entries_find(&s->want, &v->cidr);
	void *p = s->hits;

	s->packets += v->packets;
	s->bytes += v->bytes;
	if (i == ENTRY_NONE)
		return entries_add(&s->stale, &v->cidr, v->timeout, e);
	if (met(r, i, v->timeout, e) < 0 ||
	    array_grow(&p, &s->hits_cap, s->nhits + 1, sizeof(*s->hits),
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
			rc = look_up_counted(r, &v[i], e);
		else if (v[i].timeout != 0)
			rc = entries_add(&r->found, &v[i].cidr, v[i].timeout,
					 e);
		else
			plain[k++] = v[i].cidr;
	}
	return rc < 0 ? -1 : k;
}

static int
new_state(struct reader *r, struct err *e)
{
	r->state = calloc(entries_count(&r->s->want) + 1, 1);
	return r->state == NULL ? err_mem(e) : 0;
}

/* Puts in what is wanted for ever; what has an expiry is to be met. */
static int
begin_delta(struct reader *r, struct err *e)
{
	const struct entries *const want = &r->s->want;
	const size_t n = entries_count(want);
	struct cidr c[NFSET_GROUP];
	size_t i, k = 0;

	r->delta = delta_new(want->set.family, e);
	if (r->delta == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		if (entries_ttl(want, i) != 0) {
			if (r->state == NULL && new_state(r, e) < 0)
				return -1;
			continue;
		}
		c[k++] = entries_cidr(want, i);
		if (k == NFSET_GROUP) {
			delta_put(r->delta, c, k);
			k = 0;
		}
	}
	delta_put(r->delta, c, k);
	return 0;
}

/* The header is known, and no entry has been looked at. */
static int
begin(struct reader *r, struct err *e)
{
	const size_t want = entries_count(&r->s->want);
	const size_t there = r->s->info.entries;

	r->begun = true;
	if (r->whole || want < GATHER_MIN || there + DELTA_SOLVES < want ||
	    want + DELTA_SOLVES < there)
		return new_state(r, e);
	return begin_delta(r, e);
}

static int
on_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct reader *const r = arg;
	struct cidr plain[NFSET_GROUP];
	int k;

	if (!r->begun && begin(r, e) < 0)
		return -1;
	k = sort_out(r, v, n, plain, e);
	if (k < 0)
		return -1;
	if (r->delta != NULL)
		delta_take(r->delta, plain, (size_t)k);
	else if (entries_add_many(&r->found, plain, (size_t)k, 0, e) < 0)
		return -1;
	return entries_count(&r->found) >= r->max ? match(r, e) : 0;
}

/* What is there and was not put in. It may be wanted nevertheless: with an
 * expiry, or when a table that the kernel enlarges meanwhile told of it twice. */
static int
only_there(struct reader *r, const struct entries *es, struct err *e)
{
	struct kset *const s = r->s;
	size_t i, at;

	for (i = 0; i < entries_count(es); i++) {
		const struct cidr c = entries_cidr(es, i);

		at = entries_find(&s->want, &c);
		if ((at != ENTRY_NONE ? mark(r, at, 0, e)
				      : entries_add(&s->stale, &c, 0, e)) < 0)
			return -1;
	}
	return 0;
}

static int
only_wanted(struct reader *r, const struct entries *es, struct err *e)
{
	size_t i;

	for (i = 0; i < entries_count(es); i++) {
		const struct cidr c = entries_cidr(es, i);
		const size_t at = entries_find(&r->s->want, &c);

		/* Nothing else was put in, so this was no answer. */
		if (at == ENTRY_NONE)
			return 0;
		if (add_change(r->s, at, 0, e) < 0)
			return -1;
	}
	return 1;
}

/* 1; 0 where the table does not tell; -1. */
static int
solve(struct reader *r, struct err *e)
{
	const uint8_t family = r->s->shape.family;
	struct entries wanted, there;
	int rc;

	entries_init(&wanted, family);
	entries_init(&there, family);
	rc = delta_solve(r->delta, &wanted, &there, e);
	if (rc > 0)
		rc = only_wanted(r, &wanted, e);
	if (rc > 0 && only_there(r, &there, e) < 0)
		rc = -1;
	entries_free(&wanted);
	entries_free(&there);
	return rc;
}

static int
by_change(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a & ~KSET_RETIME;
	const uint32_t y = *(const uint32_t *)b & ~KSET_RETIME;

	return (x > y) - (x < y);
}

static int
by_index(const void *a, const void *b)
{
	const struct kset_hit *x = a, *y = b;

	return (x->i > y->i) - (x->i < y->i);
}

/* Where the table of differences told of those for ever, only the others. */
static int
list_changes(struct reader *r, struct err *e)
{
	struct kset *const s = r->s;
	const size_t n = r->state != NULL ? entries_count(&s->want) : 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (r->state[i] == THERE ||
		    (r->state[i] == MISSING && r->delta != NULL &&
		     entries_ttl(&s->want, i) == 0))
			continue;
		if (add_change(s, i, r->state[i] == RETIME ? KSET_RETIME : 0,
			       e) < 0)
			return -1;
	}
	if (r->delta != NULL && s->nchange > 0)
		qsort(s->change, s->nchange, sizeof(*s->change), by_change);
	for (i = 0; i < s->nchange; i++)
		s->retime += s->change[i] / KSET_RETIME;
	s->missing = s->nchange - s->retime;
	if (s->nhits > 0)
		qsort(s->hits, s->nhits, sizeof(*s->hits), by_index);
	return entries_sort(&s->stale, e);
}

static int
read_with(struct reader *r, struct nfset *ns, struct err *e)
{
	int rc = 1;

	if (ksets_scan(r->s, ns, on_group, r, e) < 0)
		return -1;
	if (!r->s->exists) {
		r->s->missing = entries_count(&r->s->want);
		return 1;
	}
	if ((!r->begun && new_state(r, e) < 0) || match(r, e) < 0)
		return -1;
	if (r->delta != NULL)
		rc = solve(r, e);
	return rc > 0 && list_changes(r, e) < 0 ? -1 : rc;
}

/* 1; 0 where it must be read as a whole; -1. */
static int
read_once(struct kset *s, bool whole, struct nfset *ns, struct err *e)
{
	struct reader r = {.s = s, .whole = whole};
	int rc;

	s->nchange = s->missing = s->retime = s->nhits = 0;
	s->packets = s->bytes = 0;
	entries_clear(&s->stale);
	memset(s->lens, 0, sizeof(s->lens));
	entries_init(&r.found, s->shape.family);
	r.max = entries_count(&s->want) / 8;
	if (r.max < GATHER_MIN)
		r.max = GATHER_MIN;
	rc = read_with(&r, ns, e);
	entries_free(&r.found);
	delta_free(r.delta);
	free(r.state);
	return rc;
}

int
ksets_match(struct kset *s, struct nfset *ns, struct err *e)
{
	int rc = read_once(s, false, ns, e);

	if (rc == 0)
		rc = read_once(s, true, ns, e);
	return rc < 0 ? -1 : 0;
}
