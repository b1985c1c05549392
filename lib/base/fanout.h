/*
 * The same work on several targets, each in a process of its own, some of them
 * at once. What a worker has found out it leaves in memory that was shared
 * before (fanout_memory), or in a descriptor of its own.
 */
#ifndef TS_BASE_FANOUT_H
#define TS_BASE_FANOUT_H

#include <stddef.h>

#include "base/err.h"

/* Its value is the worker's exit code. */
typedef int fanout_fn(void *ctx, size_t i);

/*
 * Calls fn for each i of 0..n-1, at most at_once of them at a time, and fills
 * code[i]; a worker that a signal ended has EX_SOFTWARE. A single one is called
 * in this process. Workers die with their parent. Fails only where no process
 * can be made: EX_OSERR, after those that run have ended.
 */
int fanout(size_t n, size_t at_once, fanout_fn *fn, void *ctx, int *code,
	   struct err *e);
/* Zeroed memory that workers and their parent share; unmapped at exit. */
void *fanout_memory(size_t size, struct err *e);
/* The exit code that says most: an error before "try later", that before
 * EX_DIFFERS, that before 0; of two errors the first. */
int fanout_worst(const int *code, size_t n);

#endif
