/* Which rules there shall be, and what rule groups refer to. */
#include "outside/waf.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
waf_drop_rules(struct waf *w)
{
	size_t i;

	for (i = 0; i < w->nwant; i++)
		free(w->want[i].arn);
	w->nwant = 0;
}

static struct wafrule_want *
add_rule(struct waf *w, const char *name, enum verdict v, struct err *e)
{
	struct wafrule_want *r;

	if (array_grow((void **)&w->want, &w->cap_want, w->nwant + 1,
		       sizeof(*w->want), WAFRULES_MAX, "rules", e) < 0)
		return NULL;
	r = &w->want[w->nwant++];
	*r = (struct wafrule_want){.verdict = v};
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	r->arn = calloc(w->nset + 1, sizeof(*r->arn));
	if (r->arn == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	return r;
}

static bool
is_in(const struct waf_set *s, enum verdict v, bool all)
{
	return s->name.verdict == v &&
	       (s->want != NULL || (all && s->exists));
}

static size_t
count(const struct waf *w, enum verdict v, bool all)
{
	size_t i, n = 0;

	for (i = 0; i < w->nset; i++)
		n += is_in(w->set[i], v, all);
	return n;
}

/* ---- groups */

static unsigned
group_capacity(const struct waf *w)
{
	return WAFV2_REFERENCES_MAX * wafrules_unit(&w->cfg.rules);
}

/* The capacity of a group is for ever. */
static bool
is_usable(const struct waf *w, const struct waf_group *g, enum verdict v)
{
	return g->verdict == v && !g->old_prefix &&
	       g->capacity >= group_capacity(w);
}

bool
waf_group_used(const struct waf_group *g)
{
	return g->nset > 0;
}

static int
put(struct waf_group *g, size_t set, struct err *e)
{
	if (array_grow((void **)&g->set, &g->cap_set, g->nset + 1,
		       sizeof(*g->set), WAFV2_REFERENCES_MAX, "references", e) <
	    0)
		return -1;
	g->set[g->nset++] = set;
	return 0;
}

struct search {
	const char *arn;
	bool found;
};

static void
compare(void *ctx, const char *arn)
{
	struct search *s = ctx;

	s->found |= strcmp(s->arn, arn) == 0;
}

static bool
refers_to(const struct waf_group *g, const struct waf_set *s)
{
	struct search x = {.arn = s->item.arn};
	size_t i;

	for (i = 0; g->exists && s->exists && i < g->rules.n; i++)
		wafrules_references(g->rules.v[i].json, compare, &x);
	return x.found;
}

/* The first with room, else a new one of the lowest number that is free. */
static struct waf_group *
group_with_room(struct waf *w, enum verdict v, struct err *e)
{
	char name[WAF_NAME_MAX + 1];
	uint32_t number;
	size_t i;

	for (i = 0; i < w->ngroup; i++)
		if (is_usable(w, w->group[i], v) &&
		    w->group[i]->nset < WAFV2_REFERENCES_MAX &&
		    (w->group[i]->exists || w->group[i]->nset > 0))
			return w->group[i];
	for (number = 0;; number++) {
		struct waf_group *g;

		wafname_rule(w->cfg.prefix, v, number, name);
		g = waf_need_group(w, name, v, number, e);
		if (g == NULL || (!g->exists && g->nset == 0)) {
			if (g != NULL)
				g->capacity = group_capacity(w);
			return g;
		}
	}
}

/* A set stays in the group that it is in: so no write of a group lets go of
 * what another one has yet to take. */
static int
assign(struct waf *w, enum verdict v, bool all, struct err *e)
{
	bool *placed = calloc(w->nset + 1, sizeof(*placed));
	size_t i, j;
	int rc = placed != NULL ? 0 : err_mem(e);

	for (i = 0; i < w->nset && rc == 0; i++)
		for (j = 0; is_in(w->set[i], v, all) && j < w->ngroup; j++) {
			struct waf_group *g = w->group[j];

			if (!is_usable(w, g, v) || !refers_to(g, w->set[i]) ||
			    g->nset == WAFV2_REFERENCES_MAX)
				continue;
			rc = put(g, i, e);
			placed[i] = true;
			break;
		}
	for (i = 0; i < w->nset && rc == 0; i++) {
		struct waf_group *g;

		if (!is_in(w->set[i], v, all) || placed[i])
			continue;
		g = group_with_room(w, v, e);
		rc = g != NULL ? put(g, i, e) : -1;
	}
	free(placed);
	return rc;
}

static int
cmp_group(const void *pa, const void *pb)
{
	const struct waf_group *a = *(struct waf_group *const *)pa;
	const struct waf_group *b = *(struct waf_group *const *)pb;

	if (a->verdict != b->verdict)
		return a->verdict == VERDICT_ALLOW ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->item.name, b->item.name);
}

void
waf_sort_groups(struct waf *w)
{
	if (w->ngroup > 1)
		qsort(w->group, w->ngroup, sizeof(*w->group), cmp_group);
}

/* ---- rules */

static int
direct_rule(struct waf *w, enum verdict v, bool all, struct err *e)
{
	char name[WAF_NAME_MAX + 1];
	struct wafrule_want *r;
	size_t i;

	wafname_rule(w->cfg.prefix, v, 0, name);
	r = add_rule(w, name, v, e);
	if (r == NULL)
		return -1;
	for (i = 0; i < w->nset; i++)
		if (is_in(w->set[i], v, all))
			r->arn[r->n++] = w->set[i]->exists
						 ? w->set[i]->item.arn
						 : "";
	r->wcu = (unsigned)r->n * wafrules_unit(&w->cfg.rules);
	return 0;
}

