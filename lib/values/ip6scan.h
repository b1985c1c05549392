/*
 * IPv6 text as RFC 5952 has it, out of a block of bytes: the counterpart of
 * ip4scan.h. What it refuses is left to cidr_parse; that is all that is not
 * canonical, and of what is canonical the mixed notation and a second run of
 * zero words beside "::".
 */
#ifndef TS_VALUES_IP6SCAN_H
#define TS_VALUES_IP6SCAN_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define IP6SCAN_TEXT_MAX 39
#define IP6SCAN_READS 48 /* bytes that must be readable from its start on */

/* Of 48 bytes: which are colons, which neither these nor hexadecimal digits in
 * lower case; and the value of each digit. Bit 0 is the first. */
struct ip6scan_bytes {
	uint64_t colons, other;
	uint8_t value[IP6SCAN_READS + 4];
};

static inline void
ip6scan_classify(const char *p, struct ip6scan_bytes *b)
{
#ifdef __SSE2__
	unsigned i;

	b->colons = b->other = 0;
	for (i = 0; i < IP6SCAN_READS; i += 16) {
		const __m128i v =
			_mm_loadu_si128((const __m128i *)(const void *)(p + i));
		const __m128i d = _mm_sub_epi8(v, _mm_set1_epi8('0'));
		const __m128i a = _mm_sub_epi8(v, _mm_set1_epi8('a'));
		const __m128i digit =
			_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d);
		const __m128i alpha =
			_mm_cmpeq_epi8(_mm_min_epu8(a, _mm_set1_epi8(5)), a);
		const __m128i colon = _mm_cmpeq_epi8(v, _mm_set1_epi8(':'));
		const __m128i any =
			_mm_or_si128(colon, _mm_or_si128(digit, alpha));

		b->colons |= (uint64_t)(unsigned)_mm_movemask_epi8(colon) << i;
		b->other |= (uint64_t)(~(unsigned)_mm_movemask_epi8(any) &
				       0xffff) << i;
		_mm_storeu_si128((__m128i *)(void *)(b->value + i),
			_mm_add_epi8(_mm_and_si128(v, _mm_set1_epi8(0x0f)),
				     _mm_and_si128(alpha, _mm_set1_epi8(9))));
	}
#else
	unsigned i;

	b->colons = b->other = 0;
	for (i = 0; i < IP6SCAN_READS; i++) {
		const unsigned d = (unsigned char)(p[i] - '0');
		const unsigned a = (unsigned char)(p[i] - 'a');

		b->colons |= (uint64_t)(p[i] == ':') << i;
		b->other |= (uint64_t)(p[i] != ':' && d > 9 && a > 5) << i;
		b->value[i] = (uint8_t)(d <= 9 ? d : a + 10);
	}
#endif
}

/* Up to max words from byte at on, each ended by a bit of ends; their number.
 * *bad becomes true where one is no word. */
static inline unsigned
ip6scan_words(const struct ip6scan_bytes *b, unsigned at, uint64_t ends,
	      uint16_t *w, unsigned max, bool *bad)
{
	unsigned n;

	for (n = 0; ends != 0 && n < max; n++) {
		const unsigned end = (unsigned)__builtin_ctzll(ends);
		const unsigned len = end - at;
		uint32_t v;

		memcpy(&v, b->value + at, 4);
		/* No digit at all, too many, or a zero in front of others. */
		*bad |= (len - 1 > 3) | ((len > 1) & (b->value[at] == 0));
		/* The last digit in the highest byte; then pairs of them. */
		v = le32toh(v) << ((32 - 8 * len) & 31);
		v = (v << 4 | v >> 8) & 0x00ff00ff;
		w[n] = (uint16_t)(v << 8 | v >> 16);
		at = end + 1;
		ends &= ends - 1;
	}
	*bad |= ends != 0;
	return n;
}

static inline uint64_t
ip6scan_join(const uint16_t *w)
{
	return (uint64_t)w[0] << 48 | (uint64_t)w[1] << 32 |
	       (uint64_t)w[2] << 16 | w[3];
}

/* The words on both sides of "::", which begins at gap. */
static inline void
ip6scan_around(const struct ip6scan_bytes *b, unsigned gap, unsigned end,
	       uint16_t *w, bool *bad)
{
	const uint64_t left = ((uint64_t)1 << gap) - 1;
	const uint64_t right = ((uint64_t)1 << end) - ((uint64_t)4 << gap);
	uint16_t tail[8] = {0};
	unsigned n = 0, m = 0, i;

	if (gap > 0)
		n = ip6scan_words(b, 0, (b->colons & left) | (left + 1), w, 6,
				  bad);
	if (gap + 2 < end)
		m = ip6scan_words(b, gap + 2, (b->colons & right) |
				  (uint64_t)1 << end, tail, 6, bad);
	*bad |= n + m > 6 || (n > 0 && w[n - 1] == 0) ||
		(m > 0 && tail[0] == 0);
	for (i = n; i < 8; i++)
		w[i] = 0;
	for (i = 0; i < m && !*bad; i++) {
		w[8 - m + i] = tail[i];
		*bad |= i > 0 && tail[i] == 0 && tail[i - 1] == 0;
	}
	for (i = 1; i < n; i++)
		*bad |= w[i] == 0 && w[i - 1] == 0;
}

/* Reads an address up to a byte that cannot be part of one: its length, or 0. */
static inline unsigned
ip6scan(const char *p, uint64_t *hi, uint64_t *lo)
{
	struct ip6scan_bytes b;
	uint64_t pairs;
	uint16_t w[8];
	unsigned end, n, i;
	bool bad = false;

	ip6scan_classify(p, &b);
	if (b.other == 0)
		return 0;
	end = (unsigned)__builtin_ctzll(b.other);
	if (end < 2 || end > IP6SCAN_TEXT_MAX)
		return 0;
	b.colons &= ((uint64_t)1 << end) - 1;
	pairs = b.colons & b.colons >> 1;
	if ((pairs & (pairs - 1)) != 0)
		return 0;
	if (pairs != 0) {
		ip6scan_around(&b, (unsigned)__builtin_ctzll(pairs), end, w,
			       &bad);
	} else {
		n = ip6scan_words(&b, 0, b.colons | (uint64_t)1 << end, w, 8,
				  &bad);
		for (i = 1; i < n; i++)
			bad |= w[i] == 0 && w[i - 1] == 0;
		if (n < 8)
			return 0;
	}
	*hi = ip6scan_join(w);
	*lo = ip6scan_join(w + 4);
	/* ::ffff:0:0/96 is not written so. */
	return bad || (*hi == 0 && *lo >> 32 == 0xffff) ? 0 : end;
}

#endif
