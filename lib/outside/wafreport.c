/* A run for other tools and for people: its plan, what is in force, numbers. */
#include "outside/waf.h"

#include <string.h>

#include "base/metrics.h"

/* ---- the plan */

#define BRIDGE "for what changes places, until the end"

static void
count_change(const struct entries *old, const struct entries *want,
	     size_t *added, size_t *gone)
{
	const size_t n = entries_count(old), m = entries_count(want);
	size_t i = 0, j = 0;

	*added = *gone = 0;
	while (i < n || j < m) {
		const struct cidr a = i < n ? entries_cidr(old, i)
					    : (struct cidr){0};
		const struct cidr b = j < m ? entries_cidr(want, j)
					    : (struct cidr){0};
		const int c = i == n ? 1 : j == m ? -1 : cidr_cmp(&a, &b);

		*gone += c < 0;
		*added += c > 0;
		i += c <= 0;
		j += c >= 0;
	}
}

static void
print_write(const struct waf *w, const struct setplan_step *st, struct plan *p)
{
	const struct waf_set *s = w->set[st->set];
	char note[80] = "";
	size_t added, gone;

	count_change(&s->held, s->want, &added, &gone);
	if (st->n > 0)
		(void)snprintf(note, sizeof(note), "first with %zu that others "
			       "take over", st->n);
	else if (!s->marked)
		(void)snprintf(note, sizeof(note), "taken over");
	plan_putf(p, PLAN_CHANGE, "ipset", s->item.name, note,
		  "entries=%zu add=%zu delete=%zu", entries_count(s->want),
		  added, gone);
}

static void
print_acl(const struct waf_acl *a, bool changed, struct plan *p)
{
	plan_putf(p, changed ? PLAN_CHANGE : PLAN_KEEP, "webacl", a->name,
		  NULL, "wcu=%llu->%llu references=%zu", (unsigned long long)a->wcu,
		  (unsigned long long)a->wcu_after, a->references_after);
}

/* As the options name it. */
static const char *
action_of(const struct waf *w, const struct wafrule_want *r)
{
	const char *action = w->cfg.rules.action[r->verdict];

	return strcmp(action, "Block") == 0   ? "BLOCK"
	       : strcmp(action, "Allow") == 0 ? "ALLOW"
					      : "COUNT";
}

/* Rules are told by "ACL/RULE". */
static void
print_rules(struct waf *w, struct waf_acl *a, struct plan *p)
{
	static const enum plan_op ops[] = {
		[WAFRULE_KEEP] = PLAN_KEEP, [WAFRULE_CHANGE] = PLAN_CHANGE,
		[WAFRULE_CREATE] = PLAN_CREATE};
	char name[2 * WAF_NAME_MAX + 2];
	struct buf rules;
	int64_t raised = 0, passes = INT64_MAX;
	struct err e;
	bool changed;
	size_t i;

	buf_init(&rules, AWS_ANSWER_MAX);
	if (wafrules_compose(&a->rules, w->want, w->nwant, &w->cfg.rules,
			     false, &rules, &changed, &raised, &e) == 0)
		print_acl(a, changed, p);
	buf_free(&rules);
	for (i = 0; i < w->nwant; i++) {
		const struct wafrule_want *r = &w->want[i];

		(void)snprintf(name, sizeof(name), "%s/%s", a->name, r->name);
		plan_putf(p, ops[r->todo], "rule", name,
			  r->group ? "through a rule group" : NULL,
			  "priority=%lld action=%s references=%zu",
			  (long long)r->priority, action_of(w, r), r->n);
		if (r->verdict == VERDICT_ALLOW &&
		    strcmp(action_of(w, r), "ALLOW") == 0 && passes > r->priority)
			passes = r->priority;
	}
	for (i = 0; i < a->rules.n; i++) {
		const struct wafrule *r = &a->rules.v[i];
		char note[64] = "";

		(void)snprintf(name, sizeof(name), "%s/%s", a->name, r->name);
		if (r->ours && !r->taken)
			plan_put(p, PLAN_DELETE, "rule", name, NULL, NULL);
		if (r->ours)
			continue;
		if (r->priority + raised > passes)
			(void)snprintf(note, sizeof(note), "passed by what is "
				       "allowed");
		plan_putf(p, raised > 0 ? PLAN_CHANGE : PLAN_KEEP, "rule", name,
			  note, "priority=%lld",
			  (long long)r->priority + raised);
	}
}

