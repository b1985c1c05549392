/*
 * Placement of entries in a bounded number of bounded sets so that as few sets
 * change as can be.
 *
 * One call is one group: entries of one verdict and family, the union of what is
 * wanted now and what the sets held before. An entry that stays keeps its set.
 * A set whose content changes is "touched": each is one write at the target, so
 * the number of them is what the placement keeps low:
 *
 * - a set that loses an entry is touched whatever is done; its room is used
 *   first, that of the set that lost most before the others (an address that
 *   came lately is likelier to leave soon, so such sets keep the churn);
 * - then as few further sets as can hold the rest; one that has entries waiting
 *   for their removal is preferred, since its write removes them;
 * - then new sets, the lowest free number first.
 *
 * An entry that may linger (ITEM_LINGER) is removed only together with another
 * change of its set, or when its room is needed.
 *
 * Where the sets are fewer or smaller than before, what is over moves. While the
 * sets in use are filled to less than SHARD_FILL_LOW percent, the least filled
 * is emptied into the others, moving no more than the given number of entries.
 */
#ifndef TS_SENSE_SHARD_H
#define TS_SENSE_SHARD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SHARD_SETS_MAX 10000 /* sets of a group */
#define SHARD_CAPACITY_MAX 1000000
#define SHARD_FILL_LOW 90
#define SHARD_NONE (-1)

enum shard_state {
	ITEM_WANTED, /* in the policy */
	ITEM_GONE,   /* was in a set and must leave it now */
	ITEM_LINGER, /* was in a set, may stay for the time being */
};

/* Items come in canonical order, by which ties are decided. */
struct shard_item {
	int32_t from;	 /* number of the set that held it, or SHARD_NONE */
	int32_t to;	 /* result: its set, or SHARD_NONE: in none */
	/* What is over is left out by the rule of sense/addrcap.h: */
	uint16_t weight;
	uint8_t width; /* host bits */
	uint8_t state; /* enum shard_state */
};

struct shard_limits {
	uint32_t capacity; /* entries of a set, 1..SHARD_CAPACITY_MAX */
	uint32_t sets;	   /* sets of the group, 0..SHARD_SETS_MAX */
	uint64_t moves;	   /* entries that may move to save a set */
};

struct shard_stats {
	size_t placed;	/* wanted entries that have a set */
	size_t added;	/* of these, new in their set */
	size_t moved;	/* of these, from another set */
	size_t removed; /* entries that left their set for good */
	size_t lingering;
	size_t capped;	/* wanted, but over what the sets hold */
	size_t sets;	/* sets that hold something */
	size_t touched; /* sets whose content changed, emptied ones included */
};

/* Fills every item's to. Fails for want of memory only. */
int shard_place(struct shard_item *v, size_t n, const struct shard_limits *lim,
		struct shard_stats *st, struct err *e);

#endif
