/*
 * The keys of many names, found by number.
 *
 * A key is that of values/name.h, but a wildcard's own label is the octet 1
 * alone, which no other label is written as: it sorts in front of all that is
 * below the same name. They stand in blocks that are never moved, of the size of
 * a large page: a sort reads them in no order.
 */
#ifndef TS_SENSE_NAMEKEYS_H
#define TS_SENSE_NAMEKEYS_H

#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "values/name.h"
#include "values/stream.h"

#define WILD_LABEL "\1" /* and its 0 */
#define WILD_LEN ((size_t)2)

#define NAMEKEYS_BITS 21 /* of a block's size */
#define NAMEKEYS_BLOCK ((size_t)1 << NAMEKEYS_BITS)

/* A zeroed one is empty. */
struct namekeys {
	unsigned char **block;
	size_t n, cap;
	size_t used; /* of the last block */
};

void namekeys_free(struct namekeys *k);
/* The key of a name or wildcard in canonical text; 4 GiB of them at most. */
int namekeys_add(struct namekeys *k, struct span name, uint32_t *at,
		 struct err *e);

/* In front of the octets their number stands, 16 bits. */
#define KEY_HEAD sizeof(uint16_t)

static inline const unsigned char *
namekeys_head(const struct namekeys *k, uint32_t at)
{
	return k->block[at >> NAMEKEYS_BITS] + (at & (NAMEKEYS_BLOCK - 1));
}

static inline const unsigned char *
namekeys_get(const struct namekeys *k, uint32_t at, size_t *n)
{
	const unsigned char *const head = namekeys_head(k, at);
	uint16_t len;

	memcpy(&len, head, sizeof(len));
	*n = len;
	return head + KEY_HEAD;
}

/* Asks for a key that is to be read soon, up to the octet at depth. */
static inline void
namekeys_prefetch(const struct namekeys *k, uint32_t at, size_t depth)
{
	const unsigned char *const head = namekeys_head(k, at);

	__builtin_prefetch(head);
	__builtin_prefetch(head + KEY_HEAD + depth);
}

#endif
