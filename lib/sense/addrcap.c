#include "sense/addrcap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
addrcap_free(struct addrcap *c)
{
	intern_free(&c->classes);
	free(c->tally);
	*c = (struct addrcap){.max = c->max};
}

static struct addrcap_tally *
tally_of(struct addrcap *c, const struct addrcap_class *of, struct err *e)
{
	void *p = c->tally;
	const size_t had = c->ntally;
	uint32_t id;

	if (intern_add(&c->classes, of, sizeof(*of), &id, e) < 0 ||
	    array_grow(&p, &c->ntally, (size_t)id + 1, sizeof(*c->tally),
		       SIZE_MAX, "classes of records", e) < 0)
		return NULL;
	c->tally = p;
	if (c->ntally > had)
		memset(c->tally + had, 0, (c->ntally - had) * sizeof(*c->tally));
	return &c->tally[id];
}

int
addrcap_count(struct addrcap *c, const struct addrcap_class *of, struct err *e)
{
	struct addrcap_tally *const t = tally_of(c, of, e);

	if (t == NULL)
		return -1;
	t->count++;
	c->records++;
	return 0;
}

/* What stays first comes first. */
static int
compare(const void *pa, const void *pb, void *cap)
{
	const struct intern *const classes = &((struct addrcap *)cap)->classes;
	size_t n;
	const struct addrcap_class *a =
		intern_get(classes, *(const uint32_t *)pa, &n);
	const struct addrcap_class *b =
		intern_get(classes, *(const uint32_t *)pb, &n);

	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->input != b->input)
		return a->input < b->input ? -1 : 1;
	if (a->width != b->width)
		return a->width > b->width ? -1 : 1;
	if (a->placed != b->placed)
		return a->placed > b->placed ? -1 : 1;
	return (a->kind > b->kind) - (a->kind < b->kind);
}

int
addrcap_decide(struct addrcap *c, struct err *e)
{
	const size_t n = c->classes.n;
	uint64_t room = c->max;
	uint32_t *order;
	size_t i;

	order = calloc(n + 1, sizeof(*order));
	if (order == NULL)
		return err_mem(e);
	for (i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), compare, c);
	for (i = 0; i < n; i++) {
		struct addrcap_tally *const t = &c->tally[order[i]];

		t->keep = t->count < room ? t->count : room;
		room -= t->keep;
	}
	free(order);
	c->dropped = c->records > c->max ? c->records - c->max : 0;
	return 0;
}

int
addrcap_keeps(struct addrcap *c, const struct addrcap_class *of, struct err *e)
{
	struct addrcap_tally *const t = tally_of(c, of, e);

	return t == NULL ? -1 : t->seen++ < t->keep;
}

void
addrcap_rewind(struct addrcap *c)
{
	size_t i;

	for (i = 0; i < c->ntally; i++)
		c->tally[i].seen = 0;
}
