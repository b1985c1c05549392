/*
 * Sorted entries to the fewest records.
 *
 * The tree of all names that an input has, or that exist because one below does,
 * is walked in key order with a stack of the names that are open. E is what a
 * name is decided as, B what all below it that are not in the tree are. The
 * records of an output are given by the set of names that exist in it: E and B
 * of each, where they decide at all. A name must exist unless E and B of it and
 * of all below it in the tree are what the wildcard above it says; then none of
 * them may, for each would cost a record. So the answer is one bottom-up pass:
 * records are pushed when a name opens, and taken back when it closes and turns
 * out to be covered.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "sense/nametree.h"

#define DEPTH_MAX (NAME_LABELS_MAX + 2)
#define COVERS_MAX ((size_t)DEPTH_MAX * NAMEMERGE_INPUTS_MAX)

/* What one input says: of a name, or of all below it. */
struct say {
	uint32_t prec, attr;
};

/* What a name and all below it are decided as, if that is one decision. */
struct same {
	enum { SAME_UNSET, SAME_YES, SAME_NO } state;
	uint32_t dec;
	int64_t expires; /* the latest */
};

struct open {
	uint32_t at, len;      /* its key: the first len octets of the one at */
	size_t covers, ncovers; /* what the inputs say of names below */
	uint32_t b;	       /* attr of that, all in all */
	size_t mark;	       /* recs before this name was opened */
	bool wild_due;	       /* its wildcard is still to be pushed */
	bool wild_own;	       /* and an input has it */
	bool star;	       /* its last label is "*" as in any other place */
	bool full;	       /* too long for anything below it */
	struct same same;
	bool holes; /* a name here or below is one, which same does not count */
	struct rec hole; /* where a passthru can make it exist; attr 0: none */
};

struct walk {
	struct namemerge *m;
	struct nametree *t;
	struct open open[DEPTH_MAX];
	size_t depth; /* open[depth - 1] is the innermost */
	size_t next;  /* entry */
	struct say *covers;
	size_t capcovers;
	struct say *exact, *wild, *kept; /* of the name being opened */
	struct say *joining;
	uint32_t *seen; /* by input: the opening that last found it below */
	uint32_t stamp;
	struct err *e;
};

static const unsigned char *
key_at(const struct walk *w, uint32_t at)
{
	size_t n;

	return key_get(w->t, at, &n);
}

static uint32_t
dec_of(const struct walk *w, uint32_t attr)
{
	const uint32_t dec = attr_get(w->m, attr)->dec;

	return dec == DEC_HOLE ? (uint32_t)DEC_NONE : dec;
}

/* --- what the inputs say ------------------------------------------------- */

/*
 * Joins say[i] with the later ones of the same decision and the same source, and
 * marks these as done. longer: as far as no other decision has come between.
 */
static int
join_source(struct walk *w, struct say *say, size_t n, size_t i, bool longer,
	    uint32_t *attr)
{
	const struct attr first = *attr_get(w->m, say[i].attr);

	*attr = say[i].attr;
	for (i++; i < n; i++) {
		const struct attr *a = attr_get(w->m, say[i].attr);

		if (a->dec != first.dec) {
			longer = false;
		} else if (a->source == first.source) {
			if (attr_join(w->m, *attr, say[i].attr, longer, attr,
				      w->e) < 0)
				return -1;
			say[i].attr = ATTR_NONE;
		}
	}
	return 0;
}

/* The first decision, joined with those that agree; changes say. */
static int
join_all(struct walk *w, struct say *say, size_t n, uint32_t *attr)
{
	const uint32_t dec = attr_get(w->m, say[0].attr)->dec;
	bool longer = true;
	uint32_t more;
	size_t i;

	if (join_source(w, say, n, 0, true, attr) < 0)
		return -1;
	for (i = 1; i < n; i++) {
		if (say[i].attr == ATTR_NONE)
			continue;
		if (attr_get(w->m, say[i].attr)->dec != dec) {
			longer = false;
			continue;
		}
		if (join_source(w, say, n, i, longer, &more) < 0 ||
		    attr_join(w->m, *attr, more, longer, attr, w->e) < 0)
			return -1;
	}
	return 0;
}

