/*
 * The algebra of addresses: several inputs to one resolved, minimal policy.
 *
 * Each kind of address is a space of its own (ip4, ip6, and the triggers of
 * RPZ). Inputs come in order of precedence, those of CLAIM_ALLOW first; what
 * the records then decide is in sense/claim.h, how few are written in
 * sense/addrcover.h. Records that have expired are the caller's to leave out.
 */
#ifndef TS_SENSE_ADDRMERGE_H
#define TS_SENSE_ADDRMERGE_H

#include "sense/claim.h"

enum addrmerge_which {
	ADDRMERGE_RESULT,
	ADDRMERGE_CAPPED,  /* what the ceilings took out of it */
	ADDRMERGE_ENTRIES, /* as they were given: sense/addrkeep.h */
};

struct addrmerge_counts {
	uint64_t in; /* records of inputs that allow or decide */
	uint64_t capped[2]; /* by enum verdict */
};

struct addrmerge;

struct addrmerge *addrmerge_new(void); /* NULL for want of memory */
void addrmerge_free(struct addrmerge *m);
/* A new input; the records that follow are its own. */
int addrmerge_input(struct addrmerge *m, enum claim_role role, struct err *e);
/* A record of an address kind. same: all but its address is as in the record
 * before, which was of this input. */
int addrmerge_add(struct addrmerge *m, const struct policy *rec, bool same,
		  struct err *e);
/* Further ones of kind ip4, as the last but for their addresses, which are as
 * policy_run4 gives them. */
int addrmerge_add4(struct addrmerge *m, const uint64_t *v, size_t n,
		   struct err *e);
/* Once, behind the last record. Ceilings of the records of all kinds together,
 * 0 for none; what goes first is in sense/addrcap.h. */
int addrmerge_finish(struct addrmerge *m, uint64_t max_block,
		     uint64_t max_allow, struct err *e);
/* The records of one kind in canonical order, each borrowed for the call; same
 * tells whether all but the address is as in the one before. Any number of
 * times. */
typedef int addrmerge_put(void *ctx, const struct policy *rec, bool same,
			  struct err *e);
int addrmerge_emit(struct addrmerge *m, enum kind kind,
		   enum addrmerge_which which, addrmerge_put *put, void *ctx,
		   struct err *e);
const struct addrmerge_counts *addrmerge_counts(const struct addrmerge *m);

#endif
