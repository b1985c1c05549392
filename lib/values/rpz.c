#include "values/rpz.h"

#include <string.h>

static const char *const triggers[RPZ_TRIGGERS] = {
	[RPZ_QNAME] = "qname",	     [RPZ_IP] = "ip",
	[RPZ_CLIENT_IP] = "client-ip", [RPZ_NSDNAME] = "nsdname",
	[RPZ_NSIP] = "nsip",
};

/* Kinds of each trigger: IPv4 and IPv6. */
static const enum kind kinds[RPZ_TRIGGERS][2] = {
	[RPZ_IP] = {KIND_IP4, KIND_IP6},
	[RPZ_CLIENT_IP] = {KIND_CLIENT4, KIND_CLIENT6},
	[RPZ_NSIP] = {KIND_NSIP4, KIND_NSIP6},
};

const char *
rpz_trigger_text(enum rpz_trigger t)
{
	return triggers[t];
}

/* The 16-bit words of an IPv6 address, from the right. */
static void
to_words(const struct cidr *c, unsigned *w)
{
	int i;

	for (i = 0; i < 4; i++) {
		w[i] = (unsigned)(c->lo >> (16 * i) & 0xffff);
		w[i + 4] = (unsigned)(c->hi >> (16 * i) & 0xffff);
	}
}

static char *
put_number(char *d, unsigned v, unsigned base)
{
	char digits[8];
	size_t n = sizeof(digits);

	do
		digits[--n] = "0123456789abcdef"[v % base];
	while ((v /= base) != 0);
	memcpy(d, digits + n, sizeof(digits) - n);
	return d + sizeof(digits) - n;
}

static char *
put_v6(char *d, const struct cidr *c)
{
	int at = -1, i, len = 2, run = 0;
	unsigned w[8];

	to_words(c, w);
	/* The longest run of zeros; of equal ones the leftmost in an address,
	 * which comes last here. */
	for (i = 0; i < 8; i++) {
		run = w[i] == 0 ? run + 1 : 0;
		if (run >= len) {
			len = run;
			at = i - run + 1;
		}
	}
	for (i = 0; i < 8; i++) {
		*d++ = '.';
		if (i == at) {
			memcpy(d, "zz", 2);
			d += 2;
			i += len - 1;
		} else {
			d = put_number(d, w[i], 16);
		}
	}
	return d;
}

size_t
rpz_format_addr(const struct cidr *c, char *dst)
{
	char *d = put_number(dst, c->len, 10);
	int i;

	if (c->family == CIDR_V6)
		return (size_t)(put_v6(d, c) - dst);
	for (i = 32; i < 64; i += 8) {
		*d++ = '.';
		d = put_number(d, (unsigned)(c->hi >> i & 255), 10);
	}
	return (size_t)(d - dst);
}

/* A number that is a whole label; moves *p behind its dot. */
static bool
take_label(const char **p, const char *end, unsigned base, unsigned max,
	   unsigned *v)
{
	const char *s = *p;

	*v = 0;
	for (; s < end && *s != '.'; s++) {
		const unsigned digit = *s >= 'a' ? (unsigned)(*s - 'a') + 10
						 : (unsigned)(*s - '0');

		if (digit >= base)
			return false;
		*v = *v * base + digit;
		if (*v > max)
			return false;
	}
	if (s == *p)
		return false;
	*p = s < end ? s + 1 : s;
	return true;
}

static const char *
parse_v4(const char *p, const char *end, struct cidr *c)
{
	unsigned v;
	int i;

	if (c->len > 32)
		return "an IPv4 prefix length over 32";
	for (i = 32; i < 64; i += 8) {
		if (!take_label(&p, end, 10, 255, &v))
			return "an IPv4 octet is not within 0 to 255";
		c->hi |= (uint64_t)v << i;
	}
	return NULL;
}

static const char *
parse_v6(const char *p, const char *end, size_t labels, struct cidr *c)
{
	size_t at = 0; /* words from the right */

	c->family = CIDR_V6;
	for (; labels > 0 && at < 8; labels--) {
		unsigned v;

		if (end - p >= 2 && memcmp(p, "zz", 2) == 0 &&
		    (end - p == 2 || p[2] == '.')) {
			p += end - p == 2 ? 2 : 3;
			at = labels - 1 <= 8 ? 8 - (labels - 1) : 9;
			continue;
		}
		if (!take_label(&p, end, 16, 0xffff, &v))
			return "a bad word in an IPv6 address";
		*(at < 4 ? &c->lo : &c->hi) |= (uint64_t)v << (16 * (at & 3));
		at++;
	}
	return at == 8 && labels == 0 ? NULL : "not an IPv6 address";
}

