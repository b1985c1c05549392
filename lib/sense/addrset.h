/*
 * Prefixes of one family in bulk, each with a number that says what is known
 * of it, brought into order: by address, then length (the wider first).
 *
 * 8 bytes an IPv4 entry, 24 an IPv6 one; sorting needs no more than half a
 * megabyte beside them.
 */
#ifndef TS_SENSE_ADDRSET_H
#define TS_SENSE_ADDRSET_H

#include "base/bulk.h"
#include "sense/prefix.h"

#define ADDRSET_TAG_BITS 26
#define ADDRSET_TAG_MAX (((uint32_t)1 << ADDRSET_TAG_BITS) - 1)
#define ADDRSET_MAX ((size_t)1 << 32) /* entries */

struct addrset_v6 {
	uint64_t hi, lo;
	uint32_t tag;
	uint8_t len;
};

struct addrset {
	uint8_t family; /* enum cidr_family, set before the first add */
	size_t n, cap;
	struct bulk bulk; /* of one of these: */
	uint64_t *v4;	  /* address, 6 bits of length, tag */
	struct addrset_v6 *v6;
};

struct addrset_entry {
	addr128 addr;
	uint32_t tag;
	uint8_t len;
};

void addrset_free(struct addrset *s);
int addrset_add(struct addrset *s, const struct cidr *c, uint32_t tag,
		struct err *e);
/* The same for many; and for IPv4 as address << 32 | length. */
int addrset_add_many(struct addrset *s, const struct cidr *c, size_t n,
		     uint32_t tag, struct err *e);
int addrset_add4(struct addrset *s, const uint64_t *v, size_t n, uint32_t tag,
		 struct err *e);
/* Entries that differ in the tag alone come in any order. */
int addrset_sort(struct addrset *s, struct err *e);

static inline struct addrset_entry
addrset_get(const struct addrset *s, size_t i)
{
	if (s->family == CIDR_V4) {
		const uint64_t v = s->v4[i];

		return (struct addrset_entry){
			addr128_of(v >> 32 << 32, 0),
			(uint32_t)v & ADDRSET_TAG_MAX,
			v >> ADDRSET_TAG_BITS & 63};
	}
	return (struct addrset_entry){addr128_of(s->v6[i].hi, s->v6[i].lo),
				      s->v6[i].tag, s->v6[i].len};
}

#endif
