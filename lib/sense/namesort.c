/* Entries by key, then input, then order of arrival. */
#include <stdlib.h>

#include "sense/nametree.h"

struct order {
	const struct namemerge *m;
	const struct nametree *t;
};

static int
compare(const void *pa, const void *pb, void *arg)
{
	const struct order *o = arg;
	const struct entry *a = pa, *b = pb;
	size_t na, nb;
	const unsigned char *ka = key_get(o->t, a->at, &na);
	const unsigned char *kb = key_get(o->t, b->at, &nb);
	const int c = memcmp(ka, kb, na < nb ? na : nb);
	uint32_t prec_a, prec_b;

	if (c != 0 || na != nb)
		return c != 0 ? c : (na > nb) - (na < nb);
	prec_a = attr_get(o->m, a->attr)->prec;
	prec_b = attr_get(o->m, b->attr)->prec;
	if (prec_a != prec_b)
		return prec_a < prec_b ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

int
nametree_sort(const struct namemerge *m, struct nametree *t, struct err *e)
{
	struct order o = {m, t};

	(void)e;
	qsort_r(t->entries, t->n, sizeof(*t->entries), compare, &o);
	return 0;
}
