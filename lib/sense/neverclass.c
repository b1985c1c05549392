#include "sense/neverclass.h"

#include <string.h>

static const struct {
	const char *class, *block;
} blocks[] = {
	{"private", "10.0.0.0/8"},     /* RFC 1918 */
	{"private", "172.16.0.0/12"},  /* RFC 1918 */
	{"private", "192.168.0.0/16"}, /* RFC 1918 */
	{"private", "100.64.0.0/10"},  /* shared by carriers, RFC 6598 */
	{"private", "fc00::/7"},       /* unique local, RFC 4193 */
	{"linklocal", "169.254.0.0/16"}, /* RFC 3927 */
	{"linklocal", "fe80::/10"},	 /* RFC 4291 */
	{"loopback", "127.0.0.0/8"}, /* RFC 1122 */
	{"loopback", "::1/128"},     /* RFC 4291 */
	{"multicast", "224.0.0.0/4"}, /* RFC 5771 */
	{"multicast", "ff00::/8"},    /* RFC 4291 */
	{"documentation", "192.0.2.0/24"},    /* RFC 5737 */
	{"documentation", "198.51.100.0/24"}, /* RFC 5737 */
	{"documentation", "203.0.113.0/24"},  /* RFC 5737 */
	{"documentation", "2001:db8::/32"},   /* RFC 3849 */
	{"documentation", "3fff::/20"},	      /* RFC 9637 */
	{"reserved", "0.0.0.0/8"},     /* this network, RFC 791 */
	{"reserved", "192.0.0.0/24"},  /* protocol assignments, RFC 6890 */
	{"reserved", "198.18.0.0/15"}, /* benchmarking, RFC 2544 */
	{"reserved", "240.0.0.0/4"},   /* RFC 1112, and broadcast, RFC 919 */
	{"reserved", "::/128"},	       /* unspecified, RFC 4291 */
	{"reserved", "::ffff:0.0.0.0/96"}, /* IPv4-mapped, RFC 4291 */
	{"reserved", "64:ff9b:1::/48"},	   /* local translation, RFC 8215 */
	{"reserved", "100::/64"},	   /* discard-only, RFC 6666 */
	{"reserved", "2001:2::/48"},	   /* benchmarking, RFC 5180 */
	{"reserved", "5f00::/16"},	   /* SRv6 SIDs, RFC 9602 */
};

int
neverclass_each(const char *name, size_t n,
		int (*put)(void *ctx, const struct policy *rec, struct err *e),
		void *ctx, struct err *e)
{
	struct policy rec = {.verdict = VERDICT_BLOCK,
			     .response = RESPONSE_NONE,
			     .source = {"never", 5},
			     .expires = POLICY_NO_EXPIRY, .weight = 1};
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		const char *const b = blocks[i].block;

		if (!span_is((struct span){name, n}, blocks[i].class))
			continue;
		known = true;
		if (cidr_parse(b, strlen(b), true, &rec.cidr) != CIDR_OK)
			return err_set(e, EX_SOFTWARE, "bad block '%s'", b);
		rec.kind = rec.cidr.family == CIDR_V4 ? KIND_IP4 : KIND_IP6;
		if (put(ctx, &rec, e) < 0)
			return -1;
	}
	return known ? 0 : 1;
}
