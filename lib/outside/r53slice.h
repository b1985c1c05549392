/*
 * A change of lists parted into slices, for an account that has no room for old
 * and new names at once.
 *
 * Two entries meet where some name matches both: "x" twice, or "*.x" and what is
 * below x. Entries that meet go together; so each name's answer changes within
 * one slice. Those that only lose names come first and make room.
 */
#ifndef TS_OUTSIDE_R53SLICE_H
#define TS_OUTSIDE_R53SLICE_H

#include "outside/r53view.h"

struct r53slice {
	struct r53some *add, *remove; /* of each of the view */
	bool *last; /* of each: it has lost all that it is to lose, with this */
};

struct r53slices {
	struct r53slice *v;
	size_t n;
	/* What they point into. */
	const char **names;
	struct r53some *some;
	bool *last;
};

/*
 * add and remove: of each of the view, all of the change; the texts stay theirs.
 * room: names that may come before any goes. EX_UNAVAILABLE where entries that
 * go together do not fit.
 */
int r53slice_make(const struct r53view *w, const struct r53some *add,
		  const struct r53some *remove, uint64_t room,
		  struct r53slices *out, struct err *e);
void r53slice_free(struct r53slices *s);

#endif
