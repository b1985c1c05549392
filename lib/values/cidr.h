/*
 * A prefix of either address family, and the text it is written as.
 *
 * Invariant of a struct cidr that a function here has filled: bits are
 * left-aligned in hi:lo (an IPv4 address takes the 32 highest bits of hi), bits
 * behind the prefix are zero, len is 0..32 or 0..128. So containment, order and
 * subtraction are one code for both families; only text and ceilings differ.
 * An address is the prefix of full length.
 *
 * Text: IPv4 in four decimal octets without leading zeros; IPv6 as RFC 5952
 * (an IPv4-mapped address, ::ffff:0:0/96, in mixed notation).
 */
#ifndef TS_VALUES_CIDR_H
#define TS_VALUES_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cidr_family { CIDR_V4 = 4, CIDR_V6 = 6 };

struct cidr {
	uint64_t hi, lo;
	uint8_t family; /* enum cidr_family */
	uint8_t len;
};

#define CIDR_TEXT_MAX 50 /* longest text with its length and a NUL */

enum cidr_result {
	CIDR_OK = 0,
	CIDR_HOST_BITS, /* a prefix, its host bits now cleared */
	CIDR_SYNTAX,	/* not an address at all */
	CIDR_OCTET,	/* an octet over 255 or with a leading zero */
	CIDR_LENGTH,	/* length missing, malformed or over the family's */
};

/* True for what is meant as an address or prefix, be it a good one, and not as a
 * name: digits and dots alone, or with a ':' or '/'. */
bool cidr_is_meant(const char *s, size_t n);

/*
 * Reads n bytes, all of them. Without "/len" the result is a single address,
 * unless need_len asks for the length. c is filled for OK and HOST_BITS only.
 */
enum cidr_result cidr_parse(const char *s, size_t n, bool need_len,
			    struct cidr *c);
/* What is wrong, as the end of a message. */
const char *cidr_strerror(enum cidr_result r);

/* Writes ADDRESS/LEN without NUL; at most CIDR_TEXT_MAX. Returns the length. */
size_t cidr_format(const struct cidr *c, char *dst);
/* The address alone. */
size_t cidr_format_addr(const struct cidr *c, char *dst);

/* Family, then value, then length (the wider first). */
int cidr_cmp(const struct cidr *a, const struct cidr *b);
/* True where every address of in is one of out's. */
bool cidr_contains(const struct cidr *out, const struct cidr *in);

static inline unsigned
cidr_max_len(uint8_t family)
{
	return family == CIDR_V4 ? 32 : 128;
}

/* The two halves of a left-aligned mask of len bits. */
static inline uint64_t
cidr_mask_hi(unsigned len)
{
	return len == 0 ? 0 : len >= 64 ? UINT64_MAX : UINT64_MAX << (64 - len);
}

static inline uint64_t
cidr_mask_lo(unsigned len)
{
	return len <= 64 ? 0 : len >= 128 ? UINT64_MAX
					  : UINT64_MAX << (128 - len);
}

/* Makes an IPv4-mapped address or prefix (::ffff:0:0/96) what it stands for;
 * false, and c is left alone, where it is none. */
bool cidr_unmap(struct cidr *c);

/* Clears what is behind the prefix. */
static inline void
cidr_truncate(struct cidr *c)
{
	c->hi &= cidr_mask_hi(c->len);
	c->lo &= cidr_mask_lo(c->len);
}

/* To and from network byte order (4 or 16 bytes). */
void cidr_to_bytes(const struct cidr *c, uint8_t *b);
struct cidr cidr_from_bytes(uint8_t family, const uint8_t *b, uint8_t len);

/*
 * The next prefix of the minimal cover of the range from..last (both ends of
 * one family and full length, from <= last): fills *out and moves *from behind
 * it. Returns false when the range was used up by the call before.
 */
struct cidr_range {
	struct cidr from, last;
	bool done;
};
bool cidr_range_next(struct cidr_range *r, struct cidr *out);

#endif
