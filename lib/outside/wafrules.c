#include "outside/wafrules.h"

#include <stdlib.h>
#include <string.h>

#include "values/jsonslice.h"

#define DEPTH_MAX 100

bool
wafrules_parse_place(struct wafrules_config *c, const char *text)
{
	uint64_t at = 0;

	c->place = text == NULL || strcmp(text, "top") == 0 ? WAF_TOP
		   : strcmp(text, "bottom") == 0	    ? WAF_BOTTOM
							    : WAF_AT;
	if (c->place == WAF_AT &&
	    !span_u64((struct span){text, strlen(text)},
		      INT32_MAX - WAFRULES_MAX, &at))
		return false;
	c->at = (int64_t)at;
	return true;
}

unsigned
wafrules_unit(const struct wafrules_config *c)
{
	return c->header != NULL && strcmp(c->position, "ANY") == 0 ? 5 : 1;
}

static bool
is_reference(const char *key)
{
	return strcmp(key, "IPSetReferenceStatement") == 0 ||
	       strcmp(key, "RuleGroupReferenceStatement") == 0 ||
	       strcmp(key, "RegexPatternSetReferenceStatement") == 0;
}

static void
walk(const json_t *v, unsigned depth, void (*each)(void *, const char *),
     void *ctx)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	if (json_is_array(v)) {
		for (i = 0; (inner = json_array_get(v, i)) != NULL; i++)
			walk(inner, depth + 1, each, ctx);
		return;
	}
	/* json_object_foreach wants an object that is not const. */
	for (void *it = json_object_iter((json_t *)(uintptr_t)v); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		key = json_object_iter_key(it);
		inner = json_object_iter_value(it);
		if (is_reference(key)) {
			const char *arn = json_string_value(
				json_object_get(inner, "ARN"));

			each(ctx, arn != NULL ? arn : "");
		} else {
			walk(inner, depth + 1, each, ctx);
		}
	}
}

void
wafrules_references(const json_t *rule, void (*each)(void *, const char *),
		    void *ctx)
{
	walk(rule, 0, each, ctx);
}

static void
count_one(void *ctx, const char *arn)
{
	(void)arn;
	++*(size_t *)ctx;
}

size_t
wafrules_foreign_references(const struct wafrules *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++)
		if (!r->v[i].ours)
			walk(r->v[i].json, 0, count_one, &n);
	return n;
}

struct ownership {
	bool (*owned)(void *ctx, const char *arn);
	void *ctx;
	size_t ours, others;
};

static void
count_owner(void *ctx, const char *arn)
{
	struct ownership *o = ctx;

	if (o->owned(o->ctx, arn))
		o->ours++;
	else
		o->others++;
}

static bool
is_ours(const struct wafrule *r, const char *prefix, struct ownership o)
{
	struct span found;
	enum verdict v;
	uint32_t number;

	if (!wafname_parse_rule(r->name, &found, &v, &number))
		return false;
	if (span_is(found, prefix))
		return true;
	walk(r->json, 0, count_owner, &o);
	return o.ours > 0 && o.others == 0;
}

/* The parsed rules go along with the slices of the same text. */
static int
parse_one(struct wafrule *r, struct span text, const char *prefix,
	  struct ownership o, struct err *e)
{
	const char *name;
	json_t *priority;

	*r = (struct wafrule){.text = text};
	r->json = json_loadb(text.p, text.n, 0, NULL);
	name = json_string_value(json_object_get(r->json, "Name"));
	priority = json_object_get(r->json, "Priority");
	if (name == NULL || strlen(name) >= sizeof(r->name) ||
	    !json_is_integer(priority))
		return err_set(e, EX_DATAERR, "wafv2: a rule without name or "
			       "priority");
	memcpy(r->name, name, strlen(name) + 1);
	r->priority = json_integer_value(priority);
	r->ours = is_ours(r, prefix, o);
	return 0;
}

