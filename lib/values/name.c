#include "values/name.h"

#include <string.h>

#include "base/bytes8.h"

/* What a byte is in canonical text, 0 for plain. */
enum { PLAIN, UPPER, DOT, BACKSLASH, BAD };

static inline int
class_of(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return UPPER;
	if (c == '.')
		return DOT;
	if (c == '\\')
		return BACKSLASH;
	return c <= ' ' || c >= 0x7f ? BAD : PLAIN;
}

/* One octet in canonical text. */
static char *
put_octet(char *d, unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		c |= 0x20;
	if (c == '.' || c == '\\') {
		*d++ = '\\';
	} else if (c <= ' ' || c >= 0x7f) {
		*d++ = '\\';
		*d++ = (char)('0' + c / 100);
		*d++ = (char)('0' + c / 10 % 10);
		c = (unsigned char)('0' + c % 10);
	}
	*d++ = (char)c;
	return d;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The octet behind a backslash; moves *p behind it. */
static enum name_result
unescape(const char **p, const char *end, unsigned char *c)
{
	const char *s = *p;

	if (s == end)
		return NAME_ESCAPE;
	if (!is_digit(*s)) {
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return NAME_ESCAPE;
		*c = (unsigned char)*s;
		*p = s + 1;
		return NAME_OK;
	}
	if (end - s < 3 || !is_digit(s[1]) || !is_digit(s[2]))
		return NAME_ESCAPE;
	{
		const int v = (s[0] - '0') * 100 + (s[1] - '0') * 10 + s[2] - '0';

		if (v > 255)
			return NAME_ESCAPE;
		*c = (unsigned char)v;
	}
	*p = s + 3;
	return NAME_OK;
}

/* True where the name ends in a dot that closes it, not in an escaped one. */
static bool
has_final_dot(const char *s, size_t n)
{
	size_t slashes = 0;

	if (n == 0 || s[n - 1] != '.')
		return false;
	while (slashes < n - 1 && s[n - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* The bytes that canonical text of a name without escapes does not have, but
 * for upper case. */
static inline uint64_t
not_plain(uint64_t v)
{
	return (v & BYTES8_HIGH) | (~bytes8_from(v, '!') & BYTES8_HIGH) |
	       bytes8_from(v, 0x7f) | bytes8_is(v, '\\');
}

static inline uint64_t
upper_case(uint64_t v)
{
	return bytes8_from(v, 'A') & ~bytes8_from(v, 'Z' + 1);
}

/* The dots of eight bytes that close an empty label; *last is a dot in front of
 * them, and at the start of a name. */
static inline uint64_t
empty_labels(uint64_t dots, uint64_t *last)
{
	const uint64_t empty = dots & (dots << 8 | *last);

	*last = dots >> 56;
	return empty;
}

#define LAST_START 0x80

/* A name that is no longer than a label may be has no label that is. */
static inline bool
labels_short(const char *s, size_t n)
{
	const char *dot;

	while (n > NAME_LABEL_MAX) {
		dot = memrchr(s, '.', n);
		if (dot == NULL || n - (size_t)(dot + 1 - s) > NAME_LABEL_MAX)
			return false;
		n = (size_t)(dot - s);
	}
	return true;
}

/* Eight of n bytes from i on, 'a' behind the end. */
static inline uint64_t
load8(const char *s, size_t i, size_t n)
{
	return n - i >= 8 ? bytes8_load(s + i)
			  : bytes8_load_tail(s, s + i, n - i, 'a');
}

/* A name without escapes into lower case; false where it is none, or where a
 * closer look must say so. */
static bool
parse_plain(const char *s, size_t n, char *dst)
{
	uint64_t v, bad = 0, last = LAST_START;
	size_t i;

	if (n - 1 >= NAME_WIRE_MAX - 2)
		return false;
	for (i = 0; i < n; i += 8) {
		v = load8(s, i, n);
		bad |= not_plain(v) | empty_labels(bytes8_is(v, '.'), &last);
		bytes8_store(dst + i, v | upper_case(v) >> 2);
	}
	dst[n] = '\0';
	return bad == 0 && s[n - 1] != '.' && labels_short(s, n);
}

size_t
name_scan(const char *s, char *dst)
{
	uint64_t v, low, dots, stop = 0, empty = 0, last = LAST_START;
	size_t i, n;

	for (i = 0; i < NAME_SCAN_READS && stop == 0; i += 8) {
		v = bytes8_load(s + i);
		low = v & ~BYTES8_HIGH;
		stop = (v & BYTES8_HIGH) |
		       (~bytes8_from(low, '*') & BYTES8_HIGH) |
		       bytes8_from(low, 0x7f) | bytes8_is(low, ';') |
		       bytes8_is(low, '\\');
		dots = bytes8_is(low, '.') & (stop ^ (stop - 1));
		empty |= empty_labels(dots, &last);
		bytes8_store(dst + i, v | upper_case(low) >> 2);
	}
	if (stop == 0 || empty != 0)
		return 0;
	i += bytes8_first(stop) - 8;
	n = i - (i > 0 && s[i - 1] == '.');
	return n < NAME_WIRE_MAX - 1 && labels_short(s, n) ? i : 0;
}

/* The same where the text is to be canonical already. */
static bool
is_plain_canonical(const char *s, size_t n)
{
	uint64_t v, bad = 0, last = LAST_START;
	size_t i;

	if (n - 1 >= NAME_WIRE_MAX - 2)
		return false;
	for (i = 0; i < n; i += 8) {
		v = load8(s, i, n);
		bad |= not_plain(v) | upper_case(v) |
		       empty_labels(bytes8_is(v, '.'), &last);
	}
	return bad == 0 && s[n - 1] != '.' && labels_short(s, n);
}

enum name_result
name_parse(const char *s, size_t n, char *dst, size_t *len)
{
	const char *const end = s + n - has_final_dot(s, n);
	size_t wire = 1, label = 0;
	char *d = dst;

	*len = (size_t)(end - s);
	if (parse_plain(s, *len, dst))
		return NAME_OK;
	if (s == end)
		return NAME_EMPTY;
	while (s < end) {
		unsigned char c = (unsigned char)*s++;
		const int class = class_of(c);

		if (class == DOT) {
			if (label == 0)
				return NAME_LABEL;
			label = 0;
			*d++ = '.';
			continue;
		}
		if (class == BAD)
			return NAME_OCTET;
		if (class == BACKSLASH && unescape(&s, end, &c) != NAME_OK)
			return NAME_ESCAPE;
		if (++label > NAME_LABEL_MAX)
			return NAME_LABEL;
		wire += label == 1 ? 2 : 1;
		if (wire > NAME_WIRE_MAX)
			return NAME_LONG;
		d = put_octet(d, c);
	}
	if (label == 0)
		return NAME_LABEL;
	*d = '\0';
	*len = (size_t)(d - dst);
	return NAME_OK;
}

/* The slow way: canonical is what reads as itself. */
static bool
reads_as_itself(const char *s, size_t n)
{
	char text[NAME_TEXT_MAX];
	size_t len;

	return n < NAME_TEXT_MAX && name_parse(s, n, text, &len) == NAME_OK &&
	       len == n && memcmp(text, s, n) == 0;
}

bool
name_is_canonical(const char *s, size_t n)
{
	return is_plain_canonical(s, n) || reads_as_itself(s, n);
}

const char *
name_strerror(enum name_result r)
{
	switch (r) {
	case NAME_OK:
		return "fine";
	case NAME_EMPTY:
		return "empty name";
	case NAME_LABEL:
		return "a label is empty or over 63 octets";
	case NAME_LONG:
		return "name over 255 octets";
	case NAME_ESCAPE:
		return "broken escape in a name";
	case NAME_OCTET:
		return "a byte that no name has unescaped";
	}
	return "unknown";
}

/* One label, text to key. */
static unsigned char *
key_label(unsigned char *k, const char *s, const char *end)
{
	while (s < end) {
		unsigned char c = (unsigned char)*s++;

		if (c == '\\')
			(void)unescape(&s, end, &c);
		if (c <= 1) {
			*k++ = 1;
			c++;
		}
		*k++ = c;
	}
	*k++ = 0;
	return k;
}

/*
 * A name without escapes, one octet longer as a key: where a label starts and
 * ends in one is told by where it does in the other. 0 where there is one.
 */
static size_t
plain_key(const char *s, size_t n, unsigned char *key)
{
	size_t i, label = 0;
	uint64_t v, dots;

	for (i = 0; i < n; i += 8) {
		v = load8(s, i, n);
		if (bytes8_is(v, '\\') != 0)
			return 0;
		for (dots = bytes8_is(v, '.'); dots != 0; dots &= dots - 1) {
			const size_t dot = i + bytes8_first(dots);

			memcpy(key + n - dot, s + label, dot - label);
			key[n - label] = 0;
			label = dot + 1;
		}
	}
	memcpy(key, s + label, n - label);
	key[n - label] = 0;
	return n + 1;
}

size_t
name_key(const char *s, size_t n, unsigned char *key)
{
	const size_t plain = n < NAME_WIRE_MAX ? plain_key(s, n, key) : 0;
	const char *end = s + n;
	unsigned char *k = key;

	if (plain > 0)
		return plain;

	for (;;) {
		const char *dot = memrchr(s, '.', (size_t)(end - s));

		/* An escaped dot is part of its label. */
		while (dot != NULL && !has_final_dot(s, (size_t)(dot + 1 - s)))
			dot = memrchr(s, '.', (size_t)(dot - s));
		k = key_label(k, dot != NULL ? dot + 1 : s, end);
		if (dot == NULL)
			return (size_t)(k - key);
		end = dot;
	}
}

/* The same the other way round. */
static size_t
plain_from_key(const unsigned char *key, size_t n, char *dst)
{
	size_t i, label = 0;
	uint64_t v, ends;

	for (i = 0; i < n; i += 8) {
		v = load8((const char *)key, i, n);
		ends = bytes8_is(v, 0);
		if (((not_plain(v) & ~ends) | upper_case(v) |
		     bytes8_is(v, '.')) != 0)
			return 0;
		for (; ends != 0; ends &= ends - 1) {
			const size_t end = i + bytes8_first(ends);
			char *const to = dst + (n - 1 - end);

			memcpy(to, key + label, end - label);
			to[end - label] = label > 0 ? '.' : '\0';
			label = end + 1;
		}
	}
	return n > 0 ? n - 1 : 0;
}

size_t
name_from_key(const unsigned char *key, size_t n, char *dst)
{
	const size_t plain = plain_from_key(key, n, dst);
	const unsigned char *end = key + n;
	char *d = dst;

	if (plain > 0)
		return plain;

	while (end > key) {
		const unsigned char *start = end - 1; /* the closing 0 */
		const unsigned char *p;

		while (start > key && start[-1] != 0)
			start--;
		if (d > dst)
			*d++ = '.';
		for (p = start; *p != 0; p++)
			d = put_octet(d, *p == 1 ? (unsigned char)(*++p - 1)
						 : *p);
		end = start;
	}
	*d = '\0';
	return (size_t)(d - dst);
}

enum name_result
name_from_wire(const unsigned char *w, size_t n, char *dst, size_t *len)
{
	size_t at = 0;
	char *d = dst;

	if (n > NAME_WIRE_MAX)
		return NAME_LONG;
	while (at < n && w[at] != 0) {
		const size_t label = w[at++];
		size_t i;

		if (label > NAME_LABEL_MAX || label >= n - at)
			return NAME_LABEL;
		if (d > dst)
			*d++ = '.';
		for (i = 0; i < label; i++)
			d = put_octet(d, w[at++]);
	}
	if (at + 1 != n)
		return NAME_LABEL;
	if (d == dst)
		return NAME_EMPTY;
	*d = '\0';
	*len = (size_t)(d - dst);
	return NAME_OK;
}