static int
group_rules(struct waf *w, enum verdict v, bool all, struct err *e)
{
	size_t i;

	if (assign(w, v, all, e) < 0)
		return -1;
	waf_sort_groups(w);
	for (i = 0; i < w->ngroup; i++) {
		const struct waf_group *g = w->group[i];
		struct wafrule_want *r;

		if (g->verdict != v || !waf_group_used(g))
			continue;
		r = add_rule(w, g->item.name, v, e);
		if (r == NULL)
			return -1;
		r->group = true;
		r->arn[r->n++] = g->exists ? g->item.arn : "";
		r->wcu = (unsigned)g->capacity;
	}
	return 0;
}

/* How many references a verdict takes in the ACL itself, through groups. */
static size_t
through_groups(size_t n)
{
	return (n + WAFV2_REFERENCES_MAX - 1) / WAFV2_REFERENCES_MAX;
}

static size_t
most_foreign(const struct waf *w)
{
	size_t i, most = 0;

	for (i = 0; i < w->cfg.nacl; i++) {
		const size_t n = wafrules_foreign_references(&w->acl[i].rules);

		most = n > most ? n : most;
	}
	return most;
}

/* References in the ACL itself as long as they fit; else the block rules, which
 * are the many, through groups; else all of them. */
int
waf_make_rules(struct waf *w, bool all, struct err *e)
{
	const size_t allow = count(w, VERDICT_ALLOW, all),
		     block = count(w, VERDICT_BLOCK, all),
		     foreign = most_foreign(w), max = WAFV2_REFERENCES_MAX;
	const bool grouped = foreign + allow + block > max;
	const bool both = foreign + allow + through_groups(block) > max;
	size_t i;

	waf_drop_rules(w);
	for (i = 0; i < w->ngroup; i++)
		w->group[i]->nset = 0;
	if (foreign + through_groups(allow) + through_groups(block) > max)
		return err_set(e, EX_UNAVAILABLE, "%zu IP sets through rule "
			       "groups beside %zu references of others are "
			       "over the quota of %zu reference statements of "
			       "a web ACL", allow + block, foreign, max);
	if (allow > 0 && (both ? group_rules(w, VERDICT_ALLOW, all, e)
			       : direct_rule(w, VERDICT_ALLOW, all, e)) < 0)
		return -1;
	if (block > 0 && (grouped ? group_rules(w, VERDICT_BLOCK, all, e)
				  : direct_rule(w, VERDICT_BLOCK, all, e)) < 0)
		return -1;
	return 0;
}

/* ---- how they differ from what is there */

static int
compose_group(struct waf *w, struct waf_group *g, struct buf *rules,
	      bool *changed, struct err *e)
{
	const char *arn[WAFV2_REFERENCES_MAX];
	struct wafrule_want r = {.verdict = g->verdict, .arn = arn,
				 .n = g->nset};
	struct wafrules_config c = w->cfg.rules;
	int64_t raised;
	size_t i;

	c.place = WAF_TOP;
	c.make_room = true;
	(void)snprintf(r.name, sizeof(r.name), "%s", g->item.name);
	for (i = 0; i < g->nset; i++)
		arn[i] = w->set[g->set[i]]->exists
				 ? w->set[g->set[i]]->item.arn
				 : "";
	return wafrules_compose(&g->rules, &r, 1, &c, false, rules, changed,
				&raised, e);
}

int
waf_group_members(struct waf *w, struct waf_group *g, struct buf *members,
		  bool *changed, struct err *e)
{
	struct buf rules;
	int rc;

	buf_init(&rules, AWS_ANSWER_MAX);
	members->n = 0;
	rc = compose_group(w, g, &rules, changed, e);
	if (rc == 0 && g->exists) {
		*changed |= !g->marked;
		rc = wafrules_members(&g->rules, w->mark, &rules, members, e);
	} else if (rc == 0) {
		*changed = true;
		(void)buf_addf(members, ",\"Capacity\":%llu,\"Description\":"
			       "\"%s\",\"VisibilityConfig\":{"
			       "\"SampledRequestsEnabled\":true,"
			       "\"CloudWatchMetricsEnabled\":true,"
			       "\"MetricName\":\"%s\"},\"Rules\":",
			       (unsigned long long)g->capacity, w->mark,
			       g->item.name);
		(void)buf_add(members, rules.p, rules.n);
		rc = buf_check(members, "a rule group", e);
	}
	buf_free(&rules);
	return rc;
}

int
waf_rules_differ(struct waf *w, size_t *calls, struct err *e)
{
	struct buf b;
	int64_t raised;
	bool changed;
	size_t i;
	int rc = 0;

	*calls = 0;
	buf_init(&b, AWS_ANSWER_MAX);
	for (i = 0; i < w->ngroup && rc == 0; i++) {
		struct waf_group *g = w->group[i];

		changed = g->exists;
		if (waf_group_used(g))
			rc = waf_group_members(w, g, &b, &changed, e);
		*calls += changed;
	}
	for (i = 0; i < w->cfg.nacl && rc == 0; i++) {
		struct waf_acl *a = &w->acl[i];

		if (!a->found)
			continue;
		rc = wafrules_compose(&a->rules, w->want, w->nwant,
				      &w->cfg.rules, false, &b, &changed,
				      &raised, e);
		if (rc < 0) {
			const struct err why = *e;

			(void)err_set(e, why.code, "web ACL '%s': %s", a->name,
				      why.msg);
			(void)err_hint(e, "%s", why.hint);
		}
		*calls += changed;
	}
	buf_free(&b);
	return rc;
}
