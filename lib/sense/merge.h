/*
 * Policies to one resolved, minimal policy: addresses by sense/addrmerge.h,
 * names by sense/namemerge.h.
 */
#ifndef TS_SENSE_MERGE_H
#define TS_SENSE_MERGE_H

#include "sense/addrmerge.h"
#include "sense/namemerge.h"

#define MERGE_NEVER_EXPIRE INT64_MIN /* as now: nothing has expired */

enum merge_role {
	MERGE_POLICY,
	MERGE_ALLOW,
	MERGE_EXCEPT,
	MERGE_NEVER,
	MERGE_ROLES
};

struct merge_opts {
	int64_t now; /* what expires by then is left out */
	/* Ceilings of address records, and of name records; 0 for none. */
	uint64_t max_block, max_allow;
	bool entries; /* ADDRMERGE_ENTRIES will be asked for */
};

/* What the block records of a policy cover. */
struct merge_cover {
	double ip4, ip6; /* addresses */
	uint64_t names;	 /* records of kind name */
};

struct merge {
	struct merge_opts opts;
	struct addrmerge *addr;
	struct namemerge *names;
	uint64_t expired;
	enum merge_role role; /* of the current input */
	uint64_t turned; /* block records that --allow took as allow records */
	/* Of zones: records that a resolver would ask for before those of another
	 * kind in an earlier zone if both were one zone, as they now are. */
	uint64_t crossed;
	bool zone;	 /* the current input is one */
	int last, last_before; /* the latest asked for of this input's kinds,
				* and of those of the zones before */
};

int merge_init(struct merge *m, const struct merge_opts *opts, struct err *e);
void merge_free(struct merge *m); /* accepts a zeroed one */
/* The next input, after all those it has to give way to. */
int merge_input(struct merge *m, enum merge_role role,
		enum names_meaning meaning, struct err *e);
/* same as in struct policy_reader. */
int merge_add(struct merge *m, const struct policy *rec, bool same,
	      struct err *e);
/* The records that follow rec, as policy_run4 gives them. */
int merge_add4(struct merge *m, const struct policy *rec, const uint64_t *v,
	       size_t n, struct err *e);
/* Once, behind the last record. */
int merge_finish(struct merge *m, struct err *e);
/* Everything in canonical order, any number of times; same as in
 * addrmerge_put. */
int merge_emit(struct merge *m, enum addrmerge_which which, addrmerge_put *put,
	       void *ctx, struct err *e);
int merge_measure(struct merge *m, struct merge_cover *c, struct err *e);
/* EX_DATAERR where a family or the names cover over pct per cent less than
 * before. */
int merge_check_shrink(const struct merge_cover *before,
		       const struct merge_cover *after, double pct,
		       struct err *e);

#endif
