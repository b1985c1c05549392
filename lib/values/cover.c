#include "values/cover.h"

#include <stdlib.h>

#define BLOCKS ((size_t)1 << COVER_LEN)
#define UNICAST4 (224.0 / 256)
#define UNICAST6 (1.0 / 8)

/* Prefixes wait this long for their memory to arrive in the cache. */
#define WAIT 16

struct cover_map {
	uint64_t blocks; /* set bits */
	struct {
		uint32_t at, n; /* first /24 and their number; 0: free */
	} waiting[WAIT];
	unsigned next;
	uint64_t bits[BLOCKS / 64];
};

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
	*c = (struct cover){.map = calloc(1, sizeof(*c->map))};
	return c->map == NULL ? err_mem(e) : 0;
}

void
cover_free(struct cover *c)
{
	free(c->map);
	*c = (struct cover){0};
}

static void
count(struct cover_map *m, size_t at, size_t n)
{
	uint64_t *word = &m->bits[at / 64];

	if (n == 1) {
		m->blocks += ~*word >> (at % 64) & 1;
		*word |= UINT64_C(1) << (at % 64);
	} else if (n < 64) {
		m->blocks += set_bits(word, at % 64, (unsigned)n);
	} else {
		for (; n > 0; n -= 64)
			m->blocks += set_bits(word++, 0, 64);
	}
}

/* Puts a prefix in the place of the one that has waited longest. */
static void
wait_turn(struct cover_map *m, uint32_t at, uint32_t n)
{
	const unsigned i = m->next++ % WAIT;

	if (m->waiting[i].n > 0)
		count(m, m->waiting[i].at, m->waiting[i].n);
	m->waiting[i].at = at;
	m->waiting[i].n = n;
}

void
cover_add(struct cover *c, const struct cidr *p)
{
	const uint32_t at = (uint32_t)(p->hi >> (64 - COVER_LEN));

	if (p->len > COVER_LEN) {
		c->narrow[p->len]++;
		return;
	}
	__builtin_prefetch(&c->map->bits[at / 64], 1);
	wait_turn(c->map, at, UINT32_C(1) << (COVER_LEN - p->len));
}

double
cover_percent(const struct cover *c, uint8_t family)
{
	double part = 0; /* of the space, as seen from a length downwards */
	int i;

	for (i = 0; i < WAIT; i++)
		wait_turn(c->map, 0, 0);
	for (i = 128; i > COVER_LEN; i--)
		part = (part + (double)c->narrow[i]) / 2;
	part = (part + (double)c->map->blocks) / (double)BLOCKS;
	part = 100 * part / (family == CIDR_V4 ? UNICAST4 : UNICAST6);
	return part < 100 ? part : 100;
}
