/* The entries of a set against an array of bools and brute force. */
#include "sense/entries.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static struct cidr
cidr(const char *text)
{
	struct cidr c = {0, 0, CIDR_V4, 0};

	(void)ok(cidr_parse(text, strlen(text), true, &c) == CIDR_OK, "%s", text);
	return c;
}

static void
add(struct entries *es, const char *text, uint32_t ttl)
{
	const struct cidr c = cidr(text);
	struct err e;

	(void)ok(entries_add(es, &c, ttl, &e) == 0, "add %s", text);
}

static void
test_order(void)
{
	struct entries es;
	struct cidr c;
	struct err e;

	entries_init(&es, CIDR_V4);
	add(&es, "10.0.0.0/8", 5);
	add(&es, "10.0.0.0/16", 5);
	(void)ok(!es.unsorted, "in order");
	add(&es, "9.0.0.0/8", 7);
	add(&es, "10.0.0.0/8", 9);
	add(&es, "9.0.0.0/8", 0);
	(void)ok(entries_sort(&es, &e) == 0 && entries_count(&es) == 3, "sorted");
	(void)ok(entries_ttl(&es, 0) == 0, "for ever is longer than 7 seconds");
	(void)ok(entries_ttl(&es, 1) == 9, "9 seconds are longer than 5");
	c = cidr("10.0.0.0/12");
	(void)ok(entries_lower(&es, &c) == 2, "between /8 and /16");
	(void)ok(entries_find(&es, &c) == ENTRY_NONE, "not there");
	c = cidr("10.0.1.0/24");
	(void)ok(entries_holder(&es, &c) == 1, "the widest holder");
	(void)ok(entries_insert(&es, &c, 4, &e) == 0 &&
		 entries_find(&es, &c) == 3, "inserted");
	(void)ok(entries_insert(&es, &c, 0, &e) == 0 &&
		 entries_count(&es) == 4 && entries_ttl(&es, 3) == 0,
		 "inserted again");
	entries_remove(&es, 0, 2);
	c = entries_cidr(&es, 0);
	(void)ok(entries_count(&es) == 2 && c.len == 16, "removed");
	entries_free(&es);
}

/* Random prefixes below 10.0.0.0/24, or 2001:db8::/120 for the other family. */
static struct cidr
made(uint8_t family)
{
	struct cidr c = {UINT64_C(0x0a000000) << 32, 0, family, 0};
	const uint64_t low = (uint64_t)(rand() & 255);

	if (family == CIDR_V4) {
		c.hi |= low << 32;
	} else {
		c.hi = UINT64_C(0x20010db8) << 32;
		c.lo = low;
	}
	c.len = (uint8_t)(cidr_max_len(family) - (unsigned)(rand() % 8));
	cidr_truncate(&c);
	return c;
}

static void
mark(bool *at, const struct cidr *c)
{
	const unsigned first = (unsigned)(c->family == CIDR_V4 ? c->hi >> 32
							       : c->lo) & 255;
	const unsigned n = 1u << (cidr_max_len(c->family) - c->len);

	memset(at + first, true, n);
}

static void
test_sum(uint8_t family, unsigned seed)
{
	struct entries es[2][2]; /* block, allow; addresses, prefixes */
	const struct entries *p[2][2];
	bool at[2][256] = {{false}};
	struct entries_sum sum;
	struct err e;
	unsigned want = 0;
	int i, v, n = rand() % 12;

	for (i = 0; i < 4; i++) {
		entries_init(&es[i / 2][i % 2], family);
		p[i / 2][i % 2] = &es[i / 2][i % 2];
	}
	for (i = 0; i < n; i++) {
		const struct cidr c = made(family);

		v = rand() & 1;
		(void)entries_add(&es[v][c.len < cidr_max_len(family)], &c, 0,
				  &e);
		mark(at[v], &c);
	}
	for (i = 0; i < 4; i++)
		(void)entries_sort(&es[i / 2][i % 2], &e);
	for (i = 0; i < 256; i++)
		want += at[0][i] && !at[1][i];
	entries_sum(p[0], p[1], &sum);
	(void)ok(sum.blocked == want, "family %d seed %u: %g blocked, not %u",
		 family, seed, sum.blocked, want);
	for (i = 0; i < 4; i++)
		entries_free(&es[i / 2][i % 2]);
}

static void
test_inside(uint8_t family, unsigned seed)
{
	struct entries old, nets;
	size_t i, at = 0, kept = 0;
	struct err e;

	entries_init(&old, family);
	entries_init(&nets, family);
	for (i = 0; i < 40; i++) {
		const struct cidr c = made(family);

		(void)entries_add(i % 2 == 0 ? &nets : &old, &c, 0, &e);
	}
	(void)entries_sort(&old, &e);
	(void)entries_sort(&nets, &e);
	for (i = 0; i < entries_count(&old); i++) {
		const struct cidr c = entries_cidr(&old, i);

		const struct addrset_entry x = addrset_get(&old.set, i);

		at = entries_seek(&nets, at, &x);
		(void)ok(at == entries_lower(&nets, &c) &&
			 entries_is(&nets, at, &x) ==
				 (entries_find(&nets, &c) != ENTRY_NONE),
			 "seed %u: seek", seed);
		kept += entries_holder(&nets, &c) != ENTRY_NONE;
	}
	entries_keep_inside(&old, &nets);
	(void)ok(entries_count(&old) == kept, "seed %u: %zu kept, not %zu", seed,
		 entries_count(&old), kept);
	for (i = 0; i < entries_count(&old); i++) {
		const struct cidr c = entries_cidr(&old, i);

		(void)ok(entries_holder(&nets, &c) != ENTRY_NONE,
			 "seed %u: kept without a holder", seed);
	}
	entries_free(&old);
	entries_free(&nets);
}

int
main(void)
{
	unsigned seed;

	test_order();
	for (seed = 1; seed <= 500; seed++) {
		srand(seed);
		test_sum(seed & 1 ? CIDR_V4 : CIDR_V6, seed);
		test_inside(seed & 1 ? CIDR_V4 : CIDR_V6, seed);
	}
	return done();
}