/* LENGTH and address, in the one form that BIND finds again. */
static const char *
parse_addr(struct span s, struct cidr *c)
{
	const char *p = s.p, *const end = s.p + s.n;
	char text[RPZ_ADDR_MAX];
	struct cidr plain;
	const char *why;
	size_t labels = 0;
	unsigned len;

	for (; (p = memchr(p, '.', (size_t)(end - p))) != NULL; p++)
		labels++;
	p = s.p;
	if (!take_label(&p, end, 10, 999, &len) || labels == 0)
		return "no prefix length in front of an address";
	if (len < 1 || len > 128)
		return "a prefix length that is not within 1 to 128";
	*c = (struct cidr){0, 0, CIDR_V4, (uint8_t)len};
	if (labels == 4 && memchr(p, 'z', (size_t)(end - p)) == NULL)
		why = parse_v4(p, end, c);
	else
		why = parse_v6(p, end, labels, c);
	if (why != NULL)
		return why;
	plain = *c;
	cidr_truncate(c);
	if (c->hi != plain.hi || c->lo != plain.lo)
		return "bits are set behind the prefix";
	/* BIND takes ::ffff:0:0/96 for the IPv4 addresses in it. */
	if (c->family == CIDR_V6 && c->hi == 0 && c->lo >> 32 == 0xffff)
		return "an IPv4 address in IPv6 form";
	return rpz_format_addr(c, text) == s.n && memcmp(text, s.p, s.n) == 0
		       ? NULL : "an address that is not in canonical form";
}

/* The last label's offset; escaped dots do not part labels. */
static size_t
last_label(struct span s)
{
	const char *dot;
	size_t n = s.n;

	while ((dot = memrchr(s.p, '.', n)) != NULL) {
		size_t slashes = 0;

		n = (size_t)(dot - s.p);
		while (slashes < n && dot[-1 - (ptrdiff_t)slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return n + 1;
	}
	return 0;
}

static enum rpz_trigger
find_trigger(struct span label)
{
	int t;

	if (label.n < 6 || memcmp(label.p, "rpz-", 4) != 0)
		return RPZ_QNAME;
	label.p += 4;
	label.n -= 4;
	for (t = RPZ_IP; t < RPZ_TRIGGERS; t++)
		if (span_is(label, triggers[t]))
			return (enum rpz_trigger)t;
	return RPZ_QNAME;
}

bool
rpz_has_trigger_label(struct span owner)
{
	const size_t at = last_label(owner);

	return find_trigger((struct span){owner.p + at, owner.n - at}) !=
	       RPZ_QNAME;
}

const char *
rpz_trigger(struct span owner, enum rpz_trigger *t, struct span *self,
	    struct policy *rec)
{
	const size_t at = last_label(owner);
	const char *why;

	*t = find_trigger((struct span){owner.p + at, owner.n - at});
	*self = owner;
	if (*t == RPZ_QNAME) {
		rec->kind = KIND_NAME;
		rec->name = owner;
		return NULL;
	}
	if (at == 0)
		return "a trigger label with nothing in front of it";
	self->n = at - 1;
	if (*t == RPZ_NSDNAME) {
		rec->kind = KIND_NSNAME;
		rec->name = *self;
		return NULL;
	}
	rec->name = (struct span){NULL, 0};
	why = parse_addr(*self, &rec->cidr);
	if (why == NULL)
		rec->kind = kinds[*t][rec->cidr.family == CIDR_V6];
	return why;
}

/* An address that is blocked is blocked, whatever the answer would be. */
static void
set(struct policy *rec, enum response r)
{
	rec->verdict = r == RESPONSE_PASSTHRU ? VERDICT_ALLOW : VERDICT_BLOCK;
	rec->response = rec->kind == KIND_IP4 || rec->kind == KIND_IP6
				? RESPONSE_NONE : r;
	rec->target = (struct span){NULL, 0};
}

const char *
rpz_cname(struct span target, struct span self, struct policy *rec)
{
	if (target.n == 0) {
		set(rec, RESPONSE_NXDOMAIN);
	} else if (span_is(target, "*")) {
		set(rec, RESPONSE_NODATA);
	} else if (span_is(target, "rpz-passthru") ||
		   (target.n == self.n &&
		    !name_is_wildcard(target.p, target.n) &&
		    memcmp(target.p, self.p, self.n) == 0)) {
		set(rec, RESPONSE_PASSTHRU);
	} else if (span_is(target, "rpz-drop")) {
		set(rec, RESPONSE_DROP);
	} else if (span_is(target, "rpz-tcp-only")) {
		set(rec, RESPONSE_TCP_ONLY);
		if (rec->response == RESPONSE_NONE)
			return "tcp-only, which blocks no address";
	} else {
		set(rec, RESPONSE_REDIRECT);
		if (rec->response == RESPONSE_REDIRECT)
			rec->target = target;
	}
	return NULL;
}

void
rpz_data(struct policy *rec)
{
	set(rec, RESPONSE_DATA);
}

bool
rpz_is_reserved(struct span target)
{
	const size_t at = last_label(target);

	return target.n - at > 4 && memcmp(target.p + at, "rpz-", 4) == 0;
}
