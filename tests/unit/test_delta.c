/* What two sets differ in, against how they were made. */
#include "sense/delta.h"

#include <stdlib.h>

#include "tap.h"

static uint64_t state = 1;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* The i-th prefix of a family; none is there twice. */
static struct cidr
prefix(uint8_t family, uint64_t i)
{
	const uint64_t x = i * UINT64_C(0x9e3779b97f4a7c15);

	if (family == CIDR_V4)
		return (struct cidr){(uint64_t)((uint32_t)i * 2654435769U)
				     << 32, 0, CIDR_V4, (uint8_t)(i % 33)};
	return (struct cidr){x, i % 3 == 0 ? 0 : x * x, CIDR_V6,
			     (uint8_t)(i % 129)};
}

static bool
is_one_of(struct entries *es, uint8_t family, uint64_t from, size_t n,
	  struct err *e)
{
	bool all = entries_sort(es, e) == 0 && entries_count(es) == n;
	size_t i;

	for (i = 0; i < n && all; i++) {
		const struct cidr c = prefix(family, from + i);

		all = entries_find(es, &c) != ENTRY_NONE;
	}
	return all;
}

/* both in the two of them, and what only the one or only the other holds. */
static void
test_difference(uint8_t family, size_t both, size_t put, size_t taken)
{
	const uint64_t at = next() >> 33;
	struct entries p, t;
	struct cidr c;
	struct err e;
	struct delta *d = delta_new(family, &e);
	size_t i;
	int r;

	if (!ok(d != NULL, "memory"))
		return;
	entries_init(&p, family);
	entries_init(&t, family);
	for (i = 0; i < both + put; i++) {
		c = prefix(family, at + i);
		delta_put(d, &c, 1);
	}
	for (i = both; i-- > 0;) {
		c = prefix(family, at + i);
		delta_take(d, &c, 1);
	}
	for (i = 0; i < taken; i++) {
		c = prefix(family, at + both + put + i);
		delta_take(d, &c, 1);
	}
	r = delta_solve(d, &p, &t, &e);
	if (put + taken <= 1000)
		(void)ok(r == 1, "%zu and %zu are few enough", put, taken);
	if (put + taken > 3072)
		(void)ok(r == 0, "%zu and %zu are too many", put, taken);
	if (r == 1) {
		(void)ok(is_one_of(&p, family, at + both, put, &e),
			 "%zu were only put", put);
		(void)ok(is_one_of(&t, family, at + both + put, taken, &e),
			 "%zu were only taken", taken);
	}
	entries_free(&p);
	entries_free(&t);
	delta_free(d);
}

/* What comes twice on one side is not solved, or told of: never hidden. */
static void
test_twice(uint8_t family, bool there)
{
	struct entries p, t;
	struct err e;
	struct delta *d = delta_new(family, &e);
	const struct cidr c = prefix(family, 7);
	int r;

	if (!ok(d != NULL, "memory"))
		return;
	entries_init(&p, family);
	entries_init(&t, family);
	if (there)
		delta_put(d, &c, 1);
	delta_take(d, &c, 1);
	delta_take(d, &c, 1);
	r = delta_solve(d, &p, &t, &e);
	(void)ok(r == there && entries_count(&p) == 0 &&
		 entries_count(&t) == there, "twice");
	entries_free(&p);
	entries_free(&t);
	delta_free(d);
}

int
main(void)
{
	static const size_t n[][3] = {
		{0, 0, 0},	 {50000, 0, 0},	      {0, 1, 0},
		{0, 0, 1},	 {50000, 1, 0},	      {50000, 0, 1},
		{50000, 1, 1},	 {50000, 500, 500},   {1000, 1000, 0},
		{1000, 0, 1000}, {50000, 1000, 1000}, {100, 1250, 1250},
		{100, 0, 3100},	 {100, 3100, 0},      {0, 40000, 40000},
	};
	size_t i;

	for (i = 0; i < sizeof(n) / sizeof(*n); i++) {
		test_difference(CIDR_V4, n[i][0], n[i][1], n[i][2]);
		test_difference(CIDR_V6, n[i][0], n[i][1], n[i][2]);
	}
	for (i = 0; i < 4; i++)
		test_twice(i & 1 ? CIDR_V4 : CIDR_V6, i & 2);
	return done();
}
