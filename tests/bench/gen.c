/*
 * gen ip4|ip6|names|hosts LINES [SEED]: a made list in the shape of published
 * ones, the same for the same arguments. A tenth of the lines repeat an earlier
 * one.
 *
 * ip4: 94 % single addresses, the rest /24 (4.5 %), /28, /23, /22 and /20; six
 * of ten in 4096 crowded /16. Ten million lines cover about 7 % of the space.
 * ip6: /128, /64 and /48, most of them below 2000 crowded /32.
 * names: two to four labels, half of them in .com, many below a shared domain.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next() >> 32) % n;
}

/* What does not depend on the line but on a small number, the same each time. */
static uint64_t
fixed(unsigned n)
{
	const uint64_t keep = state;
	uint64_t v;

	state = UINT64_C(0xfeed) * (n + 1);
	v = next();
	state = keep;
	return v;
}

static void
put_ip4(void)
{
	static const unsigned char lens[20] = {24, 24, 24, 24, 24, 24, 24, 24,
		24, 24, 24, 24, 24, 24, 24, 28, 28, 23, 22, 20};
	const unsigned len = below(100) < 94 ? 32 : lens[below(20)];
	const unsigned hot = below(10) < 6 ? (unsigned)fixed(below(4096))
					   : (unsigned)next();
	uint32_t a = (1 + (hot >> 8) % 223) << 24 | (hot & 255) << 16 |
		     below(65536);

	a &= UINT32_MAX << (32 - len);
	printf("%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	if (len < 32)
		printf("/%u", len);
}

static void
put_ip6(void)
{
	const unsigned kind = below(10);
	const uint64_t net = (below(10) < 8 ? fixed(below(2000)) : next()) >> 35;
	const unsigned site = below(65536), sub = below(16), host = below(65536);

	printf("%x:%x:%x", 0x2000u | (unsigned)(net >> 16 & 0x1fff),
	       (unsigned)(net & 0xffff), site);
	if (kind == 0)
		printf("::/48");
	else if (kind < 4)
		printf(":%x::/64", sub);
	else
		printf(":%x::%x", sub, host);
}

static void
put_word(uint64_t v, unsigned syllables)
{
	static const char first[] = "bcdfghjklmnprstvwxz", second[] = "aeiou01-";

	for (; syllables > 0; syllables--) {
		putchar(first[v % 19]);
		v /= 19;
		/* A label does not end in a hyphen. */
		putchar(second[v % (syllables > 1 ? 8 : 7)]);
		v /= 8;
	}
}

static void
put_name(void)
{
	static const char *const top[] = {"com", "com", "com", "com", "com",
		"net", "org", "ru", "de", "xyz", "info", "co.uk", "com.br", "top"};
	const unsigned shared = below(10) < 4;
	const uint64_t domain = shared ? fixed(1000000 + below(20000)) : next();

	if (shared || below(4) == 0) {
		put_word(next(), 2 + below(4));
		putchar('.');
	}
	put_word(domain, 3 + (unsigned)(domain >> 60) % 5);
	printf(".%s", top[(domain >> 40) % 14]);
}

int
main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	const uint64_t lines = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	uint64_t i;

	if (lines == 0) {
		fprintf(stderr, "usage: gen ip4|ip6|names|hosts LINES [SEED]\n");
		return 64;
	}
	for (i = 0; i < lines; i++) {
		state = seed << 40 ^ (i > 0 && fixed((unsigned)i) % 10 == 0
				      ? fixed((unsigned)i ^ 0x5bd1e995) % i : i);
		if (strcmp(kind, "hosts") == 0)
			printf("0.0.0.0 ");
		if (strcmp(kind, "ip4") == 0)
			put_ip4();
		else if (strcmp(kind, "ip6") == 0)
			put_ip6();
		else
			put_name();
		putchar('\n');
	}
	return fflush(stdout) != 0;
}