/* What all inputs say, all in all. */
static int
resolve(struct walk *w, const struct say *say, size_t n, uint32_t *attr)
{
	const struct attr *a = n > 0 ? attr_get(w->m, say[0].attr) : NULL;

	*attr = ATTR_NONE;
	if (n == 0 || a->dec == DEC_HOLE)
		return 0;
	*attr = say[0].attr;
	if (n == 1)
		return 0;
	/* What --except and --never speak of is at the end. */
	if (a->verdict == VERDICT_BLOCK &&
	    PREC_ROLE(say[n - 1].prec) >= PREC_EXCEPT) {
		*attr = say[n - 1].attr;
		return 0;
	}
	memcpy(w->joining, say, n * sizeof(*say));
	return join_all(w, w->joining, n, attr);
}

/* The entries that have this very key, one for each input; moves next behind. */
static int
collect(struct walk *w, const unsigned char *key, size_t len, struct say *say,
	size_t *n)
{
	*n = 0;
	for (; w->next < w->t->n; w->next++) {
		const struct entry *en = &w->t->entries[w->next];
		const struct attr *a = attr_get(w->m, en->attr), *had;
		struct say *last = *n > 0 ? &say[*n - 1] : NULL;
		size_t klen;
		const unsigned char *k = key_get(w->t, en->at, &klen);

		if (klen != len || memcmp(k, key, len) != 0)
			break;
		if (last == NULL || last->prec != a->prec) {
			say[(*n)++] = (struct say){a->prec, en->attr};
			continue;
		}
		had = attr_get(w->m, last->attr);
		if (had->dec == a->dec) {
			if (attr_join(w->m, last->attr, en->attr, true,
				      &last->attr, w->e) < 0)
				return -1;
			continue;
		}
		w->m->counts.conflicts++;
		if (had->verdict == VERDICT_BLOCK &&
		    a->verdict == VERDICT_ALLOW)
			last->attr = en->attr;
	}
	return 0;
}

/* Marks the inputs with an entry at or below the name, from the next entry on. */
static void
look_below(struct walk *w, const unsigned char *key, size_t len)
{
	size_t i;

	for (i = w->next; i < w->t->n; i++) {
		const struct entry *en = &w->t->entries[i];
		size_t klen;
		const unsigned char *k = key_get(w->t, en->at, &klen);

		if (klen < len || memcmp(k, key, len) != 0)
			return;
		w->seen[PREC_INPUT(attr_get(w->m, en->attr)->prec)] = w->stamp;
	}
}

static bool
is_rpz(const struct walk *w, uint32_t prec)
{
	return w->m->meaning[PREC_INPUT(prec)] == NAMES_RPZ;
}

/*
 * What the inputs' wildcards above still say of this name and below it: in a
 * zone, nothing once the name exists. A star exists beside each wildcard.
 */
static size_t
keep_covers(struct walk *w, const struct open *up, const struct open *o,
	    const unsigned char *key)
{
	const struct say *c = w->covers + up->covers;
	bool looked = false;
	size_t i, n = 0;

	for (i = 0; i < up->ncovers; i++) {
		if (is_rpz(w, c[i].prec)) {
			if (o->star)
				continue;
			if (!looked) {
				w->stamp++;
				look_below(w, key, o->len);
				looked = true;
			}
			if (w->seen[PREC_INPUT(c[i].prec)] == w->stamp)
				continue;
		}
		w->kept[n++] = c[i];
	}
	return n;
}

/* What each input says, its own record before its wildcard above. Both are in
 * order of precedence, and so is the result; it may be w->exact or wild. */
static int
overlay(struct walk *w, size_t nkept, const struct say *own, size_t nown,
	struct say *to, size_t *n)
{
	size_t i = 0, j = 0;

	*n = 0;
	while (i < nkept || j < nown) {
		struct say s;

		if (j == nown || (i < nkept && w->kept[i].prec < own[j].prec)) {
			to[(*n)++] = w->kept[i++];
			continue;
		}
		s = own[j++];
		if (i < nkept && w->kept[i].prec == s.prec) {
			const uint32_t up = w->kept[i++].attr;

			/* A list says it twice. */
			if (attr_get(w->m, up)->dec ==
				    attr_get(w->m, s.attr)->dec &&
			    attr_join(w->m, s.attr, up, true, &s.attr, w->e) < 0)
				return -1;
		}
		to[(*n)++] = s;
	}
	return 0;
}