int
wafrules_parse(struct wafrules *r, const struct buf *text, const char *object,
	       const char *prefix, bool (*owned)(void *ctx, const char *arn),
	       void *ctx, struct err *e)
{
	const struct ownership o = {.owned = owned, .ctx = ctx};
	struct span rules, item;
	size_t at = 0;

	*r = (struct wafrules){0};
	if (!jsonslice_find((struct span){text->p, text->n}, object,
			    &r->object))
		return err_set(e, EX_DATAERR, "wafv2: an answer without %s",
			       object);
	if (!jsonslice_find(r->object, "Rules", &rules))
		return 0;
	r->v = calloc(WAFRULES_MAX, sizeof(*r->v));
	if (r->v == NULL)
		return err_mem(e);
	while (jsonslice_item(rules, &at, &item)) {
		if (r->n == WAFRULES_MAX)
			return err_set(e, EX_DATAERR, "wafv2: over %d rules",
				       WAFRULES_MAX);
		if (parse_one(&r->v[r->n++], item, prefix, o, e) < 0)
			return -1;
	}
	return 0;
}

void
wafrules_free(struct wafrules *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		json_decref(r->v[i].json);
	free(r->v);
	*r = (struct wafrules){0};
}

/* ---- where they stand */

static struct wafrule *
find(const struct wafrules *have, const char *name)
{
	size_t i;

	for (i = 0; i < have->n; i++)
		if (have->v[i].ours && strcmp(have->v[i].name, name) == 0)
			return &have->v[i];
	return NULL;
}

struct others {
	const struct wafrule *first, *last; /* by priority; NULL: none */
};

static struct others
find_others(const struct wafrules *have)
{
	struct others o = {0};
	size_t i;

	for (i = 0; i < have->n; i++) {
		const struct wafrule *r = &have->v[i];

		if (r->ours)
			continue;
		if (o.first == NULL || r->priority < o.first->priority)
			o.first = r;
		if (o.last == NULL || r->priority > o.last->priority)
			o.last = r;
	}
	return o;
}

/* They all are where they belong already. */
static bool
keep_priorities(const struct wafrules *have, struct wafrule_want *want,
		size_t n, const struct wafrules_config *c)
{
	const struct others o = find_others(have);
	size_t i;

	for (i = 0; i < n; i++) {
		const struct wafrule *old = find(have, want[i].name);

		if (old == NULL ||
		    (i > 0 && old->priority <= want[i - 1].priority) ||
		    (c->place == WAF_AT && old->priority != c->at + (int)i))
			return false;
		want[i].priority = old->priority;
	}
	if (c->place == WAF_AT || o.first == NULL || n == 0)
		return true;
	return c->place == WAF_TOP
		       ? want[n - 1].priority < o.first->priority
		       : want[0].priority > o.last->priority;
}

static int
no_room(const struct wafrule *r, const char *where, struct err *e)
{
	(void)err_set(e, EX_CONFIG, "no room for rules %s: '%s' has priority "
		      "%lld", where, r->name, (long long)r->priority);
	return err_hint(e, "--make-room raises the priorities of the others, "
			"in their order; or --place bottom, or a priority");
}

static int
place(const struct wafrules *have, struct wafrule_want *want, size_t n,
      const struct wafrules_config *c, int64_t *raised, struct err *e)
{
	const struct others o = find_others(have);
	int64_t first = 0;
	size_t i, j;

	*raised = 0;
	if (keep_priorities(have, want, n, c))
		return 0;
	if (c->place == WAF_AT)
		first = c->at;
	else if (c->place == WAF_BOTTOM && o.last != NULL)
		first = o.last->priority + 1;
	else if (o.first != NULL && o.first->priority < (int64_t)n) {
		if (!c->make_room)
			return no_room(o.first, "at the top", e);
		*raised = WAFRULES_ROOM + (int64_t)n - o.first->priority;
	}
	for (i = 0; i < n; i++) {
		want[i].priority = first + (int64_t)i;
		for (j = 0; c->place == WAF_AT && j < have->n; j++)
			if (!have->v[j].ours &&
			    have->v[j].priority == want[i].priority)
				return no_room(&have->v[j], "there", e);
	}
	if (first + (int64_t)n > INT32_MAX ||
	    (o.last != NULL && o.last->priority + *raised > INT32_MAX))
		return no_room(o.last, "at the bottom", e);
	return 0;
}

