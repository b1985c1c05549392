#include "outside/r53prio.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE INT64_MIN

/* What is numbered, and what numbers are in use. */
struct prio {
	struct r53view *w;
	int64_t base;
	size_t *v, n; /* what has a rule or is to have one: sort_them */
	bool *placed; /* of the view's: its priority is decided */
	int64_t *now; /* where the rules of the view are, or NOWHERE */
	/* Of what is wanted its own; a rule that is to go counts to the layer of
	 * the rule before it, so that the order of both stays. */
	unsigned *layer;
	bool anew; /* all numbers are to be given, those that are to go too */
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
		n += p->layer[p->v[i]] <= layer;
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

	for (i = 0; i < p->w->nother; i++)
		if (p->w->other[i].priority == n)
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
		const int64_t o = p->w->v[j].priority;

		if (!p->placed[j] || (!p->anew && !p->w->v[j].wanted))
			continue;
		if (o > lo && (p->layer[j] > p->layer[i] ||
			       (p->anew && p->layer[j] == p->layer[i])))
			lo = o;
		if (o < hi && p->layer[j] < p->layer[i])
			hi = o;
	}
	want = preferred(p, p->layer[i]);
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

/* By layer; inside one as they stand, the new ones behind. */
static bool
goes_before(const struct prio *p, size_t a, size_t b)
{
	if (p->layer[a] != p->layer[b])
		return p->layer[a] > p->layer[b];
	return p->now[a] != NOWHERE &&
	       (p->now[b] == NOWHERE || p->now[a] < p->now[b]);
}

static void
sort_them(struct prio *p)
{
	size_t i, j;

	for (i = 1; i < p->n; i++) {
		const size_t x = p->v[i];

		for (j = i; j > 0 && goes_before(p, x, p->v[j - 1]); j--)
			p->v[j] = p->v[j - 1];
		p->v[j] = x;
	}
}

/* at[0..n): the rules that are there, as they stand. */
static size_t
as_they_stand(const struct prio *p, size_t *at)
{
	size_t i, j, n = 0;

	for (i = 0; i < p->w->n; i++) {
		if (p->now[i] == NOWHERE)
			continue;
		for (j = n++; j > 0 && p->now[at[j - 1]] > p->now[i]; j--)
			at[j] = at[j - 1];
		at[j] = i;
	}
	return n;
}

/* Marks as placed the longest run of what is wanted that stands in the order of
 * the layers. len and prev are room for n. */
static void
longest_run(struct prio *p, const size_t *at, size_t n, size_t *len,
	    size_t *prev)
{
	const struct r53one *const v = p->w->v;
	size_t i, j, best = SIZE_MAX;

	for (i = 0; i < n; i++) {
		len[i] = v[at[i]].wanted;
		prev[i] = SIZE_MAX;
		for (j = 0; j < i && v[at[i]].wanted; j++)
			if (v[at[j]].wanted && len[j] + 1 > len[i] &&
			    v[at[j]].layer >= v[at[i]].layer) {
				len[i] = len[j] + 1;
				prev[i] = j;
			}
		if (len[i] > 0 && (best == SIZE_MAX || len[i] > len[best]))
			best = i;
	}
	for (; best != SIZE_MAX; best = prev[best])
		p->placed[at[best]] = true;
}

/* Decides which rules keep their numbers: all, if one is under the base, get
 * others. */
static int
keep_some(struct prio *p, struct err *e)
{
	size_t *at = calloc(p->w->n + 1, 3 * sizeof(*at));
	unsigned layer = 0;
	size_t i, n;

	if (at == NULL)
		return err_mem(e);
	n = as_they_stand(p, at);
	longest_run(p, at, n, at + p->w->n, at + 2 * p->w->n);
	for (i = 0; i < p->w->n; i++)
		layer = p->layer[i] > layer ? p->layer[i] : layer;
	for (i = 0; i < n; i++) {
		const struct r53one *const one = &p->w->v[at[i]];

		if (one->wanted && one->rule.priority < p->base)
			p->anew = true;
		if (!one->wanted)
			p->layer[at[i]] = layer;
		else if (p->placed[at[i]])
			layer = one->layer;
		if (!one->wanted)
			p->placed[at[i]] = true;
	}
	free(at);
	return 0;
}

static int
begin(struct prio *p, struct r53view *w, int64_t base, struct err *e)
{
	size_t i;

	*p = (struct prio){.w = w, .base = base};
	p->v = calloc(w->n + 1, sizeof(*p->v));
	p->placed = calloc(w->n + 1, sizeof(*p->placed));
	p->now = calloc(w->n + 1, sizeof(*p->now));
	p->layer = calloc(w->n + 1, sizeof(*p->layer));
	if (p->v == NULL || p->placed == NULL || p->now == NULL ||
	    p->layer == NULL)
		return err_mem(e);
	for (i = 0; i < w->n; i++) {
		struct r53one *const one = &w->v[i];

		p->now[i] = one->ruled ? one->rule.priority : NOWHERE;
		one->priority = one->ruled ? one->rule.priority : 0;
		p->layer[i] = one->wanted ? one->layer : 0;
		if (one->wanted || one->ruled)
			p->v[p->n++] = i;
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

	for (i = 0; i < p->w->nother; i++)
		if (p->w->other[i].priority > at)
			at = p->w->other[i].priority;
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
	sort_them(&p);
	if (p.anew || !place_all(&p)) {
		p.anew = true;
		memset(p.placed, 0, w->n * sizeof(*p.placed));
		(void)place_all(&p); /* upwards there is always room */
	}
	rc = make_moves(&p, moves, nmoves, e);
out:
	free(p.v);
	free(p.placed);
	free(p.now);
	free(p.layer);
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
