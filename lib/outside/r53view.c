#include "outside/r53view.h"

#include <stdlib.h>
#include <string.h>

void
r53view_init(struct r53view *w)
{
	*w = (struct r53view){0};
}

void
r53view_free(struct r53view *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		r53names_free(&w->v[i].want);
		r53names_free(&w->v[i].have);
	}
	free(w->v);
	free(w->other);
	r53view_init(w);
}

struct r53one *
r53view_add(struct r53view *w, struct err *e)
{
	void *v = w->v;

	if (array_grow(&v, &w->cap, w->n + 1, sizeof(*w->v), R53_LISTS_MAX,
		       "domain lists", e) < 0)
		return NULL;
	w->v = v;
	w->v[w->n] = (struct r53one){0};
	r53names_init(&w->v[w->n].want);
	r53names_init(&w->v[w->n].have);
	return &w->v[w->n++];
}

void
r53view_drop(struct r53view *w, size_t i)
{
	r53names_free(&w->v[i].want);
	r53names_free(&w->v[i].have);
	w->n--;
	memmove(&w->v[i], &w->v[i + 1], (w->n - i) * sizeof(*w->v));
}

uint64_t
r53view_count(const struct r53view *w)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < w->n; i++)
		n += w->v[i].list.count;
	return n;
}

bool
r53_does_equal(const struct r53_does *a, const struct r53_does *b)
{
	if (a->action != b->action || a->trust != b->trust)
		return false;
	if (a->action != R53_BLOCK)
		return true;
	return a->block == b->block &&
	       (a->block != R53_OVERRIDE ||
		(a->ttl == b->ttl && strcmp(a->target, b->target) == 0));
}