/* --- records ------------------------------------------------------------- */

/* The outermost open name with a wildcard: its records stay together. */
static const struct open *
group(const struct walk *w)
{
	size_t i;

	for (i = 0; i < w->depth; i++)
		if (dec_of(w, w->open[i].b) != DEC_NONE)
			return &w->open[i];
	return NULL;
}

static int
push(struct walk *w, struct rec r)
{
	const struct open *g = group(w);

	if (array_grow((void **)&w->t->recs, &w->t->caprecs, w->t->nrecs + 1,
		       sizeof(r), UINT32_MAX, "records", w->e) < 0)
		return -1;
	if (g == NULL || w->t->nrecs == g->mark)
		r.flags |= REC_FIRST;
	w->t->recs[w->t->nrecs++] = r;
	return 0;
}

static int
push_wild(struct walk *w, struct open *o)
{
	const uint16_t own = o->wild_own ? REC_OWN : 0;
	const struct rec r = {o->at, o->b, (uint16_t)o->len, REC_WILD | own};

	if (!o->wild_due)
		return 0;
	o->wild_due = false;
	return push(w, r);
}

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

static bool
is_hole(const struct walk *w, uint32_t attr)
{
	return attr_get(w->m, attr)->dec == DEC_HOLE;
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

/* --- opening and closing ------------------------------------------------- */

/* Octets of a key on the wire, its root not counted. */
static size_t
wire_len(const unsigned char *key, size_t n)
{
	size_t i, len = 0;

	for (i = 0; i < n; i++) {
		if (key[i] == 1)
			i++;
		len++;
	}
	return len;
}

/* The name's own entries, and what comes of them. */
static int
decide(struct walk *w, struct open *o, const unsigned char *key)
{
	const struct open *up = w->depth > 0 ? &w->open[w->depth - 1] : NULL;
	unsigned char wild[NAME_KEY_MAX + WILD_LEN];
	size_t nkept, nexact, nwild, n;
	uint32_t attr;

	nkept = up != NULL ? keep_covers(w, up, o, key) : 0;
	if (collect(w, key, o->len, w->exact, &nexact) < 0)
		return -1;
	memcpy(wild, key, o->len);
	memcpy(wild + o->len, WILD_LABEL, WILD_LEN);
	if (collect(w, wild, o->len + WILD_LEN, w->wild, &nwild) < 0)
		return -1;
	o->covers = up != NULL ? up->covers + up->ncovers : 0;
	if (array_grow((void **)&w->covers, &w->capcovers,
		       o->covers + w->m->ninputs, sizeof(*w->covers),
		       COVERS_MAX, "wildcards above each other", w->e) < 0)
		return -1;
	/* The name itself, in the room that its covers take afterwards. */
	if (overlay(w, nkept, w->exact, nexact, w->covers + o->covers, &n) < 0 ||
	    resolve(w, w->covers + o->covers, n, &attr) < 0 ||
	    overlay(w, nkept, w->wild, nwild, w->covers + o->covers,
		    &o->ncovers) < 0 ||
	    resolve(w, w->covers + o->covers, o->ncovers, &o->b) < 0)
		return -1;
	o->wild_own = nwild > 0 && PREC_ROLE(w->wild[0].prec) < PREC_EXCEPT;
	if (o->full)
		o->b = ATTR_NONE;
	w->open[w->depth++] = *o;
	o = &w->open[w->depth - 1];
	if (up != NULL && !o->star) {
		const uint16_t own = nexact > 0 && PREC_ROLE(w->exact[0].prec) <
							   PREC_EXCEPT
					     ? REC_OWN : 0;

		same_attr(w, o, attr);
		if (is_hole(w, attr))
			o->hole = (struct rec){o->at, attr, (uint16_t)o->len, 0};
		if (dec_of(w, attr) != DEC_NONE &&
		    push(w, (struct rec){o->at, attr, (uint16_t)o->len, own}) < 0)
			return -1;
	}
	if (!o->full)
		same_attr(w, o, o->b);
	o->wild_due = dec_of(w, o->b) != DEC_NONE;
	return 0;
}

static int
open_name(struct walk *w, uint32_t at, size_t len)
{
	struct open *up = w->depth > 0 ? &w->open[w->depth - 1] : NULL;
	const unsigned char *key = key_at(w, at);
	struct open o = {.at = at, .len = (uint32_t)len};

	if (up != NULL) {
		const unsigned char *label = key + up->len;

		o.star = len - up->len == 2 && label[0] == '*';
		if (label[0] >= '*' && push_wild(w, up) < 0)
			return -1;
	}
	/* A label takes two octets, the root one. */
	o.full = len > NAME_WIRE_MAX - 3 &&
		 wire_len(key, len) > NAME_WIRE_MAX - 3;
	o.mark = w->t->nrecs;
	return decide(w, &o, key);
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

/*
 * A name that must exist and has no record at or below it: what is silent there
 * is so for the sake of a record that is now a hole. One passthru for a hole
 * makes it exist.
 */
static int
push_exception(struct walk *w, const struct open *o)
{
	struct rec r = o->hole;

	if (r.attr == ATTR_NONE)
		return 0;
	if (attr_exception(w->m, r.attr, &r.attr, w->e) < 0)
		return -1;
	return push(w, r);
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
	w->depth--;
	if (up == NULL)
		return 0;
	/* The wildcard that makes the star exist does not reach below it. */
	if (o->star && dec_of(w, up->b) != DEC_NONE)
		o->same.state = SAME_NO;
	if (o->hole.attr == ATTR_NONE && is_hole(w, o->b))
		o->hole = (struct rec){o->at, o->b, (uint16_t)o->len, REC_WILD};
	if (covered(w, up, o))
		w->t->nrecs = o->mark;
	else if (w->t->nrecs == o->mark && push_exception(w, o) < 0)
		return -1;
	pass_up(up, o);
	return 0;
}

/* --- the walk ------------------------------------------------------------ */

static size_t
common(const unsigned char *a, size_t na, const unsigned char *b, size_t nb)
{
	size_t i = 0;

	while (i < na && i < nb && a[i] == b[i])
		i++;
	return i;
}

/* Closes what the next entry is not below, opens what is above it, and it. */
static int
step(struct walk *w)
{
	const uint32_t at = w->t->entries[w->next].at;
	size_t n;
	const unsigned char *key = key_get(w->t, at, &n);

	while (w->depth > 1) {
		const struct open *o = &w->open[w->depth - 1];

		if (common(key, n, key_at(w, o->at), o->len) == o->len)
			break;
		if (close_name(w) < 0)
			return -1;
	}
	if (n >= WILD_LEN && memcmp(key + n - WILD_LEN, WILD_LABEL, WILD_LEN) == 0 &&
	    (n == WILD_LEN || key[n - WILD_LEN - 1] == 0))
		n -= WILD_LEN;
	for (;;) {
		const size_t len = w->open[w->depth - 1].len;
		const unsigned char *end;

		if (len >= n)
			return 0;
		end = memchr(key + len, 0, n - len);
		if (open_name(w, at, (size_t)(end + 1 - key)) < 0)
			return -1;
	}
}

static int
walk_all(struct walk *w)
{
	/* The root exists in every zone. */
	if (open_name(w, w->t->entries[0].at, 0) < 0)
		return -1;
	while (w->next < w->t->n)
		if (step(w) < 0)
			return -1;
	while (w->depth > 0)
		if (close_name(w) < 0)
			return -1;
	return 0;
}

int
nametree_walk(struct namemerge *m, struct nametree *t, struct err *e)
{
	struct walk *w = calloc(1, sizeof(*w));
	const size_t n = m->ninputs;
	int rc = -1;

	if (w == NULL)
		return err_mem(e);
	w->m = m;
	w->t = t;
	w->e = e;
	w->exact = calloc(n, sizeof(*w->exact));
	w->wild = calloc(n, sizeof(*w->wild));
	w->kept = calloc(n, sizeof(*w->kept));
	w->joining = calloc(n, sizeof(*w->joining));
	w->seen = calloc(n, sizeof(*w->seen));
	if (w->exact == NULL || w->wild == NULL || w->kept == NULL ||
	    w->joining == NULL || w->seen == NULL)
		(void)err_mem(e);
	else
		rc = walk_all(w);
	free(w->exact);
	free(w->wild);
	free(w->kept);
	free(w->joining);
	free(w->seen);
	free(w->covers);
	free(w);
	return rc;
}
