/*
 * Ceilings of lists and names: gardens and groups that go.
 *
 * Without a garden other entries need no higher a level than with it, and come
 * to nothing where they were there for its sake alone.
 */
#include <stdlib.h>

#include "sense/layers_priv.h"

/* Counts anew, without what is out. */
static int
count(struct layers *l, enum layers_walk what, struct err *e)
{
	struct layers_priv *const p = l->priv;
	size_t i;

	for (i = 0; i < p->keys.n; i++)
		p->count[i] = 0;
	return layers_walk(l, what, e);
}

/* How many lists there are over the ceiling. */
static size_t
lists_over(const struct layers_priv *p)
{
	const size_t max = p->opts->max_lists;
	size_t i, n = 0;

	for (i = 0; i < p->keys.n; i++)
		n += p->count[i] > 0;
	return max > 0 && n > max ? n - max : 0;
}

static uint64_t
names_over(const struct layers_priv *p)
{
	const uint64_t max = p->opts->max_names;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < p->keys.n; i++)
		n += p->count[i];
	return max > 0 && n > max ? n - max : 0;
}

/* --- gardens ------------------------------------------------------------- */

struct garden_use {
	uint32_t id;
	uint32_t lists;
};

/* What goes first comes first. */
static int
compare_gardens(const void *pa, const void *pb, void *arg)
{
	const struct layers_priv *const p = arg;
	const uint32_t a = ((const struct garden_use *)pa)->id;
	const uint32_t b = ((const struct garden_use *)pb)->id;
	const uint64_t na = p->garden[a].records, nb = p->garden[b].records;
	size_t la, lb;
	const char *ta, *tb;
	int c;

	if (na != nb)
		return na < nb ? -1 : 1;
	ta = intern_get(&p->targets, a, &la);
	tb = intern_get(&p->targets, b, &lb);
	c = memcmp(tb, ta, la < lb ? la : lb);
	return c != 0 ? c : (lb > la) - (lb < la);
}

/* The least used go, with as many lists as there are over. */
static int
drop_gardens(struct layers *l, size_t over, struct err *e)
{
	struct layers_priv *const p = l->priv;
	const size_t n = p->targets.n;
	struct garden_use *const use = calloc(n + 1, sizeof(*use));
	size_t i;

	if (use == NULL)
		return err_mem(e);
	for (i = 0; i < n; i++)
		use[i].id = (uint32_t)i;
	for (i = 0; i < p->keys.n; i++) {
		const uint32_t want = layers_key_get(p, i)->want;

		if (p->count[i] > 0 && want >= WANT_GARDEN)
			use[want - WANT_GARDEN].lists++;
	}
	qsort_r(use, n, sizeof(*use), compare_gardens, p);
	for (i = 0; i < n && over > 0; i++) {
		if (use[i].lists == 0)
			continue;
		p->garden[use[i].id].out = true;
		l->gardens_left++;
		over -= over < use[i].lists ? over : use[i].lists;
	}
	free(use);
	return 0;
}

static bool
has_gardens(const struct layers_priv *p)
{
	size_t i;

	for (i = 0; i < p->keys.n; i++)
		if (p->count[i] > 0 && layers_key_get(p, i)->want >= WANT_GARDEN)
			return true;
	return false;
}

/* --- levels -------------------------------------------------------------- */

/* The level from which on the lists are too many. */
static int
level_limit(const struct layers_priv *p, uint32_t *limit, struct err *e)
{
	uint32_t top = 0, level;
	size_t *lists, i, n = 0;

	for (i = 0; i < p->keys.n; i++)
		if (layers_key_get(p, i)->level > top)
			top = layers_key_get(p, i)->level;
	lists = calloc(top + 1, sizeof(*lists));
	if (lists == NULL)
		return err_mem(e);
	for (i = 0; i < p->keys.n; i++)
		lists[layers_key_get(p, i)->level] += p->count[i] > 0;
	for (level = 0; level <= top; level++) {
		n += lists[level];
		if (n > p->opts->max_lists)
			break;
	}
	*limit = level;
	free(lists);
	return 0;
}

