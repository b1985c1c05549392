/*
 * Calls of AWS WAFv2, one function each; what they mean is the caller's.
 *
 * Every function returns 0, or -1 with e and, where the service refused, its
 * code in w->error.
 */
#ifndef TS_OUTSIDE_WAFV2_H
#define TS_OUTSIDE_WAFV2_H

#include "outside/aws.h"
#include "outside/wafnames.h"
#include "sense/entries.h"

#define WAFV2_SET_MAX 10000	 /* addresses of an IP set */
#define WAFV2_REFERENCES_MAX 50	 /* of a web ACL, and of a rule group */
#define WAFV2_CAPACITY_MAX 5000	 /* WCU of a web ACL, and of a rule group */
#define WAFV2_ITEMS_MAX 20000	 /* of one kind, that we would list */
#define WAFV2_PAGE 100
/* Between two calls of one operation; 1 and 5 a second are allowed. */
#define WAFV2_WRITE_MS 1050
#define WAFV2_READ_MS 210

enum wafv2_kind { WAFV2_IP_SET, WAFV2_RULE_GROUP, WAFV2_WEB_ACL };

/* What a list tells of each item; "" for what is absent. */
struct wafv2_item {
	char name[WAF_NAME_MAX + 1];
	char id[40], token[40];
	char description[260];
	char arn[512];
};

struct wafv2 {
	struct aws *aws;   /* borrowed */
	const char *scope; /* "REGIONAL", "CLOUDFRONT" */
	unsigned write_ms;
	struct aws_error error; /* of the last call that failed */
};

/* Called for each item; a value other than 0 ends the list with it. */
typedef int wafv2_each(void *ctx, const struct wafv2_item *item, struct err *e);

/* All pages; those behind one after which enough (may be NULL) is true are not
 * asked for. */
int wafv2_list(struct wafv2 *w, enum wafv2_kind kind, wafv2_each *each,
	       bool (*enough)(void *ctx), void *ctx, struct err *e);

/* What the set holds, sorted, into es, whose family it must be of (EX_CONFIG);
 * and its token and description. */
int wafv2_get_set(struct wafv2 *w, struct wafv2_item *item, struct entries *es,
		  struct err *e);
/* Its content is want and, where there is one, n prefixes of hold; item has name
 * and description, and gets the rest. */
int wafv2_create_set(struct wafv2 *w, struct wafv2_item *item, uint8_t family,
		     const struct entries *want, const struct cidr *hold,
		     size_t n, struct err *e);
int wafv2_update_set(struct wafv2 *w, struct wafv2_item *item,
		     const struct entries *want, const struct cidr *hold,
		     size_t n, struct err *e);

/* The answer's text, which has been accepted by a parser, into text, emptied
 * before; the item's token. */
int wafv2_get_text(struct wafv2 *w, enum wafv2_kind kind,
		   struct wafv2_item *item, struct buf *text, struct err *e);
/* members is JSON text of members to go in behind those that name the item,
 * each with a comma in front. */
int wafv2_update(struct wafv2 *w, enum wafv2_kind kind,
		 struct wafv2_item *item, const struct buf *members,
		 struct err *e);
int wafv2_create_group(struct wafv2 *w, struct wafv2_item *item,
		       const struct buf *members, struct err *e);
int wafv2_delete(struct wafv2 *w, enum wafv2_kind kind,
		 const struct wafv2_item *item, struct err *e);
/* rules is the text of an array. */
int wafv2_capacity(struct wafv2 *w, const struct buf *rules, uint64_t *wcu,
		   struct err *e);

/* What the last refusal was. */
bool wafv2_is_conflict(const struct wafv2 *w); /* somebody else changed it */
bool wafv2_is_not_yet(const struct wafv2 *w);  /* what is new is not seen yet */
bool wafv2_is_in_use(const struct wafv2 *w);
bool wafv2_is_gone(const struct wafv2 *w);
bool wafv2_is_there(const struct wafv2 *w); /* the name exists already */

#endif
