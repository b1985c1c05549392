/* Text of prefixes in both directions, ranges, containment, order. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/cidr.h"

static const struct {
	const char *text;
	enum cidr_result want;
	const char *canonical;
} texts[] = {
	{"0.0.0.0/0", CIDR_OK, "0.0.0.0/0"},
	{"255.255.255.255", CIDR_OK, "255.255.255.255/32"},
	{"192.0.2.1/32", CIDR_OK, "192.0.2.1/32"},
	{"192.0.2.1/24", CIDR_HOST_BITS, "192.0.2.0/24"},
	{"10.0.0.0/8", CIDR_OK, "10.0.0.0/8"},
	{"1.2.3.4/33", CIDR_LENGTH, NULL},
	{"1.2.3.4/", CIDR_LENGTH, NULL},
	{"1.2.3.4/08", CIDR_LENGTH, NULL},
	{"1.2.3.4/8x", CIDR_LENGTH, NULL},
	{"1.2.3", CIDR_SYNTAX, NULL},
	{"1.2.3.4.5", CIDR_SYNTAX, NULL},
	{"1.2.3.256", CIDR_OCTET, NULL},
	{"1.2.3.1000", CIDR_OCTET, NULL},
	{"01.2.3.4", CIDR_OCTET, NULL},
	{"", CIDR_SYNTAX, NULL},
	{".1.2.3", CIDR_SYNTAX, NULL},
	{"-1.2.3.4", CIDR_SYNTAX, NULL},
	{"::", CIDR_OK, "::/128"},
	{"::/0", CIDR_OK, "::/0"},
	{"::1", CIDR_OK, "::1/128"},
	{"1::", CIDR_OK, "1::/128"},
	{"2001:DB8::0:1", CIDR_OK, "2001:db8::1/128"},
	{"2001:db8:0:0:1:0:0:1", CIDR_OK, "2001:db8::1:0:0:1/128"},
	{"2001:db8:0:1:1:1:1:1", CIDR_OK, "2001:db8:0:1:1:1:1:1/128"},
	{"1:0:0:2:0:0:0:3", CIDR_OK, "1:0:0:2::3/128"},
	{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", CIDR_OK,
	 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
	{"1:2:3:4:5:6:7::", CIDR_OK, "1:2:3:4:5:6:7:0/128"},
	{"::2:3:4:5:6:7:8", CIDR_OK, "0:2:3:4:5:6:7:8/128"},
	{"::ffff:192.0.2.1", CIDR_OK, "::ffff:192.0.2.1/128"},
	{"::ffff:c000:201", CIDR_OK, "::ffff:192.0.2.1/128"},
	{"64:ff9b::192.0.2.33", CIDR_OK, "64:ff9b::c000:221/128"},
	{"2001:db8::/32", CIDR_OK, "2001:db8::/32"},
	{"2001:db8::1/64", CIDR_HOST_BITS, "2001:db8::/64"},
	{"2001:db8::/129", CIDR_LENGTH, NULL},
	{"1:2:3:4:5:6:7", CIDR_SYNTAX, NULL},
	{"1:2:3:4:5:6:7:8:9", CIDR_SYNTAX, NULL},
	{"1:2:3:4:5:6:7:8::", CIDR_SYNTAX, NULL},
	{"1::2::3", CIDR_SYNTAX, NULL},
	{":::", CIDR_SYNTAX, NULL},
	{":1", CIDR_SYNTAX, NULL},
	{"1:", CIDR_SYNTAX, NULL},
	{"12345::", CIDR_SYNTAX, NULL},
	{"g::", CIDR_SYNTAX, NULL},
	{"::1.2.3", CIDR_SYNTAX, NULL},
	{"::1.2.3.4.5", CIDR_SYNTAX, NULL},
	{"1.2.3.4::", CIDR_SYNTAX, NULL},
	{"fe80::1%eth0", CIDR_SYNTAX, NULL},
};

static void
test_texts(void)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		/* A heap copy of the exact size, for AddressSanitizer. */
		const size_t n = strlen(texts[i].text);
		char *copy = malloc(n + !n);
		char out[CIDR_TEXT_MAX + 1];
		struct cidr c;
		enum cidr_result r;

		if (copy == NULL)
			abort();
		memcpy(copy, texts[i].text, n);
		r = cidr_parse(copy, n, false, &c);
		free(copy);
		if (!ok(r == texts[i].want, "'%s' is %s, not %s", texts[i].text,
			cidr_strerror(r), cidr_strerror(texts[i].want)) ||
		    texts[i].canonical == NULL)
			continue;
		out[cidr_format(&c, out)] = '\0';
		ok(strcmp(out, texts[i].canonical) == 0, "'%s' prints '%s'",
		   texts[i].text, out);
	}
}

static struct cidr
cidr(const char *s)
{
	struct cidr c = {0};

	ok(cidr_parse(s, strlen(s), false, &c) == CIDR_OK, "'%s' reads", s);
	return c;
}

static const struct {
	const char *from, *last, *cover;
} ranges[] = {
	{"0.0.0.0", "255.255.255.255", "0.0.0.0/0 "},
	{"10.0.0.1", "10.0.0.1", "10.0.0.1/32 "},
	{"10.0.0.1", "10.0.0.4", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32 "},
	{"255.255.255.254", "255.255.255.255", "255.255.255.254/31 "},
	{"0.0.0.0", "0.0.0.2", "0.0.0.0/31 0.0.0.2/32 "},
	{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0 "},
	{"::1", "::2", "::1/128 ::2/128 "},
	{"2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:1::",
	 "2001:db8::ffff:ffff:ffff:ffff/128 2001:db8:0:1::/128 "},
};

static void
test_ranges(void)
{
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		struct cidr_range r = {cidr(ranges[i].from),
				       cidr(ranges[i].last), false};
		char text[1024];
		size_t n = 0;
		struct cidr c;

		while (n < sizeof(text) - 64 && cidr_range_next(&r, &c)) {
			n += cidr_format(&c, text + n);
			text[n++] = ' ';
		}
		text[n] = '\0';
		ok(strcmp(text, ranges[i].cover) == 0, "%s - %s is %s",
		   ranges[i].from, ranges[i].last, text);
	}
}

static void
test_relations(void)
{
	const struct cidr wide = cidr("10.0.0.0/8"), in = cidr("10.9.0.0/16"),
			  v6 = cidr("a00::/8"), all = cidr("::/0");
	uint8_t b[16];
	struct cidr back;

	ok(cidr_contains(&wide, &in), "a /8 contains its /16");
	ok(!cidr_contains(&in, &wide), "a /16 does not contain its /8");
	ok(cidr_contains(&in, &in), "a prefix contains itself");
	ok(!cidr_contains(&all, &wide), "families do not mix");
	ok(cidr_cmp(&wide, &in) < 0 && cidr_cmp(&in, &v6) < 0 &&
	   cidr_cmp(&v6, &v6) == 0, "order is family, value, length");
	cidr_to_bytes(&v6, b);
	back = cidr_from_bytes(CIDR_V6, b, 8);
	ok(cidr_cmp(&v6, &back) == 0, "bytes round trip");
}

int
main(void)
{
	test_texts();
	test_ranges();
	test_relations();
	return done();
}
