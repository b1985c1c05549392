/*
 * What our objects are called at AWS WAF:
 *
 *	block-ip4-0	TS_bIPSet_0	block-ip6-0	TS_bIPSet6_0
 *	allow-ip4-0	TS_aIPSet_0	allow-ip6-0	TS_aIPSet6_0
 *	rules, and rule groups	TS_ThreatSTOP-allow_0, TS_ThreatSTOP-block_0
 */
#ifndef TS_OUTSIDE_WAFNAMES_H
#define TS_OUTSIDE_WAFNAMES_H

#include "values/setrec.h"

#define WAF_NAME_MAX 128 /* of an entity; buffers have one byte more */
#define WAF_PREFIX_MAX 64

/* NULL, or what is wrong with it: a prefix is letters and digits, the name of a
 * web ACL these, '-' and '_', that of a header these and '-'. */
const char *wafname_check(const char *prefix);
const char *wafname_check_entity(const char *name);
const char *wafname_check_header(const char *name);
void wafname_set(const char *prefix, const struct set_name *set,
		 char dst[WAF_NAME_MAX + 1]);
void wafname_rule(const char *prefix, enum verdict v, uint32_t number,
		  char dst[WAF_NAME_MAX + 1]);

/* Of any prefix, which is n bytes of name. */
bool wafname_parse_set(const char *name, struct span *prefix,
		       struct set_name *set);
bool wafname_parse_rule(const char *name, struct span *prefix, enum verdict *v,
			uint32_t *number);

#endif
