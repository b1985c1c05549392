#include "sense/cidrtab.h"

#include <stdlib.h>

#include "base/buf.h"

void
cidrtab_free(struct cidrtab *t)
{
	free(t->v);
	*t = (struct cidrtab){0};
}

int
cidrtab_add(struct cidrtab *t, const struct cidr *c, uint32_t rule,
	    struct err *e)
{
	if (array_grow((void **)&t->v, &t->cap, t->n + 1, sizeof(*t->v),
		       CIDRTAB_MAX, "prefixes", e) < 0)
		return -1;
	/* Until the end of adding, "up" is the order of arrival. */
	t->v[t->n] = (struct cidr_rule){*c, rule, (uint32_t)t->n};
	t->n++;
	return 0;
}

static int
cmp(const void *va, const void *vb)
{
	const struct cidr_rule *a = va, *b = vb;
	const int c = cidr_cmp(&a->cidr, &b->cidr);

	if (c != 0)
		return c;
	if ((a->rule ^ b->rule) & 1)
		return a->rule & 1 ? -1 : 1;
	return a->up < b->up ? -1 : 1;
}

void
cidrtab_finish(struct cidrtab *t)
{
	uint32_t up = CIDRTAB_NONE;
	size_t i, n = 0;

	for (i = 1; i < t->n; i++)
		if (cmp(&t->v[i - 1], &t->v[i]) > 0)
			break;
	if (i < t->n)
		qsort(t->v, t->n, sizeof(*t->v), cmp);
	for (i = 0; i < t->n; i++) {
		if (n > 0 && cidr_cmp(&t->v[i].cidr, &t->v[n - 1].cidr) == 0)
			continue;
		t->v[n] = t->v[i];
		while (up != CIDRTAB_NONE &&
		       !cidr_contains(&t->v[up].cidr, &t->v[n].cidr))
			up = t->v[up].up;
		t->v[n].up = up;
		up = (uint32_t)n++;
	}
	t->n = n;
}

/* How many sort before c or are c. */
static size_t
upto(const struct cidrtab *t, const struct cidr *c)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (cidr_cmp(&t->v[mid].cidr, c) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct cidr_rule *
cidrtab_find(const struct cidrtab *t, const struct cidr *c)
{
	const size_t n = upto(t, c);
	uint32_t i = n == 0 ? CIDRTAB_NONE : (uint32_t)(n - 1);

	/* What sorts right before c, or is around that, is around c. */
	while (i != CIDRTAB_NONE && !cidr_contains(&t->v[i].cidr, c))
		i = t->v[i].up;
	return i == CIDRTAB_NONE ? NULL : &t->v[i];
}

bool
cidrtab_differs(const struct cidrtab *t, const struct cidr *c,
		const struct cidr_rule *found)
{
	size_t i = upto(t, c);

	for (; i < t->n && cidr_contains(c, &t->v[i].cidr); i++)
		if (found == NULL || (t->v[i].rule ^ found->rule) & 1)
			return true;
	return false;
}
