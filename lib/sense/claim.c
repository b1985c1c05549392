#include "sense/claim.h"

#include <stdlib.h>
#include <string.h>

struct action {
	uint8_t verdict, response;
	char target[NAME_TEXT_MAX + 1];
};
#define ACTION_HEAD offsetof(struct action, target)

struct claims *
claims_new(void)
{
	struct claims *cs = calloc(1, sizeof(*cs));

	if (cs == NULL || (cs->sources = sources_new()) == NULL) {
		free(cs);
		return NULL;
	}
	return cs;
}

void
claims_free(struct claims *cs)
{
	if (cs == NULL)
		return;
	sources_free(cs->sources);
	intern_free(&cs->actions);
	intern_free(&cs->claims);
	intern_free(&cs->rulings);
	free(cs->alone);
	free(cs);
}

int
claims_read(struct claims *cs, const struct policy *rec, uint32_t input,
	    enum claim_role role, uint32_t *claim, struct err *e)
{
	struct action a = {(uint8_t)rec->verdict, (uint8_t)rec->response, ""};
	size_t target = rec->target.n;
	struct claim c;

	memset(&c, 0, sizeof(c)); /* padding is part of what is interned */
	c.expires = rec->expires;
	c.input = input;
	c.never = role == CLAIM_NEVER;
	if (role == CLAIM_ALLOW) {
		a.verdict = VERDICT_ALLOW;
		a.response = rec->response == RESPONSE_NONE ? RESPONSE_NONE
							    : RESPONSE_PASSTHRU;
		target = 0;
	}
	if (target > 0)
		memcpy(a.target, rec->target.p, target);
	if (intern_add(&cs->actions, &a, ACTION_HEAD + target, &c.action, e) <
		    0 ||
	    sources_read(cs->sources, rec->source, rec->weight, &c.report, e) <
		    0)
		return -1;
	return intern_add(&cs->claims, &c, sizeof(c), claim, e);
}

const struct claim *
claims_get(const struct claims *cs, uint32_t claim)
{
	size_t n;

	return intern_get(&cs->claims, claim, &n);
}

/* Takes another claim with the same action in. */
static int
join_claim(struct claims *cs, struct claim *c, const struct claim *d,
	   struct err *e)
{
	if (d->expires > c->expires)
		c->expires = d->expires;
	if (d->input < c->input)
		c->input = d->input;
	return sources_join(cs->sources, c->report, d->report, &c->report, e);
}

static const struct action *
action_get(const struct claims *cs, uint32_t action, size_t *target)
{
	const struct action *a = intern_get(&cs->actions, action, target);

	*target -= ACTION_HEAD;
	return a;
}

/* Precedence of two actions on one prefix in one input. */
static int
action_cmp(const struct claims *cs, uint32_t x, uint32_t y)
{
	size_t na, nb;
	const struct action *a = action_get(cs, x, &na);
	const struct action *b = action_get(cs, y, &nb);
	int c;

	if (a->verdict != b->verdict)
		return a->verdict == VERDICT_ALLOW ? -1 : 1;
	if (a->response != b->response)
		return a->response < b->response ? -1 : 1;
	c = memcmp(a->target, b->target, na < nb ? na : nb);
	return c != 0 ? c : (na > nb) - (na < nb);
}

void
stand_free(struct stand *st)
{
	free(st->claim);
	*st = (struct stand){0};
}

/* What is put in last stands first. */
static int
by_precedence_last_first(const void *x, const void *y, void *claims)
{
	const struct claims *const cs = claims;
	const struct claim *a = claims_get(cs, *(const uint32_t *)x);
	const struct claim *b = claims_get(cs, *(const uint32_t *)y);

	if (a->input != b->input)
		return a->input > b->input ? -1 : 1;
	return -action_cmp(cs, a->action, b->action);
}

/* In front of all of its input. Where it would not outlast one of the same
 * action there, it is but a part of that. */
static int
put_claim(struct claims *cs, struct stand *st, const struct claim *c,
	  struct err *e)
{
	struct claim *at = st->claim;

	while (at < st->claim + st->n && at->input < c->input)
		at++;
	if (at < st->claim + st->n && at->input == c->input &&
	    at->action == c->action) {
		if (c->expires <= at->expires)
			return sources_part(cs->sources, at->report, c->report,
					    &at->report, e);
		*at = *c;
		return 0;
	}
	memmove(at + 1, at, (size_t)(st->claim + st->n - at) * sizeof(*at));
	*at = *c;
	st->n++;
	return 0;
}

int
stand_on(struct claims *cs, struct stand *st, const struct stand *outer,
	 uint32_t *claim, size_t n, struct err *e)
{
	void *p = st->claim;
	const size_t from = outer != NULL ? outer->n : 0;
	size_t i;

	if (array_grow(&p, &st->cap, from + n, sizeof(*st->claim), SIZE_MAX,
		       "records that overlap", e) < 0)
		return -1;
	st->claim = p;
	st->n = from;
	if (from > 0)
		memcpy(st->claim, outer->claim, from * sizeof(*st->claim));
	st->never = outer != NULL && outer->never;
	if (n > 1)
		qsort_r(claim, n, sizeof(*claim), by_precedence_last_first, cs);
	for (i = 0; i < n; i++) {
		struct claim c = *claims_get(cs, claim[i]);

		for (; i + 1 < n; i++) {
			const struct claim d = *claims_get(cs, claim[i + 1]);

			if (d.input != c.input || d.action != c.action)
				break;
			if (join_claim(cs, &c, &d, e) < 0)
				return -1;
		}
		if (c.never)
			st->never = true;
		else if (put_claim(cs, st, &c, e) < 0)
			return -1;
	}
	return 0;
}

