/* What would be done, and what is in force. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "outside/r53job.h"
#include "sense/layersback.h"

/* "BLOCK OVERRIDE garden.example 300". */
static void
does_text(const struct r53_does *d, char *dst, size_t size)
{
	if (d->action != R53_BLOCK)
		(void)snprintf(dst, size, "%s%s", r53_action_text(d->action),
			       d->trust ? " TRUST" : "");
	else if (d->block != R53_OVERRIDE)
		(void)snprintf(dst, size, "BLOCK %s",
			       r53_block_text(d->block));
	else
		(void)snprintf(dst, size, "BLOCK OVERRIDE %s %u", d->target,
			       d->ttl);
}

static void
print_list(const struct r53job *j, size_t i, struct plan *p)
{
	const struct r53one *const one = &j->view.v[i];
	const size_t adds = j->plan.add[i].n, removes = j->plan.remove[i].n;
	const bool there = one->list.id[0] != '\0';

	if (one->wanted)
		plan_putf(p, !there ? PLAN_CREATE
			     : adds + removes > 0 ? PLAN_CHANGE : PLAN_KEEP,
			  "domain-list", one->list.name,
			  there ? one->list.id : NULL,
			  "names=%zu add=%zu remove=%zu", one->want.n, adds,
			  removes);
	else
		plan_putf(p, PLAN_DELETE, "domain-list", one->list.name,
			  one->list.id, "names=%" PRIu64, one->list.count);
}

static void
print_rule(const struct r53one *one, struct plan *p)
{
	char now[320], want[320], note[400] = "";
	const bool same = one->rule.priority == one->priority &&
			  r53_does_equal(&one->rule.does, &one->does) &&
			  strcmp(one->rule.name, one->list.name) == 0;

	does_text(&one->rule.does, now, sizeof(now));
	does_text(&one->does, want, sizeof(want));
	if (!one->wanted) {
		if (one->ruled)
			plan_putf(p, PLAN_DELETE, "rule", one->list.name, NULL,
				  "priority=%" PRId64 " %s",
				  one->rule.priority, now);
		return;
	}
	if (one->ruled && !same)
		(void)snprintf(note, sizeof(note), "was priority=%" PRId64
			       " %s", one->rule.priority, now);
	plan_putf(p, !one->ruled ? PLAN_CREATE : same ? PLAN_KEEP : PLAN_CHANGE,
		  "rule", one->list.name, note, "priority=%" PRId64 " %s",
		  one->priority, want);
}

void
r53job_print(const struct r53job *j, struct plan *p)
{
	uint64_t seconds, calls = r53job_calls(j, &seconds);
	size_t i;

	for (i = 0; i < j->view.n; i++) {
		print_list(j, i, p);
		print_rule(&j->view.v[i], p);
	}
	plan_putf(p, calls > 0 ? PLAN_CHANGE : PLAN_KEEP, "rule-group",
		  j->group.name, j->cfg.group, "calls=%" PRIu64 " seconds=%"
		  PRIu64, calls, seconds);
}

/* ---- export */

/* By its name, as monitor-only hides what a rule is for; the target too, "_" for
 * ".", where it is not too long for that. */
static void
meaning(const struct r53job *j, const struct r53one *one, struct layersback *b,
	char target[R53_NAME_MAX + 1])
{
	static const enum response responses[] = {
		[LAYERS_NXDOMAIN] = RESPONSE_NXDOMAIN,
		[LAYERS_NODATA] = RESPONSE_NODATA,
		[LAYERS_REDIRECT] = RESPONSE_REDIRECT,
		[LAYERS_HOLE] = RESPONSE_PASSTHRU,
		[LAYERS_PASS] = RESPONSE_PASSTHRU,
	};
	enum layers_kind kind = LAYERS_PASS;
	struct span text = {NULL, 0};
	char *p;

	(void)r53job_name_read(j, one->list.name, &kind, &text);
	b->position = one->rule.priority;
	b->response = responses[kind];
	b->target = one->rule.does.target;
	if (kind != LAYERS_REDIRECT || *b->target != '\0')
		return;
	(void)snprintf(target, R53_NAME_MAX + 1, "%.*s", (int)text.n, text.p);
	for (p = target; *p != '\0'; p++)
		*p = *p == '_' ? '.' : *p;
	b->target = target;
	if (strchr(target, 'H') != NULL)
		b->response = RESPONSE_NXDOMAIN;
}

int
r53job_export(struct r53job *j, struct out *o, struct err *e)
{
	struct layersback *v = calloc(j->view.n + 1, sizeof(*v));
	char (*target)[R53_NAME_MAX + 1] =
		calloc(j->view.n + 1, sizeof(*target));
	size_t i, n = 0;
	int rc = -1;

	if (v == NULL || target == NULL) {
		(void)err_mem(e);
		goto out;
	}
	for (i = 0; i < j->view.n; i++) {
		const struct r53one *const one = &j->view.v[i];

		if (!one->ruled)
			continue;
		meaning(j, one, &v[n], target[i]);
		v[n].text = one->have.text.p;
		v[n].at = one->have.at;
		v[n++].n = one->have.n;
	}
	rc = layersback(v, n, o, e);
out:
	free(v);
	free(target);
	return rc;
}

/* ---- metrics */

static void
per_list(const struct r53job *j, struct metrics *m)
{
	size_t i;

	metrics_family(m, "names", "gauge", "Names in a domain list of ours.");
	for (i = 0; i < j->view.n; i++)
		if (j->view.v[i].wanted)
			metrics_u64(m, j->view.v[i].want.n, "group",
				    j->cfg.group, "list",
				    j->view.v[i].list.name, NULL);
}

static void
one_value(const struct r53job *j, struct metrics *m, const char *name,
	  const char *help, uint64_t v)
{
	metrics_family(m, name, "gauge", help);
	metrics_u64(m, v, "group", j->cfg.group, NULL);
}

void
r53job_metrics(const struct r53job *j, const struct layers *l, int64_t now,
	       struct out *o)
{
	struct metrics m = {o, "ts_r53", NULL};
	const struct aws_stats *const s = aws_stats(j->aws);
	int i;

	per_list(j, &m);
	metrics_family(&m, "left_out", "gauge", "Records and entries that no "
		       "list holds, by reason.");
	for (i = 0; i < LAYERS_REASONS; i++)
		metrics_u64(&m, l->left[i], "group", j->cfg.group, "reason",
			    layers_reason_word((enum layers_reason)i), NULL);
	one_value(j, &m, "rules", "Rules of the group, others' included.",
		  l->nlists + j->view.nother);
	if (j->counted)
		one_value(j, &m, "names_of_others", "Names in lists of the "
			  "account that are not ours.", j->view.others);
	one_value(j, &m, "steps", "Changes that the last run made.",
		  j->writes);
	one_value(j, &m, "calls", "Calls of AWS in the last run.", s->calls);
	one_value(j, &m, "calls_throttled", "Those that AWS throttled.",
		  s->throttled);
	one_value(j, &m, "success_timestamp_seconds",
		  "When a policy was last in force as wanted.", (uint64_t)now);
}
