#include "outside/dnsentry.h"

#include <stdlib.h>
#include <string.h>

#include "values/cidr.h"

/* Compared as bytes: the order of the output. */
struct dns_address {
	uint8_t family; /* enum cidr_family */
	uint8_t bytes[16];
	uint8_t len;
	uint8_t negated;
	uint8_t prefix; /* written with its length */
};

struct dns_strings {
	size_t at, n; /* RDATA within text */
	const uint8_t *p; /* the same while sorting */
};

void
dnsentry_init(struct dnsentry *d, size_t max, size_t max_bytes)
{
	*d = (struct dnsentry){.max = max};
	buf_init(&d->text, max_bytes);
}

void
dnsentry_free(struct dnsentry *d)
{
	free(d->address);
	free(d->txt);
	buf_free(&d->text);
	dnsentry_init(d, d->max, d->text.max);
}

size_t
dnsentry_count(const struct dnsentry *d)
{
	return d->addresses + d->txts;
}

static int
bad(const char *what, struct err *e)
{
	return err_set(e, EX_DATAERR, "malformed %s record in the answer", what);
}

static int
add(struct dnsentry *d, const struct dns_address *a, struct err *e)
{
	if (array_grow((void **)&d->address, &d->address_cap, d->addresses + 1,
		       sizeof(*a), d->max, "addresses", e) < 0)
		return -1;
	d->address[d->addresses++] = *a;
	return 0;
}

static int
take_address(struct dnsentry *d, uint8_t family, const uint8_t *p, size_t n,
	     struct err *e)
{
	struct dns_address a = {.family = family,
				.len = (uint8_t)cidr_max_len(family)};

	if (n != a.len / 8u)
		return bad("address", e);
	memcpy(a.bytes, p, n);
	return add(d, &a, e);
}

/* RFC 3123 4: family, prefix length, negation and length, octets of which
 * zeros at the end may be left out. */
static int
take_apl(struct dnsentry *d, const uint8_t *p, const uint8_t *end,
	 struct err *e)
{
	while (p < end) {
		struct dns_address a = {.prefix = true};
		size_t n;

		if (end - p < 4 || get16(p) < 1 || get16(p) > 2)
			return bad("APL", e);
		a.family = get16(p) == 1 ? CIDR_V4 : CIDR_V6;
		a.len = p[2];
		a.negated = p[3] >> 7;
		n = p[3] & 0x7f;
		p += 4;
		if (a.len > cidr_max_len(a.family) ||
		    n > cidr_max_len(a.family) / 8 || n > (size_t)(end - p))
			return bad("APL", e);
		memcpy(a.bytes, p, n);
		p += n;
		if (add(d, &a, e) < 0)
			return -1;
	}
	return 0;
}

static int
take_txt(struct dnsentry *d, const uint8_t *p, size_t n, struct err *e)
{
	bool empty = true;
	size_t i;

	for (i = 0; i < n; i += 1u + p[i]) {
		if (p[i] >= n - i)
			return bad("TXT", e);
		empty = empty && p[i] == 0;
	}
	if (empty)
		return 0;
	if (array_grow((void **)&d->txt, &d->txt_cap, d->txts + 1,
		       sizeof(*d->txt), d->max, "TXT records", e) < 0)
		return -1;
	d->txt[d->txts++] = (struct dns_strings){.at = d->text.n, .n = n};
	(void)buf_add(&d->text, p, n);
	return buf_check(&d->text, "the text of the list", e);
}

int
dnsentry_take(struct dnsentry *d, const struct dns_msg *m,
	      const struct dns_rr *rr, struct err *e)
{
	const uint8_t *const p = m->p + rr->data;

	switch (rr->type) {
	case DNS_A:
		return take_address(d, CIDR_V4, p, rr->len, e);
	case DNS_AAAA:
		return take_address(d, CIDR_V6, p, rr->len, e);
	case DNS_APL:
		return take_apl(d, p, p + rr->len, e);
	default:
		return take_txt(d, p, rr->len, e);
	}
}

static int
by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct dns_address));
}

static int
by_bytes(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
	const int r = memcmp(a, b, an < bn ? an : bn);

	return r != 0 ? r : (an > bn) - (an < bn);
}

/* By the first string, then by all. */
static int
by_text(const void *va, const void *vb)
{
	const struct dns_strings *a = va, *b = vb;
	const int r = by_bytes(a->p + 1, *a->p, b->p + 1, *b->p);

	return r != 0 ? r : by_bytes(a->p, a->n, b->p, b->n);
}

static void
put_address(struct out *o, const struct dns_address *a)
{
	const uint8_t full = (uint8_t)cidr_max_len(a->family);
	const struct cidr c = cidr_from_bytes(a->family, a->bytes, full);
	char text[CIDR_TEXT_MAX + 8], *p = text;

	if (a->negated)
		*p++ = '!';
	p += cidr_format_addr(&c, p);
	out_put(o, text, (size_t)(p - text));
	if (a->prefix) {
		out_str(o, "/");
		out_u64(o, a->len);
	}
	out_str(o, "\n");
}

static uint64_t
put_strings(struct out *o, const struct dns_strings *s)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = s->p, *const end = s->p + s->n;
	uint64_t lines = 0;

	while (p < end) {
		const uint8_t *const stop = p + 1 + *p;
		char line[4 * 255 + 1], *d = line;

		for (p++; p < stop; p++) {
			if (*p >= ' ' && *p < 0x7f && *p != '\\') {
				*d++ = (char)*p;
				continue;
			}
			*d++ = '\\';
			*d++ = 'x';
			*d++ = hex[*p >> 4];
			*d++ = hex[*p & 15];
		}
		if (d == line)
			continue;
		*d++ = '\n';
		out_put(o, line, (size_t)(d - line));
		lines++;
	}
	return lines;
}

uint64_t
dnsentry_write(struct dnsentry *d, struct out *o)
{
	uint64_t lines = 0;
	size_t i;

	if (d->addresses > 0)
		qsort(d->address, d->addresses, sizeof(*d->address),
		      by_address);
	for (i = 0; i < d->addresses; i++) {
		if (i > 0 && by_address(&d->address[i - 1], &d->address[i]) == 0)
			continue;
		put_address(o, &d->address[i]);
		lines++;
	}
	for (i = 0; i < d->txts; i++)
		d->txt[i].p = (const uint8_t *)d->text.p + d->txt[i].at;
	if (d->txts > 0)
		qsort(d->txt, d->txts, sizeof(*d->txt), by_text);
	for (i = 0; i < d->txts; i++)
		if (i == 0 || by_text(&d->txt[i - 1], &d->txt[i]) != 0)
			lines += put_strings(o, &d->txt[i]);
	return lines;
}
