#include "sense/addrset.h"

#include <stdlib.h>
#include <string.h>

void
addrset_free(struct addrset *s)
{
	bulk_free(&s->bulk);
	*s = (struct addrset){.family = s->family};
}

static int
grow(struct addrset *s, size_t more, struct err *e)
{
	const size_t size =
		s->family == CIDR_V4 ? sizeof(*s->v4) : sizeof(*s->v6);

	if (more > ADDRSET_MAX - s->n)
		return err_set(e, EX_DATAERR, "more than %zu records of one "
			       "kind", ADDRSET_MAX);
	if (bulk_grow(&s->bulk, (s->n + more) * size, e) < 0)
		return -1;
	s->cap = s->bulk.size / size;
	s->v4 = s->bulk.p;
	s->v6 = s->bulk.p;
	return 0;
}

static inline uint64_t
pack4(const struct cidr *c, uint32_t tag)
{
	return c->hi | (uint64_t)c->len << ADDRSET_TAG_BITS | tag;
}

int
addrset_add(struct addrset *s, const struct cidr *c, uint32_t tag,
	    struct err *e)
{
	return addrset_add_many(s, c, 1, tag, e);
}

int
addrset_add_many(struct addrset *s, const struct cidr *c, size_t n,
		 uint32_t tag, struct err *e)
{
	size_t i;

	if (n > s->cap - s->n && grow(s, n, e) < 0)
		return -1;
	if (s->family == CIDR_V4)
		for (i = 0; i < n; i++)
			s->v4[s->n + i] = pack4(&c[i], tag);
	else
		for (i = 0; i < n; i++)
			s->v6[s->n + i] = (struct addrset_v6){
				c[i].hi, c[i].lo, tag, c[i].len};
	s->n += n;
	return 0;
}

int
addrset_add4(struct addrset *s, const uint64_t *v, size_t n, uint32_t tag,
	     struct err *e)
{
	size_t i;

	if (n > s->cap - s->n && grow(s, n, e) < 0)
		return -1;
	for (i = 0; i < n; i++)
		s->v4[s->n + i] = v[i] >> 32 << 32 |
				  (v[i] & 63) << ADDRSET_TAG_BITS | tag;
	s->n += n;
	return 0;
}

/*
 * IPv4: buckets by the highest 8 bits that are left, in place, until one fits
 * the second level cache; there by the 30 bits under them, the lowest first,
 * through scratch.
 */
#define V4_SMALL 65536
#define V4_DIGIT 10
#define V4_DIGITS (1 << V4_DIGIT)

static void
v4_pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	uint32_t at[V4_DIGITS] = {0}, sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		at[from[i] >> shift & (V4_DIGITS - 1)]++;
	for (i = 0; i < V4_DIGITS; i++) {
		const uint32_t k = at[i];

		at[i] = sum;
		sum += k;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & (V4_DIGITS - 1)]++] = from[i];
}

