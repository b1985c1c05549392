#include "sense/origin.h"

#include <string.h>

/* Two columns of one byte tokens, the shortest there are. */
#define TOKENS_MAX (POLICY_SOURCE_MAX + 2)

#define MORE "+"

struct tokens {
	struct span v[TOKENS_MAX]; /* sorted, each once */
	size_t n;
};

static int
compare(struct span a, struct span b)
{
	const int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static void
insert(struct tokens *t, struct span s)
{
	size_t i = t->n;
	int c = 1;

	while (i > 0 && (c = compare(t->v[i - 1], s)) > 0)
		i--;
	if (i > 0 && c == 0)
		return;
	memmove(t->v + i + 1, t->v + i, (t->n - i) * sizeof(*t->v));
	t->v[i] = s;
	t->n++;
}

static void
add(struct tokens *t, struct span column)
{
	const char *p = column.p, *const end = p + column.n;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma != NULL ? comma : end;

		insert(t, (struct span){p, (size_t)(stop - p)});
		p = stop + (comma != NULL);
	}
}

static size_t
write_tokens(const struct tokens *t, char *dst)
{
	const size_t last = POLICY_SOURCE_MAX - sizeof("," MORE) + 1;
	/* No other token sorts before it. */
	bool more = t->n > 0 && span_is(t->v[0], MORE);
	size_t i, n = 0;

	for (i = more; i < t->n; i++) {
		const struct span s = t->v[i];

		if (span_is(s, "-"))
			continue;
		if (n + 1 + s.n > last) {
			more = true;
			continue;
		}
		if (n > 0)
			dst[n++] = ',';
		memcpy(dst + n, s.p, s.n);
		n += s.n;
	}
	if (more && n > 0)
		dst[n++] = ',';
	if (more || n == 0)
		dst[n++] = more ? *MORE : '-';
	return n;
}

void
origin_join(const struct origin *a, const struct origin *b, char *dst,
	    struct origin *joined)
{
	struct tokens all = {.n = 0}, other = {.n = 0};
	const unsigned sum = (unsigned)a->weight + b->weight;
	size_t na, only_a, only_b, w;

	add(&other, b->source);
	add(&all, a->source);
	na = all.n;
	add(&all, b->source);
	only_b = all.n - na;
	only_a = all.n - other.n;
	if (only_a == na)
		w = sum;
	else if (a->weight >= b->weight)
		w = a->weight + only_b;
	else
		w = b->weight + only_a;
	if (w > sum)
		w = sum;
	joined->source = (struct span){dst, write_tokens(&all, dst)};
	joined->weight =
		(uint16_t)(w < POLICY_WEIGHT_MAX ? w : POLICY_WEIGHT_MAX);
}
