/* Host names: letters, digits, hyphens and underscores in labels. */
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "values/feed_parts.h"

const char feed_host_byte[256] = {
	['-'] = '-', ['.'] = '.', ['_'] = '_',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
#define LETTER(u, l) [u] = l, [l] = l
	LETTER('A', 'a'), LETTER('B', 'b'), LETTER('C', 'c'), LETTER('D', 'd'),
	LETTER('E', 'e'), LETTER('F', 'f'), LETTER('G', 'g'), LETTER('H', 'h'),
	LETTER('I', 'i'), LETTER('J', 'j'), LETTER('K', 'k'), LETTER('L', 'l'),
	LETTER('M', 'm'), LETTER('N', 'n'), LETTER('O', 'o'), LETTER('P', 'p'),
	LETTER('Q', 'q'), LETTER('R', 'r'), LETTER('S', 's'), LETTER('T', 't'),
	LETTER('U', 'u'), LETTER('V', 'v'), LETTER('W', 'w'), LETTER('X', 'x'),
	LETTER('Y', 'y'), LETTER('Z', 'z'),
#undef LETTER
};

#define HOST_MAX (NAME_WIRE_MAX - 2) /* octets of text without final dot */

/* What text that no host name has looks like. */
static enum feed_reason
explain(struct span s)
{
	const char *colon = memchr(s.p, ':', s.n);

	if (memchr(s.p, '/', s.n) != NULL)
		return FEED_URL;
	if (memchr(s.p, '@', s.n) != NULL)
		return FEED_MAIL;
	if (colon != NULL && colon > s.p && colon == memrchr(s.p, ':', s.n))
		return FEED_PORT;
	return FEED_NAME_BYTE;
}

static bool
all_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p == end;
}

/* ASCII alone. */
static enum feed_reason
ascii_host(struct span s, char *dst, size_t *len)
{
	size_t i, label = 0;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	if (s.n == 0)
		return FEED_NO_NAME;
	if (s.n > HOST_MAX)
		return FEED_NAME_LONG;
	for (i = 0; i < s.n; i++) {
		const char c = feed_host_byte[(unsigned char)s.p[i]];

		if (c == 0)
			return explain(s);
		dst[i] = c;
		if (c != '.')
			continue;
		if (i == label || i - label > NAME_LABEL_MAX)
			return FEED_LABEL;
		label = i + 1;
	}
	if (i == label || i - label > NAME_LABEL_MAX)
		return FEED_LABEL;
	/* No top-level domain is a number: this was meant as an address. */
	if (all_digits(dst + label, dst + i))
		return FEED_SYNTAX;
	dst[i] = '\0';
	*len = i;
	return FEED_OK;
}

static bool
is_ascii(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* U-labels to A-labels, UTS 46 non-transitional. */
static enum feed_reason
idn_host(struct span s, char *dst, size_t *len)
{
	char text[NAME_TEXT_MAX];
	enum feed_reason why;
	uint8_t *ace = NULL;

	if (s.n >= sizeof(text))
		return FEED_NAME_LONG;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (idn2_lookup_u8((const uint8_t *)text, &ace,
			   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return FEED_IDN;
	why = ascii_host((struct span){(char *)ace, strlen((char *)ace)}, dst,
			 len);
	idn2_free(ace);
	return why;
}

enum feed_reason
feed_host(struct span s, char *dst, size_t *len)
{
	const enum feed_reason why = ascii_host(s, dst, len);

	return why == FEED_NAME_BYTE && !is_ascii(s) ? idn_host(s, dst, len)
						     : why;
}
