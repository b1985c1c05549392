/*
 * Response policy zones: what an owner name triggers on, and what its data say
 * to do, as BIND reads them (draft-vixie-dnsop-dns-rpz-00, sections 3 and 4).
 *
 * Addresses stand in owner names as LENGTH, then the octets, or the hexadecimal
 * words with "zz" for "::", from the right. One encoding of a prefix is
 * canonical (the RFC 5952 one); BIND finds no other, nor one with bits set
 * behind the prefix, so neither is taken for a trigger here.
 */
#ifndef TS_VALUES_RPZ_H
#define TS_VALUES_RPZ_H

#include "values/policy.h"

enum rpz_trigger {
	RPZ_QNAME, RPZ_IP, RPZ_CLIENT_IP, RPZ_NSDNAME, RPZ_NSIP,
	RPZ_TRIGGERS
};

/* "qname" "ip" "client-ip" "nsdname" "nsip" */
const char *rpz_trigger_text(enum rpz_trigger t);

/*
 * From an owner, canonical and relative to the zone, to trigger, kind and value
 * of rec (rec->name is part of the owner). *self is the owner without the label
 * that tells the trigger. NULL, or what is wrong with it; *t is set in any case.
 */
const char *rpz_trigger(struct span owner, enum rpz_trigger *t,
			struct span *self, struct policy *rec);

/* True for an owner that is, or is below, the label of a trigger. */
bool rpz_has_trigger_label(struct span owner);

/* From the target of a CNAME, canonical (the root being empty), to verdict and
 * response of a rec whose kind is set; borrows the target. NULL, or why this
 * kind cannot have it. */
const char *rpz_cname(struct span target, struct span self,
		      struct policy *rec);
/* The same for any other data. */
void rpz_data(struct policy *rec);

/* True for a target that looks like an action and is none: its last label
 * begins with "rpz-". */
bool rpz_is_reserved(struct span target);

/* LENGTH and address as they stand in an owner; at most RPZ_ADDR_MAX. */
#define RPZ_ADDR_MAX 44
size_t rpz_format_addr(const struct cidr *c, char *dst);

#endif
