#include "outside/r53plan.h"

#include <stdlib.h>
#include <string.h>

/* What is being made. */
struct making {
	struct r53view *w;
	const struct r53plan_opts *o;
	struct r53plan *p;
	size_t *order; /* of the view: the first that is asked comes first */
	size_t rules;  /* of the group, as the plan goes */
	bool *made;    /* the list and its rule are there as the plan goes */
	struct err *e;
};

static int
step(struct making *m, struct r53step s)
{
	void *v = m->p->step;

	if (array_grow(&v, &m->p->cap, m->p->n + 1, sizeof(s), SIZE_MAX / 64,
		       "steps", m->e) < 0)
		return -1;
	m->p->step = v;
	m->p->step[m->p->n++] = s;
	return 0;
}

static int
names(struct making *m, enum r53_op op, size_t i, struct r53some some)
{
	if (some.n == 0)
		return 0;
	return step(m, (struct r53step){.op = op, .one = i, .v = some.v,
					.n = some.n});
}

static bool
is_there(const struct r53one *one)
{
	return one->list.id[0] != '\0';
}

/* Where the rule of one is or will be, for the order. */
static int64_t
position(const struct r53one *one)
{
	return one->wanted || one->ruled ? one->priority : INT64_MAX;
}

static int
by_position(const void *a, const void *b, void *view)
{
	const struct r53view *const w = view;
	const int64_t x = position(&w->v[*(const size_t *)a]);
	const int64_t y = position(&w->v[*(const size_t *)b]);

	return x < y ? -1 : x > y;
}

/* A list of the first part of a change, or of all of it. */
static int
gain(struct making *m, size_t i, struct r53some add)
{
	const struct r53one *const one = &m->w->v[i];

	if (!one->wanted)
		return 0;
	if (!is_there(one) && !m->made[i] && add.n > 0 &&
	    step(m, (struct r53step){.op = R53_LIST_MAKE, .one = i}) < 0)
		return -1;
	if (names(m, R53_NAMES_ADD, i, add) < 0)
		return -1;
	if (m->made[i] || (!is_there(one) && add.n == 0))
		return 0;
	/* What is left of a run that was cut off, before anybody sees it. */
	if (names(m, R53_NAMES_REMOVE, i, m->p->remove[i]) < 0)
		return -1;
	if (++m->rules > m->o->rules_max) {
		(void)err_set(m->e, EX_UNAVAILABLE, "the rule group takes %u "
			      "rules, and the change needs one more for a "
			      "while", m->o->rules_max);
		return err_hint(m->e, "ask AWS for more, or take a garden out "
				"of the policy first");
	}
	m->made[i] = true;
	return step(m, (struct r53step){.op = R53_RULE_MAKE, .one = i});
}

/* last: nothing of what is to go is left in it after this. */
static int
lose(struct making *m, size_t i, struct r53some some, bool last)
{
	const struct r53one *const one = &m->w->v[i];

	if (one->wanted)
		return one->ruled ? names(m, R53_NAMES_REMOVE, i, some) : 0;
	if (!last)
		return names(m, R53_NAMES_REMOVE, i, some);
	m->rules -= one->ruled;
	return one->ruled ? step(m, (struct r53step){.op = R53_RULE_DROP,
						     .one = i})
			  : 0;
}

/* The two passes over a part of the change, or over all of it. */
static int
pass(struct making *m, const struct r53slice *s)
{
	const size_t n = m->w->n;
	size_t k;

	for (k = 0; k < n; k++)
		if (gain(m, m->order[k], s->add[m->order[k]]) < 0)
			return -1;
	for (k = n; k > 0; k--)
		if (lose(m, m->order[k - 1], s->remove[m->order[k - 1]],
			 s->last[m->order[k - 1]]) < 0)
			return -1;
	for (k = 0; k < n; k++)
		if (!m->w->v[k].wanted && s->last[k] &&
		    step(m, (struct r53step){.op = R53_LIST_DROP, .one = k}) < 0)
			return -1;
	return 0;
}

static int
set_rules(struct making *m)
{
	size_t i;

	for (i = 0; i < m->w->n; i++) {
		const struct r53one *const one = &m->w->v[i];

		if (one->wanted && one->ruled &&
		    (!r53_does_equal(&one->does, &one->rule.does) ||
		     strcmp(one->rule.name, one->list.name) != 0) &&
		    step(m, (struct r53step){.op = R53_RULE_SET, .one = i}) < 0)
			return -1;
	}
	return 0;
}

static bool
any_blocks(const struct r53view *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].ruled && w->v[i].rule.does.action == R53_BLOCK)
			return true;
	return false;
}

/* All of it at once. */
static int
change(struct making *m)
{
	struct r53slice all = {.add = m->p->add, .remove = m->p->remove};
	int rc;

	all.last = malloc(m->w->n + 1);
	if (all.last == NULL)
		return err_mem(m->e);
	memset(all.last, true, m->w->n + 1);
	rc = pass(m, &all);
	free(all.last);
	return rc;
}

