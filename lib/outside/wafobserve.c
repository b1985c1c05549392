/* What is there. */
#include "outside/waf.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"

/* ---- web ACLs */

static int
each_acl(void *ctx, const struct wafv2_item *item, struct err *e)
{
	struct waf *w = ctx;
	size_t i;

	(void)e;
	aws_take_account(w->aws, item->arn);
	for (i = 0; i < w->cfg.nacl; i++) {
		struct waf_acl *a = &w->acl[i];

		if (strcmp(a->name, item->name) != 0)
			continue;
		if (strcmp(a->item.token, item->token) != 0)
			a->read = false;
		a->item = *item;
		a->found = true;
	}
	return 0;
}

static bool
acls_found(void *ctx)
{
	const struct waf *w = ctx;
	size_t i;

	for (i = 0; i < w->cfg.nacl; i++)
		if (!w->acl[i].found)
			return false;
	return true;
}

static int
find_acls(struct waf *w, struct err *e)
{
	size_t i;

	for (i = 0; i < w->cfg.nacl; i++)
		w->acl[i].found = false;
	if (wafv2_list(&w->api, WAFV2_WEB_ACL, each_acl, acls_found, w, e) < 0)
		return -1;
	for (i = 0; i < w->cfg.nacl; i++) {
		if (w->acl[i].found)
			continue;
		if (!w->cfg.remove)
			return err_set(e, EX_CONFIG, "there is no web ACL '%s' "
				       "of scope %s in %s", w->acl[i].name,
				       w->cfg.scope, aws_region(w->aws));
		waf_say(w, MSG_WARN, "there is no web ACL '%s'",
			w->acl[i].name);
	}
	return 0;
}

/* ---- sets and groups */

/* The mark of a set or group that has a name of ours: 1 ours, 0 not of this
 * prefix and not ours, -1 another device's. */
static int
judge_owner(const struct waf *w, enum wafv2_kind kind, struct span prefix,
	    const struct wafv2_item *item, bool *marked, struct err *e)
{
	const bool own_name = span_is(prefix, w->cfg.prefix);
	struct span device;
	const enum mark_owner owner = mark_read(
		item->description, w->cfg.device, &device, NULL);

	*marked = owner == MARK_OURS;
	if (*marked || !own_name)
		return *marked;
	if (owner == MARK_NONE)
		return 1;
	(void)err_set(e, EX_CONFIG, "%s '%s' belongs to device '%.*s'",
		      kind == WAFV2_IP_SET ? "IP set" : "rule group",
		      item->name, (int)device.n, device.p);
	(void)err_hint(e, "give each device of an account and Region a prefix "
		       "of its own");
	return -1;
}

static int
each_set(void *ctx, const struct wafv2_item *item, struct err *e)
{
	struct waf *w = ctx;
	struct set_name name;
	struct waf_set *s;
	struct span prefix;
	bool marked = false;
	int rc = 0;

	aws_take_account(w->aws, item->arn);
	if (wafname_parse_set(item->name, &prefix, &name))
		rc = judge_owner(w, WAFV2_IP_SET, prefix, item, &marked, e);
	if (rc <= 0) {
		w->others++;
		return rc;
	}
	s = waf_need_set(w, item->name, &name, e);
	if (s == NULL)
		return -1;
	if (strcmp(s->item.token, item->token) != 0 ||
	    strcmp(s->item.id, item->id) != 0)
		s->known = false;
	s->item = *item;
	s->marked = marked;
	s->old_prefix = !span_is(prefix, w->cfg.prefix);
	s->exists = true;
	w->recalled += s->known;
	return 0;
}

static int
each_group(void *ctx, const struct wafv2_item *item, struct err *e)
{
	struct waf *w = ctx;
	struct waf_group *g;
	struct span prefix;
	enum verdict v;
	uint32_t number;
	bool marked;
	int rc;

	if (!wafname_parse_rule(item->name, &prefix, &v, &number))
		return 0;
	rc = judge_owner(w, WAFV2_RULE_GROUP, prefix, item, &marked, e);
	if (rc <= 0)
		return rc;
	g = waf_need_group(w, item->name, v, number, e);
	if (g == NULL)
		return -1;
	if (strcmp(g->item.token, item->token) != 0)
		wafrules_free(&g->rules);
	g->item = *item;
	g->marked = marked;
	g->old_prefix = !span_is(prefix, w->cfg.prefix);
	g->exists = true;
	return 0;
}

/* All that the last run left is there as it was, and nothing is wanted beside
 * it: what another page may hold is no concern of this run. */
static bool
all_recalled(void *ctx)
{
	const struct waf *w = ctx;
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (!w->set[i]->known)
			return false;
	return w->complete && w->recalled == w->rec_sets && !w->cfg.look;
}

static int
find_sets(struct waf *w, struct err *e)
{
	size_t i;

	w->others = w->recalled = 0;
	for (i = 0; i < w->nset; i++)
		w->set[i]->exists = false;
	if (wafv2_list(&w->api, WAFV2_IP_SET, each_set, all_recalled, w, e) < 0)
		return -1;
	for (i = 0; i < w->nset; i++)
		if (!w->set[i]->exists)
			w->set[i]->known = false;
	return 0;
}

