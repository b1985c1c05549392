/* Pieces of lines. */
#include <string.h>

#include "values/feed_parts.h"

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

struct span
feed_trim(struct span s)
{
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	while (s.n > 0 && is_blank(*s.p)) {
		s.p++;
		s.n--;
	}
	return s;
}

bool
feed_starts(struct span s, const char *with)
{
	const size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

struct span
feed_behind(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

struct span
feed_uncomment(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '#' || s.p[i] == ';')
			break;
	s.n = i;
	return feed_trim(s);
}

struct span
feed_word(struct span *rest)
{
	struct span w = feed_trim(*rest);
	size_t i = 0;

	while (i < w.n && !is_blank(w.p[i]))
		i++;
	*rest = (struct span){w.p + i, w.n - i};
	w.n = i;
	return w;
}

enum feed_reason
feed_parse_cidr(struct span s, struct cidr *c)
{
	const enum cidr_result r = cidr_parse(s.p, s.n, false, c);

	switch (r) {
	case CIDR_SYNTAX:
		return FEED_SYNTAX;
	case CIDR_OCTET:
		return FEED_OCTET;
	case CIDR_LENGTH:
		return FEED_LENGTH;
	default:
		break;
	}
	(void)cidr_unmap(c);
	return r == CIDR_HOST_BITS ? FEED_HOST_BITS : FEED_OK;
}

bool
feed_is_sink(struct span s)
{
	struct cidr c;

	if (cidr_parse(s.p, s.n, false, &c) != CIDR_OK ||
	    c.len != cidr_max_len(c.family))
		return false;
	if (c.family == CIDR_V4)
		return c.hi == 0 || c.hi >> 56 == 127;
	return c.hi == 0 && c.lo <= 1;
}

bool
feed_looks_like_address(struct span s)
{
	const char *const end = s.p + s.n;
	unsigned colons = 0, letters = 0;
	const char *p;

	for (p = s.p; p < end; p++) {
		const char c = *p | 0x20; /* '.', '/', ':' and digits have it */

		colons += c == ':';
		letters += c >= 'a' && c <= 'f';
		if (!(c >= '.' && c <= ':') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return s.n > 0 && (letters == 0 ? colons != 1 : colons > 1);
}