static void
print_groups(struct waf *w, struct plan *p)
{
	size_t i;

	for (i = 0; i < w->ngroup; i++) {
		struct waf_group *g = w->group[i];
		bool changed = true;
		struct buf b;
		struct err e;

		if (!waf_group_used(g)) {
			if (g->exists)
				plan_put(p, PLAN_DELETE, "rulegroup",
					 g->item.name, NULL, NULL);
			continue;
		}
		buf_init(&b, AWS_ANSWER_MAX);
		(void)waf_group_members(w, g, &b, &changed, &e);
		buf_free(&b);
		plan_putf(p, !g->exists ? PLAN_CREATE
			     : changed	? PLAN_CHANGE
					: PLAN_KEEP,
			  "rulegroup", g->item.name, NULL,
			  "references=%zu capacity=%llu", g->nset,
			  (unsigned long long)g->capacity);
	}
}

static void
print_step(struct waf *w, const struct setplan_step *st, struct plan *p)
{
	const bool bridge = st->set >= w->planned;
	const struct waf_set *s = bridge ? NULL : w->set[st->set];
	size_t i;

	switch (st->op) {
	case SETPLAN_CREATE:
		plan_putf(p, PLAN_CREATE, "ipset", bridge ? NULL : s->item.name,
			  bridge ? BRIDGE : NULL,
			  "entries=%zu", bridge ? st->n
						: entries_count(s->want));
		break;
	case SETPLAN_WRITE:
		print_write(w, st, p);
		break;
	case SETPLAN_DELETE:
		if (!bridge)
			plan_putf(p, PLAN_DELETE, "ipset", s->item.name, NULL,
				  "entries=%zu", entries_count(&s->held));
		break;
	case SETPLAN_REFER_ALL:
		if (w->ngroup > 0)
			plan_put(p, PLAN_CHANGE, "rulegroup", NULL, NULL,
				 BRIDGE);
		for (i = 0; i < w->cfg.nacl && w->ngroup == 0; i++)
			if (w->acl[i].found)
				plan_put(p, PLAN_CHANGE, "webacl",
					 w->acl[i].name, NULL, BRIDGE);
		break;
	case SETPLAN_REFER:
		print_groups(w, p);
		for (i = 0; i < w->cfg.nacl; i++)
			if (w->acl[i].found)
				print_rules(w, &w->acl[i], p);
		break;
	}
}

/* In the order in which it would be done; then what stays as it is. */
void
waf_print(struct waf *w, struct plan *p)
{
	char seconds[32];
	bool refers = false;
	size_t i;

	for (i = 0; i < w->plan->n; i++) {
		print_step(w, &w->plan->step[i], p);
		refers |= w->plan->step[i].op == SETPLAN_REFER;
	}
	for (i = 0; i < w->nset; i++) {
		const struct waf_set *s = w->set[i];

		if (s->want != NULL && s->exists && !w->input[i].differs)
			plan_putf(p, PLAN_KEEP, "ipset", s->item.name, NULL,
				  "entries=%zu", entries_count(s->want));
	}
	for (i = 0; i < w->cfg.nacl; i++)
		if (w->acl[i].found && !refers)
			plan_putf(p, PLAN_KEEP, "webacl", w->acl[i].name, NULL,
				  "wcu=%llu", (unsigned long long)w->acl[i].wcu);
	(void)snprintf(seconds, sizeof(seconds), "%lld",
		       (long long)((w->write_ms + 999) / 1000));
	plan_putf(p, PLAN_KEEP, "target", aws_region(w->aws), NULL,
		  "account=%s scope=%s calls=%zu seconds=%s",
		  aws_account(w->aws), w->cfg.scope, w->writes, seconds);
}

/* ---- what is in force */

static void
export_set(const struct waf_set *s, struct out *o, uint64_t *records)
{
	struct policy rec = {.verdict = s->name.verdict,
			     .kind = s->name.kind,
			     .source = {"-", 1},
			     .expires = POLICY_NO_EXPIRY,
			     .weight = 1};
	char name[SET_NAME_MAX];
	size_t i;

	if (entries_count(&s->held) == 0) {
		(void)set_name_format(&s->name, name);
		out_fmt(o, "#set\t%s\n", name);
	}
	for (i = 0; i < entries_count(&s->held); i++) {
		rec.cidr = entries_cidr(&s->held, i);
		setrec_put(o, &s->name, &rec);
	}
	*records += entries_count(&s->held);
}

