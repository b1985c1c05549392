/*
 * Bytes of a URL that are written as %HH, RFC 3986 2.1.
 */
#ifndef TS_OUTSIDE_PERCENT_H
#define TS_OUTSIDE_PERCENT_H

static inline int
percent_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte whose two digits, of NUL-ended text, stand at p; -1 for none. */
static inline int
percent_byte(const char *p)
{
	const int high = percent_digit(p[0]);
	const int low = high < 0 ? -1 : percent_digit(p[1]);

	return low < 0 ? -1 : high << 4 | low;
}

#endif
