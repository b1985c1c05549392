#include "sense/namemerge.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sense/nametree.h"

#define AHEAD ((size_t)16) /* records whose keys are asked for early */

struct namemerge *
namemerge_new(void)
{
	struct namemerge *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->sources = sources_new();
	if (m->sources != NULL)
		return m;
	namemerge_free(m);
	return NULL;
}

static void
tree_free(struct nametree *t)
{
	namekeys_free(&t->keys);
	free(t->v);
}

void
namemerge_free(struct namemerge *m)
{
	if (m == NULL)
		return;
	tree_free(&m->name);
	tree_free(&m->nsname);
	free(m->kept_name.v);
	free(m->kept_nsname.v);
	intern_free(&m->decs);
	sources_free(m->sources);
	intern_free(&m->attrs);
	free(m);
}

int
namemerge_input(struct namemerge *m, enum names_meaning meaning,
		enum namemerge_role role, struct err *e)
{
	static const uint32_t roles[] = {
		[NAMEMERGE_POLICY] = PREC_POLICY,
		[NAMEMERGE_ALLOW] = PREC_ALLOW,
		[NAMEMERGE_EXCEPT] = PREC_EXCEPT,
		[NAMEMERGE_NEVER] = PREC_NEVER,
	};

	if (m->ninputs == NAMEMERGE_INPUTS_MAX)
		return err_set(e, EX_USAGE, "more than %d inputs",
			       NAMEMERGE_INPUTS_MAX);
	m->has_last = false;
	m->meaning[m->ninputs] = meaning;
	m->prec = roles[role] * NAMEMERGE_INPUTS_MAX + m->ninputs++;
	return 0;
}

int
namemerge_add(struct namemerge *m, const struct policy *rec, bool same,
	      struct err *e)
{
	struct nametree *t = rec->kind == KIND_NAME ? &m->name : &m->nsname;
	struct entry en = {.attr = m->last_attr};

	if ((!same && attr_add(m, rec, &en.attr, e) < 0) ||
	    namekeys_add(&t->keys, rec->name, &en.at, e) < 0 ||
	    array_grow((void **)&t->v, &t->cap, t->n + 1, sizeof(*t->v),
		       NAMETREE_MAX, "names", e) < 0)
		return -1;
	t->v[t->n++] = en;
	m->counts.in += PREC_ROLE(m->prec) <= PREC_POLICY;
	return 0;
}

/* A tree of the same sorted entries. */
static int
copy(const struct nametree *t, struct nametree *kept, struct err *e)
{
	*kept = (struct nametree){.keys = t->keys, .n = t->n, .cap = t->n};
	kept->v = reallocarray(NULL, t->n, sizeof(*t->v));
	if (kept->v == NULL)
		return err_mem(e);
	memcpy(kept->v, t->v, t->n * sizeof(*t->v));
	return 0;
}

static int
tree_finish(struct namemerge *m, struct nametree *t, struct nametree *kept,
	    struct err *e)
{
	uint64_t conflicts;

	if (t->n == 0)
		return 0;
	nametree_sort(m, t);
	if (kept == NULL)
		return nametree_walk(m, t, false, e);
	if (copy(t, kept, e) < 0 || nametree_walk(m, t, false, e) < 0)
		return -1;
	conflicts = m->counts.conflicts;
	if (nametree_walk(m, kept, true, e) < 0)
		return -1;
	m->counts.conflicts = conflicts;
	return 0;
}

static void
count(struct namemerge *m, const struct nametree *t)
{
	size_t i;

	for (i = 0; i < t->nrecs; i++) {
		const struct entry *r = &t->v[i];
		const struct attr *a = attr_get(m, r->attr);
		const bool allow = a->verdict == VERDICT_ALLOW;
		const bool except = PREC_ROLE(a->prec) >= PREC_EXCEPT;

		m->counts.exceptions += except;
		m->counts.copies += !except && !(r->flags & REC_OWN);
		m->counts.redundant -= !except && (r->flags & REC_OWN) != 0;
		if (r->flags & REC_CAPPED)
			*(allow ? &m->counts.capped_allow
				: &m->counts.capped_block) += 1;
		else
			*(allow ? &m->counts.allow : &m->counts.block) += 1;
	}
}

