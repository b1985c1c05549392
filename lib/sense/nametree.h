/*
 * The inside of namemerge.h: what its files share, and layers.h the trees and
 * their sort; nothing for others.
 */
#ifndef TS_SENSE_NAMETREE_H
#define TS_SENSE_NAMETREE_H

#include <string.h>

#include "sense/intern.h"
#include "sense/namekeys.h"
#include "sense/namemerge.h"
#include "sense/sources.h"

enum {
	REC_WILD = 1,	/* the owner is "*." and the key */
	REC_OWN = 2,	/* some input has a record of this owner */
	REC_FIRST = 4,	/* a group that can be capped starts here */
	REC_CAPPED = 8,
};

/* A record that came in, or that goes out. */
struct entry {
	uint32_t at;   /* of its key */
	uint32_t attr; /* number of a struct attr */
	union {
		uint32_t word; /* in: the octets that are being sorted by */
		struct {       /* out: the owner is the first len octets */
			uint16_t len, flags;
		};
	};
};

/* Numbers of decisions: nobody speaks, and nobody may block. */
enum { DEC_NONE, DEC_HOLE, DEC_EXCEPTION };

/* What a record has besides its owner. Interned: no padding, no pointers. */
struct attr {
	int64_t expires;
	uint32_t dec;	 /* number of the verdict, response and target */
	uint32_t report; /* source and weight, sense/sources.h */
	uint32_t prec;	 /* its input: role, then order of arrival */
	uint32_t verdict;
};
#define ATTR_NONE 0 /* the attribute that every decision DEC_NONE has */

#define NAMETREE_MAX ((size_t)UINT32_MAX - 1)

/* All names of one kind. */
struct nametree {
	struct namekeys keys;
	struct entry *v; /* entries next..n; in front of them nrecs records */
	size_t n, cap, next, nrecs;
};

/* An attr_join, which is likely to be asked for again. */
#define JOINS 4096
struct join {
	uint32_t a, b, joined;
};

struct namemerge {
	struct nametree name, nsname;
	/* The same with all that inputs have, where that is asked for; keys are
	 * those above. */
	struct nametree kept_name, kept_nsname;
	struct intern decs, attrs;
	struct sources *sources;
	uint32_t prec;	 /* of the input that is read */
	uint32_t ninputs;
	enum names_meaning meaning[NAMEMERGE_INPUTS_MAX];
	/* The record before, of this input, and what its columns became. */
	bool has_last;
	struct policy last;
	char last_source[POLICY_SOURCE_MAX], last_target[NAME_TEXT_MAX];
	uint32_t last_attr;
	struct join joins[JOINS];
	struct namemerge_counts counts;
};

#define PREC_INPUT(prec) ((prec) & (NAMEMERGE_INPUTS_MAX - 1))
#define PREC_ROLE(prec) ((prec) / NAMEMERGE_INPUTS_MAX)
enum { PREC_ALLOW, PREC_POLICY, PREC_EXCEPT, PREC_NEVER };

static inline const struct attr *
attr_get(const struct namemerge *m, uint32_t id)
{
	size_t n;

	return intern_get(&m->attrs, id, &n);
}

static inline const unsigned char *
key_start(const struct nametree *t, uint32_t at)
{
	return namekeys_head(&t->keys, at) + KEY_HEAD;
}

static inline const unsigned char *
key_get(const struct nametree *t, uint32_t at, size_t *n)
{
	return namekeys_get(&t->keys, at, n);
}

/* nameattr.c */
int attr_add(struct namemerge *m, const struct policy *rec, uint32_t *id,
	     struct err *e);
/* All but the owner; its text is in source. */
int attr_policy(struct namemerge *m, uint32_t id, struct buf *source,
		struct policy *rec, struct err *e);
/* The passthru that stands for a hole. */
int attr_exception(struct namemerge *m, uint32_t hole, uint32_t *id,
		   struct err *e);
/* The same with another expiry. */
int attr_until(struct namemerge *m, uint32_t attr, int64_t expires,
	       uint32_t *id, struct err *e);
/*
 * Two with one decision: a, with the sources of both, and with longer the later
 * expiry.
 */
int attr_join(struct namemerge *m, uint32_t a, uint32_t b, bool longer,
	      uint32_t *id, struct err *e);

/* namesort.c: by key, then input (where m is not NULL), then order of arrival. */
void nametree_sort(const struct namemerge *m, struct nametree *t);

/* namewalk.c: sorted entries to recs; keep is for namemerge_emit_entries. */
int nametree_walk(struct namemerge *m, struct nametree *t, bool keep,
		  struct err *e);

/* namecap.c: flags recs until they keep the ceilings, and what is kept as well
 * with them. */
int nametree_cap(struct namemerge *m, const struct namemerge_opts *opts,
		 struct err *e);

#endif
