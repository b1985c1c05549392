/* The columns of a record besides its owner, by numbers. */
#include "sense/nametree.h"

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
	struct attr a = {.expires = rec->expires, .prec = m->prec};

	if (is_last(m, rec)) {
		*id = m->last_attr;
		return 0;
	}
	if (first_numbers(m, e) < 0 || decide(m, rec, &a, e) < 0 ||
	    sources_read(m->sources, rec->source, rec->weight, &a.report, e) <
		    0 ||
	    put(m, &a, id, e) < 0)
		return -1;
	remember(m, rec, *id);
	return 0;
}

int
attr_policy(struct namemerge *m, uint32_t id, struct buf *source,
	    struct policy *rec, struct err *e)
{
	const struct attr *a = attr_get(m, id);
	uint32_t set;
	size_t n;
	const char *dec = intern_get(&m->decs, a->dec, &n);

	rec->verdict = (enum verdict)dec[0];
	rec->response = (enum response)dec[1];
	rec->target = (struct span){n > 2 ? dec + 2 : NULL, n - 2};
	rec->expires = a->expires;
	source->n = 0;
	if (sources_weigh(m->sources, a->report, &set, &rec->weight, e) < 0 ||
	    sources_text(m->sources, set, source, e) < 0)
		return -1;
	rec->source = (struct span){source->p, source->n};
	return 0;
}

int
attr_exception(struct namemerge *m, uint32_t hole, uint32_t *id, struct err *e)
{
	struct attr a = *attr_get(m, hole);

	a.dec = DEC_EXCEPTION;
	return put(m, &a, id, e);
}

int
attr_until(struct namemerge *m, uint32_t attr, int64_t expires, uint32_t *id,
	   struct err *e)
{
	struct attr a = *attr_get(m, attr);

	a.expires = expires;
	return put(m, &a, id, e);
}

static int
join(struct namemerge *m, uint32_t a, uint32_t b, bool longer, uint32_t *id,
     struct err *e)
{
	struct attr joined = *attr_get(m, a);
	const struct attr other = *attr_get(m, b);

	if (longer && other.expires > joined.expires)
		joined.expires = other.expires;
	if (sources_join(m->sources, joined.report, other.report,
			 &joined.report, e) < 0)
		return -1;
	return put(m, &joined, id, e);
}

int
attr_join(struct namemerge *m, uint32_t a, uint32_t b, bool longer,
	  uint32_t *id, struct err *e)
{
	/* The place tells whether the expiry took part. */
	struct join *j = &m->joins[(a * 31 + b) % (JOINS / 2) * 2 + longer];

	if (a == b) {
		*id = a;
		return 0;
	}
	if (j->a != a || j->b != b) {
		j->a = ATTR_NONE;
		if (join(m, a, b, longer, &j->joined, e) < 0)
			return -1;
		j->a = a;
		j->b = b;
	}
	*id = j->joined;
	return 0;
}
