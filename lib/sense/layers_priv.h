/* The inside of layers.h: what its files share, and nothing for others. */
#ifndef TS_SENSE_LAYERS_PRIV_H
#define TS_SENSE_LAYERS_PRIV_H

#include "sense/layers.h"
#include "sense/nametree.h"

#define LAYERS_AHEAD ((size_t)16) /* names whose keys are asked for early */

/* What a record wants; from WANT_GARDEN on, a redirect to the target of the
 * number that is over it. */
enum {
	WANT_SILENT, /* no record speaks of it */
	WANT_PASS,
	WANT_NXDOMAIN,
	WANT_NODATA,
	/* what there is no list for */
	WANT_DROP,
	WANT_TCP_ONLY,
	WANT_DATA,
	WANT_WILD_TARGET,
	WANT_TARGET,
	WANT_GARDEN,
};

/* No reason: names are not left out for the first. */
#define LAYERS_FITS LAYERS_ADDRESS

/* What a record has besides its owner. Interned: no padding. */
struct layers_attr {
	uint32_t want;
	uint16_t weight;
	uint16_t self; /* no record: the garden's own name, where it is below a
			* wildcard that redirects to it */
};

struct layers_garden {
	uint64_t records;
	bool out;
};

/* A list in the making. Interned by want and level. */
struct layers_key {
	uint32_t want, level;
};

enum { TURN_OVER, TURN_BLOCK, TURN_SHARE };

/* What goes as a whole; in canonical order. */
struct layers_group {
	uint32_t names; /* entries */
	uint16_t weight; /* of its heaviest record */
	uint16_t level;	 /* the highest that it needs */
	bool blocks;
	uint8_t turn; /* when it goes for the number of names */
	uint8_t out; /* the enum layers_reason for which it goes, or LAYERS_FITS */
};

struct layers_priv {
	const struct layers_opts *opts; /* while lists are made */
	enum names_meaning meaning;
	struct nametree tree; /* records v[0..n), sorted, an owner once */
	bool sorted;
	struct intern attrs, targets, keys;
	struct layers_garden *garden; /* by number of its target */
	size_t capgardens;
	struct layers_group *group; /* none unless something has to go */
	size_t ngroups, capgroups;
	uint64_t *count; /* names by number of the list's key */
	size_t capcount;
	uint32_t *name; /* of all lists: where in tree.keys its text is */
};

/* What a walk over the records is for. */
enum layers_walk {
	LAYERS_COUNT, /* names of each list */
	LAYERS_GROUP, /* groups, besides */
	LAYERS_FILL,  /* writes them, from count on; and tells what is left */
};

/* layersread.c: fills the tree, the attributes and the gardens. */
int layers_read(struct layers *l, const char *path, struct err *e);

/* layerswalk.c */
int layers_walk(struct layers *l, enum layers_walk what, struct err *e);

/* layerscut.c: leaves out gardens and groups until all ceilings are kept. */
int layers_cut(struct layers *l, struct err *e);

static inline const struct layers_attr *
layers_attr_get(const struct layers_priv *p, uint32_t id)
{
	size_t n;

	return intern_get(&p->attrs, id, &n);
}

static inline const struct layers_key *
layers_key_get(const struct layers_priv *p, size_t id)
{
	size_t n;

	return intern_get(&p->keys, (uint32_t)id, &n);
}

/* Of a WANT that has lists. */
static inline enum layers_kind
layers_kind_of(uint32_t want)
{
	static const enum layers_kind kinds[] = {
		[WANT_SILENT] = LAYERS_HOLE,
		[WANT_PASS] = LAYERS_PASS,
		[WANT_NXDOMAIN] = LAYERS_NXDOMAIN,
		[WANT_NODATA] = LAYERS_NODATA,
	};

	return want >= WANT_GARDEN ? LAYERS_REDIRECT : kinds[want];
}

static inline bool
layers_blocks(uint32_t want)
{
	return want > WANT_PASS;
}

#endif
