/* What is to be done, and what speaks against it. */
#include "outside/waf.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

#define LATENCY_MS 100 /* of a call, for estimates */

static bool
holds_as_wanted(const struct waf_set *s)
{
	size_t i;

	if (entries_count(&s->held) != entries_count(s->want))
		return false;
	for (i = 0; i < entries_count(s->want); i++) {
		const struct cidr a = entries_cidr(&s->held, i),
				  b = entries_cidr(s->want, i);

		if (cidr_cmp(&a, &b) != 0)
			return false;
	}
	return true;
}

static int
make_input(struct waf *w, struct err *e)
{
	size_t i;

	free(w->input);
	w->input = calloc(w->nset + 1, sizeof(*w->input));
	if (w->input == NULL)
		return err_mem(e);
	for (i = 0; i < w->nset; i++) {
		const struct waf_set *s = w->set[i];

		w->input[i] = (struct setplan_set){
			.group = (uint8_t)wafpolicy_group(&s->name),
			.family = s->held.set.family,
			.exists = s->exists,
			.referred = s->exists && s->referred,
			.everywhere = s->exists && s->everywhere,
			.held = s->exists ? &s->held : NULL,
			.want = s->want,
			.differs = s->exists && s->want != NULL &&
				   (!s->marked || !holds_as_wanted(s))};
	}
	w->planned = w->nset;
	return 0;
}

/* ---- guards */

static int
check_shrink(const struct waf *w, struct err *e)
{
	const struct setplan *p = w->plan;
	const double part = 1 - w->cfg.max_shrink / 100;
	unsigned g;

	if (w->cfg.remove ||
	    (w->cfg.allow_empty && wafpolicy_entries(w->policy) == 0))
		return 0;
	for (g = 2; g < SETPLAN_GROUPS; g++) {
		if (p->after[g] >= p->before[g] * part)
			continue;
		(void)err_set(e, EX_DATAERR, "refused: %.0f IPv%d addresses "
			      "would be blocked, %.0f are now: %.1f %% fewer, "
			      "over the --max-shrink of %g %%", p->after[g],
			      g == 2 ? 4 : 6, p->before[g],
			      100 * (1 - p->after[g] / p->before[g]),
			      w->cfg.max_shrink);
		return err_hint(e, "if that is meant, say --max-shrink 100");
	}
	return 0;
}

static size_t
count_steps(const struct waf *w, enum setplan_op op)
{
	size_t i, n = 0;

	for (i = 0; i < w->plan->n; i++)
		n += w->plan->step[i].op == op;
	return n;
}

static int
check_quota(const struct waf *w, struct err *e)
{
	const size_t made = count_steps(w, SETPLAN_CREATE);
	size_t i, n = w->others + made;

	for (i = 0; i < w->nset; i++)
		n += w->set[i]->exists;
	if (made == 0 || n <= w->cfg.max_sets)
		return 0;
	(void)err_set(e, EX_UNAVAILABLE, "refused: %zu IP sets, %zu of them "
		      "new, are over the quota of %llu for an account and "
		      "Region", n, made, (unsigned long long)w->cfg.max_sets);
	if (w->plan->bridges > 0)
		return err_hint(e, "%u of them would only hold what changes "
				"places: lay out the sets with ts-shard "
				"--previous and what --export prints",
				w->plan->bridges);
	return err_hint(e, "--max-sets where AWS has raised it; --cap leaves "
			"out what does not fit");
}

static int
check_acl(struct waf *w, struct waf_acl *a, struct buf *rules, struct err *e)
{
	bool changed;
	int64_t raised;
	size_t i;

	a->references_after = wafrules_foreign_references(&a->rules);
	for (i = 0; i < w->nwant; i++)
		a->references_after += w->want[i].n;
	a->wcu_after = 0;
	if (wafrules_compose(&a->rules, w->want, w->nwant, &w->cfg.rules, true,
			     rules, &changed, &raised, e) < 0)
		return -1;
	if (rules->n > 2 &&
	    wafv2_capacity(&w->api, rules, &a->wcu_after, e) < 0)
		return -1;
	if (a->wcu_after <= WAFV2_CAPACITY_MAX)
		return 0;
	return err_set(e, EX_UNAVAILABLE, "refused: the rules of web ACL '%s' "
		       "would take %llu WCU, over the quota of %d", a->name,
		       (unsigned long long)a->wcu_after, WAFV2_CAPACITY_MAX);
}

