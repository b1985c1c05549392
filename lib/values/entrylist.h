/*
 * A list of addresses and names as an operator keeps it: a policy stream, or
 * bare lines written by hand, told apart by the header of the one.
 *
 * A bare line is an address, a prefix (ADDRESS/LENGTH, host bits zero), a name
 * or "*.NAME"; blanks around it and what follows a '#' do not count. Its record
 * has the verdict that was asked for, the response that goes with it ("passthru"
 * or "nxdomain" for a name), the source that was asked for, and weight 1.
 * Anything else is EX_DATAERR with the line's number.
 */
#ifndef TS_VALUES_ENTRYLIST_H
#define TS_VALUES_ENTRYLIST_H

#include "values/policy.h"

struct entrylist {
	struct policy_reader r; /* r.names holds for both forms */
	bool bare;
	struct policy proto; /* of a bare line */
	char name[NAME_TEXT_MAX];
};

/* path and source are borrowed until the list is closed. */
int entrylist_open(struct entrylist *l, const char *path, enum verdict verdict,
		   const char *source, struct err *e);
/* rec is borrowed until the next call. */
enum stream_result entrylist_next(struct entrylist *l, struct policy *rec,
				  struct err *e);
void entrylist_close(struct entrylist *l);

#endif