static int
find_groups(struct waf *w, struct err *e)
{
	size_t i;

	for (i = 0; i < w->ngroup; i++)
		w->group[i]->exists = false;
	if (w->complete && w->rec_groups == 0 &&
	    w->policy->n <= WAFV2_REFERENCES_MAX && !w->cfg.remove)
		return 0;
	if (wafv2_list(&w->api, WAFV2_RULE_GROUP, each_group, NULL, w, e) < 0)
		return -1;
	waf_sort_groups(w);
	return 0;
}

/* ---- what lacks a mark */

static int
check_marks(struct waf *w, struct err *e)
{
	const char *first = NULL;
	char question[400];
	size_t i, n = 0;

	for (i = 0; i < w->nset; i++)
		if (w->set[i]->exists && !w->set[i]->marked && n++ == 0)
			first = w->set[i]->item.name;
	for (i = 0; i < w->ngroup; i++)
		if (w->group[i]->exists && !w->group[i]->marked && n++ == 0)
			first = w->group[i]->item.name;
	if (n == 0 || w->cfg.adopt || w->cfg.look)
		return 0;
	(void)snprintf(question, sizeof(question), "%zu IP sets or rule groups "
		       "have names of this prefix but were not made by "
		       "ts-tools ('%s' the first); overwrite them?", n, first);
	if (w->ui.ask != NULL && w->ui.ask(w->ui.ctx, question)) {
		w->cfg.adopt = true;
		return 0;
	}
	(void)err_set(e, EX_CONFIG, "refused: '%s' has a name of this prefix "
		      "but was not made by ts-tools%s", first,
		      n > 1 ? ", and there are more" : "");
	return err_hint(e, "--adopt overwrites what has these names");
}

/* ---- contents */

static int
read_sets(struct waf *w, struct err *e)
{
	size_t i;

	for (i = 0; i < w->nset; i++) {
		struct waf_set *s = w->set[i];

		if (!s->exists || s->known)
			continue;
		if (wafv2_get_set(&w->api, &s->item, &s->held, e) < 0)
			return -1;
		s->known = true;
		w->read++;
	}
	return 0;
}

static int
want_sets(struct waf *w, struct err *e)
{
	size_t i;

	for (i = 0; i < w->nset; i++)
		w->set[i]->want = NULL;
	for (i = 0; i < w->policy->n; i++) {
		const struct wafpolicy_set *p = w->policy->set[i];
		char name[WAF_NAME_MAX + 1];
		struct waf_set *s;

		wafname_set(w->cfg.prefix, &p->name, name);
		s = waf_need_set(w, name, &p->name, e);
		if (s == NULL)
			return -1;
		s->want = &p->want;
	}
	return 0;
}

static int
cmp_set(const void *pa, const void *pb)
{
	const struct waf_set *a = *(struct waf_set *const *)pa;
	const struct waf_set *b = *(struct waf_set *const *)pb;
	const unsigned ga = wafpolicy_group(&a->name),
		       gb = wafpolicy_group(&b->name);

	if (ga != gb)
		return ga < gb ? -1 : 1;
	if (a->name.number != b->name.number)
		return a->name.number < b->name.number ? -1 : 1;
	return strcmp(a->item.name, b->item.name);
}

/* Where the record says that the rules are as they should be. */
static void
assume_references(struct waf *w)
{
	size_t i;

	for (i = 0; i < w->nset; i++)
		w->set[i]->referred = w->set[i]->everywhere =
			w->set[i]->want != NULL && w->set[i]->exists;
}

/* Sets that are neither there nor wanted any more. */
static void
drop_sets(struct waf *w)
{
	size_t i, n = 0;

	for (i = 0; i < w->nset; i++) {
		struct waf_set *s = w->set[i];

		if (s->exists || s->want != NULL) {
			w->set[n++] = s;
			continue;
		}
		entries_free(&s->held);
		free(s);
	}
	w->nset = n;
	if (n > 1)
		qsort(w->set, n, sizeof(*w->set), cmp_set);
}

int
waf_observe(struct waf *w, struct err *e)
{
	char digest[65];

	if (find_acls(w, e) < 0)
		return -1;
	if (!w->loaded) {
		if (!w->cfg.look && waf_lock(w, e) < 0)
			return -1;
		waf_load(w);
	}
	if (want_sets(w, e) < 0 || find_sets(w, e) < 0 ||
	    find_groups(w, e) < 0)
		return -1;
	drop_sets(w);
	if (check_marks(w, e) < 0 || read_sets(w, e) < 0 ||
	    waf_rules_digest(w, digest, e) < 0)
		return -1;
	w->rules_current = w->complete && !w->cfg.remove &&
			   strcmp(digest, w->rec_rules) == 0;
	if (w->rules_current) {
		assume_references(w);
		return w->cfg.look ? waf_read_rules(w, e) : 0;
	}
	return waf_read_rules(w, e) < 0 ? -1 : waf_find_references(w, e);
}
