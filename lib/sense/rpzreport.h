/*
 * What became of a zone, for --report: how many records by trigger and action,
 * what was left out and why, what is doubtful, and the wildcard holes.
 *
 * Lines of TAB-separated columns, in the order of the zone; ts-rpz2list(1) has
 * them.
 */
#ifndef TS_SENSE_RPZREPORT_H
#define TS_SENSE_RPZREPORT_H

#include "base/out.h"
#include "sense/rpzfeed.h"

#define RPZREPORT_REASONS 64
#define RPZREPORT_EXAMPLES 5
#define RPZREPORT_OWNER_MAX 255 /* bytes of an owner that are kept */

struct rpzreport_example {
	uint64_t line;
	char owner[RPZREPORT_OWNER_MAX];
	size_t n;
};

struct rpzreport_reason {
	const char *why;
	enum { REPORT_BAD, REPORT_LEFT_OUT, REPORT_DOUBT } class;
	uint64_t count; /* entries */
	struct rpzreport_example example[RPZREPORT_EXAMPLES];
};

/* Large; zeroed is empty. */
struct rpzreport {
	struct rpzreport_reason reason[RPZREPORT_REASONS];
	size_t n;
};

/* Counts an item that has a reason or a doubt. */
void rpzreport_add(struct rpzreport *r, enum rpzfeed_result result,
		   const struct rpzfeed_item *item);
/* After the last; f with keep set has the holes too. */
int rpzreport_write(const struct rpzreport *r, const struct rpzfeed *f,
		    struct out *o, struct err *e);

/* The action of f->count[t][r]: for an address "block" or "allow". */
const char *rpzreport_action(enum rpz_trigger t, enum response r);

#endif
