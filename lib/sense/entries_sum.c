/* What two verdicts cover together, in one sweep over their sorted arrays. */
#include <math.h>

#include "sense/entries.h"

#define ARRAYS 4 /* block: addresses, prefixes; allow: the same */

struct sweep {
	const struct entries *es[ARRAYS];
	size_t at[ARRAYS];
	struct cidr head[ARRAYS]; /* the entry at at[] */
};

static bool
load(struct sweep *s, int i)
{
	if (s->at[i] >= entries_count(s->es[i]))
		return false;
	s->head[i] = entries_cidr(s->es[i], s->at[i]);
	return true;
}

/* The array whose next entry is the first of all; -1 at the end. */
static int
first_of(const struct sweep *s)
{
	int i, best = -1;

	for (i = 0; i < ARRAYS; i++)
		if (s->at[i] < entries_count(s->es[i]) &&
		    (best < 0 || cidr_cmp(&s->head[i], &s->head[best]) < 0))
			best = i;
	return best;
}

static double
size_of(const struct cidr *c)
{
	return ldexp(1, (int)(cidr_max_len(c->family) - c->len));
}

void
entries_sum(const struct entries *block[2], const struct entries *allow[2],
	    struct entries_sum *out)
{
	struct sweep s = {{block[0], block[1], allow[0], allow[1]}, {0}, {{0}}};
	/* Prefixes nest or are apart, so the widest one last met says it all. */
	struct cidr widest[2] = {{0}, {0}};
	int i;

	*out = (struct entries_sum){0};
	for (i = 0; i < ARRAYS; i++)
		(void)load(&s, i);
	while ((i = first_of(&s)) >= 0) {
		const int v = i / 2;
		const struct cidr c = s.head[i];
		const bool inside = cidr_contains(&widest[!v], &c);

		if (!cidr_contains(&widest[v], &c)) {
			widest[v] = c;
			if (v == 0)
				out->blocked += size_of(&c);
			if (inside)
				out->both += size_of(&c);
		}
		if (inside && out->overlaps++ == 0)
			out->first = c;
		s.at[i]++;
		(void)load(&s, i);
	}
}
