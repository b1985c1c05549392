#include "outside/r53slice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "values/name.h"

/* One name that a list gains or loses. */
struct change {
	const char *name;
	size_t key, nkey; /* in keys */
	size_t one, slice;
	bool add;
};

struct slicing {
	const struct r53view *w;
	struct change *v;
	size_t n;
	struct buf keys;
	struct r53slices *out;
	struct err *e;
};

/* Entries that go together: changes first..first+n-1 once sorted by key. */
struct knot {
	size_t first, n, adds;
};

static int
take(struct slicing *s, const struct r53some *some, size_t one, bool add)
{
	unsigned char key[NAME_KEY_MAX];
	size_t i;

	for (i = 0; i < some->n; i++) {
		const size_t n = name_key(some->v[i], strlen(some->v[i]), key);

		s->v[s->n++] = (struct change){.name = some->v[i],
					       .key = s->keys.n, .nkey = n,
					       .one = one, .add = add};
		if (buf_add(&s->keys, key, n) < 0)
			return buf_check(&s->keys, "keys of names", s->e);
	}
	return 0;
}

static int
by_key(const void *a, const void *b, void *keys)
{
	const struct change *const x = a, *const y = b;
	const char *const p = keys;
	const size_t n = x->nkey < y->nkey ? x->nkey : y->nkey;
	const int d = memcmp(p + x->key, p + y->key, n);

	return d != 0 ? d : (x->nkey > y->nkey) - (x->nkey < y->nkey);
}

/* Whether the change meets those of a knot whose head is given: the same name,
 * or below the head's "*.". A wildcard's key ends with its label "*" and a 0. */
static bool
meets(const struct slicing *s, const struct change *head,
      const struct change *c)
{
	const char *const p = s->keys.p;
	size_t n = head->nkey;

	if (name_is_wildcard(head->name, strlen(head->name)))
		n -= 2;
	else if (c->nkey != n)
		return false;
	return c->nkey >= n && memcmp(p + head->key, p + c->key, n) == 0;
}

static struct knot
next_knot(const struct slicing *s, size_t first)
{
	struct knot k = {.first = first};
	size_t i;

	for (i = first; i < s->n && meets(s, &s->v[first], &s->v[i]); i++)
		k.adds += s->v[i].add;
	k.n = i - first;
	return k;
}

static void
give(struct slicing *s, const struct knot *k, size_t slice)
{
	size_t i;

	for (i = k->first; i < k->first + k->n; i++)
		s->v[i].slice = slice;
}

/* What only loses is slice 0. */
static uint64_t
give_losers(struct slicing *s)
{
	uint64_t freed = 0;
	struct knot k;
	size_t i;

	for (i = 0; i < s->n; i += k.n) {
		k = next_knot(s, i);
		if (k.adds > 0)
			continue;
		give(s, &k, 0);
		freed += k.n;
	}
	return freed;
}

/* The others, what gains nothing on balance first, as many as fit together. */
static int
give_others(struct slicing *s, uint64_t room, size_t *nslices)
{
	uint64_t left = room, freed = 0;
	size_t at = 1, i;
	struct knot k;
	int grows;

	for (grows = 0; grows < 2; grows++)
		for (i = 0; i < s->n; i += k.n) {
			k = next_knot(s, i);
			if (k.adds == 0 || (k.adds * 2 > k.n) != (grows == 1))
				continue;
			if (k.adds > left) {
				at++;
				left += freed;
				freed = 0;
			}
			if (k.adds > left) {
				(void)err_set(s->e, EX_UNAVAILABLE, "no room "
					      "for the %zu entries at and "
					      "below '%s' beside what they "
					      "take the place of: %" PRIu64
					      " more fit", k.adds,
					      s->v[i].name, left);
				return err_hint(s->e, "ask AWS for a higher "
						"quota, or see --max-domains");
			}
			give(s, &k, at);
			left -= k.adds;
			freed += k.n - k.adds;
		}
	*nslices = at + 1;
	return 0;
}

static int
by_slice(const void *a, const void *b)
{
	const struct change *const x = a, *const y = b;

	if (x->slice != y->slice)
		return x->slice < y->slice ? -1 : 1;
	if (x->one != y->one)
		return x->one < y->one ? -1 : 1;
	if (x->add != y->add)
		return x->add ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
fill(struct slicing *s, size_t nslices)
{
	const size_t n = s->w->n;
	struct r53slices *const out = s->out;
	size_t i, *left;

	out->v = calloc(nslices, sizeof(*out->v));
	out->some = calloc(nslices * n * 2 + 1, sizeof(*out->some));
	out->last = calloc(nslices * n + 1, sizeof(*out->last));
	out->names = calloc(s->n + 1, sizeof(*out->names));
	left = calloc(n + 1, sizeof(*left));
	if (out->v == NULL || out->some == NULL || out->last == NULL ||
	    out->names == NULL || left == NULL) {
		free(left);
		return err_mem(s->e);
	}
	out->n = nslices;
	for (i = 0; i < nslices; i++) {
		out->v[i].add = out->some + i * n * 2;
		out->v[i].remove = out->v[i].add + n;
		out->v[i].last = out->last + i * n;
	}
	qsort(s->v, s->n, sizeof(*s->v), by_slice);
	for (i = 0; i < s->n; i++) {
		const struct change *const c = &s->v[i];
		const struct r53slice *const to = &out->v[c->slice];
		struct r53some *const some =
			c->add ? &to->add[c->one] : &to->remove[c->one];

		out->names[i] = c->name;
		if (some->n++ == 0)
			some->v = out->names + i;
		if (!c->add)
			left[c->one] = c->slice;
	}
	for (i = 0; i < n; i++)
		out->v[left[i]].last[i] = true;
	free(left);
	return 0;
}

int
r53slice_make(const struct r53view *w, const struct r53some *add,
	      const struct r53some *remove, uint64_t room,
	      struct r53slices *out, struct err *e)
{
	struct slicing s = {.w = w, .out = out, .e = e};
	size_t i, n = 0, nslices = 0;
	int rc = 0;

	*out = (struct r53slices){0};
	buf_init(&s.keys, SIZE_MAX / 2);
	for (i = 0; i < w->n; i++)
		n += add[i].n + remove[i].n;
	s.v = calloc(n + 1, sizeof(*s.v));
	if (s.v == NULL)
		return err_mem(e);
	for (i = 0; i < w->n && rc == 0; i++)
		rc = take(&s, &add[i], i, true) < 0 ||
		     take(&s, &remove[i], i, false) < 0 ? -1 : 0;
	if (rc == 0) {
		qsort_r(s.v, s.n, sizeof(*s.v), by_key, s.keys.p);
		rc = give_others(&s, room + give_losers(&s), &nslices);
	}
	if (rc == 0)
		rc = fill(&s, nslices);
	buf_free(&s.keys);
	free(s.v);
	if (rc < 0)
		r53slice_free(out);
	return rc;
}

void
r53slice_free(struct r53slices *s)
{
	free(s->v);
	free(s->some);
	free(s->last);
	free(s->names);
	*s = (struct r53slices){0};
}