int
namemerge_finish(struct namemerge *m, const struct namemerge_opts *opts,
		 struct err *e)
{
	const bool keep = opts->entries;

	if (tree_finish(m, &m->name, keep ? &m->kept_name : NULL, e) < 0 ||
	    tree_finish(m, &m->nsname, keep ? &m->kept_nsname : NULL, e) < 0 ||
	    nametree_cap(m, opts, e) < 0)
		return -1;
	m->counts.redundant = m->counts.in;
	count(m, &m->name);
	count(m, &m->nsname);
	return 0;
}

/* The owner of a record as text, in buf. */
static struct span
owner(const struct nametree *t, const struct entry *r, char *buf)
{
	size_t n = 0, len;
	const unsigned char *key = key_get(t, r->at, &len);

	if (r->flags & REC_WILD) {
		buf[n++] = '*';
		if (r->len > 0)
			buf[n++] = '.';
	}
	n += name_from_key(key, r->len, buf + n);
	return (struct span){buf, n};
}

struct emit {
	namemerge_put *put;
	void *ctx;
	bool capped;	   /* emits what is not to be, instead */
	struct buf source; /* of rec */
	struct policy rec;
	uint32_t attr; /* that rec has; ATTR_NONE before the first */
};

static int
tree_emit(struct namemerge *m, const struct nametree *t, struct emit *em,
	  struct err *e)
{
	char text[NAME_TEXT_MAX + 2];
	size_t i;

	em->attr = ATTR_NONE;
	for (i = 0; i < t->nrecs; i++) {
		const struct entry *r = &t->v[i];
		const bool same = r->attr == em->attr;

		if (i + AHEAD < t->nrecs)
			namekeys_prefetch(&t->keys, r[AHEAD].at, r[AHEAD].len);
		if (((r->flags & REC_CAPPED) != 0) != em->capped)
			continue;
		if (!same &&
		    attr_policy(m, r->attr, &em->source, &em->rec, e) < 0)
			return -1;
		em->attr = r->attr;
		em->rec.name = owner(t, r, text);
		if (em->put(em->ctx, &em->rec, same, e) < 0)
			return -1;
	}
	return 0;
}

static int
emit(struct namemerge *m, const struct nametree *name,
     const struct nametree *nsname, struct emit *em, struct err *e)
{
	int rc;

	buf_init(&em->source, POLICY_SOURCE_MAX);
	em->rec.kind = KIND_NAME;
	rc = tree_emit(m, name, em, e);
	em->rec.kind = KIND_NSNAME;
	if (rc == 0)
		rc = tree_emit(m, nsname, em, e);
	buf_free(&em->source);
	return rc;
}

int
namemerge_emit(struct namemerge *m, namemerge_put *put, void *ctx,
	       struct err *e)
{
	struct emit em = {.put = put, .ctx = ctx};

	return emit(m, &m->name, &m->nsname, &em, e);
}

int
namemerge_emit_capped(struct namemerge *m, namemerge_put *put, void *ctx,
		      struct err *e)
{
	struct emit em = {.put = put, .ctx = ctx, .capped = true};

	return emit(m, &m->name, &m->nsname, &em, e);
}

int
namemerge_emit_entries(struct namemerge *m, namemerge_put *put, void *ctx,
		       struct err *e)
{
	struct emit em = {.put = put, .ctx = ctx};

	return emit(m, &m->kept_name, &m->kept_nsname, &em, e);
}

const struct namemerge_counts *
namemerge_counts(const struct namemerge *m)
{
	return &m->counts;
}
