/*
 * The algebra of ts-merge for names: inputs in order of precedence, each under
 * its own meaning, to the fewest records that keep every decision.
 *
 * What an input says of a name. Under NAMES_RPZ, what a resolver with that zone
 * does: a record of the very name, else that of the longest "*." above it,
 * unless a name in between exists (has a record, or has one below it, RFC 4592),
 * else nothing. Under NAMES_LIST a record is that name alone, "*.x" is all below
 * x, the longest that fits decides, and no name opens a hole; it lasts as long as
 * any of those above it that say the same. Two records with one owner in one
 * input: allow before block, else the earlier (counted).
 *
 * What all of them say. An input that says nothing of a name, be it by an
 * implicit hole, leaves it to the next: NAMEMERGE_ALLOW inputs first, as allow
 * records whatever verdict they were written with, then NAMEMERGE_POLICY. What
 * NAMEMERGE_EXCEPT and NAMEMERGE_NEVER inputs speak of, with either verdict,
 * nobody blocks: there a block is no decision. Where later inputs agree on
 * verdict and response, their sources are joined (sources.h), and the expiry is
 * the latest among those that agree before the first that does not and is still
 * alive by then.
 *
 * What is written has NAMES_RPZ meaning, and at most one record of an owner. A
 * record is left out where the wildcard above it decides the same and lasts at
 * least as long; a copy of that wildcard is written where a name would else open
 * a hole in it, and expires with what it is written for. A name that --except
 * takes out of a wildcard is silent by RFC 4592 where another record makes it
 * exist; else one "allow … passthru" does. Below a wildcard that allows, it is
 * allowed. No smaller set of records has the same decisions.
 *
 * A query with a label "*" behind its first is beyond this: under RFC 4592 no
 * wildcard reaches below another. Such owners are kept, for themselves alone.
 *
 * Kinds name and nsname are two policies side by side. Memory: 14 bytes and the
 * key of values/name.h (one octet more than the text) for a record, and some 100
 * for each different set of the other columns; with entries 12 more.
 */
#ifndef TS_SENSE_NAMEMERGE_H
#define TS_SENSE_NAMEMERGE_H

#include <stdint.h>

#include "base/err.h"
#include "values/policy.h"

#define NAMEMERGE_INPUTS_MAX 4096

enum namemerge_role {
	NAMEMERGE_POLICY,
	NAMEMERGE_ALLOW,
	NAMEMERGE_EXCEPT,
	NAMEMERGE_NEVER,
};

struct namemerge_opts {
	/*
	 * Ceilings of the block and of the allow records, 0 for none. What is
	 * over goes as whole groups, a "*." with its name and all that stands
	 * below it: those first whose heaviest record has the least weight,
	 * among these the ones of later inputs, among these the last in
	 * canonical order. Names in them are then decided by nobody.
	 */
	uint64_t max_block, max_allow;
	bool entries; /* namemerge_emit_entries will be asked for */
};

/* in - redundant + copies + exceptions - capped = out */
struct namemerge_counts {
	uint64_t in;	     /* records of ALLOW and POLICY inputs */
	uint64_t conflicts;  /* one owner, two decisions in one input */
	uint64_t redundant;  /* owners that no record of the output has */
	uint64_t copies;     /* owners that no input has: no hole opens there */
	uint64_t exceptions; /* passthru where nothing else makes a hole */
	uint64_t capped_block, capped_allow;
	uint64_t block, allow; /* records to be emitted */
};

struct namemerge;

struct namemerge *namemerge_new(void); /* NULL: no memory */
void namemerge_free(struct namemerge *m);

/* From here on records are of this input, which comes after those before. */
int namemerge_input(struct namemerge *m, enum names_meaning meaning,
		    enum namemerge_role role, struct err *e);
/* A record of kind name or nsname that has not expired; copies what it keeps.
 * same: all but its name is as in the record before, which was of this input. */
int namemerge_add(struct namemerge *m, const struct policy *rec, bool same,
		  struct err *e);
/* Once, behind the last record. */
int namemerge_finish(struct namemerge *m, const struct namemerge_opts *opts,
		     struct err *e);
/* same: all but the name is what the record before had. Less than 0 ends it. */
typedef int namemerge_put(void *ctx, const struct policy *rec, bool same,
			  struct err *e);
/* Kind name, then nsname, each in canonical order; any number of times. */
int namemerge_emit(struct namemerge *m, namemerge_put *put, void *ctx,
		   struct err *e);
/* The same for the records that a ceiling took. */
int namemerge_emit_capped(struct namemerge *m, namemerge_put *put, void *ctx,
			  struct err *e);
/*
 * The same decisions with a record for every owner that an input has, as far as
 * the result agrees with it, and for the holes that this opens copies of the
 * wildcard above. Sources are all that say so.
 */
int namemerge_emit_entries(struct namemerge *m, namemerge_put *put, void *ctx,
			   struct err *e);
const struct namemerge_counts *namemerge_counts(const struct namemerge *m);

#endif