int
waf_export(struct waf *w, struct out *o, struct err *e)
{
	static const unsigned groups[] = {2, 3, 0, 1}; /* block first */
	uint64_t records = 0;
	size_t g, i;

	w->loaded = true; /* without the record: all is read */
	if (waf_observe(w, e) < 0)
		return -1;
	stream_begin(o, "set", "order=canonical");
	for (g = 0; g < SETPLAN_GROUPS; g++)
		for (i = 0; i < w->nset; i++) {
			const struct waf_set *s = w->set[i];

			if (wafpolicy_group(&s->name) == groups[g] &&
			    s->referred && !s->old_prefix)
				export_set(s, o, &records);
		}
	stream_end(o, records);
	return 0;
}

/* ---- numbers */

void
waf_result(const struct waf *w, struct waf_result *r)
{
	const double *after = w->plan->after;
	size_t i;

	*r = (struct waf_result){
		.writes = w->written,
		.blocked = {after[2], after[3]},
		.allowed = {after[0], after[1]},
		.stats = *aws_stats(w->aws),
		.nacl = w->cfg.nacl,
		.done = w->policy->now};
	(void)snprintf(r->account, sizeof(r->account), "%s",
		       aws_account(w->aws));
	(void)snprintf(r->region, sizeof(r->region), "%s", aws_region(w->aws));
	for (i = 0; i < w->nset; i++) {
		r->sets += w->set[i]->want != NULL;
		if (w->set[i]->want != NULL)
			r->entries += entries_count(w->set[i]->want);
	}
	for (i = 0; i < w->cfg.nacl; i++) {
		(void)snprintf(r->acl[i].name, sizeof(r->acl[i].name), "%s",
			       w->acl[i].name);
		r->acl[i].wcu = w->acl[i].wcu_after ? w->acl[i].wcu_after
						    : w->acl[i].wcu;
	}
}

struct table {
	struct metrics m;
	const struct waf_result *r;
	size_t n;
	const char *prefix, *scope;
};

/* What there is one number of for each target. */
static double
number(const struct waf_result *r, size_t k)
{
	const double v[] = {(double)r->sets,
			    (double)r->entries,
			    (double)r->writes,
			    (double)r->stats.calls,
			    (double)r->stats.retries,
			    (double)r->stats.throttled,
			    (double)r->stats.sent,
			    (double)r->done};

	return v[k];
}

static const struct {
	const char *name, *help;
} numbers[] = {
	{"sets", "IP sets in force."},
	{"entries", "Prefixes in these sets."},
	{"writes", "Writes of the last run."},
	{"calls", "Calls of the last run, with retries."},
	{"retries", "Repeated calls of the last run."},
	{"throttled", "Calls of the last run that were over the rate."},
	{"sent_bytes", "Bytes that the last run sent."},
	{"success_timestamp_seconds",
	 "When a policy was last in force as wanted."},
};

static void
blocked(struct table *t)
{
	size_t i;
	int f;

	metrics_family(&t->m, "blocked_addresses", "gauge",
		       "Addresses that are blocked.");
	for (i = 0; i < t->n; i++)
		for (f = 0; f < 2 && t->r[i].done != 0; f++)
			metrics_real(&t->m, t->r[i].blocked[f], "account",
				     t->r[i].account, "region", t->r[i].region,
				     "scope", t->scope, "prefix", t->prefix,
				     "family", f == 0 ? "ip4" : "ip6", NULL);
}

static void
capacity(struct table *t)
{
	size_t i, j;

	metrics_family(&t->m, "webacl_wcu", "gauge",
		       "Capacity that the web ACL takes; none where it was not "
		       "looked at.");
	for (i = 0; i < t->n; i++)
		for (j = 0; j < t->r[i].nacl && t->r[i].done != 0; j++)
			if (t->r[i].acl[j].wcu > 0)
				metrics_u64(&t->m, t->r[i].acl[j].wcu,
					    "account", t->r[i].account,
					    "region", t->r[i].region, "scope",
					    t->scope, "webacl",
					    t->r[i].acl[j].name, NULL);
}

static void
per_target(struct table *t, size_t k)
{
	size_t i;

	metrics_family(&t->m, numbers[k].name, "gauge", numbers[k].help);
	for (i = 0; i < t->n; i++)
		if (t->r[i].done != 0)
			metrics_real(&t->m, number(&t->r[i], k), "account",
				     t->r[i].account, "region", t->r[i].region,
				     "scope", t->scope, "prefix", t->prefix,
				     NULL);
}

void
waf_metrics(const struct waf_result *r, size_t n, const char *prefix,
	    const char *scope, struct out *o)
{
	struct table t = {{.out = o, .stem = "ts_wafv2"}, r, n, prefix, scope};
	size_t k;

	for (k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
		per_target(&t, k);
	blocked(&t);
	capacity(&t);
}
