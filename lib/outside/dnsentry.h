/*
 * The entries of a list published in DNS: addresses (A, AAAA), prefixes and
 * exceptions (APL, RFC 3123), strings (TXT). Taken from records in any order,
 * written sorted and each once, so that two fetches of one list are equal:
 *
 *	192.0.2.1		A, AAAA
 *	192.0.2.0/24		APL
 *	!192.0.2.64/26		APL, negated: an exception
 *	device=17		one line for each string of a TXT record
 *
 * What a prefix has behind its length is left for ts-feed2list to judge. In a
 * string, all but printable ASCII and the backslash itself are written \xHH.
 * Strings stay in the order of their record.
 */
#ifndef TS_OUTSIDE_DNSENTRY_H
#define TS_OUTSIDE_DNSENTRY_H

#include "base/buf.h"
#include "base/out.h"
#include "outside/dnswire.h"

struct dns_address;
struct dns_strings;

struct dnsentry {
	struct dns_address *address;
	size_t addresses, address_cap;
	struct dns_strings *txt;
	size_t txts, txt_cap;
	struct buf text; /* data of the TXT records */
	size_t max;	 /* of addresses, and of TXT records */
};

void dnsentry_init(struct dnsentry *d, size_t max, size_t max_bytes);
void dnsentry_free(struct dnsentry *d);

/* A record of one of these types; EX_DATAERR where it is malformed. An APL
 * record without items, or a TXT record of empty strings, adds nothing. */
int dnsentry_take(struct dnsentry *d, const struct dns_msg *m,
		  const struct dns_rr *rr, struct err *e);
/* How many there are, before duplicates go. */
size_t dnsentry_count(const struct dnsentry *d);
/* Sorts and writes; the number of lines. */
uint64_t dnsentry_write(struct dnsentry *d, struct out *o);

#endif
