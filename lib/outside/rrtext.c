#include "outside/rrtext.h"

#include <ldns/ldns.h>
#include <string.h>

#include "values/cidr.h"

int
rrtext_open(struct rrtext *t, struct err *e)
{
	*t = (struct rrtext){.p = malloc(RRTEXT_MAX)};
	return t->p != NULL ? 0 : err_mem(e);
}

void
rrtext_close(struct rrtext *t)
{
	free(t->p);
	*t = (struct rrtext){.p = NULL};
}

static char *
put_u32(char *d, uint32_t v)
{
	char digits[10];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	memcpy(d, digits + n, sizeof(digits) - n);
	return d + sizeof(digits) - n;
}

static char *
put_text(char *d, const char *s)
{
	return stpcpy(d, s);
}

static char *
put_address(char *d, uint8_t family, const uint8_t *bytes)
{
	const uint8_t len = (uint8_t)cidr_max_len(family);
	const struct cidr c = cidr_from_bytes(family, bytes, len);

	return d + cidr_format_addr(&c, d);
}

/* A name that fills the data from at to end. */
static char *
put_name(char *d, const struct dns_msg *m, size_t at, size_t end)
{
	size_t behind = at;

	if (!dns_name_skip(m, &behind) || behind != end)
		return NULL;
	return dns_name_text(m, at, d, NULL);
}

static char *
put_soa(char *d, const struct dns_msg *m, size_t at, size_t end)
{
	int i;

	for (i = 0; i < 2; i++) {
		d = dns_name_text(m, at, d, NULL);
		if (d == NULL || !dns_name_skip(m, &at))
			return NULL;
		*d++ = ' ';
	}
	if (at > end || end - at != 20)
		return NULL;
	for (; at < end; at += 4) {
		d = put_u32(d, get32(m->p + at));
		if (at + 4 < end)
			*d++ = ' ';
	}
	return d;
}

static char *
put_strings(char *d, const uint8_t *p, size_t n)
{
	const uint8_t *const end = p + n;

	if (n == 0)
		return NULL;
	while (p < end) {
		size_t len = *p++;

		if (len > (size_t)(end - p))
			return NULL;
		*d++ = '"';
		for (; len > 0; len--, p++) {
			if (*p == '"' || *p == '\\')
				*d++ = '\\';
			if (*p >= ' ' && *p < 0x7f) {
				*d++ = (char)*p;
				continue;
			}
			*d++ = '\\';
			*d++ = (char)('0' + *p / 100);
			*d++ = (char)('0' + *p / 10 % 10);
			*d++ = (char)('0' + *p % 10);
		}
		*d++ = '"';
		*d++ = ' ';
	}
	return d - 1;
}

/* The rest of the line behind the class, as ldns writes it. */
static char *
put_other(char *d, const char *limit, const struct dns_msg *m, size_t at)
{
	ldns_buffer *b = ldns_buffer_new(LDNS_MIN_BUFLEN);
	const char *s = NULL;
	ldns_rr *rr = NULL;
	char *to = NULL;
	size_t n;
	int tabs;

	if (b == NULL ||
	    ldns_wire2rr(&rr, m->p, m->n, &at, LDNS_SECTION_ANSWER) !=
		    LDNS_STATUS_OK ||
	    ldns_rr2buffer_str_fmt(b, ldns_output_format_nocomments, rr) !=
		    LDNS_STATUS_OK)
		goto done;
	s = (const char *)ldns_buffer_begin(b);
	n = ldns_buffer_position(b);
	for (tabs = 0; s != NULL && tabs < 3; tabs++) {
		const char *tab = memchr(s, '\t', n);

		n -= tab != NULL ? (size_t)(tab + 1 - s) : 0;
		s = tab != NULL ? tab + 1 : NULL;
	}
	while (s != NULL && n > 0 && (s[n - 1] == '\n' || s[n - 1] == ' '))
		n--;
	if (s == NULL || n >= (size_t)(limit - d) ||
	    memchr(s, '\n', n) != NULL || memchr(s, '\0', n) != NULL)
		goto done;
	memcpy(d, s, n);
	to = d + n;
done:
	ldns_rr_free(rr);
	ldns_buffer_free(b);
	return to;
}

/* "TYPE TAB RDATA"; NULL where it is malformed. */
static char *
put_data(char *d, const char *limit, const struct dns_msg *m,
	 const struct dns_rr *rr)
{
	const size_t at = rr->data, end = rr->data + rr->len;
	const uint8_t *p = m->p + at;

	switch (rr->type) {
	case DNS_CNAME:
		return put_name(put_text(d, "CNAME\t"), m, at, end);
	case DNS_A:
		return rr->len != 4 ? NULL : put_address(put_text(d, "A\t"),
							 CIDR_V4, p);
	case DNS_AAAA:
		return rr->len != 16 ? NULL : put_address(put_text(d, "AAAA\t"),
							  CIDR_V6, p);
	case DNS_NS:
		return put_name(put_text(d, "NS\t"), m, at, end);
	case DNS_PTR:
		return put_name(put_text(d, "PTR\t"), m, at, end);
	case DNS_DNAME:
		return put_name(put_text(d, "DNAME\t"), m, at, end);
	case DNS_SOA:
		return put_soa(put_text(d, "SOA\t"), m, at, end);
	case DNS_TXT:
		return put_strings(put_text(d, "TXT\t"), p, rr->len);
	default:
		return put_other(d, limit, m, rr->owner);
	}
}

bool
rrtext_make(struct rrtext *t, const struct dns_msg *m, const struct dns_rr *rr)
{
	char *d = dns_name_text(m, rr->owner, t->p, &t->owner);

	if (d == NULL)
		return false;
	t->owner_n = (size_t)(d - t->p);
	*d++ = '\t';
	d = put_text(put_u32(d, rr->ttl), "\tIN\t");
	d = put_data(d, t->p + RRTEXT_MAX - 1, m, rr);
	if (d == NULL)
		return false;
	*d++ = '\n';
	t->n = (size_t)(d - t->p);
	return true;
}

bool
rrtext_within(const struct rrtext *t, const struct dname *zone,
	      const char *text, size_t n)
{
	unsigned labels = 0;
	size_t i, at;

	for (i = 0; zone->w[i] != 0; i += 1u + zone->w[i])
		labels++;
	if (labels == 0)
		return true;
	if (t->owner.n < labels)
		return false;
	at = t->owner.at[t->owner.n - labels];
	return t->owner_n - at == n && memcmp(t->p + at, text, n) == 0;
}
