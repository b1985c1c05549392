/*
 * A response policy zone to policy records, one rule an owner, in the order of
 * the zone: what is a trigger, what is no policy, what cannot be used and why.
 *
 * Nothing is kept but the last owner, so that a zone of any size streams; a
 * second rule for an owner is told from the first only where they stand
 * together, as in a transfer. Who wants to know of all (keep) pays for all.
 */
#ifndef TS_SENSE_RPZFEED_H
#define TS_SENSE_RPZFEED_H

#include "sense/nametab.h"
#include "values/cover.h"
#include "values/rpz.h"
#include "values/suffix.h"
#include "values/zonefile.h"

enum rpzfeed_result {
	RPZFEED_ERROR = -1,
	RPZFEED_END = 0,
	RPZFEED_RECORD = 1,
	RPZFEED_LEFT_OUT = 2,
	RPZFEED_DOUBT = 3, /* with keep, behind the last entry: of a record that
			    * was given before */
};

/* What stood in the zone, also with RPZFEED_RECORD. */
struct rpzfeed_item {
	uint64_t line, lines;
	struct span owner; /* as written; "" where inherited or unknown */
	const char *why;   /* left out: the reason; else NULL or a doubt: one
			    * of a few fixed texts */
	bool defect;	   /* left out for a fault of the zone's */
	enum rpz_trigger trigger;
	struct policy rec;
};

struct rpzfeed {
	struct zonefile zone;
	/* Set by the caller after rpzfeed_open, before the first record. */
	struct span source;
	unsigned triggers;	  /* those wanted, 1 << enum rpz_trigger */
	unsigned widest4, widest6; /* shortest prefix taken */
	bool allow_suffix;	  /* take public suffixes */
	bool keep;		  /* keep the owners: memory for all of them */
	/* Counted as it goes. */
	uint64_t entries;	  /* entries read, directives not counted */
	uint64_t bad;		  /* lines with a defect */
	uint64_t records;	  /* made */
	uint64_t repeats;	  /* records that said the same again */
	uint64_t again;		  /* owners that had a rule elsewhere; with keep */
	uint64_t count[RPZ_TRIGGERS][RESPONSE_COUNT]; /* records; an address is
				   * blocked by RESPONSE_NONE, let through by
				   * RESPONSE_PASSTHRU */
	struct cover cover4, cover6; /* of what is blocked */
	struct suffix_list suffixes;
	struct nametab owners;	  /* with keep: the tree of the zone; a node's
				   * rule is four times its line, and flags */
	bool dnames;		  /* there is a DNAME in it */
	uint32_t after;		  /* the last node looked at behind the end */
	/* The last owner's rule. */
	enum { RULE_NONE, RULE_CNAME, RULE_DATA } rule;
	char target[NAME_TEXT_MAX]; /* of RULE_CNAME */
	size_t ntarget;
	uint64_t tail; /* that of the record it came from */
};

/* origin as for zonefile_open. */
int rpzfeed_open(struct rpzfeed *f, const char *path, const char *origin,
		 struct err *e);
/* item is borrowed until the next call. */
enum rpzfeed_result rpzfeed_next(struct rpzfeed *f, struct rpzfeed_item *item,
				 struct err *e);
void rpzfeed_close(struct rpzfeed *f);

/* Flags of a node's rule. */
#define RPZFEED_DATA 1U	 /* the first record is no CNAME */
#define RPZFEED_DNAME 2U
#define RPZFEED_LINE(rule) ((rule) >> 2)

/* Of rpzfeed_next alone: the next record that a DNAME above it hides; false
 * behind the last. */
bool rpzfeed_hidden(struct rpzfeed *f, struct rpzfeed_item *item);

/*
 * The wildcard holes of a zone that was kept: what "*." above would have, but
 * for a name that exists in between (RFC 4592). Each is the name itself, all
 * below it, or both; put gets them in the order of the zone and ends it with -1.
 */
struct rpzfeed_hole {
	struct span name;     /* that exists */
	struct span wildcard; /* that does not reach it */
	struct span opener;   /* the owner that makes the name exist */
	uint64_t line;	      /* of the opener */
	bool self, below;
};
int rpzfeed_holes(const struct rpzfeed *f,
		  int (*put)(void *arg, const struct rpzfeed_hole *h),
		  void *arg, struct err *e);

#endif
