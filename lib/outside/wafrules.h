/*
 * The rules of a web ACL or rule group as text: what is there, which of them are
 * ours, and the whole anew with ours as they shall be.
 *
 * All that is not ours goes back byte for byte: members of the ACL and rules
 * are spans of the answer that brought them. Of a rule of ours, the statement
 * and the kind of its action are decided here; what else it carries (labels, a
 * custom response, settings of its metric) is kept as it was found.
 */
#ifndef TS_OUTSIDE_WAFRULES_H
#define TS_OUTSIDE_WAFRULES_H

#include <jansson.h>

#include "outside/wafv2.h"

#define WAFRULES_MAX 2000 /* of a web ACL */
#define WAFRULES_ROOM 100 /* priorities that are made free at the top */

enum waf_place { WAF_TOP, WAF_BOTTOM, WAF_AT };

/* Strings borrowed. */
struct wafrules_config {
	const char *action[2]; /* by verdict: "Block", "Count", "Allow" */
	/* of a forwarded-IP header; NULL for the address of the peer */
	const char *header, *position, *fallback;
	enum waf_place place;
	int64_t at; /* of WAF_AT: priority of the first */
	bool make_room;
};

/* A rule that there was. */
struct wafrule {
	struct span text;
	char name[WAF_NAME_MAX + 1];
	int64_t priority;
	bool ours;
	bool taken; /* by a wanted rule of this name */
	json_t *json;
};

struct wafrules {
	struct span object; /* the web ACL or rule group */
	struct wafrule *v;
	size_t n;
};

/* A rule of ours that there shall be; in order, allow before block. */
struct wafrule_want {
	char name[WAF_NAME_MAX + 1];
	enum verdict verdict;
	const char **arn; /* sets, or the one group */
	size_t n;
	bool group;
	unsigned wcu;
	/* result of wafrules_compose */
	int64_t priority;
	enum { WAFRULE_KEEP, WAFRULE_CHANGE, WAFRULE_CREATE } todo;
};

/* "top", "bottom", or a priority; NULL is the top. False for anything else. */
bool wafrules_parse_place(struct wafrules_config *c, const char *text);
/* WCU of a reference to an IP set. */
unsigned wafrules_unit(const struct wafrules_config *c);

/* object is "WebACL" or "RuleGroup" in text, which must outlive r. A rule is
 * ours by its name with this prefix; or by a name of ours with another prefix,
 * where owned knows all that it refers to. */
int wafrules_parse(struct wafrules *r, const struct buf *text,
		   const char *object, const char *prefix,
		   bool (*owned)(void *ctx, const char *arn), void *ctx,
		   struct err *e);
void wafrules_free(struct wafrules *r);
/* Calls each with every ARN of a reference statement within. */
void wafrules_references(const json_t *rule,
			 void (*each)(void *ctx, const char *arn), void *ctx);
/* Reference statements of the rules that are not ours. */
size_t wafrules_foreign_references(const struct wafrules *r);

/*
 * The array of all rules, into rules (emptied before). *changed: it says other
 * than what is there; *raised: by how much the priorities of others are. EX_CONFIG
 * where there is no room for ours. probe: instead of references, statements of
 * the same capacity that refer to nothing.
 */
int wafrules_compose(const struct wafrules *have, struct wafrule_want *want,
		     size_t n, const struct wafrules_config *c, bool probe,
		     struct buf *rules, bool *changed, int64_t *raised,
		     struct err *e);
/* Members for UpdateWebACL or UpdateRuleGroup: all that may be sent back, with
 * these rules; description NULL: the one that it has. */
int wafrules_members(const struct wafrules *have, const char *description,
		     const struct buf *rules, struct buf *members,
		     struct err *e);
/* ---- wafrule.c */

/* old: the rule of that name that is there, or NULL. */
void wafrule_put(struct buf *b, const struct wafrule_want *w,
		 const struct wafrules_config *c, const struct wafrule *old,
		 bool probe);
/* Then its text can stay. */
bool wafrule_is_as_wanted(const struct wafrule_want *w,
			  const struct wafrules_config *c,
			  const struct wafrule *old);

#endif
