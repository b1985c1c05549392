/* Runs of IPv4 records: what differs is read, what repeats is compared. */
#include <string.h>

#include "values/ip4scan.h"
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

size_t
policy_run4(struct policy_reader *r, uint64_t *v, size_t max)
{
	const struct around x = {r->head, r->tail, r->nhead, r->ntail + 1};
	const size_t longest = x.nhead + IP4SCAN_READS + x.ntail;
	size_t n, line, at = 0, k = 0;
	struct err ignored;
	char *p;

	if (r->nhead < 8 || r->s.has_sets || r->last.kind != KIND_IP4 ||
	    in_peek(&r->s.in, &p, &n, 0, &ignored) < 0)
		return 0;
	while (k < max && n - at >= longest) {
		line = read_line4(p + at, &x, &v[k]);
		if (line == 0)
			break;
		at += line;
		k++;
	}
	in_skip_lines(&r->s.in, at, k);
	r->s.records += k;
	return k;
}
