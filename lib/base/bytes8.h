/*
 * Eight bytes at a time in one register, for loops that look at every byte of
 * every line. The first byte is the lowest on any machine. A result has the
 * high bit of each byte that fits set, and no other bit.
 */
#ifndef TS_BASE_BYTES8_H
#define TS_BASE_BYTES8_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES8(c) (UINT64_C(0x0101010101010101) * (unsigned char)(c))
#define BYTES8_HIGH BYTES8(0x80)

static inline uint64_t
bytes8_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

static inline void
bytes8_store(char *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, 8);
}

/* n bytes, fewer than 8, and fill behind them; reads no byte behind the end
 * and, of at least 8 bytes from start, some in front of p. */
static inline uint64_t
bytes8_load_tail(const char *start, const char *p, size_t n, char fill)
{
	uint64_t v = 0;
	size_t i;

	if (n == 0)
		return BYTES8(fill);
	if (p - start >= (ptrdiff_t)(8 - n)) {
		v = bytes8_load(p + n - 8) >> (64 - 8 * n);
	} else {
		for (i = 0; i < n; i++)
			v |= (uint64_t)(unsigned char)p[i] << (8 * i);
	}
	return v | BYTES8(fill) << (8 * n);
}

/* Bytes that are c. */
static inline uint64_t
bytes8_is(uint64_t v, char c)
{
	const uint64_t x = v ^ BYTES8(c);

	return ~(((x & ~BYTES8_HIGH) + ~BYTES8_HIGH) | x) & BYTES8_HIGH;
}

/* Bytes of at least c, which is within 1..127, for bytes up to 127; others are
 * their lower seven bits here. */
static inline uint64_t
bytes8_from(uint64_t v, unsigned char c)
{
	return ((v & ~BYTES8_HIGH) + BYTES8(0x80 - c)) & BYTES8_HIGH;
}

/* Where the first of them is; there must be one. */
static inline size_t
bytes8_first(uint64_t found)
{
	return (size_t)__builtin_ctzll(found) / 8;
}

#endif
