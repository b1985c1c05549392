/*
 * Prefixes as plain numbers, for the algebra of address sets.
 *
 * An address is left-aligned in 128 bits whatever its family, as in struct
 * cidr: an IPv4 prefix of length n is the same block of this space as any other
 * prefix of length n. So order, nesting, siblings and ranges are one code for
 * both; only who packs and prints them knows the family.
 */
#ifndef TS_SENSE_PREFIX_H
#define TS_SENSE_PREFIX_H

#include <stdbool.h>

#include "values/cidr.h"

__extension__ typedef unsigned __int128 addr128;

#define ADDR128_MAX (~(addr128)0)

struct prefix {
	addr128 addr; /* bits behind len are zero */
	uint8_t len;
};

static inline addr128
addr128_of(uint64_t hi, uint64_t lo)
{
	return (addr128)hi << 64 | lo;
}

static inline addr128
prefix_last(addr128 addr, unsigned len)
{
	return addr | (len >= 128 ? 0 : ADDR128_MAX >> len);
}

static inline struct cidr
prefix_cidr(const struct prefix *p, uint8_t family)
{
	return (struct cidr){(uint64_t)(p->addr >> 64), (uint64_t)p->addr,
			     family, p->len};
}

/* The length of the widest prefix that starts at first and ends by last. */
static inline unsigned
prefix_fit(addr128 first, addr128 last)
{
	const addr128 span = last - first + 1; /* 0: the whole space */
	const uint64_t lo = (uint64_t)first, hi = (uint64_t)(first >> 64);
	/* Trailing zero bits of first: how wide it may be at all. */
	const int align = lo != 0   ? __builtin_ctzll(lo)
			  : hi != 0 ? 64 + __builtin_ctzll(hi)
				    : 128;
	const uint64_t slo = (uint64_t)span, shi = (uint64_t)(span >> 64);
	const int room = shi != 0   ? 127 - __builtin_clzll(shi)
			 : slo != 0 ? 63 - __builtin_clzll(slo)
				    : 128;

	return 128 - (unsigned)(align < room ? align : room);
}

#endif
