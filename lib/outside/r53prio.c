#include "outside/r53prio.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE INT64_MIN

/* What is numbered, and what numbers are in use. */
struct prio {
	struct r53view *w;
	int64_t base;
	size_t *v, n;	/* the wanted: by layer, highest first */
	bool *placed;	/* of the view's: its priority is decided */
	int64_t *taken; /* others', and of rules that are to go */
	size_t ntaken;
	int64_t *now;	/* where the rules of the view are, or NOWHERE */
	bool anew;	/* as though none of ours were there */
};

/* The first number of others from base on. */
static int64_t
fence(const struct prio *p)
{
	int64_t at = INT64_MAX;
	size_t i;

	for (i = 0; i < p->w->nother; i++) {
		const int64_t o = p->w->other[i].priority;

		if (o >= p->base && o < at)
			at = o;
	}
	return at;
}

static size_t
count_upto(const struct prio *p, unsigned layer)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->w->v[p->v[i]].layer <= layer;
	return n;
}

/*
 * Where a layer begins in a group that is new: with room in front for further
 * layers; close before the first rule of others where there is not so much room;
 * and on both sides of it only where all of ours do not fit before it.
 */
static int64_t
preferred(const struct prio *p, unsigned layer)
{
	const int64_t room = fence(p) - p->base;
	const unsigned last = R53_PRIO_LAYERS - 1;
	const size_t all = p->n;

	if (room < R53_PRIO_STRIDE * last + (int64_t)count_upto(p, 0) &&
	    room >= (int64_t)all)
		return fence(p) - (int64_t)count_upto(p, layer);
	return p->base +
	       R53_PRIO_STRIDE * (int64_t)(last - (layer < last ? layer : last));
}

static bool
is_taken(const struct prio *p, int64_t n)
{
	size_t i;

	for (i = 0; i < p->ntaken; i++)
		if (p->taken[i] == n)
			return true;
	for (i = 0; i < p->w->n; i++)
		if ((p->placed[i] && p->w->v[i].priority == n) ||
		    (!p->anew && p->now[i] == n))
			return true;
	return false;
}

/* A free number from..to-1, or -1. */
static int64_t
find_free(const struct prio *p, int64_t from, int64_t to)
{
	for (; from < to; from++)
		if (!is_taken(p, from))
			return from;
	return -1;
}

static bool
place(struct prio *p, size_t i)
{
	struct r53one *const one = &p->w->v[i];
	int64_t lo = p->base - 1, hi = INT64_MAX, want, at;
	size_t j;

	for (j = 0; j < p->w->n; j++) {
		const struct r53one *const o = &p->w->v[j];

		if (!p->placed[j])
			continue;
		if (o->layer > one->layer && o->priority > lo)
			lo = o->priority;
		if (o->layer < one->layer && o->priority < hi)
			hi = o->priority;
	}
	want = preferred(p, one->layer);
	at = find_free(p, want > lo ? want : lo + 1, hi);
	if (at < 0)
		at = find_free(p, lo + 1, hi);
	if (at < 0)
		return false;
	one->priority = at;
	p->placed[i] = true;
	return true;
}

static bool
place_all(struct prio *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!p->placed[p->v[i]] && !place(p, p->v[i]))
			return false;
	return true;
}

/*
 * Decides which rules keep their numbers: the longest run of them that stands in
 * the order of the layers. None, where one is under the base.
 */
static int
keep_some(struct prio *p, struct err *e)
{
	size_t *at = calloc(p->n + 1, 3 * sizeof(*at)), *len, *prev;
	size_t i, j, n = 0, best = SIZE_MAX;

	if (at == NULL)
		return err_mem(e);
	len = at + p->n + 1;
	prev = len + p->n + 1;
	for (i = 0; i < p->n; i++) { /* sorted by priority */
		const struct r53one *const one = &p->w->v[p->v[i]];

		if (!one->ruled)
			continue;
		if (one->rule.priority < p->base)
			goto out;
		for (j = n++; j > 0 && p->w->v[at[j - 1]].rule.priority >
					   one->rule.priority; j--)
			at[j] = at[j - 1];
		at[j] = p->v[i];
	}
	for (i = 0; i < n; i++) {
		len[i] = 1;
		prev[i] = SIZE_MAX;
		for (j = 0; j < i; j++)
			if (p->w->v[at[j]].layer >= p->w->v[at[i]].layer &&
			    len[j] + 1 > len[i]) {
				len[i] = len[j] + 1;
				prev[i] = j;
			}
		if (best == SIZE_MAX || len[i] > len[best])
			best = i;
	}
	for (; best != SIZE_MAX; best = prev[best]) {
		p->w->v[at[best]].priority = p->w->v[at[best]].rule.priority;
		p->placed[at[best]] = true;
	}
out:
	free(at);
	return 0;
}

