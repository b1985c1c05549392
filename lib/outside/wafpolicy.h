/*
 * What a set stream wants of AWS WAF: its sets, each with its prefixes.
 *
 * Entries that have expired are counted and left out. A /0 is EX_DATAERR. What
 * is both blocked and allowed is cut out of what is blocked.
 */
#ifndef TS_OUTSIDE_WAFPOLICY_H
#define TS_OUTSIDE_WAFPOLICY_H

#include "base/out.h"
#include "outside/wafv2.h"

#define WAFPOLICY_SETS_MAX 5000 /* WCU of a web ACL */

struct wafpolicy_set {
	struct set_name name;
	struct entries want;
};

struct wafpolicy {
	struct wafpolicy_set **set; /* allow before block, ip4 before ip6 */
	size_t n, cap;
	int64_t now;
	uint64_t records, expired;
	size_t overlaps;   /* entries of block sets that were cut */
	struct cidr first; /* what was cut out first */
	size_t left_out;   /* entries of sets over the number allowed */
};

void wafpolicy_init(struct wafpolicy *p, int64_t now);
void wafpolicy_free(struct wafpolicy *p);
/* The whole stream of that path ("-": standard input). EX_DATAERR where a set
 * has more than WAFV2_SET_MAX prefixes. What is used is written to copy too, if
 * there is one. */
int wafpolicy_read(struct wafpolicy *p, const char *path, struct out *copy,
		   struct err *e);
/* Leaves out the sets over max, block sets of the highest numbers first. */
void wafpolicy_cap(struct wafpolicy *p, size_t max);
size_t wafpolicy_entries(const struct wafpolicy *p);
/* Order of sets: allow ip4, allow ip6, block ip4, block ip6; then by number. */
unsigned wafpolicy_group(const struct set_name *name);

#endif