static int
drop_levels(struct layers_priv *p, struct err *e)
{
	uint32_t limit = 0;
	size_t i;

	if (lists_over(p) == 0)
		return 0;
	if (level_limit(p, &limit, e) < 0)
		return -1;
	for (i = 0; i < p->ngroups; i++)
		if (p->group[i].level >= limit)
			p->group[i].out = LAYERS_LISTS;
	return 0;
}

/* --- names --------------------------------------------------------------- */

/* What goes first comes first. */
static int
compare_groups(const void *pa, const void *pb, void *arg)
{
	const struct layers_group *const group = arg;
	const uint32_t ia = *(const uint32_t *)pa, ib = *(const uint32_t *)pb;
	const struct layers_group *const a = &group[ia], *const b = &group[ib];

	if (a->turn != b->turn)
		return a->turn < b->turn ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	return ia > ib ? -1 : 1;
}

/* Of groups that block nothing, what is over their share goes first and the rest
 * last. */
static void
sort_groups(struct layers_group *group, uint32_t *order, size_t n, uint64_t share)
{
	uint64_t names = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct layers_group *const g = &group[order[i]];

		g->turn = g->blocks ? TURN_BLOCK : TURN_OVER;
		names += g->blocks ? 0 : g->names;
	}
	qsort_r(order, n, sizeof(*order), compare_groups, group);
	for (i = 0; i < n && group[order[i]].turn == TURN_OVER; i++) {
		if (names <= share)
			group[order[i]].turn = TURN_SHARE;
		else
			names -= group[order[i]].names;
	}
	qsort_r(order, n, sizeof(*order), compare_groups, group);
}

static void
keep_names(struct layers_group *group, const uint32_t *order, size_t n,
	   uint64_t names, uint64_t max)
{
	size_t i;

	for (i = 0; i < n && names > max; i++) {
		group[order[i]].out = LAYERS_NAMES;
		names -= group[order[i]].names;
	}
	while (i-- > 0) {
		struct layers_group *const g = &group[order[i]];

		if (g->names > max - names)
			continue;
		g->out = LAYERS_FITS;
		names += g->names;
	}
}

static int
drop_names(struct layers_priv *p, struct err *e)
{
	uint32_t *const order = calloc(p->ngroups + 1, sizeof(*order));
	uint64_t names = 0;
	size_t i, n = 0;

	if (order == NULL)
		return err_mem(e);
	for (i = 0; i < p->ngroups; i++) {
		if (p->group[i].out != LAYERS_FITS)
			continue;
		names += p->group[i].names;
		order[n++] = (uint32_t)i;
	}
	if (names > p->opts->max_names) {
		sort_groups(p->group, order, n,
			    p->opts->max_names / LAYERS_PASS_SHARE);
		keep_names(p->group, order, n, names, p->opts->max_names);
	}
	free(order);
	return 0;
}

int
layers_cut(struct layers *l, struct err *e)
{
	struct layers_priv *const p = l->priv;
	size_t times = 1;

	if (count(l, LAYERS_COUNT, e) < 0)
		return -1;
	/* Entries that get another level may make a list of it, so this may have
	 * to be done again; twice as many each time, or it might be for ever. */
	for (; lists_over(p) > 0 && has_gardens(p); times *= 2)
		if (drop_gardens(l, times * lists_over(p), e) < 0 ||
		    count(l, LAYERS_COUNT, e) < 0)
			return -1;
	if (lists_over(p) == 0 && names_over(p) == 0)
		return 0;
	if (count(l, LAYERS_GROUP, e) < 0 || drop_levels(p, e) < 0 ||
	    (p->opts->max_names > 0 && drop_names(p, e) < 0))
		return -1;
	return count(l, LAYERS_COUNT, e);
}
