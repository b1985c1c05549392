/*
 * Sorted entries to the fewest records.
 *
 * The tree of all names that an input has, or that exist because one below does,
 * is walked in key order with a stack of the names that are open. E is what a
 * name is decided as, B what all below it are that are not in the tree. The
 * records of an output follow from the set of names that exist in it: E and B of
 * each of these, where they decide at all. A name must exist unless E and B of
 * it and of all below it in the tree are what the wildcard above it says; then
 * none of them may, for each would cost a record. So the answer is one bottom-up
 * pass: records are pushed when a name opens, and taken back when it closes and
 * turns out to be covered. To keep what inputs have, their names exist as well.
 */
#include <stdlib.h>

#include "sense/namewalk.h"

#define AHEAD ((size_t)16) /* entries whose keys are asked for early */
#define USUAL ((size_t)24) /* octets of a key, as far as they are */

/* --- records ------------------------------------------------------------- */

/* Records take the room of the entries that have been read. */
static int
make_room(struct walk *w)
{
	struct nametree *t = w->t;
	const size_t more = t->n / 8 + 64;
	struct entry *v;

	if (t->n + more > NAMETREE_MAX)
		return err_set(w->e, EX_DATAERR, "more than %zu records",
			       NAMETREE_MAX);
	v = reallocarray(t->v, t->n + more, sizeof(*v));
	if (v == NULL)
		return err_mem(w->e);
	memmove(v + t->next + more, v + t->next, (t->n - t->next) * sizeof(*v));
	t->v = v;
	t->next += more;
	t->n += more;
	return 0;
}

static int
push(struct walk *w, struct entry r)
{
	struct nametree *t = w->t;

	if (t->nrecs == t->next && make_room(w) < 0)
		return -1;
	if (w->group == 0 || t->nrecs == w->open[w->group - 1].mark)
		r.flags |= REC_FIRST;
	t->v[t->nrecs++] = r;
	return 0;
}

static struct entry
record(const struct open *o, uint32_t attr, unsigned flags)
{
	return (struct entry){.at = o->at, .attr = attr,
			      .len = (uint16_t)o->len,
			      .flags = (uint16_t)flags};
}

static int
push_of(struct walk *w, struct open *o, uint32_t attr, bool own, unsigned flags)
{
	if (push(w, record(o, attr, own ? flags | REC_OWN : flags)) < 0)
		return -1;
	if (!own)
		o->copy[o->ncopies++] = w->t->nrecs - 1;
	return 0;
}

static int
push_wild(struct walk *w, struct open *o)
{
	if (!o->wild_due)
		return 0;
	o->wild_due = false;
	return push_of(w, o, o->b, o->wild_own, REC_WILD);
}

/* --- what is the same ---------------------------------------------------- */

static void
same_add(struct same *s, uint32_t dec, int64_t expires)
{
	if (s->state == SAME_UNSET) {
		*s = (struct same){SAME_YES, dec, expires};
		return;
	}
	if (s->dec != dec)
		s->state = SAME_NO;
	if (s->expires < expires)
		s->expires = expires;
}

static void
same_attr(struct walk *w, struct open *o, uint32_t attr)
{
	const struct attr *a = attr_get(w->m, attr);

	if (a->dec == DEC_HOLE)
		o->holes = true;
	else
		same_add(&o->same, a->dec, a->expires);
}

static void
lasts_add(const struct walk *w, struct open *o, uint32_t attr)
{
	const int64_t expires = attr_get(w->m, attr)->expires;

	if (o->lasts < expires)
		o->lasts = expires;
}

/*
 * True where the wildcard of up says all that is to be said of o and below.
 * A hole is no block: silence covers it, and so does an allow.
 */
static bool
covered(const struct walk *w, const struct open *up, const struct open *o)
{
	const struct attr *a = attr_get(w->m, up->b);
	const uint32_t dec = dec_of(w, up->b);

	if (o->holes && dec != DEC_NONE && dec != DEC_EXCEPTION)
		return false;
	if (o->same.state == SAME_UNSET)
		return true;
	return o->same.state == SAME_YES && o->same.dec == dec &&
	       (dec == DEC_NONE || a->expires >= o->same.expires);
}

/* --- opening and closing ------------------------------------------------- */

/* Octets of a key on the wire, its root not counted. */
static size_t
wire_len(const unsigned char *key, size_t n)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++, len++)
		i += key[i] == 1;
	return len;
}

