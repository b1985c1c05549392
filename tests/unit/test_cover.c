/* How much a list covers. */
#include <string.h>

#include "tap.h"
#include "values/cover.h"

static const struct {
	const char *list; /* prefixes parted by blanks */
	double blocks;	  /* of 2^-24 of the space, narrow ones included */
} cases[] = {
	{"10.0.0.0/8", 65536},
	{"10.0.0.0/8 10.0.0.0/8 10.1.0.0/16 10.1.2.0/24", 65536},
	{"10.1.2.0/24 10.1.0.0/16", 256},
	{"10.1.2.0/24 10.1.3.0/24 10.1.2.0/23", 2},
	{"10.0.0.0/19 10.0.64.0/18 10.0.0.0/17", 128},
	{"0.0.0.0/1 128.0.0.0/2 192.0.0.0/3", 224 * 65536},
	{"10.0.0.0/25 10.0.0.0/25", 1},
	{"10.0.0.1/32", 1.0 / 256},
	{"2000::/16 2000::/24 2000:1::/32", 256 + 1.0 / 256},
	{"2000::/4 3000::/5", 16777216 / 32 * 3},
	{"2000::/88", 1.0 / 65536 / 65536 / 65536 / 65536},
};

/* What is narrow, or no unicast, adds to what is covered already. */
static void
never_over_100(void)
{
	struct err e;
	struct cover c;
	struct cidr a;

	if (cover_init(&c, &e) < 0)
		return;
	ok(cidr_parse("0.0.0.0/0", 9, true, &a) == CIDR_OK, "all");
	cover_add(&c, &a);
	ok(cidr_parse("10.0.0.1/32", 11, true, &a) == CIDR_OK, "one more");
	cover_add(&c, &a);
	ok(cover_percent(&c, CIDR_V4) <= 100, "a space is covered once");
	cover_free(&c);
}

int
main(void)
{
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *p = cases[i].list;
		struct cover c;
		struct cidr a;
		double got, want;

		if (cover_init(&c, &e) < 0)
			return 1;
		while (*p != '\0') {
			const size_t n = strcspn(p, " ");

			ok(cidr_parse(p, n, true, &a) == CIDR_OK, "%s", p);
			cover_add(&c, &a);
			p += n + (p[n] == ' ');
		}
		got = cover_percent(&c, CIDR_V4) / 100 * 224 / 256 * 16777216;
		want = cases[i].blocks;
		ok(got > want * (1 - 1e-9) && got < want * (1 + 1e-9),
		   "%s covers %g, not %g", cases[i].list, got, want);
		ok(cover_percent(&c, CIDR_V6) == 100 ||
		   cover_percent(&c, CIDR_V6) * 256 / 224 ==
		   cover_percent(&c, CIDR_V4) * 8, "in per cent");
		cover_free(&c);
	}
	never_over_100();
	return done();
}
