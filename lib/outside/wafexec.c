/* The steps, taken. */
#include "outside/waf.h"

#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "outside/patience.h"

#define WAIT_FIRST_MS 500 /* for what AWS has not spread yet; then doubling */
#define WAIT_MOST_MS 15000
#define GONE_MOST 6 /* waits for what is said not to exist */
#define AGAIN 1

static void
progress(struct waf *w)
{
	w->done++;
	if (w->ui.progress != NULL)
		w->ui.progress(w->ui.ctx, w->done, w->writes);
}

/* A refusal as the value of a step. */
static int
refused(struct waf *w, struct err *e)
{
	if (!wafv2_is_conflict(&w->api))
		return -1;
	waf_say(w, MSG_INFO, "%s: looking again", e->msg);
	return AGAIN;
}

static struct patience
patience(const struct waf *w)
{
	return patience_of(w->cfg.wait_s, WAIT_FIRST_MS, WAIT_MOST_MS);
}

/* ---- sets */

static int
remember(struct waf_set *s, const struct setplan *p,
	 const struct setplan_step *st, struct err *e)
{
	size_t i;

	entries_clear(&s->held);
	for (i = 0; s->want != NULL && i < entries_count(s->want); i++) {
		const struct cidr c = entries_cidr(s->want, i);

		if (entries_add(&s->held, &c, 0, e) < 0)
			return -1;
	}
	for (i = 0; i < st->n; i++)
		if (entries_add(&s->held, &p->hold[st->at + i], 0, e) < 0)
			return -1;
	s->known = s->exists = s->marked = true;
	return entries_sort(&s->held, e);
}

