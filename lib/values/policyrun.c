/* Runs of address records: what differs is read, what repeats is compared. */
#include <string.h>

#include "values/ip4scan.h"
#include "values/ip6scan.h"
#include "values/policy.h"

/* The bytes between which a value stands; both are at least 8 long. */
struct around {
	const char *head, *tail;
	size_t nhead, ntail;
};

static inline bool
equal8(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	return x == y;
}

/* Short columns, as nearly all are, are compared by two loads that overlap. */
static inline bool
equal(const char *a, const char *b, size_t n)
{
	return equal8(a, b) && equal8(a + n - 8, b + n - 8) &&
	       (n <= 16 || memcmp(a, b, n) == 0);
}

/* One line at p: its length, or 0 where it is not such a one. */
static inline size_t
read_line4(const char *p, const struct around *x, uint64_t *v)
{
	const char *q = p + x->nhead;
	unsigned n, d, len;
	uint32_t addr;

	if (!equal(p, x->head, x->nhead))
		return 0;
	n = ip4scan(q, &addr);
	if (n == 0 || q[n] != '/')
		return 0;
	q += n + 1;
	len = (unsigned char)(*q++ - '0');
	d = (unsigned char)(*q - '0');
	if (d < 10) {
		len = len * 10 + d;
		q++;
		if (len < 10 || len > 32)
			return 0;
	} else if (len > 9) {
		return 0;
	}
	if ((uint32_t)((uint64_t)addr << len) != 0 ||
	    !equal(q, x->tail, x->ntail))
		return 0;
	*v = (uint64_t)addr << 32 | len;
	return (size_t)(q - p) + x->ntail;
}

/* "/len" up to 128 without a leading zero: its length in bytes, or 0. */
static inline size_t
read_len6(const char *p, unsigned *len)
{
	size_t i;

	if (*p != '/')
		return 0;
	for (i = 1, *len = 0; i < 4; i++) {
		const unsigned d = (unsigned char)(p[i] - '0');

		if (d > 9)
			break;
		*len = *len * 10 + d;
	}
	return *len <= 128 && (i == 2 || (i > 2 && p[1] != '0')) ? i : 0;
}

static inline size_t
read_line6(const char *p, const struct around *x, struct cidr *c)
{
	const char *q = p + x->nhead;
	unsigned len;
	size_t n;

	if (!equal(p, x->head, x->nhead))
		return 0;
	n = ip6scan(q, &c->hi, &c->lo);
	if (n == 0)
		return 0;
	q += n;
	n = read_len6(q, &len);
	q += n;
	if (n == 0 || ((c->hi & ~cidr_mask_hi(len)) |
		       (c->lo & ~cidr_mask_lo(len))) != 0 ||
	    !equal(q, x->tail, x->ntail))
		return 0;
	c->family = CIDR_V6;
	c->len = (uint8_t)len;
	return (size_t)(q - p) + x->ntail;
}

/* What is read ahead, if a run of this kind may go on there; else 0 bytes. */
static size_t
ahead(struct policy_reader *r, enum kind kind, char **p)
{
	struct err ignored;
	size_t n;

	if (r->nhead < 8 || r->s.has_sets || r->last.kind != kind ||
	    in_peek(&r->s.in, p, &n, 0, &ignored) < 0)
		return 0;
	return n;
}

static void
took(struct policy_reader *r, size_t bytes, size_t records)
{
	in_skip_lines(&r->s.in, bytes, records);
	r->s.records += records;
}

size_t
policy_run4(struct policy_reader *r, uint64_t *v, size_t max)
{
	const struct around x = {r->head, r->tail, r->nhead, r->ntail + 1};
	const size_t longest = x.nhead + IP4SCAN_READS + x.ntail;
	size_t line, at = 0, k = 0;
	char *p = NULL;
	const size_t n = ahead(r, KIND_IP4, &p);

	while (k < max && n - at >= longest) {
		line = read_line4(p + at, &x, &v[k]);
		if (line == 0)
			break;
		at += line;
		k++;
	}
	took(r, at, k);
	return k;
}

size_t
policy_run6(struct policy_reader *r, struct cidr *c, size_t max)
{
	const struct around x = {r->head, r->tail, r->nhead, r->ntail + 1};
	const size_t longest = x.nhead + IP6SCAN_READS + x.ntail;
	size_t line, at = 0, k = 0;
	char *p = NULL;
	const size_t n = ahead(r, KIND_IP6, &p);

	while (k < max && n - at >= longest) {
		line = read_line6(p + at, &x, &c[k]);
		if (line == 0)
			break;
		at += line;
		k++;
	}
	took(r, at, k);
	return k;
}
