#include <stdlib.h>

#include "sense/rpzfeed.h"

/* The zone's apex may be marked and has none. */
static bool
has_rule(const struct nametab *t, uint32_t node)
{
	return RPZFEED_LINE(t->node[node].rule) > 0;
}

bool
rpzfeed_hidden(struct rpzfeed *f, struct rpzfeed_item *item)
{
	const struct nametab *const t = &f->owners;

	while (f->dnames && ++f->after < t->n) {
		uint32_t node = f->after;

		if (!has_rule(t, node))
			continue;
		do
			node = t->node[node].up;
		while (node != 0 && !(t->node[node].rule & RPZFEED_DNAME));
		if (!(t->node[node].rule & RPZFEED_DNAME))
			continue;
		item->line = RPZFEED_LINE(t->node[f->after].rule);
		item->owner = nametab_text(t, f->after);
		item->why = "a rule below a DNAME, which BIND does not apply";
		item->defect = false;
		return true;
	}
	return false;
}

/*
 * The deepest wildcard with a rule above each node: that right below the node
 * above it, or the one that this has. A node's number is higher than that of
 * the node above, and one pass does.
 */
static uint32_t
reach(const struct nametab *t, const uint32_t *over, uint32_t node)
{
	const uint32_t up = t->node[node].up;
	const uint32_t star = t->node[up].star;

	return star != NAMETAB_NONE && has_rule(t, star) ? star : over[up];
}

/* Nodes are made from the top down to the owner that needs them. */
static uint32_t
opener_of(const struct nametab *t, uint32_t node)
{
	while (!has_rule(t, node))
		node++;
	return node;
}

static bool
is_hole(const struct rpzfeed *f, uint32_t node, uint32_t over,
	struct rpzfeed_hole *h)
{
	const struct nametab *const t = &f->owners;
	const struct name_node *const n = &t->node[node];
	uint32_t opener;

	if (over == NAMETAB_NONE || t->node[n->up].star == node)
		return false;
	h->self = !has_rule(t, node);
	h->below = n->star == NAMETAB_NONE || !has_rule(t, n->star);
	h->name = nametab_text(t, node);
	h->wildcard = nametab_text(t, over);
	/* "*" and the addresses' owners do not meet. */
	if ((!h->self && !h->below) ||
	    rpz_has_trigger_label(h->name) != rpz_has_trigger_label(h->wildcard))
		return false;
	opener = opener_of(t, node);
	h->opener = nametab_text(t, opener);
	h->line = RPZFEED_LINE(t->node[opener].rule);
	return true;
}

int
rpzfeed_holes(const struct rpzfeed *f,
	      int (*put)(void *arg, const struct rpzfeed_hole *h), void *arg,
	      struct err *e)
{
	const struct nametab *const t = &f->owners;
	uint32_t *const over = calloc(t->n, sizeof(*over));
	struct rpzfeed_hole h;
	uint32_t i;

	if (over == NULL)
		return err_mem(e);
	over[0] = NAMETAB_NONE;
	for (i = 1; i < t->n; i++) {
		over[i] = reach(t, over, i);
		if (is_hole(f, i, over[i], &h) && put(arg, &h) < 0)
			break;
	}
	free(over);
	return i < t->n ? -1 : 0;
}
