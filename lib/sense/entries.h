/*
 * The entries of one address set: an addrset (sense/addrset.h) whose tags are
 * the seconds that each has left, 0 for ever.
 *
 * After entries_sort the array is in canonical order (by address, the wider
 * first) and no prefix stands in it twice.
 */
#ifndef TS_SENSE_ENTRIES_H
#define TS_SENSE_ENTRIES_H

#include "sense/addrset.h"

#define ENTRIES_MAX ((size_t)1 << 27) /* of one set */
#define ENTRY_TTL_MAX ADDRSET_TAG_MAX
#define ENTRY_NONE SIZE_MAX

struct entries {
	struct addrset set;
	bool unsorted; /* something was added out of order, or twice */
};

void entries_init(struct entries *es, uint8_t family);
void entries_free(struct entries *es); /* leaves it as after entries_init */
void entries_clear(struct entries *es); /* empty, its memory kept */
/* At the end; c is of the array's family, ttl at most ENTRY_TTL_MAX. */
int entries_add(struct entries *es, const struct cidr *c, uint32_t ttl,
		struct err *e);
/* The same for many; and for IPv4 as address << 32 | length. */
int entries_add_many(struct entries *es, const struct cidr *c, size_t n,
		     uint32_t ttl, struct err *e);
int entries_add4(struct entries *es, const uint64_t *v, size_t n, uint32_t ttl,
		 struct err *e);
/* Canonical order; of equal prefixes the one that lives longest stays. */
int entries_sort(struct entries *es, struct err *e);

static inline size_t
entries_count(const struct entries *es)
{
	return es->set.n;
}

static inline struct cidr
entries_cidr(const struct entries *es, size_t i)
{
	const struct addrset_entry x = addrset_get(&es->set, i);

	return (struct cidr){(uint64_t)(x.addr >> 64), (uint64_t)x.addr,
			     es->set.family, x.len};
}

static inline uint32_t
entries_ttl(const struct entries *es, size_t i)
{
	return addrset_get(&es->set, i).tag;
}

/* Sorted arrays only from here on. */

/* Index of the first entry that is not before c. */
size_t entries_lower(const struct entries *es, const struct cidr *c);
/* The same from an index on that is at or before it, one by one. */
static inline size_t
entries_seek(const struct entries *es, size_t from,
	     const struct addrset_entry *x)
{
	for (; from < es->set.n; from++) {
		const struct addrset_entry at = addrset_get(&es->set, from);

		if (at.addr > x->addr ||
		    (at.addr == x->addr && at.len >= x->len))
			break;
	}
	return from;
}

/* True where entry i, which may be behind the last, is this prefix. */
static inline bool
entries_is(const struct entries *es, size_t i, const struct addrset_entry *x)
{
	const struct addrset_entry at =
		i < es->set.n ? addrset_get(&es->set, i)
			      : (struct addrset_entry){.len = 255};

	return at.addr == x->addr && at.len == x->len;
}

/* Index of exactly this prefix, or ENTRY_NONE. */
size_t entries_find(const struct entries *es, const struct cidr *c);
/* The widest entry that holds all of c, or ENTRY_NONE. */
size_t entries_holder(const struct entries *es, const struct cidr *c);
void entries_remove(struct entries *es, size_t i, size_t n);
/* Keeps the order; a prefix that is there lives as long as the longer. */
int entries_insert(struct entries *es, const struct cidr *c, uint32_t ttl,
		   struct err *e);
/* Takes the addresses of c out, and counts the entries that had some. */
int entries_cut(struct entries *es, const struct cidr *c, size_t *touched,
		struct err *e);
/* Only those inside a prefix of nets stay. */
void entries_keep_inside(struct entries *es, const struct entries *nets);

/*
 * What two verdicts come to, each given as an array of single addresses and
 * one of shorter prefixes.
 */
struct entries_sum {
	double blocked;	   /* addresses that are and are not allowed too */
	size_t overlaps;   /* entries of one verdict inside one of the other */
	struct cidr first; /* of them */
};
void entries_sum(const struct entries *block[2], const struct entries *allow[2],
		 struct entries_sum *sum);

#endif
