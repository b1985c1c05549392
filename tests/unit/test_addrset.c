/* Sorting of prefixes in bulk against qsort, crowded and spread. */
#include <stdlib.h>

#include "sense/addrset.h"
#include "tap.h"

static uint64_t state = 20261124;

static uint64_t
next(void)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return state ^ state >> 29;
}

static int
compare(const void *pa, const void *pb)
{
	const struct addrset_entry *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return (a->tag > b->tag) - (a->tag < b->tag);
}

/* n entries whose addresses differ in the given number of bits only. */
static void
test_sort(uint8_t family, size_t n, unsigned bits, unsigned tags)
{
	struct addrset s = {.family = family};
	struct addrset_entry *want = calloc(n, sizeof(*want));
	struct addrset_entry *got = calloc(n, sizeof(*got));
	const unsigned max = cidr_max_len(family);
	bool in_order = true, all = true;
	struct err e;
	size_t i;

	if (want == NULL || got == NULL)
		abort();
	for (i = 0; i < n; i++) {
		struct cidr c = {next(), next(), family, (uint8_t)max};
		const uint32_t tag = (uint32_t)(next() % tags);

		if (bits < max) {
			c.hi &= ~cidr_mask_hi(max - bits);
			c.lo &= ~cidr_mask_lo(max - bits);
		}
		if (next() % 4 == 0)
			c.len = (uint8_t)(next() % (max + 1));
		cidr_truncate(&c);
		want[i] = (struct addrset_entry){addr128_of(c.hi, c.lo), tag,
						 c.len};
		if (family == CIDR_V4)
			want[i].addr &= ~(((addr128)1 << 96) - 1);
		c.hi = (uint64_t)(want[i].addr >> 64);
		c.lo = (uint64_t)want[i].addr;
		if (addrset_add(&s, &c, tag, &e) < 0)
			abort();
	}
	if (addrset_sort(&s, &e) < 0)
		abort();
	for (i = 0; i < n; i++)
		got[i] = addrset_get(&s, i);
	for (i = 1; i < n; i++)
		if (got[i].addr < got[i - 1].addr ||
		    (got[i].addr == got[i - 1].addr &&
		     got[i].len < got[i - 1].len))
			in_order = false;
	/* Tags come in any order. */
	qsort(got, n, sizeof(*got), compare);
	qsort(want, n, sizeof(*want), compare);
	for (i = 0; i < n; i++)
		if (compare(&got[i], &want[i]) != 0)
			all = false;
	ok(in_order && all && s.n == n, "family %d, %zu entries in %u bits",
	   family, n, bits);
	addrset_free(&s);
	free(want);
	free(got);
}

static void
test_add4(void)
{
	struct addrset s = {.family = CIDR_V4};
	const uint64_t v[] = {0xffffffffULL << 32 | 32, 0, 0x0a000000ULL << 32 | 8};
	struct addrset_entry x;
	struct err e;

	if (addrset_add4(&s, v, 3, ADDRSET_TAG_MAX, &e) < 0)
		abort();
	x = addrset_get(&s, 0);
	ok(x.addr == (addr128)0xffffffff << 96 && x.len == 32 &&
	   x.tag == ADDRSET_TAG_MAX, "the last address");
	x = addrset_get(&s, 1);
	ok(x.addr == 0 && x.len == 0, "all addresses");
	x = addrset_get(&s, 2);
	ok(x.addr == (addr128)0x0a << 120 && x.len == 8, "10.0.0.0/8");
	addrset_free(&s);
}

int
main(void)
{
	static const unsigned bits[] = {0, 1, 7, 12, 18, 24, 32, 64, 100, 128};
	static const size_t n[] = {0, 1, 2, 31, 33, 1000, 70000, 200000};
	size_t i, k;

	for (i = 0; i < sizeof(n) / sizeof(*n); i++)
		for (k = 0; k < sizeof(bits) / sizeof(*bits); k++) {
			if (bits[k] <= 32)
				test_sort(CIDR_V4, n[i], bits[k], 3);
			if (n[i] < 200000)
				test_sort(CIDR_V6, n[i], bits[k], 3);
		}
	test_add4();
	return done();
}
