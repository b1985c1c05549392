#include "values/cidr.h"

#include <string.h>

#include "base/hex.h"
#include "values/ip6scan.h"

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* One decimal number of at most three digits at *p, without leading zero. */
static inline enum cidr_result
octet(const char **p, const char *end, unsigned *v)
{
	const char *s = *p;

	if (s == end || !is_digit(*s))
		return CIDR_SYNTAX;
	*v = (unsigned)(*s++ - '0');
	if (s < end && is_digit(*s)) {
		if (*v == 0)
			return CIDR_OCTET;
		*v = *v * 10 + (unsigned)(*s++ - '0');
		if (s < end && is_digit(*s))
			*v = *v * 10 + (unsigned)(*s++ - '0');
		if (s < end && is_digit(*s))
			return CIDR_OCTET;
	}
	*p = s;
	return *v > 255 ? CIDR_OCTET : CIDR_OK;
}

static enum cidr_result
parse_v4(const char **p, const char *end, uint32_t *addr)
{
	unsigned v;
	int i;

	*addr = 0;
	for (i = 0; i < 4; i++) {
		enum cidr_result r;

		if (i > 0 && (*p == end || *(*p)++ != '.'))
			return CIDR_SYNTAX;
		r = octet(p, end, &v);
		if (r != CIDR_OK)
			return r;
		*addr = *addr << 8 | v;
	}
	return CIDR_OK;
}

/* Up to four hex digits; the number of them. */
static int
hex_word(const char **p, const char *end, unsigned *v)
{
	int n = 0;

	for (*v = 0; *p < end && n < 4; n++) {
		const int d = hex_digit(**p);

		if (d < 0)
			break;
		*v = *v << 4 | (unsigned)d;
		(*p)++;
	}
	return n;
}

/* The words around one "::", put into place; RFC 4291 2.2. */
static enum cidr_result
place_words(const uint16_t *w, int n, int gap, struct cidr *c)
{
	uint16_t full[8] = {0};
	int i;

	if (gap < 0 ? n != 8 : n > 7)
		return CIDR_SYNTAX;
	for (i = 0; i < n; i++)
		full[gap < 0 || i < gap ? i : 8 - n + i] = w[i];
	c->hi = (uint64_t)full[0] << 48 | (uint64_t)full[1] << 32 |
		(uint64_t)full[2] << 16 | full[3];
	c->lo = (uint64_t)full[4] << 48 | (uint64_t)full[5] << 32 |
		(uint64_t)full[6] << 16 | full[7];
	return CIDR_OK;
}

static enum cidr_result
parse_any_v6(const char **p, const char *end, struct cidr *c)
{
	uint16_t w[8];
	int n = 0, gap = -1;
	const char *s = *p;

	if (end - s >= 2 && s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
	}
	while (n < 8 && s < end && *s != '/') {
		const char *word = s;
		unsigned v;

		if (hex_word(&s, end, &v) == 0)
			return CIDR_SYNTAX;
		if (s < end && *s == '.') {
			uint32_t tail;

			if (n > 6 || parse_v4(&word, end, &tail) != CIDR_OK)
				return CIDR_SYNTAX;
			w[n++] = (uint16_t)(tail >> 16);
			w[n++] = (uint16_t)tail;
			s = word;
			break;
		}
		w[n++] = (uint16_t)v;
		if (s == end || *s != ':')
			break;
		s++;
		if (s < end && *s == ':') {
			if (gap >= 0)
				return CIDR_SYNTAX;
			gap = n;
			s++;
		} else if (s == end || *s == '/') {
			return CIDR_SYNTAX;
		}
	}
	*p = s;
	return place_words(w, n, gap, c);
}

/* The canonical form takes a fifth of the time. */
static enum cidr_result
parse_v6(const char **p, const char *end, struct cidr *c)
{
	const size_t n = (size_t)(end - *p);
	char text[IP6SCAN_READS] = {0};
	size_t len;

	memcpy(text, *p, n < IP6SCAN_READS ? n : IP6SCAN_READS);
	len = ip6scan(text, &c->hi, &c->lo);
	if (len == 0 || (len < n && text[len] != '/'))
		return parse_any_v6(p, end, c);
	*p += len;
	return CIDR_OK;
}

