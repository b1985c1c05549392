#include "sense/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Interned: verdict and three columns, each ended by a NUL. A rule's number is
 * twice that of its text and two more, odd for allow: what both tables want.
 */
#define RULE_TEXT_MAX (1 + NAME_TEXT_MAX + 16 + POLICY_SOURCE_MAX + 24)

static char *
add_bytes(char *to, struct span s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

static char *
add_text(char *to, const char *text)
{
	return add_bytes(to, (struct span){text, strlen(text)});
}

static int
add_rule(struct lookup *l, const struct policy *rec, uint32_t *rule,
	 struct err *e)
{
	char text[RULE_TEXT_MAX], *p = text;
	uint32_t id;
	size_t n;

	p = add_text(p, response_text(rec->response));
	if (rec->target.n > 0) {
		*p++ = '=';
		p = add_bytes(p, rec->target);
	}
	*p++ = '\0';
	p = add_bytes(p, rec->source);
	*p++ = '\0';
	if (rec->expires == POLICY_NO_EXPIRY)
		*p++ = '-';
	else
		p += snprintf(p, 24, "%" PRId64, rec->expires);
	*p++ = '\0';
	n = (size_t)(p - text);
	if (intern_add(&l->rules, text, n, &id, e) < 0)
		return -1;
	if (id >= UINT32_MAX / 2 - 1)
		return err_set(e, EX_DATAERR, "too many different records");
	*rule = 2 * (id + 1) + (rec->verdict == VERDICT_ALLOW);
	return 0;
}

static void
set_rule(const struct lookup *l, uint32_t rule, struct lookup_answer *a)
{
	size_t n;

	a->verdict = rule & 1 ? LOOKUP_ALLOW : LOOKUP_BLOCK;
	a->response = intern_get(&l->rules, rule / 2 - 1, &n);
	a->source = a->response + strlen(a->response) + 1;
	a->expires = a->source + strlen(a->source) + 1;
}

static int
add(struct lookup *l, const struct policy *rec, uint32_t rule, struct err *e)
{
	struct name_node *node;
	int64_t at;

	if (!kind_is_name(rec->kind))
		return cidrtab_add(&l->prefixes, &rec->cidr, rule, e);
	at = nametab_add(&l->names, rec->name, e);
	if (at < 0)
		return -1;
	node = &l->names.node[at];
	if (node->rule == 0 || (rule & 1) > (node->rule & 1))
		node->rule = rule;
	return 0;
}

static bool
is_of(enum kind k, enum lookup_side side)
{
	switch (k) {
	case KIND_IP4:
	case KIND_IP6:
	case KIND_NAME:
		return side == LOOKUP_ANSWER;
	case KIND_CLIENT4:
	case KIND_CLIENT6:
		return side == LOOKUP_CLIENT;
	default:
		return side == LOOKUP_SERVER;
	}
}

static int
load(struct lookup *l, struct policy_reader *r, enum lookup_side side,
     int64_t now, struct err *e)
{
	enum stream_result res;
	bool known = false;
	struct policy rec;
	uint32_t rule = 0;

	while ((res = policy_next(r, &rec, e)) == STREAM_RECORD) {
		l->records++;
		known = known && r->same;
		if (rec.expires <= now) {
			l->expired++;
			continue;
		}
		if (!is_of(rec.kind, side)) {
			l->other++;
			continue;
		}
		if (!known && add_rule(l, &rec, &rule, e) < 0)
			return -1;
		known = true;
		if (add(l, &rec, rule, e) < 0)
			return -1;
	}
	return res < 0 ? -1 : 0;
}

int
lookup_load(struct lookup *l, const char *path, enum lookup_side side,
	    int64_t now, struct err *e)
{
	struct policy_reader *r;
	int rc;

	*l = (struct lookup){.records = 0};
	if (nametab_init(&l->names, e) < 0)
		return -1;
	r = malloc(sizeof(*r));
	if (r == NULL) {
		lookup_free(l);
		return err_mem(e);
	}
	rc = policy_open_sets(r, path, e);
	if (rc == 0) {
		l->meaning = r->names;
		rc = load(l, r, side, now, e);
		policy_close(r);
	}
	free(r);
	cidrtab_finish(&l->prefixes);
	if (rc < 0)
		lookup_free(l);
	return rc;
}

void
lookup_free(struct lookup *l)
{
	nametab_free(&l->names);
	cidrtab_free(&l->prefixes);
	intern_free(&l->rules);
}

/* The node whose record decides, or NAMETAB_NONE. */
static uint32_t
decide(const struct lookup *l, const struct name_found *f)
{
	const struct name_node *const node = l->names.node;

	if (f->exact && node[f->node].rule != 0)
		return f->node;
	if (l->meaning == NAMES_LIST)
		return f->star;
	if (f->exact)
		return NAMETAB_NONE;
	/* The closest encloser's own "*" or none, RFC 4592 3.3.1. */
	return node[f->node].star == f->star ? f->star : NAMETAB_NONE;
}

/* BIND: CNAME to the name asked for is passthru, wherever it was found. */
static bool
is_own_name(const char *response, struct span name)
{
	return strncmp(response, "redirect=", 9) == 0 &&
	       span_is(name, response + 9);
}

void
lookup_name(const struct lookup *l, struct span name, struct lookup_answer *a)
{
	struct name_found f;
	uint32_t node;

	*a = (struct lookup_answer){.verdict = LOOKUP_NONE};
	nametab_find(&l->names, name, &f);
	node = decide(l, &f);
	if (node == NAMETAB_NONE) {
		if (f.star != NAMETAB_NONE)
			a->name = nametab_text(&l->names, f.node);
		return;
	}
	a->name = nametab_text(&l->names, node);
	set_rule(l, l->names.node[node].rule, a);
	if (l->meaning == NAMES_RPZ && is_own_name(a->response, name)) {
		a->verdict = LOOKUP_ALLOW;
		a->response = response_text(RESPONSE_PASSTHRU);
	}
}

void
lookup_cidr(const struct lookup *l, const struct cidr *c,
	    struct lookup_answer *a)
{
	const struct cidr_rule *const r = cidrtab_find(&l->prefixes, c);

	*a = (struct lookup_answer){.verdict = LOOKUP_NONE};
	if (r != NULL) {
		a->cidr = r->cidr;
		set_rule(l, r->rule, a);
	}
	if (c->len < cidr_max_len(c->family) &&
	    cidrtab_differs(&l->prefixes, c, r))
		a->verdict = LOOKUP_PART;
}
