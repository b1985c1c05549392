#include "values/cover.h"

#include <stdlib.h>

#define BLOCKS ((size_t)1 << COVER_LEN)
#define UNICAST4 (224.0 / 256)
#define UNICAST6 (1.0 / 8)

/* Sets n bits from the first on, within one word; how many were new. */
static uint64_t
set_bits(uint64_t *word, unsigned first, unsigned n)
{
	const uint64_t mask = (n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1)
			      << first;
	const uint64_t fresh = mask & ~*word;

	*word |= mask;
	return (uint64_t)__builtin_popcountll(fresh);
}

/* 2^-len */
static double
part_of(unsigned len)
{
	double part = 1;

	for (; len >= 32; len -= 32)
		part /= (double)(UINT64_C(1) << 32);
	return part / (double)(UINT64_C(1) << len);
}

int
cover_init(struct cover *c, struct err *e)
{
	/* Pages that nothing touches cost nothing. */
	*c = (struct cover){.bits = calloc(BLOCKS / 64, sizeof(*c->bits))};
	return c->bits == NULL ? err_mem(e) : 0;
}

void
cover_free(struct cover *c)
{
	free(c->bits);
	*c = (struct cover){0};
}

void
cover_add(struct cover *c, const struct cidr *p)
{
	size_t at = (size_t)(p->hi >> (64 - COVER_LEN));
	size_t n;

	if (p->len > COVER_LEN) {
		c->narrow += part_of(p->len);
		return;
	}
	n = (size_t)1 << (COVER_LEN - p->len);
	if (n < 64) {
		c->blocks += set_bits(&c->bits[at / 64], at % 64, (unsigned)n);
		return;
	}
	for (; n > 0; n -= 64, at += 64)
		c->blocks += set_bits(&c->bits[at / 64], 0, 64);
}

double
cover_percent(const struct cover *c, uint8_t family)
{
	const double part = (double)c->blocks / (double)BLOCKS + c->narrow;

	return 100 * part / (family == CIDR_V4 ? UNICAST4 : UNICAST6);
}