/* A set of its own for what changes places; the lowest number free above all. */
static struct waf_set *
make_bridge(struct waf *w, const struct setplan_step *st, struct err *e)
{
	const uint8_t group = w->plan->bridge_group[st->set - w->planned];
	struct set_name name = {
		group < 2 ? VERDICT_ALLOW : VERDICT_BLOCK,
		group % 2 == 0 ? KIND_IP4 : KIND_IP6, 0};
	char text[WAF_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (wafpolicy_group(&w->set[i]->name) == group &&
		    w->set[i]->name.number >= name.number)
			name.number = w->set[i]->name.number + 1;
	wafname_set(w->cfg.prefix, &name, text);
	return waf_need_set(w, text, &name, e);
}

static int
create_set(struct waf *w, const struct setplan_step *st, struct err *e)
{
	struct waf_set *s = st->set < w->planned ? w->set[st->set]
						 : make_bridge(w, st, e);

	if (s == NULL)
		return -1;
	(void)snprintf(s->item.description, sizeof(s->item.description), "%s",
		       w->mark);
	if (wafv2_create_set(&w->api, &s->item, s->held.set.family, s->want,
			     w->plan->hold + st->at, st->n, e) < 0)
		return refused(w, e);
	w->created = true;
	return remember(s, w->plan, st, e);
}

static int
write_set(struct waf *w, const struct setplan_step *st, struct err *e)
{
	struct waf_set *s = w->set[st->set];

	(void)snprintf(s->item.description, sizeof(s->item.description), "%s",
		       w->mark);
	if (wafv2_update_set(&w->api, &s->item, s->want,
			     w->plan->hold + st->at, st->n, e) < 0) {
		s->known = false; /* it may have been done all the same */
		return refused(w, e);
	}
	return remember(s, w->plan, st, e);
}

/* What is still in use may be so only where AWS has not heard of it yet. */
static int
delete_item(struct waf *w, enum wafv2_kind kind, const struct wafv2_item *item,
	    struct err *e)
{
	struct patience p = patience(w);

	while (wafv2_delete(&w->api, kind, item, e) < 0) {
		if (wafv2_is_gone(&w->api))
			return 0;
		if (!wafv2_is_in_use(&w->api))
			return refused(w, e);
		if (!patience_wait(&p)) {
			(void)err_set(e, EX_TEMPFAIL, "'%s' is not deleted: it "
				      "is still in use", item->name);
			return err_hint(e, "a web ACL that is not named here "
					"may refer to it");
		}
	}
	return 0;
}

static int
delete_set(struct waf *w, const struct setplan_step *st, struct err *e)
{
	struct waf_set *s = w->set[st->set];
	const int rc = delete_item(w, WAFV2_IP_SET, &s->item, e);

	if (rc == 0)
		s->exists = s->known = false;
	return rc;
}

/* ---- rules */

/* As long as the service cannot see yet what was made a moment ago. Whether it is
 * gone for good is found out by looking again. */
static int
write_rules(struct waf *w, enum wafv2_kind kind, struct wafv2_item *item,
	    bool exists, const struct buf *members, struct err *e)
{
	struct patience p = patience(w);

	while ((exists ? wafv2_update(&w->api, kind, item, members, e)
		       : wafv2_create_group(&w->api, item, members, e)) < 0) {
		if (!wafv2_is_not_yet(&w->api) ||
		    (wafv2_is_gone(&w->api) &&
		     (!w->created || p.waits == GONE_MOST)))
			return refused(w, e);
		if (!patience_wait(&p)) {
			if (e->code == EX_UNAVAILABLE)
				e->code = EX_TEMPFAIL;
			return -1;
		}
	}
	progress(w);
	w->written++;
	return 0;
}

static int
refer_group(struct waf *w, struct waf_group *g, struct buf *b, struct err *e)
{
	bool changed;
	int rc;

	if (waf_group_members(w, g, b, &changed, e) < 0)
		return -1;
	if (!changed)
		return 0;
	rc = write_rules(w, WAFV2_RULE_GROUP, &g->item, g->exists, b, e);
	if (rc == 0) {
		w->created |= !g->exists;
		g->exists = g->marked = true;
		wafrules_free(&g->rules);
	}
	return rc;
}

static int
refer_acl(struct waf *w, struct waf_acl *a, struct buf *b, struct err *e)
{
	struct buf rules;
	bool changed = false;
	int64_t raised = 0;
	int rc;

	buf_init(&rules, AWS_ANSWER_MAX);
	rc = wafrules_compose(&a->rules, w->want, w->nwant, &w->cfg.rules,
			      false, &rules, &changed, &raised, e);
	b->n = 0;
	if (rc == 0 && changed)
		rc = wafrules_members(&a->rules, NULL, &rules, b, e);
	buf_free(&rules);
	if (rc < 0 || !changed)
		return rc;
	if (raised > 0)
		waf_say(w, MSG_WARN, "web ACL '%s': the priorities of "
			"its other rules are raised by %lld, in their "
			"order", a->name, (long long)raised);
	rc = write_rules(w, WAFV2_WEB_ACL, &a->item, true, b, e);
	if (rc == 0)
		a->read = false;
	return rc;
}

static int
delete_groups(struct waf *w, struct err *e)
{
	size_t i;
	int rc;

	for (i = 0; i < w->ngroup; i++) {
		struct waf_group *g = w->group[i];

		if (!g->exists || waf_group_used(g))
			continue;
		rc = delete_item(w, WAFV2_RULE_GROUP, &g->item, e);
		if (rc != 0)
			return rc;
		g->exists = false;
		progress(w);
		w->written++;
	}
	return 0;
}

/* Groups gain before an ACL refers to them; those that none refers to any more
 * go, and only then their sets can. */
static int
refer(struct waf *w, bool all, struct err *e)
{
	struct buf b;
	size_t i;
	int rc;

	/* After a write of ours the text at hand is of another token. */
	if (waf_read_rules(w, e) < 0 || waf_make_rules(w, all, e) < 0)
		return -1;
	buf_init(&b, AWS_ANSWER_MAX);
	rc = 0;
	for (i = 0; i < w->ngroup && rc == 0; i++)
		if (waf_group_used(w->group[i]))
			rc = refer_group(w, w->group[i], &b, e);
	if (rc == 0)
		rc = waf_make_rules(w, all, e); /* with the new groups' ARNs */
	for (i = 0; i < w->cfg.nacl && rc == 0; i++)
		if (w->acl[i].found)
			rc = refer_acl(w, &w->acl[i], &b, e);
	if (rc == 0 && !all)
		rc = delete_groups(w, e);
	buf_free(&b);
	return rc;
}

static int
take_step(struct waf *w, const struct setplan_step *st, struct err *e)
{
	int rc;

	switch (st->op) {
	case SETPLAN_REFER_ALL:
		return refer(w, true, e);
	case SETPLAN_REFER:
		return refer(w, false, e);
	case SETPLAN_CREATE:
		rc = create_set(w, st, e);
		break;
	case SETPLAN_WRITE:
		rc = write_set(w, st, e);
		break;
	default:
		rc = delete_set(w, st, e);
		break;
	}
	if (rc == 0) {
		w->written++;
		progress(w);
	}
	return rc;
}

int
waf_execute(struct waf *w, struct err *e)
{
	size_t i;
	int rc = 0;

	w->done = 0;
	for (i = 0; i < w->plan->n && rc == 0; i++)
		rc = take_step(w, &w->plan->step[i], e);
	return rc;
}

/* Each round begins with a look at what is there. */
static int
rounds(struct waf *w, struct err *e)
{
	int64_t pause = 100;
	unsigned n;
	int rc;

	for (n = 0; n < WAF_ROUNDS; n++) {
		if (waf_observe(w, e) < 0 || waf_plan(w, e) < 0)
			return -1;
		if (w->cfg.look)
			return 0;
		rc = waf_execute(w, e);
		if (rc != AGAIN)
			return rc;
		w->complete = false; /* the record has been overtaken */
		clock_sleep_ms(pause + clock_ms() % pause);
		pause *= 2;
	}
	e->code = EX_TEMPFAIL;
	return err_hint(e, "somebody else keeps changing the same things");
}

int
waf_run(struct waf *w, struct err *e)
{
	const int rc = rounds(w, e);
	struct err why;

	if (aws_note(w->aws)[0] != '\0')
		waf_say(w, MSG_WARN, "%s", aws_note(w->aws));
	/* Also what came of a run that failed spares the next one reads. */
	if (w->cfg.look || !w->loaded ||
	    (rc == 0 && w->written + w->read == 0 && w->rules_current))
		return rc;
	if (waf_save(w, rc == 0, &why) < 0)
		waf_say(w, MSG_WARN, "no record for the next run: %s",
			why.msg);
	return rc;
}