/* "/len" up to the end, or nothing. */
static enum cidr_result
parse_len(const char *s, const char *end, bool need, struct cidr *c)
{
	unsigned v;

	if (s == end) {
		c->len = (uint8_t)cidr_max_len(c->family);
		return need ? CIDR_LENGTH : CIDR_OK;
	}
	if (*s++ != '/')
		return CIDR_SYNTAX;
	if (octet(&s, end, &v) != CIDR_OK || s != end ||
	    v > cidr_max_len(c->family))
		return CIDR_LENGTH;
	c->len = (uint8_t)v;
	return CIDR_OK;
}

enum cidr_result
cidr_parse(const char *s, size_t n, bool need_len, struct cidr *c)
{
	const char *const end = s + n;
	const char *p = s;
	struct cidr t = {0, 0, CIDR_V4, 0};
	enum cidr_result r;
	uint32_t v4;

	if (n > 0 && memchr(s, ':', n) != NULL) {
		t.family = CIDR_V6;
		r = parse_v6(&p, end, &t);
	} else {
		r = parse_v4(&p, end, &v4);
		t.hi = (uint64_t)v4 << 32;
	}
	if (r == CIDR_OK)
		r = parse_len(p, end, need_len, &t);
	if (r != CIDR_OK)
		return r;
	*c = t;
	cidr_truncate(c);
	return c->hi == t.hi && c->lo == t.lo ? CIDR_OK : CIDR_HOST_BITS;
}

bool
cidr_unmap(struct cidr *c)
{
	if (c->family != CIDR_V6 || c->hi != 0 || c->lo >> 32 != 0xffff ||
	    c->len < 96)
		return false;
	*c = (struct cidr){c->lo << 32, 0, CIDR_V4, (uint8_t)(c->len - 96)};
	return true;
}

const char *
cidr_strerror(enum cidr_result r)
{
	switch (r) {
	case CIDR_OK:
		return "fine";
	case CIDR_HOST_BITS:
		return "bits are set behind the prefix";
	case CIDR_SYNTAX:
		return "not an address";
	case CIDR_OCTET:
		return "an octet is over 255 or has a leading zero";
	case CIDR_LENGTH:
		return "bad prefix length";
	}
	return "unknown";
}

/* Every octet in decimal with a '.' behind it, and its number of digits. */
#define DIGITS(v) ((v) > 99 ? 3 : (v) > 9 ? 2 : 1)
#define OCTET(v) {{(char)('0' + ((v) > 99 ? (v) / 100 : (v) > 9 ? (v) / 10 : (v))), \
		   (char)((v) > 99 ? '0' + (v) / 10 % 10		\
			  : (v) > 9 ? '0' + (v) % 10 : '.'),		\
		   (char)((v) > 99 ? '0' + (v) % 10 : '.'), '.'}, DIGITS(v)}
#define OCTETS4(v) OCTET(v), OCTET((v) + 1), OCTET((v) + 2), OCTET((v) + 3)
#define OCTETS16(v) OCTETS4(v), OCTETS4((v) + 4), OCTETS4((v) + 8), \
		    OCTETS4((v) + 12)
#define OCTETS64(v) OCTETS16(v), OCTETS16((v) + 16), OCTETS16((v) + 32), \
		    OCTETS16((v) + 48)

static const struct {
	char text[4];
	uint8_t digits;
} octets[256] = {OCTETS64(0), OCTETS64(64), OCTETS64(128), OCTETS64(192)};

/* Writes four bytes, of which the digits count. */
static inline char *
put_octet(char *d, unsigned v)
{
	memcpy(d, octets[v].text, 4);
	return d + octets[v].digits;
}

static inline char *
put_v4(char *d, uint32_t a)
{
	d = put_octet(d, a >> 24) + 1;
	d = put_octet(d, a >> 16 & 255) + 1;
	d = put_octet(d, a >> 8 & 255) + 1;
	return put_octet(d, a & 255);
}

static char *
put_word(char *d, unsigned v)
{
	static const char hex[] = "0123456789abcdef";

	if (v >= 0x1000)
		*d++ = hex[v >> 12];
	if (v >= 0x100)
		*d++ = hex[v >> 8 & 15];
	if (v >= 0x10)
		*d++ = hex[v >> 4 & 15];
	*d++ = hex[v & 15];
	return d;
}

/* The first of the longest runs of two and more zero words; RFC 5952 4.2. */
static int
longest_gap(const unsigned *w, int *len)
{
	int at = -1, i, run = 0;

	*len = 1;
	for (i = 0; i < 8; i++) {
		run = w[i] == 0 ? run + 1 : 0;
		if (run > *len) {
			*len = run;
			at = i - run + 1;
		}
	}
	return at;
}

