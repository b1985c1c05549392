/*
 * IPv4 text out of a block of bytes, at some nanoseconds an address: for the
 * readers and writers of bulk. Everything it refuses is left to cidr_parse,
 * which knows why.
 */
#ifndef TS_VALUES_IP4SCAN_H
#define TS_VALUES_IP4SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define IP4SCAN_READS 24 /* bytes that must be readable from its start on */

/* Which of 16 bytes are no digits, and which are dots; bit 0 is the first. */
static inline void
ip4scan_masks(const char *p, unsigned *other, unsigned *dots)
{
#ifdef __SSE2__
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i d = _mm_sub_epi8(v, _mm_set1_epi8('0'));
	const __m128i digit =
		_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d);

	*other = ~(unsigned)_mm_movemask_epi8(digit) & 0xffff;
	*dots = (unsigned)_mm_movemask_epi8(
		_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
#else
	unsigned i;

	for (*other = *dots = i = 0; i < 16; i++) {
		*other |= (unsigned)((unsigned char)(p[i] - '0') > 9) << i;
		*dots |= (unsigned)(p[i] == '.') << i;
	}
#endif
}

/* The number of n digits at p, which is an octet; else *bad becomes true. */
static inline uint32_t
ip4scan_octet(const char *p, unsigned n, bool *bad)
{
	uint32_t w, digits;

	memcpy(&w, p, 4);
	/* The digits in the upper three bytes, the last one highest. */
	w = (le32toh(w) << ((32 - 8 * n) & 31)) & 0x0f0f0f0f;
	digits = __builtin_bswap32(w);
	*bad |= (n - 1 > 2) | (digits > 0x020505) |
		(digits < ((1U << (8 * (n - 1) & 31)) & ~1U));
	return (w * (1 + (10 << 8) + (100 << 16))) >> 24;
}

/* Reads four octets up to a byte that is no digit: their length, or 0. */
static inline unsigned
ip4scan(const char *p, uint32_t *addr)
{
	unsigned other, dots, m2, m3, m4, a, b, c, end;
	bool bad;

	ip4scan_masks(p, &other, &dots);
	m2 = other & (other - 1);
	m3 = m2 & (m2 - 1);
	m4 = m3 & (m3 - 1);
	if (m4 == 0)
		return 0;
	a = (unsigned)__builtin_ctz(other);
	b = (unsigned)__builtin_ctz(m2);
	c = (unsigned)__builtin_ctz(m3);
	end = (unsigned)__builtin_ctz(m4);
	bad = ((other ^ dots) & ((1U << end) - 1)) != 0;
	*addr = ip4scan_octet(p, a, &bad) << 24;
	*addr |= ip4scan_octet(p + a + 1, b - a - 1, &bad) << 16;
	*addr |= ip4scan_octet(p + b + 1, c - b - 1, &bad) << 8;
	*addr |= ip4scan_octet(p + c + 1, end - c - 1, &bad);
	return bad ? 0 : end;
}

#endif
