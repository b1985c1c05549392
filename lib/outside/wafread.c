/* The rules that are there, and which sets are in force by them. */
#include "outside/waf.h"

#include <stdlib.h>
#include <string.h>

#include "values/jsonslice.h"

static bool
is_owned(void *ctx, const char *arn)
{
	const struct waf_set *s = waf_set_by_arn(ctx, arn);

	return s != NULL ? s->marked : waf_group_by_arn(ctx, arn) != NULL;
}

/* 0 where the answer does not say. */
static uint64_t
capacity(const struct wafrules *r)
{
	struct span value;
	uint64_t n = 0;

	if (jsonslice_find(r->object, "Capacity", &value))
		(void)span_u64(value, INT32_MAX, &n);
	return n;
}

static int
read_acl(struct waf *w, struct waf_acl *a, struct err *e)
{
	struct span managed;

	wafrules_free(&a->rules);
	if (wafv2_get_text(&w->api, WAFV2_WEB_ACL, &a->item, &a->text, e) < 0 ||
	    wafrules_parse(&a->rules, &a->text, "WebACL", w->cfg.prefix,
			   is_owned, w, e) < 0)
		return -1;
	a->wcu = capacity(&a->rules);
	if (jsonslice_find(a->rules.object, "ManagedByFirewallManager",
			   &managed) && span_is(managed, "true")) {
		(void)err_set(e, EX_CONFIG, "web ACL '%s' is managed by AWS "
			      "Firewall Manager", a->name);
		return err_hint(e, "Firewall Manager would undo what is "
				"written there: use its policy");
	}
	a->read = true;
	return 0;
}

static int
read_group(struct waf *w, struct waf_group *g, struct err *e)
{
	if (wafv2_get_text(&w->api, WAFV2_RULE_GROUP, &g->item, &g->text, e) <
		    0 ||
	    wafrules_parse(&g->rules, &g->text, "RuleGroup", w->cfg.prefix,
			   is_owned, w, e) < 0)
		return -1;
	g->capacity = capacity(&g->rules);
	return 0;
}

int
waf_read_rules(struct waf *w, struct err *e)
{
	size_t i;

	for (i = 0; i < w->ngroup; i++)
		if (w->group[i]->exists && w->group[i]->rules.object.n == 0 &&
		    read_group(w, w->group[i], e) < 0)
			return -1;
	for (i = 0; i < w->cfg.nacl; i++)
		if (w->acl[i].found && !w->acl[i].read &&
		    read_acl(w, &w->acl[i], e) < 0)
			return -1;
	return 0;
}

/* ---- which sets are in force */

struct mark_ref {
	struct waf *w;
	bool *seen; /* of each set */
};

static void
mark_ref(void *ctx, const char *arn)
{
	const struct mark_ref *m = ctx;
	const struct waf_group *g = waf_group_by_arn(m->w, arn);
	size_t i;

	for (i = 0; i < m->w->nset; i++)
		if (m->w->set[i]->exists &&
		    strcmp(m->w->set[i]->item.arn, arn) == 0)
			m->seen[i] = true;
	for (i = 0; g != NULL && i < g->rules.n; i++)
		wafrules_references(g->rules.v[i].json, mark_ref, ctx);
}

/* A web ACL that has no rule of ours yet has nothing to lose. */
static bool
mark_acl(struct waf *w, const struct waf_acl *a, bool *seen)
{
	const struct mark_ref m = {w, seen};
	bool any = false;
	size_t i;

	memset(seen, 0, w->nset * sizeof(*seen));
	for (i = 0; i < a->rules.n; i++)
		if (a->rules.v[i].ours) {
			struct mark_ref ctx = m;

			wafrules_references(a->rules.v[i].json, mark_ref, &ctx);
			any = true;
		}
	return any;
}

int
waf_find_references(struct waf *w, struct err *e)
{
	bool *seen = calloc(w->nset + 1, sizeof(*seen));
	size_t i, j;

	if (seen == NULL)
		return err_mem(e);
	for (j = 0; j < w->nset; j++) {
		w->set[j]->referred = false;
		w->set[j]->everywhere = true;
	}
	for (i = 0; i < w->cfg.nacl; i++) {
		const bool any = w->acl[i].found &&
				 mark_acl(w, &w->acl[i], seen);

		for (j = 0; j < w->nset; j++) {
			w->set[j]->referred |= any && seen[j];
			w->set[j]->everywhere &= any && seen[j];
		}
	}
	free(seen);
	return 0;
}