static void
v4_insertion(uint64_t *v, size_t n)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		const uint64_t x = v[i];

		for (k = i; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* All above bit 56 is equal. */
static void
v4_small(uint64_t *v, size_t n, uint64_t *scratch)
{
	if (n <= 32) {
		v4_insertion(v, n);
		return;
	}
	v4_pass(v, scratch, n, ADDRSET_TAG_BITS);
	v4_pass(scratch, v, n, ADDRSET_TAG_BITS + V4_DIGIT);
	v4_pass(v, scratch, n, ADDRSET_TAG_BITS + 2 * V4_DIGIT);
	memcpy(v, scratch, n * sizeof(*v));
}

/* Sorts by the 8 bits at shift in place; at[] gets where each bucket starts. */
static void
v4_buckets(uint64_t *v, size_t n, unsigned shift, size_t at[257])
{
	size_t next[256], i;
	bool more;
	unsigned b;

	memset(at, 0, 257 * sizeof(*at));
	for (i = 0; i < n; i++)
		at[(v[i] >> shift & 255) + 1]++;
	for (b = 0; b < 256; b++)
		at[b + 1] += at[b];
	memcpy(next, at, sizeof(next));
	for (more = true; more;) {
		more = false;
		for (b = 0; b < 256; b++) {
			for (i = next[b]; i < at[b + 1]; i++) {
				const uint64_t x = v[i];
				const size_t to = next[x >> shift & 255]++;

				v[i] = v[to];
				v[to] = x;
			}
			more |= next[b] < at[b + 1];
		}
	}
}

static void
v4_sort(uint64_t *v, size_t n, unsigned shift, uint64_t *scratch)
{
	size_t at[257];
	unsigned b;

	if (shift < 56 && n <= V4_SMALL) {
		v4_small(v, n, scratch);
		return;
	}
	v4_buckets(v, n, shift, at);
	for (b = 0; b < 256 && shift >= ADDRSET_TAG_BITS; b++)
		if (at[b + 1] - at[b] > 1)
			v4_sort(v + at[b], at[b + 1] - at[b], shift - 8,
				scratch);
}

/*
 * IPv6: the same by bytes, of which the last one is the length; few of them
 * matter, since what is left is soon a handful.
 */
#define V6_SMALL 32
#define V6_BYTES 17

static unsigned
v6_byte(const struct addrset_v6 *x, unsigned i)
{
	if (i == 16)
		return x->len;
	return (unsigned)((i < 8 ? x->hi : x->lo) >> (56 - 8 * (i & 7))) & 255;
}

static bool
v6_less(const struct addrset_v6 *a, const struct addrset_v6 *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi;
	return a->lo != b->lo ? a->lo < b->lo : a->len < b->len;
}

static void
v6_insertion(struct addrset_v6 *v, size_t n)
{
	size_t i, k;

	for (i = 1; i < n; i++) {
		const struct addrset_v6 x = v[i];

		for (k = i; k > 0 && v6_less(&x, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

static void
v6_buckets(struct addrset_v6 *v, size_t n, unsigned byte, size_t at[257])
{
	size_t next[256], i;
	unsigned b;

	memset(at, 0, 257 * sizeof(*at));
	for (i = 0; i < n; i++)
		at[v6_byte(&v[i], byte) + 1]++;
	for (b = 0; b < 256; b++)
		at[b + 1] += at[b];
	memcpy(next, at, sizeof(next));
	for (b = 0; b < 256; b++)
		while (next[b] < at[b + 1]) {
			struct addrset_v6 x = v[next[b]];
			unsigned to = v6_byte(&x, byte);

			while (to != b) {
				const struct addrset_v6 y = v[next[to]];

				v[next[to]++] = x;
				x = y;
				to = v6_byte(&x, byte);
			}
			v[next[b]++] = x;
		}
}

static void
v6_sort(struct addrset_v6 *v, size_t n, unsigned byte)
{
	size_t at[257];
	unsigned b;

	if (n <= V6_SMALL) {
		v6_insertion(v, n);
		return;
	}
	v6_buckets(v, n, byte, at);
	for (b = 0; b < 256 && byte + 1 < V6_BYTES; b++)
		if (at[b + 1] - at[b] > 1)
			v6_sort(v + at[b], at[b + 1] - at[b], byte + 1);
}

/* The first byte in which any two differ: lists share long prefixes. */
static unsigned
v6_first_byte(const struct addrset_v6 *v, size_t n)
{
	uint64_t hi = 0, lo = 0;
	size_t i;

	for (i = 1; i < n; i++) {
		hi |= v[i].hi ^ v[0].hi;
		lo |= v[i].lo ^ v[0].lo;
	}
	if (hi != 0)
		return (unsigned)__builtin_clzll(hi) / 8;
	return lo != 0 ? 8 + (unsigned)__builtin_clzll(lo) / 8 : 16;
}

int
addrset_sort(struct addrset *s, struct err *e)
{
	uint64_t *scratch;

	if (s->n == 0)
		return 0;
	if (s->family == CIDR_V6) {
		v6_sort(s->v6, s->n, v6_first_byte(s->v6, s->n));
		return 0;
	}
	scratch = malloc(V4_SMALL * sizeof(*scratch));
	if (scratch == NULL)
		return err_mem(e);
	v4_sort(s->v4, s->n, 56, scratch);
	free(scratch);
	return 0;
}
