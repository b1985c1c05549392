/* Bulk reading of IPv6 text takes what is canonical and nothing else, and reads
 * it as libc does. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/cidr.h"
#include "values/ip6scan.h"

#define ROUNDS 200000

static unsigned state = 20261124;

static unsigned
below(unsigned n)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)state * n >> 32);
}

/* An address with runs of zero words; true where "::" leaves another of them,
 * or it is written in mixed notation. */
static bool
make(struct cidr *c)
{
	const bool mapped = below(50) == 0;
	uint16_t w[8];
	unsigned i, runs = 0;

	for (i = 0; i < 8; i++) {
		w[i] = (uint16_t)(below(3) == 0 ? 0
					: below(1U << (1 + below(16))));
		if (mapped && i < 6)
			w[i] = i < 5 ? 0 : 0xffff;
		runs += i > 0 && w[i] == 0 && w[i - 1] == 0 &&
			(i == 1 || w[i - 2] != 0);
	}
	*c = (struct cidr){ip6scan_join(w), ip6scan_join(w + 4), CIDR_V6, 128};
	return runs > 1 || (c->hi == 0 && c->lo >> 32 == 0xffff);
}

static void
spoil(char *text, size_t n)
{
	static const char bytes[] = "0123456789abcdefAF::::/\tx.";
	unsigned i;

	for (i = 1 + below(2); i > 0; i--)
		text[below((unsigned)n)] = bytes[below(sizeof(bytes) - 1)];
}

/* What is taken is what libc reads, and as it is written. */
static bool
taken_well(const char *text, unsigned n, uint64_t hi, uint64_t lo)
{
	char copy[IP6SCAN_READS] = "", canonical[CIDR_TEXT_MAX];
	struct cidr c;
	uint8_t a[16];

	memcpy(copy, text, n);
	if (inet_pton(AF_INET6, copy, a) != 1)
		return false;
	c = cidr_from_bytes(CIDR_V6, a, 128);
	return c.hi == hi && c.lo == lo &&
	       cidr_format_addr(&c, canonical) == n &&
	       memcmp(canonical, text, n) == 0;
}

int
main(void)
{
	int i, wrong = 0, missed = 0, taken = 0;

	for (i = 0; i < ROUNDS; i++) {
		char text[64 + IP6SCAN_READS] = "";
		uint64_t hi = 0, lo = 0;
		struct cidr c;
		const bool other = make(&c), bad = below(2) == 0;
		const size_t n = cidr_format_addr(&c, text);
		unsigned got;

		text[n] = "/\tx"[below(3)];
		if (bad)
			spoil(text, n);
		got = ip6scan(text, &hi, &lo);
		taken += got > 0;
		missed += !bad && !other && got != n;
		if (got > 0 && text[got] != '.' &&
		    !taken_well(text, got, hi, lo) && wrong++ < 5)
			ok(false, "'%s': %u %016llx%016llx", text, got,
			   (unsigned long long)hi, (unsigned long long)lo);
	}
	ok(wrong == 0, "%d of %d are read otherwise", wrong, ROUNDS);
	ok(missed == 0, "%d that are canonical are left", missed);
	ok(taken > ROUNDS / 3 && taken < ROUNDS, "%d are taken", taken);
	return done();
}
