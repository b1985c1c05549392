#include "sense/shard.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sense/addrcap.h"

struct set {
	uint32_t stay;	  /* entries that are in it and stay */
	uint32_t linger;  /* entries that wait for their removal */
	uint32_t lost;	  /* entries that leave it for good */
	bool touched;
	bool closed;	  /* emptied to save it: takes nothing more */
};

struct work {
	struct shard_item *v;
	size_t n;
	const struct shard_limits *lim;
	struct set *set; /* lim->sets of them */
};

static bool
valid_set(const struct work *w, int32_t set)
{
	return set >= 0 && (uint32_t)set < w->lim->sets;
}

static struct addrcap_class
class_of(const struct work *w, const struct shard_item *it)
{
	return (struct addrcap_class){.weight = it->weight, .width = it->width,
				      .placed = valid_set(w, it->from)};
}

/* The wanted entries over what all sets hold lose their place. */
static int
cap_to(struct work *w, struct addrcap *c, struct err *e)
{
	struct addrcap_class class;
	int keeps;
	size_t i;

	for (i = 0; i < w->n; i++) {
		class = class_of(w, &w->v[i]);
		if (w->v[i].state == ITEM_WANTED &&
		    addrcap_count(c, &class, e) < 0)
			return -1;
	}
	if (addrcap_decide(c, e) < 0)
		return -1;
	for (i = 0; i < w->n; i++) {
		class = class_of(w, &w->v[i]);
		if (w->v[i].state != ITEM_WANTED)
			continue;
		keeps = addrcap_keeps(c, &class, e);
		if (keeps < 0)
			return -1;
		if (keeps == 0)
			w->v[i].state = ITEM_GONE;
	}
	return 0;
}

static int
cap(struct work *w, struct shard_stats *st, struct err *e)
{
	struct addrcap c = {.max = (uint64_t)w->lim->capacity * w->lim->sets};
	size_t wanted = 0, i;
	int rc;

	for (i = 0; i < w->n; i++)
		wanted += w->v[i].state == ITEM_WANTED;
	if (wanted <= c.max)
		return 0;
	rc = cap_to(w, &c, e);
	st->capped = (size_t)c.dropped;
	addrcap_free(&c);
	return rc;
}

/* What stays where it is; the rest of what is wanted has no set yet. */
static void
settle(struct work *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct shard_item *it = &w->v[i];
		struct set *s;

		it->to = SHARD_NONE;
		if (!valid_set(w, it->from))
			continue;
		s = &w->set[it->from];
		if (it->state == ITEM_LINGER) {
			s->linger++;
		} else if (it->state == ITEM_GONE) {
			s->lost++;
			s->touched = true;
		} else if (s->stay < w->lim->capacity) {
			s->stay++;
			it->to = it->from;
		} else {
			s->touched = true;
		}
	}
}

static uint32_t
room_of(const struct work *w, uint32_t k)
{
	return w->set[k].closed ? 0 : w->lim->capacity - w->set[k].stay;
}

/* A set over its capacity with those that linger gives them up. */
static void
drop_excess_linger(struct work *w)
{
	uint32_t k;

	for (k = 0; k < w->lim->sets; k++)
		if (w->set[k].linger > room_of(w, k))
			w->set[k].touched = true;
}

/*
 * The untouched set that serves best for rest more entries: of those that hold
 * all of it the one with most to remove, then the one with least room to spare;
 * else the one with most room. Empty ones come last, the lowest first.
 */
static int32_t
best_untouched(const struct work *w, size_t rest)
{
	int32_t fit = SHARD_NONE, most = SHARD_NONE, empty = SHARD_NONE;
	uint32_t k;

	for (k = 0; k < w->lim->sets; k++) {
		const struct set *s = &w->set[k];
		const uint32_t room = room_of(w, k);

		if (s->touched || room == 0)
			continue;
		if (s->stay == 0 && s->linger == 0) {
			if (empty == SHARD_NONE)
				empty = (int32_t)k;
			continue;
		}
		if (room >= rest &&
		    (fit == SHARD_NONE || s->linger > w->set[fit].linger ||
		     (s->linger == w->set[fit].linger &&
		      room < room_of(w, (uint32_t)fit))))
			fit = (int32_t)k;
		if (most == SHARD_NONE || room > room_of(w, (uint32_t)most))
			most = (int32_t)k;
	}
	return fit != SHARD_NONE ? fit : most != SHARD_NONE ? most : empty;
}

/* Touches sets until their room holds all that has none yet. */
static void
choose(struct work *w, size_t homeless)
{
	uint64_t room = 0;
	uint32_t k;

	for (k = 0; k < w->lim->sets; k++)
		if (w->set[k].touched)
			room += room_of(w, k);
	while (room < homeless) {
		const int32_t best = best_untouched(w, homeless - (size_t)room);

		if (best == SHARD_NONE)
			return; /* cannot be: cap made it fit */
		w->set[best].touched = true;
		room += room_of(w, (uint32_t)best);
	}
}

/* The touched set that is filled next: the one that lost most, then the one
 * that is fullest, so that an emptied set is not filled for a few. */
