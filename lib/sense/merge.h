/*
 * Policies to one resolved, minimal policy: addresses by sense/addrmerge.h,
 * names by sense/namemerge.h.
 */
#ifndef TS_SENSE_MERGE_H
#define TS_SENSE_MERGE_H

#include "sense/addrmerge.h"
#include "sense/namemerge.h"

#define MERGE_NEVER_EXPIRE INT64_MIN /* as now: nothing has expired */

enum merge_role { MERGE_POLICY, MERGE_ALLOW, MERGE_EXCEPT, MERGE_NEVER };

struct merge {
	int64_t now; /* what expires by then is left out */
	struct addrmerge *addr;
	struct namemerge *names;
	uint64_t expired;
};

int merge_init(struct merge *m, int64_t now, struct err *e);
void merge_free(struct merge *m);
/* The next input, after all those it has to give way to. */
int merge_input(struct merge *m, enum merge_role role,
		enum names_meaning meaning, struct err *e);
/* same as in struct policy_reader. */
int merge_add(struct merge *m, const struct policy *rec, bool same,
	      struct err *e);
/* The records that follow rec, as policy_run4 gives them. */
int merge_add4(struct merge *m, const struct policy *rec, const uint64_t *v,
	       size_t n, struct err *e);
/* Everything in canonical order; same as in addrmerge_put. Once. */
int merge_emit(struct merge *m, addrmerge_put *put, void *ctx, struct err *e);

#endif