static int
open_name(struct walk *w, uint32_t at, size_t len, bool entries)
{
	struct open *up = w->depth > 0 ? &w->open[w->depth - 1] : NULL;
	const unsigned char *key = key_start(w->t, at);
	struct open *o = &w->open[w->depth];
	uint32_t attr;

	*o = (struct open){.at = at, .len = (uint32_t)len};
	if (up != NULL) {
		const unsigned char *label = key + up->len;

		o->star = len - up->len == 2 && label[0] == '*';
		if (label[0] >= '*' && push_wild(w, up) < 0)
			return -1;
	}
	/* The least label takes two octets, the root one. */
	o->full = len > NAME_WIRE_MAX - 3 &&
		  wire_len(key, len) > NAME_WIRE_MAX - 3;
	o->mark = w->t->nrecs;
	if (say_decide(w, up, o, entries, &attr) < 0)
		return -1;
	w->depth++;
	o->wild_due = dec_of(w, o->b) != DEC_NONE;
	if (o->wild_due && w->group == 0)
		w->group = w->depth;
	if (up != NULL && !o->star) {
		same_attr(w, o, attr);
		if (o->own || is_hole(w, attr))
			lasts_add(w, o, attr);
		if (is_hole(w, attr))
			o->hole = record(o, attr, 0);
		else if (attr != ATTR_NONE &&
			 push_of(w, o, attr, o->own, 0) < 0)
			return -1;
	}
	if (!o->full)
		same_attr(w, o, o->b);
	if (o->wild_own || is_hole(w, o->b))
		lasts_add(w, o, o->b);
	return 0;
}

/*
 * A name that must exist and has no record at or below it: what is silent there
 * is so for the sake of a record that is now a hole. One passthru for a hole
 * makes it exist.
 */
static int
push_exception(struct walk *w, const struct open *o)
{
	struct entry r = o->hole;

	if (r.attr == ATTR_NONE)
		return 0;
	if (attr_exception(w->m, r.attr, &r.attr, w->e) < 0)
		return -1;
	return push(w, r);
}

/* True where the wildcard of up would say what this one says. */
static bool
repeats(const struct walk *w, const struct open *up, uint32_t attr)
{
	const struct attr *a = attr_get(w->m, attr);
	const struct attr *b = attr_get(w->m, up->b);

	return a->dec == b->dec && a->expires <= b->expires;
}

/*
 * A copy of the wildcard above is there for the sake of other records, that make
 * the name exist. It expires with them: then the wildcard takes over again.
 */
static int
shorten_copies(struct walk *w, const struct open *up, struct open *o)
{
	const struct entry *v = w->t->v;
	size_t i;

	for (i = 0; i < o->ncopies; i++)
		if (!repeats(w, up, v[o->copy[i]].attr))
			lasts_add(w, o, v[o->copy[i]].attr);
	for (i = 0; i < o->ncopies && o->lasts > 0; i++) {
		uint32_t *attr = &w->t->v[o->copy[i]].attr;

		if (repeats(w, up, *attr) &&
		    attr_get(w->m, *attr)->expires > o->lasts &&
		    attr_until(w->m, *attr, o->lasts, attr, w->e) < 0)
			return -1;
	}
	return 0;
}

/* What the name above has to know of one that is closed. */
static void
pass_up(struct open *up, const struct open *o)
{
	if (o->same.state == SAME_NO)
		up->same.state = SAME_NO;
	else if (o->same.state == SAME_YES)
		same_add(&up->same, o->same.dec, o->same.expires);
	up->holes |= o->holes;
	/* A name's own record reaches nobody else; else the one deepest down
	 * reaches the fewest. */
	if (up->hole.attr == ATTR_NONE ||
	    ((up->hole.flags & REC_WILD) && !(o->hole.flags & REC_WILD) &&
	     o->hole.attr != ATTR_NONE))
		up->hole = o->hole;
}

static int
close_name(struct walk *w)
{
	struct open *o = &w->open[w->depth - 1];
	struct open *up = w->depth > 1 ? o - 1 : NULL;

	if (push_wild(w, o) < 0)
		return -1;
	if (w->group == w->depth)
		w->group = 0;
	w->depth--;
	if (up == NULL)
		return 0;
	/* The wildcard that makes the star exist does not reach below it. */
	if (o->star && dec_of(w, up->b) != DEC_NONE)
		o->same.state = SAME_NO;
	if (o->hole.attr == ATTR_NONE && is_hole(w, o->b))
		o->hole = record(o, o->b, REC_WILD);
	up->named |= o->named;
	if (covered(w, up, o) && !o->named) {
		w->t->nrecs = o->mark;
	} else {
		if (w->t->nrecs == o->mark && push_exception(w, o) < 0)
			return -1;
		if (shorten_copies(w, up, o) < 0)
			return -1;
		if (up->lasts < o->lasts)
			up->lasts = o->lasts;
	}
	pass_up(up, o);
	return 0;
}

