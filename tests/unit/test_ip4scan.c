/* Bulk reading of IPv4 text agrees with cidr_parse, on good text and bad. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/cidr.h"
#include "values/ip4scan.h"

#define ROUNDS 200000

static unsigned state = 20261124;

static unsigned
below(unsigned n)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)state * n >> 32);
}

/* One address and what follows it, sometimes spoilt. */
static size_t
make(char *dst)
{
	static const char bytes[] = "0123456789../ \t-x";
	static const unsigned edge[] = {0, 9, 10, 99, 100, 199, 200, 255, 256};
	unsigned v[4], i;
	size_t n;

	for (i = 0; i < 4; i++)
		v[i] = below(3) == 0 ? edge[below(9)] : below(256);
	n = (size_t)snprintf(dst, 64, "%u.%u.%u.%u%c", v[0], v[1], v[2], v[3],
			     "/\tx."[below(4)]);
	for (i = below(3); i > 0; i--)
		dst[below((unsigned)n)] = bytes[below(sizeof(bytes) - 1)];
	return n;
}

/* What cidr_parse makes of the digits and dots at the beginning. */
static unsigned
expected(const char *s, uint32_t *addr)
{
	const size_t n = strspn(s, "0123456789.");
	struct cidr c;

	if (n > 15 || cidr_parse(s, n, false, &c) != CIDR_OK)
		return 0;
	*addr = (uint32_t)(c.hi >> 32);
	return (unsigned)n;
}

int
main(void)
{
	int i, wrong = 0, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		char text[64 + IP4SCAN_READS] = "";
		uint32_t a = 0, b = 0;
		unsigned got, want;

		(void)make(text);
		got = ip4scan(text, &a);
		want = expected(text, &b);
		good += want > 0;
		/* A fourth dot ends the address for the one, spoils it for the
		 * other: what stands behind is the caller's to check. */
		if (got > 0 && text[got] == '.')
			continue;
		if ((got != want || (want > 0 && a != b)) && wrong++ < 5)
			ok(false, "'%s': %u %08x, not %u %08x", text, got, a,
			   want, b);
	}
	ok(wrong == 0, "%d of %d are read otherwise", wrong, ROUNDS);
	ok(good > ROUNDS / 10 && good < ROUNDS, "%d are good", good);
	return done();
}
