/*
 * One large array that grows to millions of elements without being copied: the
 * pages themselves move, and they are huge ones where the kernel has them, so
 * that filling it costs few page faults and going through it few TLB misses.
 * Memory that was never written is not there.
 */
#ifndef TS_BASE_BULK_H
#define TS_BASE_BULK_H

#include <stddef.h>

#include "base/err.h"

struct bulk {
	void *p; /* zeroed memory, NULL while there is none */
	size_t size; /* bytes */
};

/* At least size bytes; what is there keeps its content. */
int bulk_grow(struct bulk *b, size_t size, struct err *e);
void bulk_free(struct bulk *b); /* leaves a zeroed one */

#endif
