/* The steps, carried out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/msg.h"
#include "outside/r53cache.h"
#include "outside/r53job.h"
#include "values/mark.h"

#define NOBODY SIZE_MAX

struct running {
	struct r53job *j;
	uint64_t done, all; /* calls, for progress */
	size_t moving; /* of the view: written to, not known to be in force */
	struct err *e;
};

static int
plan_opts(struct r53job *j, struct r53plan_opts *o, struct err *e)
{
	*o = (struct r53plan_opts){.base = j->cfg.base, .room = UINT64_MAX / 2,
				   .rules_max = R53_RULES_MAX};
	return r53job_grows(j) ? r53job_room(j, &o->room, e) : 0;
}

int
r53job_plan(struct r53job *j, struct err *e)
{
	struct r53plan_opts o;
	bool tight;

	if (plan_opts(j, &o, e) < 0 ||
	    r53plan_tight(&j->view, &o, &tight, e) < 0 ||
	    (tight && r53job_know_all(j, e) < 0))
		return -1;
	j->planned = true;
	return r53plan_make(&j->view, &o, &j->plan, e);
}

bool
r53job_differs(const struct r53job *j)
{
	return j->plan.n > 0;
}

/* Each list that was written to is looked at once more in the end. */
uint64_t
r53job_calls(const struct r53job *j, uint64_t *seconds)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < j->plan.n; i++)
		n += r53job_imports(j, &j->plan.step[i])
			     ? 1 : r53step_calls(&j->plan.step[i]);
	for (i = 0; i < j->view.n; i++)
		n += j->view.v[i].wanted &&
		     (j->plan.add[i].n > 0 || j->plan.remove[i].n > 0);
	*seconds = (n + j->cfg.rate - 1) / j->cfg.rate;
	return n;
}

static void
creator_id(const struct r53job *j, char dst[R53_CREATOR_MAX + 1])
{
	char mark[MARK_MAX];
	uint64_t number = 0;

	/* Only has to differ from the ids of other lists. */
	(void)!getrandom(&number, sizeof(number), 0);
	mark_write(j->cfg.device, mark);
	(void)snprintf(dst, R53_CREATOR_MAX + 1, "%s %s %016" PRIx64, mark,
		       j->cfg.group, number);
}

static int
settle(struct running *r)
{
	const size_t i = r->moving;
	struct r53_list *l;

	r->moving = NOBODY;
	if (i == NOBODY)
		return 0;
	l = &r->j->view.v[i].list;
	if (r53_list_wait(&r->j->api, l, r->e) < 0)
		return -1;
	if (strcmp(l->status, "COMPLETE_IMPORT_FAILED") == 0)
		return err_set(r->e, EX_UNAVAILABLE, "import into domain list "
			       "'%s' (%s): %s", l->name, l->id, l->message);
	return 0;
}

static void
tick(struct running *r)
{
	r->done++;
	if (r->j->cfg.progress != NULL)
		r->j->cfg.progress(r->done, r->all);
}

static int
write_names(struct running *r, const struct r53step *s)
{
	struct r53one *const one = &r->j->view.v[s->one];
	size_t at, n;
	bool settled;

	if (r53job_imports(r->j, s)) {
		if (r53job_import(r->j, s, r->e) < 0)
			return -1;
		r->j->touched[s->one] = true;
		r->moving = s->one;
		tick(r);
		return settle(r); /* an import may fail after it was taken */
	}
	for (at = 0; at < s->n; at += n) {
		n = s->n - at < R53_BATCH ? s->n - at : R53_BATCH;
		if (r53_domains_write(&r->j->api, one->list.id,
				      s->op == R53_NAMES_ADD ? R53_ADD
							     : R53_REMOVE,
				      s->v + at, n, &settled, r->e) < 0)
			return -1;
		r->j->touched[s->one] = true;
		r->moving = settled ? NOBODY : s->one;
		tick(r);
	}
	return 0;
}

static int
make_list(struct running *r, struct r53one *one)
{
	creator_id(r->j, one->list.creator);
	return r53_list_create(&r->j->api, &one->list, r->e);
}

/* A rule of ours as it is to be. */
static struct r53_rule
rule_of(const struct r53job *j, const struct r53one *one)
{
	struct r53_rule rule = {.priority = one->priority, .does = one->does};

	memcpy(rule.list, one->list.id, sizeof(rule.list));
	memcpy(rule.name, one->list.name, sizeof(rule.name));
	creator_id(j, rule.creator);
	return rule;
}

