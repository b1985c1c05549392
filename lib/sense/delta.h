/*
 * In what two large sets of prefixes differ, found in a table that fits a
 * cache, whatever order they come in.
 *
 * Each prefix of the one set is put into three cells, each of the other is
 * taken out of three: what is in both leaves nothing behind. A cell in which
 * one prefix alone is left tells which it is, and without that one others of
 * its cells tell of theirs. (An invertible Bloom lookup table, as Eppstein et
 * al. use it in "What's the Difference?", SIGCOMM 2011.)
 *
 * Cells are chosen, and what a cell tells is checked, by a hash with a random
 * key, so that nobody can write a list whose prefixes hide each other. By
 * chance they do about once in 2^50.
 */
#ifndef TS_SENSE_DELTA_H
#define TS_SENSE_DELTA_H

#include "sense/entries.h"

/* Nearly always solved; of more than 2,500 hardly any are. A larger table would
 * not stay in the cache. */
#define DELTA_SOLVES 2000

struct delta;

struct delta *delta_new(uint8_t family, struct err *e);
void delta_free(struct delta *d); /* accepts NULL */

/* No prefix twice in one of the sets: it is not solved then, or told of. */
void delta_put(struct delta *d, const struct cidr *c, size_t n);
void delta_take(struct delta *d, const struct cidr *c, size_t n);

/*
 * Once, at the end: adds what was only put and what was only taken, in no
 * order. 1; 0 where they differ in too much to say; -1.
 */
int delta_solve(struct delta *d, struct entries *put, struct entries *taken,
		struct err *e);

#endif
