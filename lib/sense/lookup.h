/*
 * What a policy does with a name or an address, and by which record.
 *
 * Names: under NAMES_RPZ what a resolver with that zone does (RFC 4592): the
 * record of the very name; else that of "*." right below the closest name above
 * that exists, be it only by having something below it; else nothing. As in
 * BIND, a redirect to the very name asked for lets it through. Under NAMES_LIST
 * the record of the very name, else of the longest "*." above it.
 * Addresses: the longest prefix. Of two records with one value allow goes before
 * block, else the earlier one.
 */
#ifndef TS_SENSE_LOOKUP_H
#define TS_SENSE_LOOKUP_H

#include "sense/cidrtab.h"
#include "sense/intern.h"
#include "sense/nametab.h"
#include "values/policy.h"

/* Which records are held: those on what is asked for and answered, on who asks,
 * or on the name servers asked. */
enum lookup_side { LOOKUP_ANSWER, LOOKUP_CLIENT, LOOKUP_SERVER };

struct lookup {
	struct nametab names;
	struct cidrtab prefixes;
	struct intern rules; /* struct lookup_rule and its texts */
	enum names_meaning meaning;
	uint64_t records, expired, other; /* read; not held for the reason */
};

enum lookup_verdict {
	LOOKUP_NONE,  /* no record speaks of it */
	LOOKUP_BLOCK,
	LOOKUP_ALLOW,
	LOOKUP_PART,  /* of a prefix: records inside it decide otherwise */
};

struct lookup_answer {
	enum lookup_verdict verdict;
	const char *response, *source, *expires; /* columns; NULL with no record */
	struct span name;   /* of the record; with LOOKUP_NONE of the name that
			     * keeps a wildcard above it from speaking, or n 0 */
	struct cidr cidr;   /* of the record, where an address was asked for */
};

/* Reads the whole policy; records that have expired by now do not count. */
int lookup_load(struct lookup *l, const char *path, enum lookup_side side,
		int64_t now, struct err *e);
void lookup_free(struct lookup *l);
/* A canonical name. The answer is borrowed from l. */
void lookup_name(const struct lookup *l, struct span name,
		 struct lookup_answer *a);
void lookup_cidr(const struct lookup *l, const struct cidr *c,
		 struct lookup_answer *a);

#endif
