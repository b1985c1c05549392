/* Open addressing with linear probing; a slot holds index + 1, 0 is free. */
#include <stdlib.h>

#include "sense/entries.h"

static inline uint32_t
hash(const struct cidr *c)
{
	/* Odd multipliers spread what differs into the upper half. */
	const uint64_t a = (c->hi ^ c->len) * UINT64_C(0x9e3779b97f4a7c15);
	const uint64_t b = (c->lo ^ (a >> 32)) * UINT64_C(0xc2b2ae3d27d4eb4f);

	return (uint32_t)((a ^ b) >> 32);
}

int
entries_index_build(struct entries_index *ix, const struct entries *es,
		    struct err *e)
{
	size_t slots = 16, i;

	while (slots < entries_count(es) + entries_count(es) / 2)
		slots *= 2;
	*ix = (struct entries_index){es, calloc(slots, sizeof(*ix->slot)),
				     (uint32_t)(slots - 1)};
	if (ix->slot == NULL)
		return err_mem(e);
	for (i = 0; i < entries_count(es); i++) {
		const struct cidr c = entries_cidr(es, i);
		uint32_t at = hash(&c) & ix->mask;

		while (ix->slot[at] != 0)
			at = (at + 1) & ix->mask;
		ix->slot[at] = (uint32_t)i + 1;
	}
	return 0;
}

void
entries_index_free(struct entries_index *ix)
{
	free(ix->slot);
	*ix = (struct entries_index){0};
}

uint32_t
entries_index_start(const struct entries_index *ix, const struct cidr *c)
{
	const uint32_t at = hash(c) & ix->mask;

	__builtin_prefetch(&ix->slot[at]);
	return at;
}

size_t
entries_index_find(const struct entries_index *ix, uint32_t at,
		   const struct cidr *c)
{
	while (ix->slot[at] != 0) {
		const size_t i = ix->slot[at] - 1;
		const struct cidr found = entries_cidr(ix->es, i);

		if (cidr_cmp(&found, c) == 0)
			return i;
		at = (at + 1) & ix->mask;
	}
	return ENTRY_NONE;
}
