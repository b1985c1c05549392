#include "outside/dnswire.h"

#include <string.h>

#define POINTER 0xc0

const char *
dns_rcode_text(unsigned rcode)
{
	static const char *const text[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",	 "REFUSED",
		"YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",  "NOTZONE",
	};

	return rcode < sizeof(text) / sizeof(*text) ? text[rcode]
						    : "an unknown rcode";
}

/* One octet of canonical text, escapes undone. */
static uint8_t
octet(const char **p)
{
	const char *s = *p;

	if (*s != '\\') {
		*p = s + 1;
		return (uint8_t)*s;
	}
	if (s[1] < '0' || s[1] > '9') {
		*p = s + 2;
		return (uint8_t)s[1];
	}
	*p = s + 4;
	return (uint8_t)((s[1] - '0') * 100 + (s[2] - '0') * 10 + s[3] - '0');
}

enum name_result
dname_parse(const char *s, size_t n, struct dname *d)
{
	char text[NAME_TEXT_MAX];
	const char *p = text;
	enum name_result r;
	uint8_t *length = d->w;
	size_t len;

	*d = (struct dname){.n = 1};
	if (n == 1 && *s == '.')
		return NAME_OK;
	r = name_parse(s, n, text, &len);
	if (r != NAME_OK)
		return r;
	while (p < text + len) {
		if (*p == '.') {
			p++;
			length = d->w + d->n++;
			continue;
		}
		d->w[d->n++] = octet(&p);
		(*length)++;
	}
	d->w[d->n++] = 0;
	return NAME_OK;
}

bool
dname_equal(const struct dname *a, const struct dname *b)
{
	return a->n == b->n && memcmp(a->w, b->w, a->n) == 0;
}

bool
dns_msg_open(struct dns_msg *m, const void *bytes, size_t n)
{
	const uint8_t *const p = bytes;

	if (n < DNS_HEADER)
		return false;
	*m = (struct dns_msg){
		.p = p,
		.n = n,
		.id = get16(p),
		.flags = get16(p + 2),
		.questions = get16(p + 4),
		.answers = get16(p + 6),
		.authorities = get16(p + 8),
		.additionals = get16(p + 10),
	};
	return true;
}

bool
dns_name_skip(const struct dns_msg *m, size_t *at)
{
	size_t i = *at;

	while (i < m->n) {
		const size_t c = m->p[i];

		if (c == 0 || c >= POINTER) {
			*at = i + (c == 0 ? 1 : 2);
			return *at <= m->n;
		}
		if (c > NAME_LABEL_MAX)
			return false;
		i += 1 + c;
	}
	return false;
}

/*
 * The next label of the name that is being read at *at: its length, 0 at the
 * root, -1 where the name is malformed; *at moves to its first octet. *floor is
 * where the name, or its part since the last pointer, began: a pointer has to go
 * before it.
 */
