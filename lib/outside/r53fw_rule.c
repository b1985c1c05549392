#include "outside/r53fw_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const actions[] = {"ALLOW", "BLOCK", "ALERT"};
static const char *const blocks[] = {"NODATA", "NXDOMAIN", "OVERRIDE"};

const char *
r53_action_text(enum r53_action a)
{
	return actions[a];
}

const char *
r53_block_text(enum r53_block b)
{
	return blocks[b];
}

int
r53_group_get(struct r53 *r, struct r53_group *g, struct err *e)
{
	json_t *a, *o;
	bool ok;

	if (r53_call(r, "GetFirewallRuleGroup",
		 json_pack("{ss}", "FirewallRuleGroupId", r->group), &a, e) < 0)
		return -1;
	o = json_object_get(a, "FirewallRuleGroup");
	ok = r53_text(o, "Name", g->name, sizeof(g->name)) &&
	     r53_text(o, "Arn", g->arn, sizeof(g->arn)) &&
	     r53_text(o, "ShareStatus", g->share, sizeof(g->share)) &&
	     r53_text(o, "Status", g->status, sizeof(g->status));
	json_decref(a);
	return ok ? 0 : r53_strange("GetFirewallRuleGroup", "group", e);
}

static int
word_of(const json_t *o, const char *key, const char *const *words, int n)
{
	const char *const s = json_string_value(json_object_get(o, key));
	int i;

	for (i = 0; s != NULL && i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return i;
	return -1;
}

static bool
read_does(const json_t *o, struct r53_does *d)
{
	const int action = word_of(o, "Action", actions, 3);
	const int block = word_of(o, "BlockResponse", blocks, 3);
	const char *const redirection = json_string_value(
		json_object_get(o, "FirewallDomainRedirectionAction"));
	size_t n;

	*d = (struct r53_does){0};
	if (action < 0 || (action == R53_BLOCK && block < 0))
		return false;
	d->action = (enum r53_action)action;
	d->trust = redirection != NULL &&
		   strcmp(redirection, "TRUST_REDIRECTION_DOMAIN") == 0;
	if (action != R53_BLOCK)
		return true;
	d->block = (enum r53_block)block;
	if (block != R53_OVERRIDE)
		return true;
	d->ttl = (uint32_t)json_integer_value(
		json_object_get(o, "BlockOverrideTtl"));
	if (!r53_text(o, "BlockOverrideDomain", d->target, sizeof(d->target)))
		return false;
	n = strlen(d->target);
	if (n > 0 && d->target[n - 1] == '.')
		d->target[n - 1] = '\0';
	return true;
}

static int
read_rule(const json_t *o, void *to, struct err *e)
{
	struct r53_rule *const rule = to;

	*rule = (struct r53_rule){
		.narrow = json_object_get(o, "Qtype") != NULL,
		.priority = json_integer_value(json_object_get(o, "Priority"))};
	if (!r53_text(o, "FirewallDomainListId", rule->list,
		     sizeof(rule->list)) ||
	    !r53_text(o, "Name", rule->name, sizeof(rule->name)) ||
	    !r53_text(o, "CreatorRequestId", rule->creator,
		     sizeof(rule->creator)) ||
	    !read_does(o, &rule->does))
		return r53_strange("ListFirewallRules", "rule", e);
	return 0;
}

int
r53_rules(struct r53 *r, struct r53_rule **v, size_t *n, struct err *e)
{
	static const struct r53_paged p = {"ListFirewallRules", "FirewallRules",
					   R53_PAGE, read_rule};
	void *all;
	const int rc = r53_all(r, &p, json_pack("{ss}", "FirewallRuleGroupId",
						r->group),
			       sizeof(**v), &all, n, e);

	*v = all;
	return rc;
}

/* The members that create and update share. */
static json_t *
rule_body(const struct r53 *r, const struct r53_rule *rule)
{
	const struct r53_does *const d = &rule->does;
	json_t *o = json_pack(
		"{ss ss sI ss ss ss}", "FirewallRuleGroupId", r->group,
		"FirewallDomainListId", rule->list, "Priority",
		(json_int_t)rule->priority, "Action", actions[d->action],
		"Name", rule->name, "FirewallDomainRedirectionAction",
		d->trust ? "TRUST_REDIRECTION_DOMAIN"
			 : "INSPECT_REDIRECTION_DOMAIN");
	int rc = 0;

	if (o == NULL || d->action != R53_BLOCK)
		return o;
	rc |= json_object_set_new(o, "BlockResponse",
				  json_string(blocks[d->block]));
	if (d->block == R53_OVERRIDE) {
		rc |= json_object_set_new(o, "BlockOverrideDomain",
					  json_string(d->target));
		rc |= json_object_set_new(o, "BlockOverrideDnsType",
					  json_string("CNAME"));
		rc |= json_object_set_new(o, "BlockOverrideTtl",
					  json_integer(d->ttl));
	}
	if (rc == 0)
		return o;
	json_decref(o);
	return NULL;
}

int
r53_rule_create(struct r53 *r, const struct r53_rule *rule, struct err *e)
{
	json_t *o = rule_body(r, rule);

	if (o != NULL && json_object_set_new(o, "CreatorRequestId",
					     json_string(rule->creator)) < 0) {
		json_decref(o);
		o = NULL;
	}
	return r53_call(r, "CreateFirewallRule", o, NULL, e);
}

int
r53_rule_update(struct r53 *r, const struct r53_rule *rule, struct err *e)
{
	return r53_call(r, "UpdateFirewallRule", rule_body(r, rule), NULL, e);
}

int
r53_rule_delete(struct r53 *r, const char *list, struct err *e)
{
	return r53_call(r, "DeleteFirewallRule",
		    json_pack("{ss ss}", "FirewallRuleGroupId", r->group,
			      "FirewallDomainListId", list), NULL, e);
}