static int32_t
next_to_fill(const struct work *w)
{
	int32_t best = SHARD_NONE;
	uint32_t k;

	for (k = 0; k < w->lim->sets; k++) {
		const struct set *s = &w->set[k];

		if (!s->touched || room_of(w, k) == 0)
			continue;
		if (best == SHARD_NONE || s->lost > w->set[best].lost ||
		    (s->lost == w->set[best].lost &&
		     s->stay > w->set[best].stay))
			best = (int32_t)k;
	}
	return best;
}

static void
fill(struct work *w)
{
	int32_t k = SHARD_NONE;
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct shard_item *it = &w->v[i];

		if (it->state != ITEM_WANTED || it->to != SHARD_NONE)
			continue;
		if (k == SHARD_NONE || room_of(w, (uint32_t)k) == 0)
			k = next_to_fill(w);
		if (k == SHARD_NONE)
			return;
		it->to = k;
		w->set[k].stay++;
	}
}

/* The set with the fewest entries, the last of equals, and the room that all
 * others have together. */
static int32_t
least_filled(const struct work *w, uint64_t *others)
{
	int32_t least = SHARD_NONE;
	uint32_t k;

	*others = 0;
	for (k = 0; k < w->lim->sets; k++) {
		if (w->set[k].stay == 0)
			continue;
		*others += room_of(w, k);
		if (least == SHARD_NONE || w->set[k].stay <= w->set[least].stay)
			least = (int32_t)k;
	}
	if (least != SHARD_NONE)
		*others -= room_of(w, (uint32_t)least);
	return least;
}

/* True where the sets in use are filled to less than SHARD_FILL_LOW percent. */
static bool
sparse(const struct work *w)
{
	uint64_t held = 0, sets = 0;
	uint32_t k;

	for (k = 0; k < w->lim->sets; k++) {
		held += w->set[k].stay;
		sets += w->set[k].stay > 0;
	}
	return held * 100 < sets * w->lim->capacity * SHARD_FILL_LOW;
}

/* While sets are sparse, empties the least filled into the room of the others. */
static void
compact(struct work *w)
{
	uint64_t left = w->lim->moves;

	while (sparse(w)) {
		uint64_t others;
		const int32_t k = least_filled(w, &others);
		const uint32_t size = w->set[k].stay;
		size_t i;

		if (size > left || size > others)
			return;
		left -= size;
		for (i = 0; i < w->n; i++)
			if (w->v[i].to == k)
				w->v[i].to = SHARD_NONE;
		w->set[k] = (struct set){.touched = true, .closed = true};
		choose(w, size);
		fill(w);
	}
}

static void
linger_and_count(struct work *w, struct shard_stats *st)
{
	uint32_t k;
	size_t i;

	for (i = 0; i < w->n; i++) {
		struct shard_item *it = &w->v[i];

		if (it->state == ITEM_LINGER && valid_set(w, it->from) &&
		    !w->set[it->from].touched) {
			it->to = it->from;
			st->lingering++;
		} else if (it->state == ITEM_WANTED && it->to != SHARD_NONE) {
			st->placed++;
			st->added += it->from == SHARD_NONE;
			st->moved += it->from != SHARD_NONE &&
				     it->from != it->to;
		} else {
			st->removed += it->from != SHARD_NONE;
		}
	}
	for (k = 0; k < w->lim->sets; k++)
		st->sets += w->set[k].stay > 0 ||
			    (w->set[k].linger > 0 && !w->set[k].touched);
}

/* Sets whose content differs; from may lie past the sets there are now. */
static int
count_touched(const struct work *w, struct shard_stats *st, struct err *e)
{
	bool *changed;
	size_t i, k, n = w->lim->sets;

	for (i = 0; i < w->n; i++)
		if (w->v[i].from != SHARD_NONE && (size_t)w->v[i].from >= n)
			n = (size_t)w->v[i].from + 1;
	changed = calloc(n + 1, sizeof(*changed));
	if (changed == NULL)
		return err_mem(e);
	for (i = 0; i < w->n; i++) {
		const struct shard_item *it = &w->v[i];

		if (it->from == it->to)
			continue;
		if (it->from != SHARD_NONE)
			changed[it->from] = true;
		if (it->to != SHARD_NONE)
			changed[it->to] = true;
	}
	for (k = 0; k < n; k++)
		st->touched += changed[k];
	free(changed);
	return 0;
}

int
shard_place(struct shard_item *v, size_t n, const struct shard_limits *lim,
	    struct shard_stats *st, struct err *e)
{
	struct work w = {.v = v, .n = n, .lim = lim};
	size_t homeless = 0, i;
	int rc = -1;

	*st = (struct shard_stats){0};
	w.set = calloc(lim->sets + (size_t)1, sizeof(*w.set));
	if (w.set == NULL)
		return err_mem(e);
	if (cap(&w, st, e) < 0)
		goto out;
	settle(&w);
	drop_excess_linger(&w);
	for (i = 0; i < n; i++)
		homeless += v[i].state == ITEM_WANTED && v[i].to == SHARD_NONE;
	choose(&w, homeless);
	fill(&w);
	compact(&w);
	linger_and_count(&w, st);
	rc = count_touched(&w, st, e);
out:
	free(w.set);
	return rc;
}
