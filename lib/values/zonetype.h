/*
 * The words in front of a record's data in a master file: TTL, class and type,
 * RFC 1035 5.1, in any case; numbers in the form of RFC 3597 (TYPE65534).
 */
#ifndef TS_VALUES_ZONETYPE_H
#define TS_VALUES_ZONETYPE_H

#include "values/stream.h"

/* Types that matter to a reader of policy; all others that exist are OTHER. */
enum zone_type {
	ZONE_CNAME, ZONE_DNAME, ZONE_A, ZONE_AAAA, ZONE_SOA, ZONE_NS,
	ZONE_DNSSEC, /* RRSIG, NSEC, NSEC3 and their ancestors */
	ZONE_OTHER,
};

enum zone_class { ZONE_NOT_CLASS, ZONE_CLASS_IN, ZONE_CLASS_OTHER };

/* False where no type has the name. */
bool zone_find_type(struct span s, enum zone_type *type);
enum zone_class zone_find_class(struct span s);
/* "3600", or "1h30m" as name servers read it; the value is of no interest. */
bool zone_is_ttl(struct span s);
bool zone_is_word(struct span s, const char *word);

#endif
