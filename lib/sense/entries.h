/*
 * The entries of one address set, compact: prefixes of one family, each with
 * the seconds it has left. 8 bytes an IPv4 entry, 20 an IPv6 one.
 *
 * An entry is bytes that memcmp sorts: address (4 or 16, network order), length
 * (1), time to live (3, big-endian; 0 is for ever). After entries_sort the
 * array is in canonical order (address, then the wider first) and no prefix
 * stands in it twice.
 */
#ifndef TS_SENSE_ENTRIES_H
#define TS_SENSE_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "values/cidr.h"

#define ENTRIES_MAX ((size_t)1 << 27) /* of one set */
#define ENTRY_TTL_MAX 0xffffff
#define ENTRY_NONE SIZE_MAX

struct entries {
	uint8_t *p;
	size_t n, cap;
	uint8_t family; /* enum cidr_family */
	uint8_t width;	/* bytes of one entry */
	bool unsorted;	/* something was added out of order */
};

void entries_init(struct entries *es, uint8_t family);
void entries_free(struct entries *es); /* leaves it as after entries_init */
/* At the end; c is of the array's family, ttl at most ENTRY_TTL_MAX. */
int entries_add(struct entries *es, const struct cidr *c, uint32_t ttl,
		struct err *e);
/* Canonical order; of equal prefixes the one that lives longest stays. */
void entries_sort(struct entries *es);

struct cidr entries_cidr(const struct entries *es, size_t i);
uint32_t entries_ttl(const struct entries *es, size_t i);

/* Sorted arrays only from here on. */

/* Index of the first entry that is not below c. */
size_t entries_lower(const struct entries *es, const struct cidr *c);
/* Index of exactly this prefix, or ENTRY_NONE. */
size_t entries_find(const struct entries *es, const struct cidr *c);
/* The entry that holds all of c, the widest; or ENTRY_NONE. */
size_t entries_holder(const struct entries *es, const struct cidr *c);
void entries_remove(struct entries *es, size_t i, size_t n);
/* Keeps the order; a prefix that is there lives as long as the longer. */
int entries_insert(struct entries *es, const struct cidr *c, uint32_t ttl,
		   struct err *e);

/*
 * What two verdicts cover, each given as an array of single addresses and one
 * of prefixes: addresses blocked, those of them that allow takes out again, and
 * the first such entry of either verdict.
 */
struct cover {
	double blocked;
	double both;
	size_t overlaps; /* entries of one verdict inside one of the other */
	struct cidr first;
};
void entries_cover(const struct entries *block[2],
		   const struct entries *allow[2], struct cover *c);

/*
 * An index by hash, for looking up many prefixes in any order:
 * at most 12 bytes an entry. Borrows the array, which must not change.
 */
struct entries_index {
	const struct entries *es;
	uint32_t *slot;
	uint32_t mask;
};
int entries_index_build(struct entries_index *ix, const struct entries *es,
			struct err *e);
void entries_index_free(struct entries_index *ix);
/* Bytes that the next two calls share, so that several look-ups can be under
 * way at once: fetch the slot first, find later. */
uint32_t entries_index_start(const struct entries_index *ix,
			     const struct cidr *c);
size_t entries_index_find(const struct entries_index *ix, uint32_t at,
			  const struct cidr *c);

#endif
