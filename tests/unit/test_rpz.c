/* Response policy zones: owners to triggers, targets to actions. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/rpz.h"

static const struct {
	const char *owner;
	enum rpz_trigger trigger;
	const char *value; /* NULL: refused */
} owners[] = {
	{"example", RPZ_QNAME, "example"},
	{"*", RPZ_QNAME, "*"},
	{"a.rpz-other", RPZ_QNAME, "a.rpz-other"},
	{"rpz-ip.example", RPZ_QNAME, "rpz-ip.example"},
	{"a\\.rpz-ip", RPZ_QNAME, "a\\.rpz-ip"},
	{"24.0.2.0.192.rpz-ip", RPZ_IP, "192.0.2.0/24"},
	{"1.0.0.0.128.rpz-ip", RPZ_IP, "128.0.0.0/1"},
	{"32.255.255.255.255.rpz-client-ip", RPZ_CLIENT_IP, "255.255.255.255/32"},
	{"48.zz.1.db8.2001.rpz-nsip", RPZ_NSIP, "2001:db8:1::/48"},
	{"128.1.zz.db8.2001.rpz-ip", RPZ_IP, "2001:db8::1/128"},
	{"128.1.zz.rpz-ip", RPZ_IP, "::1/128"},
	{"1.zz.8000.rpz-ip", RPZ_IP, "8000::/1"},
	{"64.zz.rpz-ip", RPZ_IP, "::/64"},
	{"128.8.7.6.5.4.3.2.1.rpz-ip", RPZ_IP, "1:2:3:4:5:6:7:8/128"},
	{"128.1.0.0.1.zz.1.rpz-ip", RPZ_IP, "1::1:0:0:1/128"},
	{"128.1.0.0.1.zz.db8.2001.rpz-ip", RPZ_IP,
	 "2001:db8::1:0:0:1/128"}, /* of equal runs the left one */
	{"128.4.3.2.zz.rpz-ip", RPZ_IP, "::2:3:4/128"},
	{"128.8.7.6.5.4.3.0.1.rpz-ip", RPZ_IP, "1:0:3:4:5:6:7:8/128"},
	{"128.zz.1.0.2.0.0.1.rpz-ip", RPZ_IP, NULL}, /* no run of two left */
	{"128.1.zz.1.0.0.2.1.rpz-ip", RPZ_IP, NULL}, /* zz for one word */
	{"128.2.0.0.0.0.3.2.2001.rpz-ip", RPZ_IP, NULL},
	{"128.1.0.0.0.1.zz.1.rpz-ip", RPZ_IP, NULL}, /* the shorter run */
	{"24.1.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"024.0.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"24.0.02.0.192.rpz-ip", RPZ_IP, NULL},
	{"0.0.0.0.0.rpz-ip", RPZ_IP, NULL},
	{"33.0.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"129.zz.1.rpz-ip", RPZ_IP, NULL},
	{"24.256.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"24.0.2.192.rpz-ip", RPZ_IP, NULL},
	{"24.0.0.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"24.rpz-ip", RPZ_IP, NULL},
	{"rpz-ip", RPZ_IP, NULL},
	{"garbage.rpz-ip", RPZ_IP, NULL},
	{"128.g.zz.rpz-ip", RPZ_IP, NULL},
	{"128.zz.zz.1.rpz-ip", RPZ_IP, NULL},
	{"128.1.zz.1.zz.rpz-ip", RPZ_IP, NULL},
	{"128.10000.zz.rpz-ip", RPZ_IP, NULL},
	{"128.9.8.7.6.5.4.3.2.1.rpz-ip", RPZ_IP, NULL},
	{"128.9.8.7.6.5.4.3.2.zz.rpz-ip", RPZ_IP, NULL},
	{"128.201.c000.ffff.zz.rpz-ip", RPZ_IP, NULL},
	{"96.zz.ffff.0.0.0.0.0.rpz-ip", RPZ_IP, NULL},
	{"+24.0.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"24.0x0.2.0.192.rpz-ip", RPZ_IP, NULL},
	{"ns.example.rpz-nsdname", RPZ_NSDNAME, "ns.example"},
	{"*.rpz-nsdname", RPZ_NSDNAME, "*"},
	{"rpz-nsdname", RPZ_NSDNAME, NULL},
};

static void
test_owners(void)
{
	size_t i;

	for (i = 0; i < sizeof(owners) / sizeof(*owners); i++) {
		const struct span owner = {owners[i].owner,
					   strlen(owners[i].owner)};
		char text[NAME_TEXT_MAX] = "";
		struct policy rec;
		enum rpz_trigger t;
		struct span self;
		const char *why = rpz_trigger(owner, &t, &self, &rec);

		ok(t == owners[i].trigger, "%s: trigger %s", owner.p,
		   rpz_trigger_text(t));
		if (!ok((why == NULL) == (owners[i].value != NULL), "%s: %s",
			owner.p, why != NULL ? why : "taken") || why != NULL)
			continue;
		if (kind_is_name(rec.kind))
			memcpy(text, rec.name.p, rec.name.n);
		else
			text[cidr_format(&rec.cidr, text)] = '\0';
		ok(strncmp(text, owners[i].value, strlen(owners[i].value)) == 0,
		   "%s: reads as %s", owner.p, text);
	}
}

/* Whatever is written for a prefix is read back as it. */
static void
test_round(void)
{
	unsigned long long seed = 1;
	int i;

	for (i = 0; i < 20000; i++) {
		struct cidr c = {0, 0, i & 1 ? CIDR_V6 : CIDR_V4, 0};
		char text[RPZ_ADDR_MAX + 16];
		struct policy rec;
		enum rpz_trigger t;
		struct span self;
		const char *why;
		size_t n;
		int word;

		for (word = 0; word < 8; word++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			c.hi = c.hi << 16 | c.lo >> 48;
			c.lo = c.lo << 16 | (seed >> 62 ? 0 : seed >> 40 & 0xffff);
		}
		c.len = (uint8_t)(1 + (seed >> 33) % cidr_max_len(c.family));
		cidr_truncate(&c);
		if (c.family == CIDR_V4)
			c.hi &= 0xffffffffULL << 32, c.lo = 0;
		else if (c.hi == 0 && c.lo >> 32 == 0xffff)
			continue;
		n = rpz_format_addr(&c, text);
		if (n > RPZ_ADDR_MAX)
			abort();
		memcpy(text + n, ".rpz-ip", 8);
		why = rpz_trigger((struct span){text, n + 7}, &t, &self, &rec);
		ok(why == NULL && cidr_cmp(&rec.cidr, &c) == 0, "%s: %s", text,
		   why != NULL ? why : "another prefix");
	}
}

static const struct {
	const char *target;
	enum kind kind;
	enum verdict verdict;
	enum response response;
} actions[] = {
	{"", KIND_NAME, VERDICT_BLOCK, RESPONSE_NXDOMAIN},
	{"*", KIND_NAME, VERDICT_BLOCK, RESPONSE_NODATA},
	{"rpz-passthru", KIND_NAME, VERDICT_ALLOW, RESPONSE_PASSTHRU},
	{"own.example", KIND_NAME, VERDICT_ALLOW, RESPONSE_PASSTHRU},
	{"*.own.example", KIND_NAME, VERDICT_BLOCK, RESPONSE_REDIRECT},
	{"rpz-drop", KIND_CLIENT4, VERDICT_BLOCK, RESPONSE_DROP},
	{"rpz-tcp-only", KIND_NSNAME, VERDICT_BLOCK, RESPONSE_TCP_ONLY},
	{"child.rpz-drop", KIND_NAME, VERDICT_BLOCK, RESPONSE_REDIRECT},
	{"garden.test", KIND_NSIP6, VERDICT_BLOCK, RESPONSE_REDIRECT},
	{"garden.test", KIND_IP4, VERDICT_BLOCK, RESPONSE_NONE},
	{"", KIND_IP6, VERDICT_BLOCK, RESPONSE_NONE},
	{"rpz-passthru", KIND_IP6, VERDICT_ALLOW, RESPONSE_NONE},
	{"own.example", KIND_IP4, VERDICT_ALLOW, RESPONSE_NONE},
};

static void
test_actions(void)
{
	const struct span self = {"own.example", 11};
	struct policy rec;
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		const struct span target = {actions[i].target,
					    strlen(actions[i].target)};

		rec.kind = actions[i].kind;
		ok(rpz_cname(target, self, &rec) == NULL &&
		   rec.verdict == actions[i].verdict &&
		   rec.response == actions[i].response &&
		   (rec.response != RESPONSE_REDIRECT ||
		    rec.target.p == target.p),
		   "'%s' for %s: %s %s", target.p, kind_text(rec.kind),
		   verdict_text(rec.verdict), response_text(rec.response));
	}
	rec.kind = KIND_IP4;
	ok(rpz_cname((struct span){"rpz-tcp-only", 12}, self, &rec) != NULL,
	   "tcp-only is no block of an address");
	ok(rpz_is_reserved((struct span){"a.rpz-x", 7}) &&
	   !rpz_is_reserved((struct span){"rpz-x.a", 7}) &&
	   !rpz_is_reserved((struct span){"a.rpz-", 6}), "reserved targets");
}

int
main(void)
{
	test_owners();
	test_round();
	test_actions();
	return done();
}