static int
begin(struct prio *p, struct r53view *w, int64_t base, struct err *e)
{
	size_t i, j;

	*p = (struct prio){.w = w, .base = base};
	p->v = calloc(w->n + 1, sizeof(*p->v));
	p->placed = calloc(w->n + 1, sizeof(*p->placed));
	p->now = calloc(w->n + 1, sizeof(*p->now));
	p->taken = calloc(w->n + w->nother + 1, sizeof(*p->taken));
	if (p->v == NULL || p->placed == NULL || p->now == NULL ||
	    p->taken == NULL)
		return err_mem(e);
	for (i = 0; i < w->nother; i++)
		p->taken[p->ntaken++] = w->other[i].priority;
	for (i = 0; i < w->n; i++) {
		p->now[i] = NOWHERE;
		if (!w->v[i].wanted) {
			if (w->v[i].ruled)
				p->taken[p->ntaken++] = w->v[i].rule.priority;
			continue;
		}
		if (w->v[i].ruled)
			p->now[i] = w->v[i].rule.priority;
		for (j = p->n++; j > 0 && w->v[p->v[j - 1]].layer <
					      w->v[i].layer; j--)
			p->v[j] = p->v[j - 1];
		p->v[j] = i;
	}
	return 0;
}

static int
by_priority(const void *a, const void *b, void *view)
{
	const struct r53view *const w = view;
	const int64_t x = w->v[*(const size_t *)a].priority;
	const int64_t y = w->v[*(const size_t *)b].priority;

	return x < y ? -1 : x > y;
}

/* The one whose rule is at that number now, or SIZE_MAX. */
static size_t
who_is_at(const struct prio *p, int64_t n)
{
	size_t i;

	for (i = 0; i < p->w->n; i++)
		if (p->now[i] == n)
			return i;
	return SIZE_MAX;
}

static void
move(struct prio *p, size_t i, int64_t to, struct r53move *m, size_t *n)
{
	m[(*n)++] = (struct r53move){i, to};
	p->now[i] = to;
}

/* A number behind all others. */
static int64_t
far_off(const struct prio *p)
{
	int64_t at = p->base;
	size_t i;

	for (i = 0; i < p->ntaken; i++)
		at = p->taken[i] > at ? p->taken[i] : at;
	for (i = 0; i < p->w->n; i++) {
		at = p->now[i] > at ? p->now[i] : at;
		at = p->w->v[i].priority > at ? p->w->v[i].priority : at;
	}
	return at + 1;
}

static void
move_one(struct prio *p, size_t i, struct r53move *m, size_t *n)
{
	const int64_t to = p->w->v[i].priority;
	size_t other;

	if (p->now[i] == NOWHERE || p->now[i] == to)
		return;
	other = who_is_at(p, to); /* only where the order was wrong */
	if (other != SIZE_MAX)
		move(p, other, far_off(p), m, n);
	move(p, i, to, m, n);
}

/*
 * The rules that go to higher numbers from the last to the first, then those
 * that go to lower ones from the first to the last: so none passes another.
 */
static int
make_moves(struct prio *p, struct r53move **moves, size_t *n, struct err *e)
{
	struct r53move *m = calloc(3 * p->n + 1, sizeof(*m));
	size_t k;

	if (m == NULL)
		return err_mem(e);
	*n = 0;
	qsort_r(p->v, p->n, sizeof(*p->v), by_priority, p->w);
	for (k = p->n; k > 0; k--)
		if (p->w->v[p->v[k - 1]].priority > p->now[p->v[k - 1]])
			move_one(p, p->v[k - 1], m, n);
	for (k = 0; k < p->n; k++)
		move_one(p, p->v[k], m, n);
	*moves = m;
	return 0;
}

int
r53prio(struct r53view *w, int64_t base, struct r53move **moves,
	size_t *nmoves, struct err *e)
{
	struct prio p;
	int rc = -1;

	*moves = NULL;
	*nmoves = 0;
	if (begin(&p, w, base, e) < 0 || keep_some(&p, e) < 0)
		goto out;
	if (!place_all(&p)) {
		p.anew = true;
		memset(p.placed, 0, w->n * sizeof(*p.placed));
		(void)place_all(&p); /* upwards there is always room */
	}
	rc = make_moves(&p, moves, nmoves, e);
out:
	free(p.v);
	free(p.placed);
	free(p.now);
	free(p.taken);
	return rc;
}

const struct r53_rule *
r53prio_between(const struct r53view *w)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (!w->v[i].wanted)
			continue;
		first = w->v[i].priority < first ? w->v[i].priority : first;
		last = w->v[i].priority > last ? w->v[i].priority : last;
	}
	for (i = 0; i < w->nother; i++)
		if (w->other[i].priority > first && w->other[i].priority < last)
			return &w->other[i];
	return NULL;
}