bool
stand_equal(const struct stand *a, const struct stand *b)
{
	return a->n == b->n && a->never == b->never &&
	       memcmp(a->claim, b->claim, a->n * sizeof(*a->claim)) == 0;
}

int
stand_decide(struct claims *cs, const struct stand *st, uint32_t *ruling,
	     struct err *e)
{
	const struct claim *const first = st->claim;
	struct ruling r;
	uint32_t report;
	uint16_t weight;
	bool open = true; /* not yet decided otherwise */
	size_t i;

	*ruling = RULING_NONE;
	if (st->n == 0 ||
	    (st->never && claims_verdict(cs, first->action) == VERDICT_BLOCK))
		return 0;
	memset(&r, 0, sizeof(r));
	r.expires = first->expires;
	r.action = first->action;
	r.input = first->input;
	report = first->report;
	for (i = 1; i < st->n; i++) {
		const struct claim *c = &first[i];

		if (c->action != r.action) {
			open = open && c->expires <= r.expires;
			continue;
		}
		if (open && c->expires > r.expires)
			r.expires = c->expires;
		if (c->input != c[-1].input &&
		    sources_join(cs->sources, report, c->report, &report, e) <
		    0)
			return -1;
	}
	if (sources_weigh(cs->sources, report, &r.set, &weight, e) < 0)
		return -1;
	r.weight = weight;
	return intern_add(&cs->rulings, &r, sizeof(r), ruling, e);
}

int
claims_alone(struct claims *cs, uint32_t claim, uint32_t *ruling,
	     struct err *e)
{
	struct stand st = {0};
	int rc;

	if (claim >= cs->nalone) {
		void *p = cs->alone;

		if (array_grow(&p, &cs->cap_alone, (size_t)claim + 1,
			       sizeof(*cs->alone), SIZE_MAX, "claims", e) < 0)
			return -1;
		cs->alone = p;
		memset(cs->alone + cs->nalone, 0,
		       (cs->cap_alone - cs->nalone) * sizeof(*cs->alone));
		cs->nalone = cs->cap_alone;
	}
	if (cs->alone[claim] != 0) {
		*ruling = cs->alone[claim] - 2;
		return 0;
	}
	rc = stand_on(cs, &st, NULL, &claim, 1, e);
	if (rc == 0)
		rc = stand_decide(cs, &st, ruling, e);
	stand_free(&st);
	if (rc == 0)
		cs->alone[claim] = *ruling + 2;
	return rc;
}

int
claims_reported(struct claims *cs, uint32_t ruling, uint32_t report,
		uint32_t *by_others, struct err *e)
{
	struct ruling r = *claims_ruling(cs, ruling);
	uint16_t weight;

	if (sources_weigh(cs->sources, report, &r.set, &weight, e) < 0)
		return -1;
	r.weight = weight;
	return intern_add(&cs->rulings, &r, sizeof(r), by_others, e);
}

const struct ruling *
claims_ruling(const struct claims *cs, uint32_t ruling)
{
	size_t n;

	return intern_get(&cs->rulings, ruling, &n);
}

enum verdict
claims_verdict(const struct claims *cs, uint32_t action)
{
	size_t n;

	return (enum verdict)action_get(cs, action, &n)->verdict;
}

static int
join(struct claims *cs, uint32_t a, uint32_t b, uint32_t *ruling,
     struct err *e)
{
	struct ruling r = *claims_ruling(cs, a);
	const struct ruling s = *claims_ruling(cs, b);

	if (s.weight < r.weight)
		r.weight = s.weight;
	if (s.input > r.input)
		r.input = s.input;
	if (sources_union(cs->sources, r.set, s.set, &r.set, e) < 0)
		return -1;
	return intern_add(&cs->rulings, &r, sizeof(r), ruling, e);
}

int
claims_join(struct claims *cs, uint32_t a, uint32_t b, uint32_t *ruling,
	    struct err *e)
{
	struct sources_memo *m;

	if (a == b) {
		*ruling = a;
		return 0;
	}
	m = sources_memo(cs->joins, a, b);
	if (m->a != a + 1 || m->b != b) {
		m->a = 0;
		if (join(cs, a, b, &m->to, e) < 0)
			return -1;
		m->a = a + 1;
		m->b = b;
	}
	*ruling = m->to;
	return 0;
}

int
claims_record(const struct claims *cs, uint32_t ruling, struct policy *rec,
	      struct buf *b, struct err *e)
{
	const struct ruling *r = claims_ruling(cs, ruling);
	size_t target;
	const struct action *a = action_get(cs, r->action, &target);

	*rec = (struct policy){
		.verdict = (enum verdict)a->verdict,
		.response = (enum response)a->response,
		.target = {target > 0 ? a->target : NULL, target},
		.expires = r->expires,
		.weight = (uint16_t)r->weight,
	};
	b->n = 0;
	if (sources_text(cs->sources, r->set, b, e) < 0)
		return -1;
	rec->source = (struct span){b->p, b->n};
	return 0;
}
