/* The columns of a record besides its owner, by numbers. */
#include "sense/nametree.h"
#include "sense/origin.h"

/* A decision as it is interned: verdict, response, target. */
static int
dec_add(struct namemerge *m, const struct policy *rec, uint32_t *id,
	struct err *e)
{
	char b[2 + NAME_TEXT_MAX];
	size_t n = 2;

	b[0] = (char)rec->verdict;
	b[1] = (char)rec->response;
	if (rec->response == RESPONSE_REDIRECT) {
		memcpy(b + n, rec->target.p, rec->target.n);
		n += rec->target.n;
	}
	return intern_add(&m->decs, b, n, id, e);
}

static int
put(struct namemerge *m, const struct attr *a, uint32_t *id, struct err *e)
{
	return intern_add(&m->attrs, a, sizeof(*a), id, e);
}

/* The numbers that the enum of decisions and ATTR_NONE promise. */
static int
first_numbers(struct namemerge *m, struct err *e)
{
	static const struct policy passthru = {.verdict = VERDICT_ALLOW,
					       .response = RESPONSE_PASSTHRU};
	const struct attr none = {.dec = DEC_NONE};
	uint32_t id;

	if (m->attrs.n > 0)
		return 0;
	if (intern_add(&m->decs, "none", 4, &id, e) < 0 ||
	    intern_add(&m->decs, "hole", 4, &id, e) < 0 ||
	    dec_add(m, &passthru, &id, e) < 0)
		return -1;
	return put(m, &none, &id, e);
}

/* The input's role over what the record says. */
static int
decide(struct namemerge *m, const struct policy *rec, struct attr *a,
       struct err *e)
{
	switch (PREC_ROLE(m->prec)) {
	case PREC_EXCEPT:
	case PREC_NEVER:
		a->dec = DEC_HOLE;
		a->verdict = VERDICT_ALLOW;
		return 0;
	case PREC_ALLOW:
		a->dec = DEC_EXCEPTION;
		a->verdict = VERDICT_ALLOW;
		return 0;
	default:
		a->verdict = (uint16_t)rec->verdict;
		return dec_add(m, rec, &a->dec, e);
	}
}

static bool
span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* True where the record differs from the one before in its owner alone. */
static bool
is_last(const struct namemerge *m, const struct policy *rec)
{
	const struct policy *l = &m->last;

	return m->has_last && rec->verdict == l->verdict &&
	       rec->response == l->response && rec->expires == l->expires &&
	       rec->weight == l->weight && span_equal(rec->source, l->source) &&
	       (rec->response != RESPONSE_REDIRECT ||
		span_equal(rec->target, l->target));
}

static void
remember(struct namemerge *m, const struct policy *rec, uint32_t id)
{
	m->last = *rec;
	memcpy(m->last_source, rec->source.p, rec->source.n);
	m->last.source.p = m->last_source;
	if (rec->response == RESPONSE_REDIRECT) {
		memcpy(m->last_target, rec->target.p, rec->target.n);
		m->last.target.p = m->last_target;
	}
	m->last_attr = id;
	m->has_last = true;
}

int
attr_add(struct namemerge *m, const struct policy *rec, uint32_t *id,
	 struct err *e)
{
	struct attr a = {.expires = rec->expires,
			 .weight = rec->weight,
			 .prec = m->prec};

	if (is_last(m, rec)) {
		*id = m->last_attr;
		return 0;
	}
	if (first_numbers(m, e) < 0 || decide(m, rec, &a, e) < 0 ||
	    intern_add(&m->sources, rec->source.p, rec->source.n, &a.source,
		       e) < 0 ||
	    put(m, &a, id, e) < 0)
		return -1;
	remember(m, rec, *id);
	return 0;
}

void
attr_policy(const struct namemerge *m, uint32_t id, struct policy *rec)
{
	const struct attr *a = attr_get(m, id);
	size_t n;
	const char *dec = intern_get(&m->decs, a->dec, &n);

	rec->verdict = (enum verdict)dec[0];
	rec->response = (enum response)dec[1];
	rec->target = (struct span){n > 2 ? dec + 2 : NULL, n - 2};
	rec->source.p = intern_get(&m->sources, a->source, &rec->source.n);
	rec->expires = a->expires;
	rec->weight = a->weight;
}

int
attr_exception(struct namemerge *m, uint32_t hole, uint32_t *id, struct err *e)
{
	struct attr a = *attr_get(m, hole);

	a.dec = DEC_EXCEPTION;
	return put(m, &a, id, e);
}

static int
join(struct namemerge *m, const struct attr *a, const struct attr *b,
     bool longer, uint32_t *id, struct err *e)
{
	struct origin oa = {.weight = a->weight}, ob = {.weight = b->weight}, o;
	char source[POLICY_SOURCE_MAX];
	struct attr joined = *a;

	oa.source.p = intern_get(&m->sources, a->source, &oa.source.n);
	ob.source.p = intern_get(&m->sources, b->source, &ob.source.n);
	origin_join(&oa, &ob, source, &o);
	joined.weight = o.weight;
	if (longer && b->expires > a->expires)
		joined.expires = b->expires;
	if (intern_add(&m->sources, source, o.source.n, &joined.source, e) < 0)
		return -1;
	return put(m, &joined, id, e);
}

int
attr_join(struct namemerge *m, uint32_t a, uint32_t b, bool longer,
	  uint32_t *id, struct err *e)
{
	/* The place tells whether the expiry took part. */
	struct join *j = &m->joins[(a * 31 + b) % (JOINS / 2) * 2 + longer];
	struct attr va, vb;

	if (a == b) {
		*id = a;
		return 0;
	}
	if (j->a != a || j->b != b) {
		/* Copies: interning moves what it holds. */
		va = *attr_get(m, a);
		vb = *attr_get(m, b);
		if (join(m, &va, &vb, longer, &j->joined, e) < 0)
			return -1;
		j->a = a;
		j->b = b;
	}
	*id = j->joined;
	return 0;
}
