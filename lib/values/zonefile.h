/*
 * A master file as records, RFC 1035 5, read as a stream: owners and types
 * resolved, everything else of the format ($ORIGIN, $TTL, inherited owners, TTL
 * and class in either order, parentheses) done with.
 *
 * The zone is the one named at zonefile_open, else the owner of the first SOA
 * record; where that is "@" and no $ORIGIN says what it means, the zone has no
 * name: relative owners are in it all the same, nothing else is.
 * A bad entry is ZONE_BAD, and reading goes on with the next; $INCLUDE and
 * $GENERATE stop it (EX_DATAERR), for what they stand for would be missing.
 */
#ifndef TS_VALUES_ZONEFILE_H
#define TS_VALUES_ZONEFILE_H

#include "values/name.h"
#include "values/zonelex.h"
#include "values/zonetype.h"

struct zone_rr {
	uint64_t line;	     /* of its beginning */
	uint64_t lines;
	struct span raw;     /* the owner as written, for messages */
	struct span owner;   /* canonical, relative to the zone, NUL-ended; n 0:
			      * the apex */
	bool same;	     /* the owner of the record before */
	enum zone_type type;
	size_t nrdata;	     /* tokens of the data, at least 1; the lexer keeps */
	const struct span *rdata; /* a dozen of them */
	struct span target;  /* of a CNAME below the apex: absolute, canonical,
			      * NUL-ended; n 0: the root */
	uint64_t tail;	     /* not 0: records with this number have the same
			      * type and target */
	const char *why;     /* with ZONE_BAD */
};

/*
 * What stood behind the owner of a CNAME, from the first blank to the end of the
 * line, and what it meant. A zone has few of them: a line that ends in one of
 * the last is read by comparing (zonerun.c).
 */
#define ZONE_TAILS 8
#define ZONE_TAIL_MAX 64

struct zone_tail {
	size_t n, ntarget;
	char text[ZONE_TAIL_MAX];
	char target[NAME_TEXT_MAX];
	struct span rdata; /* part of text */
	uint64_t number;
};

struct zonefile {
	struct zonelex lex;
	struct zone_entry ent;
	bool named;	/* the zone has a name: */
	char zone[NAME_TEXT_MAX];
	size_t nzone;
	bool soa;	/* the zone's SOA record has been seen; its serial: */
	char serial[11];
	/* $ORIGIN: relative to the zone; absolute where it is not in it. */
	bool absolute;
	char origin[NAME_TEXT_MAX];
	size_t norigin;
	char owner[2][NAME_TEXT_MAX]; /* of this record and the one before */
	size_t nowner[2];
	int now;	/* which of them is this one's */
	bool has_owner; /* there is one to inherit */
	char target[NAME_TEXT_MAX];
	struct zone_tail tail[ZONE_TAILS];
	size_t ntails;	/* filled */
	uint64_t learnt; /* ever, the number of the last */
};

/* origin: the zone's name in any case, or NULL. EX_USAGE if it is no name. */
int zonefile_open(struct zonefile *z, const char *path, const char *origin,
		  struct err *e);
/* The next record, borrowed until the call after. */
enum zone_result zonefile_next(struct zonefile *z, struct zone_rr *rr,
			       struct err *e);
void zonefile_close(struct zonefile *z);

/* Of zonefile_next alone: a line that repeats a tail, where the next one does;
 * and a record read the long way whose tail may come again. */
bool zonerun_next(struct zonefile *z, struct zone_rr *rr);
void zonerun_learn(struct zonefile *z, const struct zone_rr *rr);

#endif
