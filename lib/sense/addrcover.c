#include "sense/addrcover.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
addrcover_init(struct addrcover *c, struct claims *cs, addrcover_put *put,
	       void *ctx)
{
	*c = (struct addrcover){.cs = cs, .put = put, .ctx = ctx,
				.known = RULING_NONE,
				.ruling = RULING_NONE};
}

void
addrcover_free(struct addrcover *c)
{
	free(c->entry);
	c->entry = NULL;
}

/* Nothing that is held can change any more. */
static int
flush(struct addrcover *c, struct err *e)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct prefix p = {c->entry[i].addr, c->entry[i].len};

		if (c->entry[i].ruling != RULING_NONE &&
		    c->put(c->ctx, &p, c->entry[i].ruling, e) < 0)
			return -1;
	}
	c->n = c->nodes = 0;
	return 0;
}

/* Whether b is the right half of what a is the left half of. */
static bool
siblings(const struct addrcover_node *a, const struct addrcover_node *b)
{
	return a->len == b->len && a->len > 0 && a->action == b->action &&
	       (a->addr ^ b->addr) == (addr128)1 << (128 - a->len);
}

/*
 * Makes one node of the last two. Where the least expiry of both is the same,
 * one entry over both takes the place of the two that had it; it stands before
 * all others, being the widest.
 */
static int
merge(struct addrcover *c, struct err *e)
{
	struct addrcover_node *const a = &c->node[c->nodes - 2], *const b = a + 1;
	struct addrcover_entry *const first = &c->entry[a->start];

	if (a->expires == b->expires) {
		uint32_t ruling;

		if (claims_join(c->cs, c->entry[a->open].ruling,
				c->entry[b->open].ruling, &ruling, e) < 0)
			return -1;
		memmove(first + 1, first,
			(a->open - a->start) * sizeof(*first));
		*first = (struct addrcover_entry){a->addr, ruling,
						  (uint8_t)(a->len - 1)};
		a->open = a->start;
		c->entry[b->open].ruling = RULING_NONE;
		if (b->open == c->n - 1)
			c->n--;
	} else if (b->expires < a->expires) {
		a->expires = b->expires;
		a->open = b->open;
	}
	a->len--;
	c->nodes--;
	return 0;
}

/* Whether what begins at addr may still become one with the last node: at the
 * very beginning of its right sibling. */
static bool
continues(const struct addrcover *c, addr128 addr)
{
	const struct addrcover_node *const t = &c->node[c->nodes - 1];
	const addr128 bit = (addr128)1 << (128 - t->len) % 128;

	return t->len > 0 && (t->addr & bit) == 0 && addr == t->addr + bit &&
	       t->action == c->action;
}

static int
push(struct addrcover *c, addr128 addr, unsigned len, uint32_t ruling,
     struct err *e)
{
	if (ruling != c->known) {
		const struct ruling *const r = claims_ruling(c->cs, ruling);

		c->known = ruling;
		c->action = r->action;
		c->expires = r->expires;
	}
	if (c->nodes > 0 && !continues(c, addr) && flush(c, e) < 0)
		return -1;
	if (c->n == c->cap) {
		void *p = c->entry;

		if (array_grow(&p, &c->cap, c->n + 1, sizeof(*c->entry),
			       SIZE_MAX, "records", e) < 0)
			return -1;
		c->entry = p;
	}
	c->node[c->nodes++] = (struct addrcover_node){
		addr, c->expires, c->n, c->n, c->action, (uint8_t)len};
	c->entry[c->n++] = (struct addrcover_entry){addr, ruling, (uint8_t)len};
	while (c->nodes > 1 &&
	       siblings(&c->node[c->nodes - 2], &c->node[c->nodes - 1]))
		if (merge(c, e) < 0)
			return -1;
	return 0;
}

/* The range so far, as prefixes. */
static int
close_range(struct addrcover *c, struct err *e)
{
	addr128 at = c->first;

	if (c->ruling == RULING_NONE)
		return 0;
	for (;;) {
		const unsigned len = prefix_fit(at, c->last);

		if (push(c, at, len, c->ruling, e) < 0)
			return -1;
		at = prefix_last(at, len);
		if (at == c->last)
			return 0;
		at++;
	}
}

int
addrcover_add(struct addrcover *c, addr128 first, addr128 last,
	      uint32_t ruling, struct err *e)
{
	if (ruling == c->ruling && first == c->last + 1) {
		c->last = last;
		return 0;
	}
	if (close_range(c, e) < 0)
		return -1;
	c->first = first;
	c->last = last;
	c->ruling = ruling;
	return 0;
}

int
addrcover_finish(struct addrcover *c, struct err *e)
{
	if (close_range(c, e) < 0)
		return -1;
	c->ruling = RULING_NONE;
	return flush(c, e);
}