static int
set_rule(struct running *r, const struct r53step *s)
{
	struct r53one *const one = &r->j->view.v[s->one];
	struct r53_rule rule = rule_of(r->j, one);

	if (s->op == R53_RULE_MAKE)
		return r53_rule_create(&r->j->api, &rule, r->e);
	if (s->op == R53_RULE_MOVE) {
		rule = one->rule;
		rule.priority = s->priority;
	} else {
		/* Where the moves before have left it. */
		rule.priority = one->rule.priority;
	}
	if (r53_rule_update(&r->j->api, &rule, r->e) < 0)
		return -1;
	one->rule = rule;
	return 0;
}

/* What is gone already is well gone. */
static int
drop_rule(struct running *r, const struct r53one *one)
{
	if (r53_rule_delete(&r->j->api, one->list.id, r->e) == 0 ||
	    r53_trouble(&r->j->api) == R53_GONE)
		return 0;
	return -1;
}

/* A list that somebody else's rule uses stays; that is said. */
static int
drop_list(struct running *r, struct r53one *one)
{
	char text[256];
	int tries;

	for (tries = 0; tries < 2; tries++) {
		if (r53_list_delete(&r->j->api, one->list.id, r->e) == 0 ||
		    r53_trouble(&r->j->api) == R53_GONE) {
			r53cache_drop(r->j->cfg.state, &one->list);
			return 0;
		}
		if (strcmp(r->j->api.ae.code, "ConflictException") != 0)
			return -1;
		if (r53_list_wait(&r->j->api, &one->list, r->e) < 0)
			return r53_trouble(&r->j->api) == R53_GONE ? 0 : -1;
	}
	(void)snprintf(text, sizeof(text), "the domain list '%s' (%s) is not "
		       "wanted any more, but a rule that is not ours uses it",
		       one->list.name, one->list.id);
	r->j->cfg.say(MSG_WARN, text);
	return 0;
}

static int
do_step(struct running *r, const struct r53step *s)
{
	struct r53one *const one = &r->j->view.v[s->one];
	int rc;

	if (s->op == R53_NAMES_ADD || s->op == R53_NAMES_REMOVE) {
		if (r->moving != s->one && settle(r) < 0)
			return -1;
		return write_names(r, s);
	}
	if (settle(r) < 0)
		return -1;
	switch (s->op) {
	case R53_LIST_MAKE:
		rc = make_list(r, one);
		break;
	case R53_LIST_DROP:
		rc = drop_list(r, one);
		break;
	case R53_RULE_DROP:
		rc = drop_rule(r, one);
		break;
	default:
		rc = set_rule(r, s);
		break;
	}
	tick(r);
	return rc;
}

/* What was written is there, and nothing else; kept for the next run. */
static int
look_again(struct running *r)
{
	struct r53job *const j = r->j;
	size_t i;

	for (i = 0; i < j->view.n; i++) {
		struct r53one *const one = &j->view.v[i];

		if (!j->touched[i] || !one->wanted)
			continue;
		if (r53_list_wait(&j->api, &one->list, r->e) < 0)
			return -1;
		tick(r);
		j->changed = one->list.count != one->want.n;
		if (j->changed)
			return err_set(r->e, EX_TEMPFAIL, "domain list '%s' "
				       "(%s) has %" PRIu64 " names, not the %zu"
				       " that were written: somebody else "
				       "changes it", one->list.name,
				       one->list.id, one->list.count,
				       one->want.n);
		r53job_keep(j, &one->list, &one->want);
	}
	return 0;
}

/* The service's refusal as advice, or as reason to look anew. */
static int
explain(struct running *r)
{
	switch (r53_trouble(&r->j->api)) {
	case R53_GONE:
	case R53_CLASH:
		/* What was read at the beginning is not so any more; but one
		 * that was waited for in vain is TEMPFAIL already. */
		r->j->changed = r->e->code != EX_TEMPFAIL;
		r->e->code = EX_TEMPFAIL;
		return -1;
	case R53_LIMIT:
		return err_hint(r->e, "a quota of the account: ask AWS for "
				      "more, or see --max-domains");
	case R53_OTHER:
		break;
	}
	return -1;
}

int
r53job_run(struct r53job *j, struct err *e)
{
	struct running r = {.j = j, .moving = NOBODY, .e = e};
	uint64_t seconds;
	size_t i;

	j->touched = calloc(j->view.n + 1, sizeof(*j->touched));
	if (j->touched == NULL)
		return err_mem(e);
	r.all = r53job_calls(j, &seconds);
	j->api.ae = (struct aws_error){0};
	for (i = 0; i < j->plan.n; i++) {
		if (do_step(&r, &j->plan.step[i]) < 0)
			return explain(&r);
		j->writes++;
	}
	if (settle(&r) < 0 || look_again(&r) < 0)
		return explain(&r);
	if (j->cfg.progress != NULL)
		j->cfg.progress(r.all, r.all);
	return 0;
}