/* By CheckCapacity, before anything is written. */
static int
check_capacity(struct waf *w, struct err *e)
{
	struct buf rules;
	size_t i;
	int rc = 0;

	buf_init(&rules, AWS_ANSWER_MAX);
	for (i = 0; i < w->cfg.nacl && rc == 0; i++)
		if (w->acl[i].found)
			rc = check_acl(w, &w->acl[i], &rules, e);
	buf_free(&rules);
	return rc;
}

/* ---- what ALLOW does to the rules behind it */

static void
warn_of_allow(struct waf *w, const struct waf_acl *a)
{
	char names[256] = "";
	size_t i, n = 0, at = 0;

	if (strcmp(w->cfg.rules.action[VERDICT_ALLOW], "Allow") != 0 ||
	    w->nwant == 0 || w->want[0].verdict != VERDICT_ALLOW)
		return;
	for (i = 0; i < a->rules.n; i++) {
		if (a->rules.v[i].ours ||
		    a->rules.v[i].priority < w->want[0].priority)
			continue;
		if (at + 2 < sizeof(names))
			at += (size_t)snprintf(names + at, sizeof(names) - at,
					       "%s'%s'", n > 0 ? ", " : "",
					       a->rules.v[i].name);
		n++;
	}
	if (n > 0)
		waf_say(w, MSG_WARN, "web ACL '%s': what '%s' allows "
			"passes by the rules behind it: %s", a->name,
			w->want[0].name, names);
}

/* ---- the rules' part */

static int
plan_rules(struct waf *w, bool *refer, size_t *calls, struct err *e)
{
	size_t i;
	bool missing = false;

	*refer = false;
	*calls = 0;
	if (w->rules_current && !w->cfg.look)
		return 0;
	for (i = 0; i < w->nset; i++)
		missing |= w->set[i]->want != NULL && !w->set[i]->exists;
	if (waf_make_rules(w, false, e) < 0 ||
	    waf_rules_differ(w, calls, e) < 0)
		return -1;
	*refer = missing || *calls > 0;
	return 0;
}

/* Bridges come into a rule of each web ACL, or into a group, and go again. */
static size_t
bridge_calls(const struct waf *w, size_t rule_calls)
{
	size_t i, found = 0;

	if (w->ngroup > 0)
		return rule_calls + 2;
	for (i = 0; i < w->cfg.nacl; i++)
		found += w->acl[i].found;
	return 2 * found;
}

static void
add_up(struct waf *w, size_t rule_calls)
{
	static const enum setplan_op ops[] = {SETPLAN_CREATE, SETPLAN_WRITE,
					      SETPLAN_DELETE};
	size_t i;

	w->writes = 0;
	w->write_ms = 0;
	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		const size_t n = count_steps(w, ops[i]);

		w->writes += n;
		w->write_ms += (int64_t)n * LATENCY_MS;
		if (n > 1)
			w->write_ms += (int64_t)(n - 1) * w->cfg.write_ms;
	}
	if (count_steps(w, SETPLAN_REFER_ALL) > 0)
		rule_calls = bridge_calls(w, rule_calls);
	if (count_steps(w, SETPLAN_REFER) > 0) {
		w->writes += rule_calls;
		w->write_ms += (int64_t)rule_calls *
			       (w->cfg.write_ms + LATENCY_MS);
	}
}

int
waf_plan(struct waf *w, struct err *e)
{
	size_t calls, i;
	bool refer;

	setplan_free(w->plan);
	if (make_input(w, e) < 0 || plan_rules(w, &refer, &calls, e) < 0 ||
	    setplan_make(w->plan, w->input, w->nset, WAFV2_SET_MAX, refer, e) <
		    0 ||
	    check_shrink(w, e) < 0 || check_quota(w, e) < 0)
		return -1;
	if (count_steps(w, SETPLAN_REFER) > 0) {
		/* Bridges may need what a current record has spared. */
		if (waf_read_rules(w, e) < 0 ||
		    waf_make_rules(w, false, e) < 0 ||
		    waf_rules_differ(w, &calls, e) < 0 ||
		    ((!w->cfg.remove || w->cfg.look) &&
		     check_capacity(w, e) < 0))
			return -1;
		for (i = 0; i < w->cfg.nacl; i++)
			if (w->acl[i].found)
				warn_of_allow(w, &w->acl[i]);
	}
	add_up(w, calls);
	return 0;
}

bool
waf_differs(const struct waf *w)
{
	return w->plan->n > 0;
}
