/*
 * A plan stream, ts-stream(5): what an applier would do, one record a line:
 * op, object type, object name, detail, note.
 */
#ifndef TS_VALUES_PLAN_H
#define TS_VALUES_PLAN_H

#include "base/out.h"

enum plan_op {
	PLAN_CREATE = '+',
	PLAN_CHANGE = '~',
	PLAN_DELETE = '-',
	PLAN_KEEP = '=',
};

struct plan {
	struct out *out; /* borrowed */
	uint64_t records;
};

/* plan_begin and plan_end frame a stream; records alone are put into a plan
 * that was made with plan_part, and then into a whole one by plan_join. */
void plan_begin(struct plan *p, struct out *o);
void plan_part(struct plan *p, struct out *o);
/* detail and note: NULL or "" is "-". A TAB or another control byte in any of
 * them (names come from elsewhere) is written as \xHH. */
void plan_put(struct plan *p, enum plan_op op, const char *type,
	      const char *name, const char *detail, const char *note);
void plan_putf(struct plan *p, enum plan_op op, const char *type,
	       const char *name, const char *note, const char *detail, ...)
	__attribute__((format(printf, 6, 7)));
/* The records of a part, as bytes, or from the start of a regular file. */
void plan_join(struct plan *p, const char *part, size_t n);
int plan_join_fd(struct plan *p, int fd, struct err *e);
void plan_end(struct plan *p);

#endif
