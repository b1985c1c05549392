#include "sense/namemerge.h"

#include <stdlib.h>

#include "base/buf.h"
#include "sense/nametree.h"

#define RECORDS_MAX ((size_t)UINT32_MAX - 1)
#define KEYS_MAX ((size_t)UINT32_MAX)

struct namemerge *
namemerge_new(void)
{
	return calloc(1, sizeof(struct namemerge));
}

static void
tree_free(struct nametree *t)
{
	free(t->keys);
	free(t->entries);
	free(t->recs);
}

void
namemerge_free(struct namemerge *m)
{
	if (m == NULL)
		return;
	tree_free(&m->name);
	tree_free(&m->nsname);
	intern_free(&m->decs);
	intern_free(&m->sources);
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
	m->meaning[m->ninputs] = meaning;
	m->prec = roles[role] * NAMEMERGE_INPUTS_MAX + m->ninputs++;
	return 0;
}

int
namemerge_add(struct namemerge *m, const struct policy *rec, struct err *e)
{
	struct nametree *t = rec->kind == KIND_NAME ? &m->name : &m->nsname;
	const char *text = rec->name.p;
	size_t n = rec->name.n;
	const bool wild = name_is_wildcard(text, n);
	unsigned char *key;
	uint16_t len;
	uint32_t attr;

	if (array_grow((void **)&t->keys, &t->capkeys,
		       t->nkeys + sizeof(len) + NAME_KEY_MAX, 1, KEYS_MAX,
		       "bytes of names", e) < 0 ||
	    array_grow((void **)&t->entries, &t->cap, t->n + 1,
		       sizeof(*t->entries), RECORDS_MAX, "names", e) < 0 ||
	    attr_add(m, rec, &attr, e) < 0)
		return -1;
	t->entries[t->n++] = (struct entry){(uint32_t)t->nkeys, attr};
	key = t->keys + t->nkeys + sizeof(len);
	if (wild) {
		text += n > 1 ? 2 : 1;
		n -= n > 1 ? 2 : 1;
	}
	len = (uint16_t)(n > 0 ? name_key(text, n, key) : 0);
	if (wild) {
		memcpy(key + len, WILD_LABEL, WILD_LEN);
		len = (uint16_t)(len + WILD_LEN);
	}
	memcpy(t->keys + t->nkeys, &len, sizeof(len));
	t->nkeys += sizeof(len) + len;
	m->counts.in += PREC_ROLE(m->prec) <= PREC_POLICY;
	return 0;
}

static int
tree_finish(struct namemerge *m, struct nametree *t, struct err *e)
{
	int rc;

	if (t->n == 0)
		return 0;
	rc = nametree_sort(m, t, e);
	if (rc == 0)
		rc = nametree_walk(m, t, e);
	free(t->entries);
	t->entries = NULL;
	t->n = t->cap = 0;
	return rc;
}

static void
count(struct namemerge *m, const struct nametree *t)
{
	size_t i;

	for (i = 0; i < t->nrecs; i++) {
		const struct rec *r = &t->recs[i];
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
	if (tree_finish(m, &m->name, e) < 0 ||
	    tree_finish(m, &m->nsname, e) < 0 || nametree_cap(m, opts, e) < 0)
		return -1;
	m->counts.redundant = m->counts.in;
	count(m, &m->name);
	count(m, &m->nsname);
	return 0;
}

/* The owner of a record as text, in buf. */
static struct span
owner(const struct nametree *t, const struct rec *r, char *buf)
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

static int
tree_emit(const struct namemerge *m, const struct nametree *t, enum kind kind,
	  int (*put)(void *, const struct policy *), void *arg)
{
	char text[NAME_TEXT_MAX + 2];
	struct policy rec = {.kind = kind};
	size_t i;

	for (i = 0; i < t->nrecs; i++) {
		const struct rec *r = &t->recs[i];

		if (r->flags & REC_CAPPED)
			continue;
		attr_policy(m, r->attr, &rec);
		rec.name = owner(t, r, text);
		if (put(arg, &rec) < 0)
			return -1;
	}
	return 0;
}

int
namemerge_emit(struct namemerge *m,
	       int (*put)(void *arg, const struct policy *rec), void *arg,
	       struct err *e)
{
	(void)e;
	if (tree_emit(m, &m->name, KIND_NAME, put, arg) < 0)
		return -1;
	return tree_emit(m, &m->nsname, KIND_NSNAME, put, arg);
}

const struct namemerge_counts *
namemerge_counts(const struct namemerge *m)
{
	return &m->counts;
}
