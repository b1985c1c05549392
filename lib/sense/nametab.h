/*
 * The tree of names that a policy's records span: every name with a rule, and
 * every name above one (an empty non-terminal, RFC 4592 2.2.2), found in a time
 * that grows with the labels asked for alone.
 *
 * A name has at most one rule: a number from 1 whose meaning is the caller's.
 * Names are canonical text. Node 0 is the root. Some 50 bytes a name beside its
 * text; at most 2^30 nodes and 4 GiB of text, over which adding fails.
 */
#ifndef TS_SENSE_NAMETAB_H
#define TS_SENSE_NAMETAB_H

#include <stdint.h>

#include "base/bulk.h"
#include "values/name.h"
#include "values/stream.h"

#define NAMETAB_NONE UINT32_MAX

struct name_node {
	uint32_t text; /* offset of the name; that of a name below it serves */
	uint32_t rule; /* 0: none */
	uint32_t star; /* the node "*" below this one, or NAMETAB_NONE */
	uint32_t up;   /* the node above, which always has a lower number */
	uint16_t len;
};

struct nametab {
	struct bulk texts, nodes, slots; /* what the pointers point into */
	char *text;
	struct name_node *node;
	size_t ntext, n;
	uint64_t *slot; /* hash in the upper half, node + 1 in the lower */
	size_t nslots;	/* a power of two */
	uint64_t seed;
};

int nametab_init(struct nametab *t, struct err *e);
void nametab_free(struct nametab *t);
/* The node of a name, made if need be with those above it; -1 on failure. */
int64_t nametab_add(struct nametab *t, struct span name, struct err *e);

struct name_found {
	uint32_t node; /* the name's own, or the closest above it that exists */
	bool exact;
	uint32_t star; /* the deepest "*" with a rule that is above the name and
			* not the name itself, at whatever distance */
};
void nametab_find(const struct nametab *t, struct span name,
		  struct name_found *f);

static inline struct span
nametab_text(const struct nametab *t, uint32_t node)
{
	return (struct span){t->text + t->node[node].text, t->node[node].len};
}

#endif
