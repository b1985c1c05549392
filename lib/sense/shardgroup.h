/*
 * The entries of one verdict and family on their way into sets: what the policy
 * wants joined with what the sets held before.
 *
 * Fill with group_add in any order, then group_join once, then group_place.
 * After that row[] is in canonical order and each row's set is its new one, or
 * SHARD_NONE for a row that is in no set any more.
 */
#ifndef TS_SENSE_SHARDGROUP_H
#define TS_SENSE_SHARDGROUP_H

#include <stdbool.h>

#include "base/buf.h"
#include "sense/shard.h"
#include "values/policy.h"

#define GROUP_ROWS_MAX ((size_t)64 << 20)
#define GROUP_SOURCES_MAX ((size_t)1 << 30) /* bytes of source columns */

struct group_row {
	struct cidr cidr;
	int64_t expires;
	uint32_t source, nsource; /* in the group's sources */
	int32_t set;
	uint16_t weight;
	bool wanted;
};

struct group {
	struct group_row *row;
	size_t n, cap;
	struct buf sources;
	uint32_t last_source, last_nsource;
	uint64_t repeats; /* wanted records that were there already */
	struct shard_stats stats;
};

void group_init(struct group *g);
void group_free(struct group *g);
/* set is SHARD_NONE for a record of the policy, else where it was before. */
int group_add(struct group *g, const struct policy *rec, int32_t set,
	      struct err *e);
/* Sorts, and makes one row of the policy's record and the set's. */
void group_join(struct group *g);

struct group_defer {
	int64_t now;
	uint64_t defer_s; /* how long a de-listed entry may stay; 0: not at all */
	const struct group *allow; /* joined: what no such entry may touch */
};

/* defer NULL: whatever is not wanted goes at once. */
int group_place(struct group *g, const struct shard_limits *lim,
		const struct group_defer *defer, struct err *e);
/* The row as a record, borrowed from the group. */
struct policy group_record(const struct group *g, size_t i,
			   enum verdict verdict, enum kind kind);

#endif