static char *
put_v6(char *d, uint64_t hi, uint64_t lo)
{
	unsigned w[8];
	int gap, i, len;

	for (i = 0; i < 4; i++) {
		w[i] = (unsigned)(hi >> (48 - 16 * i) & 0xffff);
		w[i + 4] = (unsigned)(lo >> (48 - 16 * i) & 0xffff);
	}
	if (hi == 0 && lo >> 32 == 0xffff) {
		memcpy(d, "::ffff:", 7);
		return put_v4(d + 7, (uint32_t)lo);
	}
	gap = longest_gap(w, &len);
	for (i = 0; i < 8; i++) {
		if (i == gap) {
			*d++ = ':';
			i += len - 1;
			if (i == 7)
				*d++ = ':';
			continue;
		}
		if (i > 0)
			*d++ = ':';
		d = put_word(d, w[i]);
	}
	return d;
}

size_t
cidr_format_addr(const struct cidr *c, char *dst)
{
	char *d = c->family == CIDR_V4 ? put_v4(dst, (uint32_t)(c->hi >> 32))
				       : put_v6(dst, c->hi, c->lo);

	return (size_t)(d - dst);
}

size_t
cidr_format(const struct cidr *c, char *dst)
{
	char *d = dst + cidr_format_addr(c, dst);

	*d++ = '/';
	return (size_t)(put_octet(d, c->len) - dst);
}

int
cidr_cmp(const struct cidr *a, const struct cidr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}

bool
cidr_contains(const struct cidr *out, const struct cidr *in)
{
	return out->family == in->family && out->len <= in->len &&
	       ((out->hi ^ in->hi) & cidr_mask_hi(out->len)) == 0 &&
	       ((out->lo ^ in->lo) & cidr_mask_lo(out->len)) == 0;
}

void
cidr_to_bytes(const struct cidr *c, uint8_t *b)
{
	const int n = c->family == CIDR_V4 ? 4 : 16;
	int i;

	for (i = 0; i < n; i++)
		b[i] = (uint8_t)((i < 8 ? c->hi : c->lo) >> (56 - 8 * (i & 7)));
}

struct cidr
cidr_from_bytes(uint8_t family, const uint8_t *b, uint8_t len)
{
	struct cidr c = {0, 0, family, len};
	const int n = family == CIDR_V4 ? 4 : 16;
	int i;

	for (i = 0; i < n; i++)
		*(i < 8 ? &c.hi : &c.lo) |= (uint64_t)b[i]
					    << (56 - 8 * (i & 7));
	cidr_truncate(&c);
	return c;
}

/* The last address of the prefix of this length that starts at a. */
static struct cidr
last_of(const struct cidr *a, unsigned len)
{
	const unsigned max = cidr_max_len(a->family);
	struct cidr l = *a;

	l.hi |= ~cidr_mask_hi(len) & cidr_mask_hi(max);
	l.lo |= ~cidr_mask_lo(len) & cidr_mask_lo(max);
	return l;
}

static bool
starts_at(const struct cidr *a, unsigned len)
{
	return (a->hi & ~cidr_mask_hi(len)) == 0 &&
	       (a->lo & ~cidr_mask_lo(len)) == 0;
}

bool
cidr_range_next(struct cidr_range *r, struct cidr *out)
{
	const unsigned max = cidr_max_len(r->from.family);
	const uint64_t one_hi = r->from.family == CIDR_V4 ? 1ULL << 32 : 0;
	unsigned len = max;
	struct cidr end;

	if (r->done)
		return false;
	while (len > 0 && starts_at(&r->from, len - 1)) {
		end = last_of(&r->from, len - 1);
		end.len = r->last.len;
		if (cidr_cmp(&end, &r->last) > 0)
			break;
		len--;
	}
	*out = r->from;
	out->len = (uint8_t)len;
	end = last_of(&r->from, len);
	r->done = end.hi == r->last.hi && end.lo == r->last.lo;
	r->from.hi = end.hi + one_hi;
	if (one_hi == 0) {
		r->from.lo = end.lo + 1;
		r->from.hi += r->from.lo == 0;
	}
	return true;
}

bool
cidr_is_meant(const char *s, size_t n)
{
	size_t i;

	if (memchr(s, ':', n) != NULL || memchr(s, '/', n) != NULL)
		return true;
	for (i = 0; i < n; i++)
		if ((s[i] < '0' || s[i] > '9') && s[i] != '.')
			return false;
	return true;
}
