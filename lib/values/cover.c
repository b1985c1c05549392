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

static void
count(struct cover *c, size_t at, size_t n)
{
	uint64_t *word = &c->bits[at / 64];

	if (n == 1) {
		c->blocks += ~*word >> (at % 64) & 1;
		*word |= UINT64_C(1) << (at % 64);
	} else if (n < 64) {
		c->blocks += set_bits(word, at % 64, (unsigned)n);
	} else {
		for (; n > 0; n -= 64)
			c->blocks += set_bits(word++, 0, 64);
	}
}

/* Puts a prefix in the place of the one that has waited longest. */
static void
wait_turn(struct cover *c, uint32_t at, uint32_t n)
{
	const unsigned i = c->next++ % COVER_WAIT;

	if (c->waiting[i].n > 0)
		count(c, c->waiting[i].at, c->waiting[i].n);
	c->waiting[i].at = at;
	c->waiting[i].n = n;
}

void
cover_add(struct cover *c, const struct cidr *p)
{
	const uint32_t at = (uint32_t)(p->hi >> (64 - COVER_LEN));

	if (p->len > COVER_LEN) {
		c->narrow[p->len]++;
		return;
	}
	__builtin_prefetch(&c->bits[at / 64], 1);
	wait_turn(c, at, UINT32_C(1) << (COVER_LEN - p->len));
}

double
cover_percent(struct cover *c, uint8_t family)
{
	double part = 0; /* of the space, as seen from a length downwards */
	int i;

	for (i = 0; i < COVER_WAIT; i++)
		wait_turn(c, 0, 0);
	for (i = 128; i > COVER_LEN; i--)
		part = (part + (double)c->narrow[i]) / 2;
	part = (part + (double)c->blocks) / (double)BLOCKS;
	return 100 * part / (family == CIDR_V4 ? UNICAST4 : UNICAST6);
}
