/* The text of one rule of ours. */
#include "outside/wafrules.h"

#include <string.h>

#include "values/jsonslice.h"

static void
add_reference(struct buf *b, const struct wafrule_want *w,
	      const struct wafrules_config *c, size_t i)
{
	if (w->group) {
		(void)buf_addf(b, "{\"RuleGroupReferenceStatement\":{\"ARN\":"
			       "\"%s\"}}", w->arn[i]);
		return;
	}
	(void)buf_addf(b, "{\"IPSetReferenceStatement\":{\"ARN\":\"%s\"",
		       w->arn[i]);
	if (c->header != NULL)
		(void)buf_addf(b, ",\"IPSetForwardedIPConfig\":{\"HeaderName\":"
			       "\"%s\",\"FallbackBehavior\":\"%s\","
			       "\"Position\":\"%s\"}", c->header, c->fallback,
			       c->position);
	(void)buf_addstr(b, "}}");
}

static void
add_statement(struct buf *b, const struct wafrule_want *w,
	      const struct wafrules_config *c, bool probe)
{
	const size_t n = probe ? w->wcu : w->n;
	size_t i;

	if (n > 1)
		(void)buf_addstr(b, "{\"OrStatement\":{\"Statements\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)buf_addstr(b, ",");
		if (probe)
			(void)buf_addstr(b, "{\"GeoMatchStatement\":"
					 "{\"CountryCodes\":[\"AQ\"]}}");
		else
			add_reference(b, w, c, i);
	}
	if (n > 1)
		(void)buf_addstr(b, "]}}");
}

/* The action that is there, if it is of the wanted kind. */
static void
add_action(struct buf *b, const struct wafrule_want *w,
	   const struct wafrules_config *c, const struct wafrule *old,
	   bool probe)
{
	const char *member = w->group && !probe ? "OverrideAction" : "Action";
	const char *kind = w->group && !probe ? "None" : c->action[w->verdict];
	struct span action, key, value;
	size_t at = 0;

	if (old != NULL && jsonslice_find(old->text, member, &action) &&
	    jsonslice_member(action, &at, &key, &value) && span_is(key, kind))
		(void)buf_addf(b, ",\"%s\":%.*s", member, (int)action.n,
			       action.p);
	else
		(void)buf_addf(b, ",\"%s\":{\"%s\":{}}", member, kind);
}

/* What else the rule carries. */
static void
add_rest(struct buf *b, const struct wafrule_want *w, const struct wafrule *old)
{
	static const char *const own[] = {"Name", "Priority", "Statement",
					  "Action", "OverrideAction"};
	bool visible = false;
	struct span key, value;
	size_t at = 0, i;

	while (old != NULL && jsonslice_member(old->text, &at, &key, &value)) {
		for (i = 0; i < sizeof(own) / sizeof(*own); i++)
			if (span_is(key, own[i]))
				break;
		if (i < sizeof(own) / sizeof(*own) || span_is(value, "null"))
			continue;
		visible |= span_is(key, "VisibilityConfig");
		(void)buf_addf(b, ",\"%.*s\":%.*s", (int)key.n, key.p,
			       (int)value.n, value.p);
	}
	if (!visible)
		(void)buf_addf(b, ",\"VisibilityConfig\":{"
			       "\"SampledRequestsEnabled\":true,"
			       "\"CloudWatchMetricsEnabled\":true,"
			       "\"MetricName\":\"%s\"}", w->name);
}

void
wafrule_put(struct buf *b, const struct wafrule_want *w,
	    const struct wafrules_config *c, const struct wafrule *old,
	    bool probe)
{
	(void)buf_addf(b, "{\"Name\":\"%s\",\"Priority\":%lld,\"Statement\":",
		       w->name, (long long)w->priority);
	add_statement(b, w, c, probe);
	add_action(b, w, c, old, probe);
	add_rest(b, w, old);
	(void)buf_addstr(b, "}");
}

bool
wafrule_is_as_wanted(const struct wafrule_want *w,
		     const struct wafrules_config *c,
		     const struct wafrule *old)
{
	const char *member = w->group ? "OverrideAction" : "Action";
	const char *kind = w->group ? "None" : c->action[w->verdict];
	const json_t *action = json_object_get(old->json, member);
	json_t *statement;
	struct buf b;
	bool same;

	if (w->priority != old->priority ||
	    json_object_get(action, kind) == NULL)
		return false;
	buf_init(&b, AWS_ANSWER_MAX);
	add_statement(&b, w, c, false);
	statement = b.failed ? NULL : json_loadb(b.p, b.n, 0, NULL);
	same = json_equal(statement, json_object_get(old->json, "Statement"));
	json_decref(statement);
	buf_free(&b);
	return same;
}
