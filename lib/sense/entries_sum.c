/* What two verdicts come to, in one sweep over their sorted arrays. */
#include "sense/entries.h"

#define ARRAYS 4 /* block: addresses, prefixes; allow: the same */

struct cursor {
	const struct entries *es;
	size_t i;
	struct addrset_entry head; /* entry i */
};

/* The widest prefix of a verdict that was met last: prefixes nest or are apart,
 * so it tells whether an address at or behind it is covered. */
struct widest {
	addr128 last;
	bool any;
};

static bool
load(struct cursor *c)
{
	if (c->i >= entries_count(c->es))
		return false;
	c->head = addrset_get(&c->es->set, c->i);
	return true;
}

static bool
is_first(const struct cursor *a, const struct cursor *b)
{
	return a->head.addr != b->head.addr ? a->head.addr < b->head.addr
					    : a->head.len < b->head.len;
}

/* Addresses of a prefix of the family, by its length. */
static void
sizes_of(double size[129], uint8_t family)
{
	unsigned len = cidr_max_len(family);
	double n = 1;

	do {
		size[len] = n;
		n *= 2;
	} while (len-- > 0);
}

void
entries_sum(const struct entries *block[2], const struct entries *allow[2],
	    struct entries_sum *sum)
{
	const struct entries *const es[] = {block[0], block[1], allow[0],
					    allow[1]};
	const uint8_t family = block[0]->set.family;
	struct cursor *live[ARRAYS], all[ARRAYS];
	struct widest widest[2] = {{0}};
	double size[129];
	size_t n = 0, i;

	*sum = (struct entries_sum){0};
	sizes_of(size, family);
	for (i = 0; i < ARRAYS; i++) {
		all[i] = (struct cursor){.es = es[i]};
		if (load(&all[i]))
			live[n++] = &all[i];
	}
	/* Single addresses by themselves: each is one. */
	if (n == 1 && live[0] == &all[0]) {
		sum->blocked = (double)entries_count(block[0]);
		return;
	}
	while (n > 0) {
		size_t at = 0, v;
		struct addrset_entry x;
		bool in_own, in_other;

		for (i = 1; i < n; i++)
			if (is_first(live[i], live[at]))
				at = i;
		x = live[at]->head;
		v = live[at] >= &all[2]; /* 1: allow */
		in_own = widest[v].any && x.addr <= widest[v].last;
		in_other = widest[!v].any && x.addr <= widest[!v].last;
		if (!in_own)
			widest[v] = (struct widest){
				prefix_last(x.addr, x.len), true};
		/* Blocked counts once, and not where it is inside allow; allow
		 * takes away what it covers of a block around it. */
		if (!in_own && v == 0 && !in_other)
			sum->blocked += size[x.len];
		else if (!in_own && v == 1 && in_other)
			sum->blocked -= size[x.len];
		if (in_other && sum->overlaps++ == 0)
			sum->first = prefix_cidr(&(struct prefix){x.addr, x.len},
						 family);
		live[at]->i++;
		if (!load(live[at]))
			live[at] = live[--n];
	}
}