static int
change_by_slices(struct making *m, uint64_t room)
{
	struct r53slices *const s = &m->p->slices;
	size_t i;

	if (r53slice_make(m->w, m->p->add, m->p->remove, room, s, m->e) < 0)
		return -1;
	for (i = 0; i < s->n; i++)
		if (pass(m, &s->v[i]) < 0)
			return -1;
	return 0;
}

static int
make_order(struct making *m)
{
	size_t i;

	m->order = calloc(m->w->n + 1, sizeof(*m->order));
	m->made = calloc(m->w->n + 1, sizeof(*m->made));
	if (m->order == NULL || m->made == NULL)
		return err_mem(m->e);
	m->rules = m->w->nother;
	for (i = 0; i < m->w->n; i++) {
		m->order[i] = i;
		m->made[i] = m->w->v[i].ruled;
		m->rules += m->w->v[i].ruled;
	}
	qsort_r(m->order, m->w->n, sizeof(*m->order), by_position, m->w);
	return 0;
}

static int
move_rules(struct making *m, const struct r53move *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (step(m, (struct r53step){.op = R53_RULE_MOVE,
					     .one = v[i].one,
					     .priority = v[i].to}) < 0)
			return -1;
	return 0;
}

/* Names that come and go, and rules that come; false where they cannot all be
 * there with those that are. */
static bool
fits(const struct r53view *w, const struct r53plan_opts *o,
     const struct r53plan *p, uint64_t *have)
{
	size_t i, rules = w->nother;

	*have = r53view_count(w);
	for (i = 0; i < w->n; i++) {
		rules += w->v[i].ruled || w->v[i].wanted;
		/* Left by a run that was cut off: goes before anything. */
		if (w->v[i].wanted && !w->v[i].ruled)
			*have -= p->remove[i].n;
	}
	return *have + p->adds <= o->room && rules <= o->rules_max;
}

static int
make_steps(struct making *m)
{
	const bool first = any_blocks(m->w);
	struct r53move *moves;
	size_t nmoves;
	uint64_t have;
	int rc;

	if (r53prio(m->w, m->o->base, &moves, &nmoves, m->e) < 0)
		return -1;
	rc = move_rules(m, moves, nmoves);
	free(moves);
	if (rc < 0 || make_order(m) < 0 || (first && set_rules(m) < 0))
		return -1;
	if (fits(m->w, m->o, m->p, &have))
		rc = change(m);
	else
		rc = change_by_slices(m, m->o->room > have ? m->o->room - have
							    : 0);
	return rc < 0 || (!first && set_rules(m) < 0) ? -1 : 0;
}

static int
compare(const struct r53view *w, struct r53plan *p, struct err *e)
{
	size_t i;

	*p = (struct r53plan){.nview = w->n};
	p->add = calloc(w->n + 1, sizeof(*p->add));
	p->remove = calloc(w->n + 1, sizeof(*p->remove));
	if (p->add == NULL || p->remove == NULL)
		return err_mem(e);
	for (i = 0; i < w->n; i++) {
		const struct r53one *const one = &w->v[i];

		if (r53names_minus(&one->want, &one->have, &p->add[i], e) < 0 ||
		    r53names_minus(&one->have, &one->want, &p->remove[i],
				   e) < 0)
			return -1;
		p->adds += p->add[i].n;
		p->removes += one->wanted ? p->remove[i].n : one->list.count;
	}
	return 0;
}

int
r53plan_tight(const struct r53view *w, const struct r53plan_opts *o,
	      bool *tight, struct err *e)
{
	struct r53plan p;
	uint64_t have;
	const int rc = compare(w, &p, e);

	if (rc == 0)
		*tight = p.adds > 0 && !fits(w, o, &p, &have);
	r53plan_free(&p);
	return rc;
}

int
r53plan_make(struct r53view *w, const struct r53plan_opts *o,
	     struct r53plan *p, struct err *e)
{
	struct making m = {.w = w, .o = o, .p = p, .e = e};
	const int rc = compare(w, p, e) < 0 || make_steps(&m) < 0 ? -1 : 0;

	free(m.order);
	free(m.made);
	return rc;
}

void
r53plan_free(struct r53plan *p)
{
	size_t i;

	for (i = 0; i < p->nview; i++) {
		if (p->add != NULL)
			free(p->add[i].v);
		if (p->remove != NULL)
			free(p->remove[i].v);
	}
	free(p->add);
	free(p->remove);
	free(p->step);
	r53slice_free(&p->slices);
	*p = (struct r53plan){0};
}

uint64_t
r53step_calls(const struct r53step *s)
{
	return s->n == 0 ? 1 : (s->n + R53_BATCH - 1) / R53_BATCH;
}