static int
next_label(const struct dns_msg *m, size_t *at, size_t *floor)
{
	size_t i = *at;

	while (i + 1 < m->n && m->p[i] >= POINTER) {
		i = get16(m->p + i) & 0x3fff;
		if (i >= *floor)
			return -1;
		*floor = i;
	}
	if (i >= m->n || m->p[i] > NAME_LABEL_MAX || m->p[i] >= m->n - i)
		return -1;
	*at = i + 1;
	return m->p[i];
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
dns_name_read(const struct dns_msg *m, size_t *at, struct dname *d)
{
	size_t i = *at, floor = *at;
	int len;

	if (!dns_name_skip(m, at))
		return false;
	d->n = 0;
	while ((len = next_label(m, &i, &floor)) > 0) {
		if (d->n + len + 2 > NAME_WIRE_MAX)
			return false;
		d->w[d->n++] = (uint8_t)len;
		for (; len > 0; len--)
			d->w[d->n++] = lower(m->p[i++]);
	}
	d->w[d->n++] = 0;
	return len == 0;
}

/* What an octet is in a master file: itself in lower case, or 0 where it has
 * to be escaped. */
static const uint8_t plain[256] = {
	['!'] = '!', ['#'] = '#', ['%'] = '%', ['&'] = '&', ['\''] = '\'',
	['*'] = '*', ['+'] = '+', [','] = ',', ['-'] = '-', ['/'] = '/',
	['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
	['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
	[':'] = ':', ['<'] = '<', ['='] = '=', ['>'] = '>', ['?'] = '?',
	['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e',
	['F'] = 'f', ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j',
	['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o',
	['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
	['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
	['Z'] = 'z', ['['] = '[', [']'] = ']', ['^'] = '^', ['_'] = '_',
	['`'] = '`', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
	['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i',
	['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n',
	['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r', ['s'] = 's',
	['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
	['y'] = 'y', ['z'] = 'z', ['{'] = '{', ['|'] = '|', ['}'] = '}',
	['~'] = '~',
};

static char *
put_escaped(char *d, uint8_t c)
{
	*d++ = '\\';
	if (c > ' ' && c < 0x7f) {
		*d++ = (char)c;
		return d;
	}
	*d++ = (char)('0' + c / 100);
	*d++ = (char)('0' + c / 10 % 10);
	*d++ = (char)('0' + c % 10);
	return d;
}

char *
dns_name_text(const struct dns_msg *m, size_t at, char *d,
	      struct dns_labels *labels)
{
	const char *const start = d;
	size_t floor = at, wire = 1;
	unsigned n = 0;
	int len;

	while ((len = next_label(m, &at, &floor)) > 0) {
		const uint8_t *p = m->p + at, *const end = p + len;

		wire += (size_t)len + 1;
		if (wire > NAME_WIRE_MAX)
			return NULL;
		if (labels != NULL)
			labels->at[n] = (uint16_t)(d - start);
		n++;
		for (; p < end; p++) {
			if (plain[*p] != 0)
				*d++ = (char)plain[*p];
			else
				d = put_escaped(d, *p);
		}
		*d++ = '.';
		at += (size_t)len;
	}
	if (len < 0)
		return NULL;
	if (labels != NULL)
		labels->n = n;
	if (n == 0)
		*d++ = '.';
	return d;
}

size_t
dname_text(const struct dname *name, char *text)
{
	const struct dns_msg m = {.p = name->w, .n = name->n};
	char *end = dns_name_text(&m, 0, text, NULL);

	*end = '\0';
	return (size_t)(end - text);
}

bool
dns_rr_read(const struct dns_msg *m, size_t *at, struct dns_rr *rr)
{
	const uint8_t *p;
	size_t i = *at;

	rr->owner = i;
	if (!dns_name_skip(m, &i) || m->n - i < 10)
		return false;
	p = m->p + i;
	rr->type = get16(p);
	rr->class = get16(p + 2);
	rr->ttl = get32(p + 4);
	rr->len = get16(p + 8);
	rr->data = i + 10;
	if (m->n - rr->data < rr->len)
		return false;
	*at = rr->data + rr->len;
	return true;
}

size_t
dns_query(uint8_t *start, uint16_t id, unsigned flags, const struct dname *name,
	  uint16_t type, const uint32_t *serial)
{
	uint8_t *p = start;

	p = put16(p, id);
	p = put16(p, flags);
	p = put32(p, 1u << 16);
	p = put32(p, serial != NULL ? 1u << 16 : 0);
	memcpy(p, name->w, name->n);
	p = put16(p + name->n, type);
	p = put16(p, DNS_CLASS_IN);
	if (serial != NULL) {
		p = put16(p, POINTER << 8 | DNS_HEADER);
		p = put16(p, DNS_SOA);
		p = put16(p, DNS_CLASS_IN);
		p = put32(p, 0);
		p = put16(p, 22);
		p = put16(p, 0); /* MNAME and RNAME: the root */
		p = put32(p, *serial);
		memset(p, 0, 16);
		p += 16;
	}
	return (size_t)(p - start);
}
