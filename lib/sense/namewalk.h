/*
 * The walk from sorted entries to records: namewalk.c, which keeps the records,
 * and namesay.c, which asks the inputs. For nobody else.
 */
#ifndef TS_SENSE_NAMEWALK_H
#define TS_SENSE_NAMEWALK_H

#include "sense/nametree.h"

/* The root, and what a key of the longest name has below it. */
#define DEPTH_MAX (NAME_LABELS_MAX + 2)

/* What one input says: of a name, or of all below it. */
struct say {
	uint32_t prec, attr;
};

/* What a name and all below it are decided as, if that is one decision. */
struct same {
	enum { SAME_UNSET, SAME_YES, SAME_NO } state;
	uint32_t dec;
	int64_t expires; /* the latest */
};

/* A name whose part of the entries is being walked. */
struct open {
	uint32_t at, len;	/* its key: the first len octets of the one at */
	size_t covers, ncovers; /* what the inputs say of names below */
	uint32_t b;		/* attr of that, all in all */
	size_t mark;		/* records before this name was opened */
	bool wild_due;		/* its wildcard is still to be pushed */
	bool own, wild_own;	/* an input has a record of it, of its wildcard */
	bool named;	/* and at or below it one that agrees */
	int64_t lasts; /* until then it exists for the sake of a record; or 0 */
	size_t copy[2], ncopies; /* its records that no input has */
	bool star;		/* its last label is "*", not in front */
	bool full;		/* too long for a name below it */
	bool holes; /* a name here or below is one, which same does not count */
	struct same same;
	struct entry hole; /* where a passthru makes it exist; attr 0: none */
};

struct walk {
	struct namemerge *m;
	struct nametree *t;
	struct open open[DEPTH_MAX];
	size_t depth; /* open[depth - 1] is the innermost */
	size_t group; /* open[group - 1] is the outermost with a wildcard; 0 */
	struct say *covers; /* of all that is open, each after the one above */
	size_t capcovers;
	struct say *exact, *wild, *kept; /* by one name at a time */
	uint32_t *seen; /* by input: the stamp of the name it was seen below */
	uint32_t stamp;
	size_t ahead; /* entries whose keys have been asked for */
	bool keep; /* names with a record that agrees are never left out */
	struct err *e;
};

/*
 * Asks all inputs about the name o, a child of up (NULL: the root), whose own
 * entries, if it has any, are the next ones; moves behind these. Sets covers, b,
 * own, wild_own and named of o; *attr is what the name itself is decided as.
 */
int say_decide(struct walk *w, const struct open *up, struct open *o,
	       bool entries, uint32_t *attr);

static inline uint32_t
dec_of(const struct walk *w, uint32_t attr)
{
	const uint32_t dec = attr_get(w->m, attr)->dec;

	return dec == DEC_HOLE ? (uint32_t)DEC_NONE : dec;
}

static inline bool
is_hole(const struct walk *w, uint32_t attr)
{
	return attr_get(w->m, attr)->dec == DEC_HOLE;
}

#endif
