/*
 * A policy's names as lists of a DNS firewall that asks its lists in order and
 * ends with the first that holds the name: Route 53 Resolver DNS Firewall.
 *
 * There, "x" is that name alone, "*.x" is all below x and not x. A policy has
 * RPZ meaning (RFC 4592, empty non-terminals included): an exact record, else
 * the "*." right below the closest name above that exists, else nothing, though
 * a wildcard further up blocks. So below a blocked wildcard each name that
 * exists needs entries of its own that let it through, and a block below one of
 * these another, ever higher up: lists are levels, and the higher is asked first.
 *
 * An entry is made for a name, and for all below a name, where what is wanted
 * differs from what the longest "*." above that has an entry brings, and nowhere
 * else. As "all below" holds names that no record speaks of, each of these is
 * needed whatever else there is: no smaller set of entries means the same.
 *
 * A name is one of: blocked (NXDOMAIN, NODATA, redirected); passed by a record
 * (PASS), which in an RPZ ends the matter, so that nothing is asked about the
 * names that a CNAME leads on to: such a list is to be trusted; or spoken of by
 * no record, whether it is a hole in a wildcard (HOLE: let through, but what a
 * CNAME leads on to is asked) or not (no entry at all). PASS has entries where
 * nothing is blocked above, too, for the sake of such chains.
 *
 * What such a firewall cannot say is left out, and counted by reason:
 * - A response it does not have, or a redirect that is too much for it: as an
 *   RPZ does not let these names through, a wildcard that is blocked above
 *   blocks them too; else they are like a hole, also in a wildcard that passes.
 *   But "tcp-only" is no block: always a hole.
 * - A name with other octets than a-z 0-9 - and '.': it gets what the wildcard
 *   above says. Where that is blocked and this an exception, it is lost, and
 *   counted as such: the other choice would be to block nothing there.
 * Its owner exists none the less, and makes holes in wildcards above.
 *
 * Too many lists: the redirects of fewest records go first, then what needs the
 * highest levels. Too many entries: whole groups go, a group being what nothing
 * blocks or passes above, with all that stands below its "*."; those whose
 * heaviest record has the least weight first, among these the last in canonical
 * order. Groups that block nothing go before all others as far as they are more
 * than LAYERS_PASS_SHARE of the ceiling, and the rest of them after. Where a big
 * one has gone, those that fit come back, the heaviest first.
 *
 * Text of the names, and some 20 bytes for each record and entry.
 */
#ifndef TS_SENSE_LAYERS_H
#define TS_SENSE_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "values/policy.h"

/* What the names of a list are; in this order inside a layer, lowest first. */
enum layers_kind {
	LAYERS_NXDOMAIN,
	LAYERS_NODATA,
	LAYERS_REDIRECT,
	LAYERS_HOLE,
	LAYERS_PASS,
	LAYERS_KINDS
};

enum layers_action { LAYERS_BLOCK, LAYERS_ALERT, LAYERS_ALLOW };

enum layers_reason {
	/* By kind of the record, and for its expiry. */
	LAYERS_ADDRESS, /* ip4 ip6 */
	LAYERS_CLIENT,	/* client4 client6 */
	LAYERS_NSADDRESS, /* nsip4 nsip6 */
	LAYERS_NSNAME,
	LAYERS_EXPIRED,
	/* By response. */
	LAYERS_DROP,
	LAYERS_TCP_ONLY,
	LAYERS_DATA,
	LAYERS_WILD_TARGET, /* redirect=*.FQDN */
	LAYERS_TARGET,	    /* a redirect to a name with other octets */
	LAYERS_GARDEN,	    /* a redirect, for the number of lists */
	/* By owner; where it does not get what it wants by a wildcard above. */
	LAYERS_OCTETS,
	LAYERS_ROOT,  /* "*" alone */
	LAYERS_LOST,  /* exceptions for reason OCTETS, holes too: entries */
	LAYERS_LISTS, /* entries of groups that went for the number of lists */
	LAYERS_NAMES, /* entries of groups that went for the number of names */
	LAYERS_REASONS
};

/* "the service has no such response", as the end of a message. */
const char *layers_reason_text(enum layers_reason r);
/* The same as a word for a metric: "drop". */
const char *layers_reason_word(enum layers_reason r);

struct layers_opts {
	int64_t now;		/* what has expired by then does not count */
	bool monitor_only;	/* ALERT where it would be BLOCK: same lists */
	bool pass_quiet;	/* PASS lists ALLOW, else ALERT */
	bool hole_alert;	/* HOLE lists ALERT, else ALLOW */
	bool ignore_ent;	/* no name opens a hole: the longest "*." wins */
	bool root;		/* "*" is taken for every name */
	uint64_t max_names;	/* entries over all lists; 0: no ceiling */
	size_t max_lists;	/* 0: no ceiling */
	/*
	 * Called in canonical order for each name that is left out by response
	 * or owner; may be NULL. Less than 0 ends it all, with e filled.
	 */
	int (*left)(void *ctx, enum layers_reason r, struct span name,
		    struct err *e);
	void *ctx;
};

#define LAYERS_PASS_SHARE 5 /* a fifth */
#define LAYERS_NAME_MAX 48 /* a-z 0-9 - _, and of a hash A-F H */

struct layers_list {
	/* From what follows alone: a change elsewhere does not rename it. */
	char name[LAYERS_NAME_MAX + 1];
	/* A higher one is asked before a lower one; lists of one level share no
	 * name, and their order is free. */
	unsigned level;
	enum layers_kind kind;
	enum layers_action action; /* of its rule */
	bool trust; /* names that a CNAME leads on to are not asked about */
	char target[NAME_WIRE_MAX + 1]; /* of LAYERS_REDIRECT, else "" */
	size_t first, n; /* which of the names, see layers_name */
};

struct layers {
	struct layers_list *list; /* none is empty; the first is asked first */
	size_t nlists;
	uint64_t names;	  /* entries in all */
	uint64_t records; /* that were read */
	uint64_t conflicts; /* records of an owner that has one already: allow
			     * goes before block, else the earlier */
	uint64_t left[LAYERS_REASONS];
	uint64_t groups_left; /* for the number of lists or names */
	uint64_t gardens_left; /* targets, for the number of lists */
	struct layers_priv *priv;
};

/* What the name of a list tells; false for any other. *target is empty but for
 * LAYERS_REDIRECT: there the target with '_' for '.', which has an 'H' in it where
 * it was too long and is cut. */
bool layers_name_read(const char *name, enum layers_kind *kind,
		      struct span *target);

/* Reads a policy stream ("-": standard input) to its end and makes the lists;
 * one of names=list has its own meaning. */
int layers_load(struct layers *l, const char *path,
		const struct layers_opts *opts, struct err *e);
void layers_free(struct layers *l);
/* Entry i of a list, "x" or "*.x", ended by a NUL; in canonical order, and
 * borrowed from l. */
const char *layers_name(const struct layers *l, const struct layers_list *list,
			size_t i);

#endif
