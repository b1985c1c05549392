#include "sense/layersback.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "values/name.h"

#define NOTHING SIZE_MAX

/* An entry: the key of its name, or of what stands behind its "*.". */
struct entry {
	size_t key, n;
	bool wild;
	size_t list;
};

/* A name on the way from the root down. */
struct node {
	size_t n;     /* of the key up to here */
	size_t below; /* list that decides what is below it, or NOTHING */
};

struct walk {
	const struct layersback *v;
	struct buf keys;
	struct entry *entry;
	size_t n;
	struct node path[NAME_LABELS_MAX + 1];
	size_t depth; /* path[0] is the root */
	unsigned char key[NAME_KEY_MAX]; /* of the last of the path */
	struct out *out;
	uint64_t records;
};

static int
by_key(const void *a, const void *b, void *keys)
{
	const struct entry *const x = a, *const y = b;
	const char *const p = keys;
	const size_t n = x->n < y->n ? x->n : y->n;
	const int d = memcmp(p + x->key, p + y->key, n);

	if (d != 0)
		return d;
	return x->n != y->n ? (x->n > y->n) - (x->n < y->n)
			    : (int)x->wild - (int)y->wild;
}

static int
take(struct walk *w, size_t list, const char *name, struct err *e)
{
	const size_t len = strlen(name);
	const bool wild = name_is_wildcard(name, len);
	unsigned char key[NAME_KEY_MAX];
	size_t n = name_key(name, len, key);

	if (wild)
		n -= 2; /* the label "*" and its end */
	w->entry[w->n++] = (struct entry){w->keys.n, n, wild, list};
	(void)buf_add(&w->keys, key, n);
	return buf_check(&w->keys, "keys of names", e);
}

static size_t
first_asked(const struct walk *w, size_t a, size_t b)
{
	if (a == NOTHING || b == NOTHING)
		return a == NOTHING ? b : a;
	return w->v[b].position < w->v[a].position ? b : a;
}

static void
put(struct walk *w, bool wild, size_t list)
{
	const size_t n = w->path[w->depth].n;
	char text[NAME_TEXT_MAX + 2] = "*.";
	struct policy rec = {.kind = KIND_NAME, .source = {"-", 1},
			     .expires = POLICY_NO_EXPIRY, .weight = 1};
	size_t len;

	if (list == NOTHING || (n == 0 && !wild))
		return;
	len = n > 0 ? name_from_key(w->key, n, text + 2) : 0;
	rec.name = wild ? (struct span){text, n > 0 ? len + 2 : 1}
			: (struct span){text + 2, len};
	rec.response = w->v[list].response;
	rec.verdict = rec.response == RESPONSE_PASSTHRU ? VERDICT_ALLOW
							 : VERDICT_BLOCK;
	if (rec.response == RESPONSE_REDIRECT)
		rec.target = (struct span){w->v[list].target,
					   strlen(w->v[list].target)};
	policy_put(w->out, &rec);
	w->records++;
}

/* A name below the last of the path; exact and below: the lists of its entries. */
static void
enter(struct walk *w, size_t n, size_t exact, size_t below)
{
	const size_t above = w->path[w->depth].below;

	w->path[++w->depth] =
		(struct node){n, first_asked(w, above, below)};
	put(w, false, first_asked(w, above, exact));
	put(w, true, w->path[w->depth].below);
}

/* Goes to the closest name above that of the key, then down to it: the names on
 * the way exist, and so need what the lists say of them. */
static void
go_to(struct walk *w, const unsigned char *key, size_t n, size_t exact,
      size_t below)
{
	size_t at;

	while (w->path[w->depth].n > n ||
	       memcmp(w->key, key, w->path[w->depth].n) != 0)
		w->depth--;
	memcpy(w->key, key, n);
	for (at = w->path[w->depth].n; at < n;) {
		while (key[at] != 0)
			at++;
		at++;
		enter(w, at, at == n ? exact : NOTHING,
		      at == n ? below : NOTHING);
	}
}

static void
walk(struct walk *w)
{
	size_t i = 0;

	w->path[0] = (struct node){0, NOTHING};
	while (i < w->n) {
		const struct entry *const first = &w->entry[i];
		const char *const key = w->keys.p + first->key;
		size_t exact = NOTHING, below = NOTHING;

		for (; i < w->n && w->entry[i].n == first->n &&
		       memcmp(w->keys.p + w->entry[i].key, key, first->n) == 0;
		     i++) {
			size_t *const to = w->entry[i].wild ? &below : &exact;

			*to = first_asked(w, *to, w->entry[i].list);
		}
		if (first->n == 0) {
			w->path[0].below = below;
			put(w, true, below);
			continue;
		}
		go_to(w, (const unsigned char *)key, first->n, exact, below);
	}
}

int
layersback(const struct layersback *v, size_t n, struct out *o, struct err *e)
{
	struct walk w = {.v = v, .out = o};
	size_t i, j, all = 0;
	int rc = 0;

	for (i = 0; i < n; i++)
		all += v[i].n;
	buf_init(&w.keys, SIZE_MAX / 2);
	w.entry = calloc(all + 1, sizeof(*w.entry));
	if (w.entry == NULL)
		return err_mem(e);
	for (i = 0; i < n && rc == 0; i++)
		for (j = 0; j < v[i].n && rc == 0; j++)
			rc = take(&w, i, v[i].text + v[i].at[j], e);
	if (rc == 0) {
		if (w.n > 0)
			qsort_r(w.entry, w.n, sizeof(*w.entry), by_key,
				w.keys.p);
		stream_begin(o, "policy", POLICY_NAMES_RPZ "\torder=canonical");
		walk(&w);
		stream_end(o, w.records);
	}
	free(w.entry);
	buf_free(&w.keys);
	return rc;
}
