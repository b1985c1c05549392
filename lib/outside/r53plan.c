#include "outside/r53plan.h"

#include <stdlib.h>
#include <string.h>

#include "outside/r53slice.h"

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
	return one->wanted ? one->priority
	       : one->ruled ? one->rule.priority : INT64_MAX;
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

static int
change(struct making *m, bool tight)
{
	const struct r53slice all = {.add = m->p->add, .remove = m->p->remove,
				     .last = m->made /* any: see below */};
	struct r53slice whole = all;
	bool *last;
	size_t i;
	int rc;

	if (tight)
		return r53slice_each(m->w, m->o, m->p, pass_cb, m, m->e);
	last = malloc(m->w->n + 1);
	if (last == NULL)
		return err_mem(m->e);
	for (i = 0; i < m->w->n; i++)
		last[i] = true;
	whole.last = last;
	rc = pass(m, &whole);
	free(last);
	return rc;
}
