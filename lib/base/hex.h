/* Hexadecimal digits, of either case. */
#ifndef TS_BASE_HEX_H
#define TS_BASE_HEX_H

/* The value of a digit; -1 for any other octet. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet whose two digits stand at p; -1 where they are none. The second is
 * read only behind a first. */
static inline int
hex_octet(const char *p)
{
	const int high = hex_digit(p[0]);
	const int low = high < 0 ? -1 : hex_digit(p[1]);

	return low < 0 ? -1 : high << 4 | low;
}

#endif
