/*
 * What an incremental transfer changes in a zone of text lines (rrtext.h), and
 * the application of it.
 *
 * Several deltas in one answer fold into one: for a record the first thing done
 * to it tells whether it must be in the old zone, the last whether it is in the
 * new one. All of it has to fit exactly: a record that is removed is there, one
 * that is added is not. What does not fit is EX_DATAERR, and the caller takes the
 * whole zone instead.
 */
#ifndef TS_OUTSIDE_ZONEDELTA_H
#define TS_OUTSIDE_ZONEDELTA_H

#include <stdint.h>

#include "base/buf.h"
#include "base/out.h"

struct delta_line;

struct zonedelta {
	struct buf text; /* the lines, one behind the other */
	struct delta_line *line;
	size_t n, cap;
	uint32_t *slot; /* open hash table: index into line + 1; 0 is free */
	size_t slots;	/* a power of two, or 0 */
	size_t max;	/* lines */
	uint64_t seed;
};

/* Ceilings of the lines, and of their text in all. */
int zonedelta_open(struct zonedelta *d, size_t max_lines, size_t max_bytes,
		   struct err *e);
void zonedelta_close(struct zonedelta *d); /* accepts a zeroed one */

/* A line is removed from the zone, or added, after what was said before. */
int zonedelta_remove(struct zonedelta *d, const char *p, size_t n,
		     struct err *e);
int zonedelta_add(struct zonedelta *d, const char *p, size_t n, struct err *e);

/*
 * Reads the old zone from the start of fd, whose first line has to be old_soa,
 * and writes the new one: new_soa, what stays in its order, what is added in its
 * order. *records is how many lines that is.
 */
int zonedelta_apply(struct zonedelta *d, int fd, const struct buf *old_soa,
		    const struct buf *new_soa, struct out *to,
		    uint64_t *records, struct err *e);

#endif