/* Another's rule, its bytes as they came, but for a raised priority. */
static void
add_other(struct buf *b, const struct wafrule *r, int64_t raised)
{
	struct span value = {0};

	if (raised == 0 || !jsonslice_find(r->text, "Priority", &value)) {
		(void)buf_add(b, r->text.p, r->text.n);
		return;
	}
	(void)buf_add(b, r->text.p, (size_t)(value.p - r->text.p));
	(void)buf_addf(b, "%lld", (long long)r->priority + raised);
	value.p += value.n;
	(void)buf_add(b, value.p, (size_t)(r->text.p + r->text.n - value.p));
}

static void
add_comma(struct buf *b)
{
	if (b->n > 1)
		(void)buf_addstr(b, ",");
}

static bool
add_ours(struct buf *b, const struct wafrules *have, struct wafrule_want *want,
	 size_t n, const struct wafrules_config *c, bool probe)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < n; i++) {
		struct wafrule *old = find(have, want[i].name);

		add_comma(b);
		want[i].todo = old == NULL ? WAFRULE_CREATE : WAFRULE_CHANGE;
		if (old != NULL) {
			old->taken = true;
			if (wafrule_is_as_wanted(&want[i], c, old))
				want[i].todo = WAFRULE_KEEP;
		}
		if (want[i].todo == WAFRULE_KEEP && !probe)
			(void)buf_add(b, old->text.p, old->text.n);
		else
			wafrule_put(b, &want[i], c, old, probe);
		changed |= want[i].todo != WAFRULE_KEEP;
	}
	return changed;
}

int
wafrules_compose(const struct wafrules *have, struct wafrule_want *want,
		 size_t n, const struct wafrules_config *c, bool probe,
		 struct buf *rules, bool *changed, int64_t *raised,
		 struct err *e)
{
	size_t i;

	rules->n = 0;
	*changed = false;
	for (i = 0; i < have->n; i++)
		have->v[i].taken = false;
	if (place(have, want, n, c, raised, e) < 0)
		return -1;
	*changed = *raised != 0;
	(void)buf_addstr(rules, "[");
	if (c->place != WAF_BOTTOM)
		*changed |= add_ours(rules, have, want, n, c, probe);
	for (i = 0; i < have->n; i++) {
		if (have->v[i].ours)
			continue;
		add_comma(rules);
		add_other(rules, &have->v[i], *raised);
	}
	if (c->place == WAF_BOTTOM)
		*changed |= add_ours(rules, have, want, n, c, probe);
	(void)buf_addstr(rules, "]");
	for (i = 0; i < have->n; i++)
		*changed |= have->v[i].ours && !have->v[i].taken;
	return buf_check(rules, "the rules of a web ACL", e);
}

int
wafrules_members(const struct wafrules *have, const char *description,
		 const struct buf *rules, struct buf *members, struct err *e)
{
	/* Given otherwise, or not taken back. */
	static const char *const out[] = {
		"Name", "Id", "ARN", "Rules", "Capacity", "LabelNamespace",
		"PreProcessFirewallManagerRuleGroups",
		"PostProcessFirewallManagerRuleGroups",
		"ManagedByFirewallManager", "RetrofittedByFirewallManager",
		"AvailableLabels", "ConsumedLabels"};
	struct span key, value;
	size_t at = 0, i;

	members->n = 0;
	if (description != NULL)
		(void)buf_addf(members, ",\"Description\":\"%s\"",
			       description);
	while (jsonslice_member(have->object, &at, &key, &value)) {
		for (i = 0; i < sizeof(out) / sizeof(*out); i++)
			if (span_is(key, out[i]))
				break;
		if (i < sizeof(out) / sizeof(*out) || span_is(value, "null") ||
		    (span_is(key, "Description") &&
		     (description != NULL || span_is(value, "\"\""))))
			continue;
		(void)buf_addstr(members, ",\"");
		(void)buf_add(members, key.p, key.n);
		(void)buf_addstr(members, "\":");
		(void)buf_add(members, value.p, value.n);
	}
	(void)buf_addstr(members, ",\"Rules\":");
	(void)buf_add(members, rules->p, rules->n);
	return buf_check(members, "a web ACL or rule group", e);
}