/* --- the walk ------------------------------------------------------------ */

/*
 * Most names: one record, no wildcard above, nothing below. What opening and
 * closing it would do.
 */
static bool
is_leaf(const struct walk *w, const unsigned char *key, size_t n)
{
	const struct nametree *t = w->t;
	size_t nnext;
	const unsigned char *next;

	if (w->open[w->depth - 1].ncovers > 0 || n > NAME_WIRE_MAX - 3)
		return false;
	if (t->next + 1 == t->n)
		return true;
	next = key_get(t, t->v[t->next + 1].at, &nnext);
	return nnext < n || memcmp(next, key, n) != 0;
}

static int
take_leaf(struct walk *w, size_t n)
{
	const struct entry en = w->t->v[w->t->next++];
	struct open *up = &w->open[w->depth - 1];

	if (is_hole(w, en.attr)) {
		same_add(&up->same, DEC_NONE, 0);
		return 0;
	}
	up->same.state = SAME_NO;
	lasts_add(w, up, en.attr);
	return push(w, (struct entry){.at = en.at, .attr = en.attr,
				      .len = (uint16_t)n, .flags = REC_OWN});
}

/* True where the key is that of a wildcard. */
static bool
ends_wild(const unsigned char *key, size_t n)
{
	return n >= WILD_LEN && key[n - 2] == *WILD_LABEL &&
	       (n == WILD_LEN || key[n - 3] == 0);
}

/* Closes what the next entry is not below. */
static int
close_others(struct walk *w, const unsigned char *key, size_t n)
{
	while (w->depth > 1) {
		const struct open *o = &w->open[w->depth - 1];

		if (o->len <= n &&
		    memcmp(key, key_start(w->t, o->at), o->len) == 0)
			break;
		if (close_name(w) < 0)
			return -1;
	}
	return 0;
}

/* Asks early for the keys of the entries that follow. */
static void
look_ahead(struct walk *w)
{
	const struct nametree *t = w->t;

	if (w->ahead < t->next)
		w->ahead = t->next;
	for (; w->ahead < t->next + AHEAD && w->ahead < t->n; w->ahead++)
		namekeys_prefetch(&t->keys, t->v[w->ahead].at, USUAL);
}

/* Takes all entries of the next one's name. */
static int
step(struct walk *w)
{
	struct nametree *t = w->t;
	const uint32_t at = t->v[t->next].at;
	size_t n, len;
	const unsigned char *key = key_get(t, at, &n);
	const bool wild = ends_wild(key, n);

	look_ahead(w);
	if (wild)
		n -= WILD_LEN;
	if (close_others(w, key, n) < 0)
		return -1;
	for (len = w->open[w->depth - 1].len; len < n;) {
		const unsigned char *end = memchr(key + len, 0, n - len);

		len = (size_t)(end + 1 - key);
		if (len == n && !wild && is_leaf(w, key, n))
			return take_leaf(w, n);
		if (open_name(w, at, len, len == n) < 0)
			return -1;
	}
	return 0;
}

static int
walk_all(struct walk *w)
{
	/* The root exists in every zone. */
	if (open_name(w, w->t->v[0].at, 0, true) < 0)
		return -1;
	while (w->t->next < w->t->n)
		if (step(w) < 0)
			return -1;
	while (w->depth > 0)
		if (close_name(w) < 0)
			return -1;
	return 0;
}

int
nametree_walk(struct namemerge *m, struct nametree *t, bool keep, struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	const size_t n = m->ninputs;
	int rc = -1;

	if (w == NULL)
		return err_mem(e);
	w->m = m;
	w->t = t;
	w->keep = keep;
	w->e = e;
	w->exact = calloc(3 * n, sizeof(*w->exact));
	w->seen = calloc(n, sizeof(*w->seen));
	if (w->exact == NULL || w->seen == NULL) {
		(void)err_mem(e);
	} else {
		w->wild = w->exact + n;
		w->kept = w->wild + n;
		rc = walk_all(w);
	}
	free(w->exact);
	free(w->seen);
	free(w->covers);
	free(w);
	return rc;
}
