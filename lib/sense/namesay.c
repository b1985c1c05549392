/* What the inputs say of one name of the tree, and of what is below it. */
#include "base/buf.h"
#include "sense/namewalk.h"

#define COVERS_MAX ((size_t)DEPTH_MAX * NAMEMERGE_INPUTS_MAX)

/* --- all in all ---------------------------------------------------------- */

/* The first decision, joined with those that agree. Where --except or --never
 * speak, at the end, a block is none. */
static int
resolve(struct walk *w, const struct say *say, size_t n, uint32_t *attr)
{
	const bool except = n > 0 && PREC_ROLE(say[n - 1].prec) >= PREC_EXCEPT;
	const struct attr *a;
	bool longer = true;
	uint32_t dec = DEC_NONE;
	size_t i;

	*attr = ATTR_NONE;
	for (i = 0; i < n; i++) {
		a = attr_get(w->m, say[i].attr);
		if (a->dec == DEC_HOLE)
			break;
		if (except && a->verdict == VERDICT_BLOCK)
			continue;
		if (*attr == ATTR_NONE) {
			*attr = say[i].attr;
			dec = a->dec;
		} else if (a->dec != dec) {
			/* One that is gone by then lets others speak. */
			longer &= a->expires <=
				  attr_get(w->m, *attr)->expires;
		} else if (attr_join(w->m, *attr, say[i].attr, longer, attr,
				     w->e) < 0) {
			return -1;
		}
	}
	/* Nothing but blocks, or nothing. */
	if (except && *attr == ATTR_NONE && i > 0)
		*attr = say[n - 1].attr;
	return 0;
}

/* --- each ---------------------------------------------------------------- */

/* The same input again, about the same owner. */
static int
repeat(struct walk *w, struct say *last, uint32_t attr)
{
	const struct attr *a = attr_get(w->m, attr);
	const struct attr *had = attr_get(w->m, last->attr);

	if (had->dec == a->dec)
		return attr_join(w->m, last->attr, attr, true, &last->attr,
				 w->e);
	w->m->counts.conflicts++;
	if (had->verdict == VERDICT_BLOCK && a->verdict == VERDICT_ALLOW)
		last->attr = attr;
	return 0;
}

/*
 * The next entries, as far as their key is this one with these octets behind it:
 * one for each input, in order of precedence.
 */
static int
collect(struct walk *w, const unsigned char *key, size_t len, const char *more,
	size_t nmore, struct say *say, size_t *n)
{
	struct nametree *t = w->t;

	for (*n = 0; t->next < t->n; t->next++) {
		const struct entry *en = &t->v[t->next];
		const uint32_t prec = attr_get(w->m, en->attr)->prec;
		size_t klen;
		const unsigned char *k = key_get(t, en->at, &klen);

		if (klen != len + nmore || memcmp(k, key, len) != 0 ||
		    memcmp(k + len, more, nmore) != 0)
			break;
		if (*n == 0 || say[*n - 1].prec != prec)
			say[(*n)++] = (struct say){prec, en->attr};
		else if (repeat(w, &say[*n - 1], en->attr) < 0)
			return -1;
	}
	return 0;
}

/* Marks the inputs that have an entry among the next ones at or below the name. */
static void
look_below(struct walk *w, const unsigned char *key, size_t len)
{
	const struct nametree *t = w->t;
	size_t i;

	w->stamp++;
	for (i = t->next; i < t->n; i++) {
		size_t klen;
		const unsigned char *k = key_get(t, t->v[i].at, &klen);

		if (klen < len || memcmp(k, key, len) != 0)
			return;
		w->seen[PREC_INPUT(attr_get(w->m, t->v[i].attr)->prec)] =
			w->stamp;
	}
}

/*
 * What the inputs' wildcards above still say of this name and what is below it:
 * those of a zone nothing, once the name exists there. A star exists wherever
 * its wildcard does, so none reaches it.
 */
static size_t
keep_covers(struct walk *w, const struct open *up, const struct open *o,
	    const unsigned char *key)
{
	const struct say *c = w->covers + up->covers;
	bool looked = false;
	size_t i, n = 0;

	for (i = 0; i < up->ncovers; i++) {
		const uint32_t input = PREC_INPUT(c[i].prec);

		if (w->m->meaning[input] == NAMES_RPZ) {
			if (!looked)
				look_below(w, key, o->len);
			looked = true;
			if (o->star || w->seen[input] == w->stamp)
				continue;
		}
		w->kept[n++] = c[i];
	}
	return n;
}

/* What each input says: its own record, or else its wildcard above. */
static int
overlay(struct walk *w, size_t nkept, const struct say *own, size_t nown,
	struct say *to, size_t *n)
{
	const struct say *up = w->kept, *const end_up = up + nkept;
	const struct say *const end_own = own + nown;

	for (*n = 0; up < end_up || own < end_own; (*n)++) {
		struct say *s = &to[*n];

		if (own == end_own || (up < end_up && up->prec < own->prec)) {
			*s = *up++;
			continue;
		}
		*s = *own++;
		if (up == end_up || up->prec != s->prec)
			continue;
		/* A list may say it twice. */
		if (attr_get(w->m, up->attr)->dec ==
			    attr_get(w->m, s->attr)->dec &&
		    attr_join(w->m, s->attr, up->attr, true, &s->attr, w->e) < 0)
			return -1;
		up++;
	}
	return 0;
}

/* True where one of the records says what was decided. */
static bool
agrees(const struct walk *w, const struct say *say, size_t n, uint32_t attr)
{
	const uint32_t dec = dec_of(w, attr);
	size_t i;

	for (i = 0; dec != DEC_NONE && i < n; i++)
		if (attr_get(w->m, say[i].attr)->dec == dec)
			return true;
	return false;
}

int
say_decide(struct walk *w, const struct open *up, struct open *o, bool entries,
	   uint32_t *attr)
{
	const unsigned char *key = key_start(w->t, o->at);
	size_t nkept = 0, nexact = 0, nwild = 0, n;
	struct say *to;

	if (up != NULL) {
		o->covers = up->covers + up->ncovers;
		nkept = keep_covers(w, up, o, key);
	}
	if (entries && (collect(w, key, o->len, "", 0, w->exact, &nexact) < 0 ||
			collect(w, key, o->len, WILD_LABEL, WILD_LEN, w->wild,
				&nwild) < 0))
		return -1;
	if (array_grow((void **)&w->covers, &w->capcovers,
		       o->covers + w->m->ninputs, sizeof(*w->covers),
		       COVERS_MAX, "wildcards in each other", w->e) < 0)
		return -1;
	/* The name itself, in the room that its covers take afterwards. */
	to = w->covers + o->covers;
	if (overlay(w, nkept, w->exact, nexact, to, &n) < 0 ||
	    resolve(w, to, n, attr) < 0 ||
	    overlay(w, nkept, w->wild, nwild, to, &o->ncovers) < 0 ||
	    resolve(w, to, o->ncovers, &o->b) < 0)
		return -1;
	if (o->full)
		o->b = ATTR_NONE;
	if (w->keep)
		o->named = agrees(w, w->exact, nexact, *attr) ||
			   agrees(w, w->wild, nwild, o->b);
	o->own = nexact > 0 && PREC_ROLE(w->exact[0].prec) < PREC_EXCEPT;
	o->wild_own = nwild > 0 && PREC_ROLE(w->wild[0].prec) < PREC_EXCEPT;
	return 0;
}
