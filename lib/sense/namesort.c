/*
 * Entries by key, then input, then order of arrival.
 *
 * Four octets at a time, which an entry carries along, so that keys are read once
 * for each four: into buckets by octet while there are many, then by multikey
 * quicksort. A bad run of pivots ends in partition by bits, so no input makes
 * this quadratic.
 */
#include <endian.h>
#include <stdlib.h>

#include "sense/nametree.h"

#define WORD ((size_t)4)
#define SMALL ((size_t)20)
#define LARGE ((size_t)512)
#define AHEAD ((size_t)16) /* entries whose keys are asked for early */

struct sorter {
	const struct namemerge *m; /* NULL: one input */
	const struct nametree *t;
};

/* Entries that agree in all octets before depth; word is what follows. */
struct part {
	struct entry *v;
	size_t n, depth;
	unsigned luck; /* pivots left before bits are used */
};

static uint32_t
word_at(const struct sorter *s, const struct entry *en, size_t depth)
{
	size_t n;
	const unsigned char *key = key_get(s->t, en->at, &n) + depth;
	uint32_t w = 0;

	if (n >= depth + WORD) {
		memcpy(&w, key, sizeof(w));
		return be32toh(w);
	}
	for (n = n > depth ? n - depth : 0; n > 0; n--)
		w |= (uint32_t)key[n - 1] << (8 * (WORD - n));
	return w;
}

static void
fill(const struct sorter *s, const struct part *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		if (i + AHEAD < p->n)
			namekeys_prefetch(&s->t->keys, p->v[i + AHEAD].at,
					  p->depth + WORD - 1);
		p->v[i].word = word_at(s, &p->v[i], p->depth);
	}
}

/* Two that have the same key. */
static int
compare_rest(const struct sorter *s, const struct entry *a,
	     const struct entry *b)
{
	uint32_t pa, pb;

	if (s->m != NULL) {
		pa = attr_get(s->m, a->attr)->prec;
		pb = attr_get(s->m, b->attr)->prec;
		if (pa != pb)
			return pa < pb ? -1 : 1;
	}
	return (a->at > b->at) - (a->at < b->at);
}

static int
compare_equal(const void *a, const void *b, void *arg)
{
	return compare_rest(arg, a, b);
}

/* depth octets are the same, and so are words where they are. */
static bool
before(const struct sorter *s, const struct entry *a, const struct entry *b,
       size_t depth)
{
	size_t na, nb, n;
	const unsigned char *ka, *kb;
	int c;

	if (a->word != b->word)
		return a->word < b->word;
	ka = key_get(s->t, a->at, &na);
	kb = key_get(s->t, b->at, &nb);
	n = na < nb ? na : nb;
	c = n > depth ? memcmp(ka + depth, kb + depth, n - depth) : 0;
	if (c == 0 && na == nb)
		c = compare_rest(s, a, b);
	else if (c == 0)
		c = na < nb ? -1 : 1;
	return c < 0;
}

static void
insertion(const struct sorter *s, const struct part *p)
{
	size_t i, j;

	for (i = 1; i < p->n; i++) {
		const struct entry en = p->v[i];

		for (j = i; j > 0 && before(s, &en, &p->v[j - 1], p->depth); j--)
			p->v[j] = p->v[j - 1];
		p->v[j] = en;
	}
}

static uint32_t
median(uint32_t a, uint32_t b, uint32_t c)
{
	if (a > b) {
		const uint32_t t = a;

		a = b;
		b = t;
	}
	return c < a ? a : c > b ? b : c;
}

static uint32_t
pivot(const struct part *p)
{
	const struct entry *v = p->v;
	const size_t n = p->n, k = n / 8;

	if (n < 128)
		return median(v[0].word, v[n / 2].word, v[n - 1].word);
	return median(median(v[0].word, v[k].word, v[2 * k].word),
		      median(v[3 * k].word, v[4 * k].word, v[5 * k].word),
		      median(v[6 * k].word, v[7 * k].word, v[n - 1].word));
}

/* The least word with the highest bit in which the words differ; two halves of
 * what differs, whatever it is. */
static uint32_t
split_by_bit(const struct part *p)
{
	uint32_t diff = 0, all = p->v[0].word;
	size_t i;

	for (i = 1; i < p->n; i++) {
		diff |= p->v[i].word ^ p->v[0].word;
		all |= p->v[i].word;
	}
	if (diff == 0)
		return all;
	diff = UINT32_C(1) << (31 - __builtin_clz(diff));
	return (all | diff) & ~(diff - 1);
}

/* Moves those up to the word to the front: how many. Nothing here branches on
 * what is compared, which is as good as random. */
static size_t
to_front(struct entry *v, size_t n, uint32_t word)
{
	size_t i, front = 0;

	for (i = 0; i < n; i++) {
		const struct entry en = v[i];

		v[i] = v[front];
		v[front] = en;
		front += en.word <= word;
	}
	return front;
}

static void sort_part(const struct sorter *s, struct part p);

/* Those with one word: sorted where their keys end in it, else the next words
 * are read. */
static bool
go_deeper(const struct sorter *s, struct part *p, uint32_t word)
{
	if (p->n < 2)
		return false;
	/* No label is empty: two zeros are behind the end. */
	if ((word & 0xffff) == 0) {
		qsort_r(p->v, p->n, sizeof(*p->v), compare_equal,
			(void *)(uintptr_t)s);
		return false;
	}
	p->depth += WORD;
	fill(s, p);
	return true;
}

static unsigned
luck_of(size_t n)
{
	return 2 * (64 - (unsigned)__builtin_clzll(n));
}

static unsigned
octet_of(const struct entry *en, unsigned shift)
{
	return en->word >> shift & 255;
}

/* Entries into buckets by the octet at shift, in place; end[b] is where bucket b
 * ends. */
static void
scatter(const struct part *p, unsigned shift, uint32_t end[256])
{
	uint32_t next[256] = {0}, at = 0;
	struct entry *const v = p->v;
	unsigned b, k;
	size_t i;

	for (i = 0; i < p->n; i++)
		next[octet_of(&v[i], shift)]++;
	for (b = 0; b < 256; b++) {
		const uint32_t n = next[b];

		next[b] = at;
		end[b] = at += n;
	}
	for (b = 0; b < 256; b++) {
		while (next[b] < end[b]) {
			struct entry en = v[next[b]];

			while ((k = octet_of(&en, shift)) != b) {
				const struct entry other = v[next[k]];

				v[next[k]++] = en;
				en = other;
			}
			v[next[b]++] = en;
		}
	}
}

static void
swap_parts(struct part *a, struct part *b)
{
	const struct part t = *a;

	*a = *b;
	*b = t;
}

/* Sorts by the first octet in which words differ; what is returned is left to be
 * sorted: the greatest bucket, so that the stack stays shallow. */
static struct part
sort_octet(const struct sorter *s, struct part p)
{
	uint32_t diff = 0, end[256], at = 0;
	struct part most = p;
	unsigned b;
	size_t i;

	for (i = 1; i < p.n; i++)
		diff |= p.v[i].word ^ p.v[0].word;
	if (diff == 0) {
		if (!go_deeper(s, &p, p.v[0].word))
			p.n = 0;
		return p;
	}
	scatter(&p, (31 - (unsigned)__builtin_clz(diff)) & ~7U, end);
	most.n = 0;
	for (b = 0; b < 256; at = end[b++]) {
		struct part part = {p.v + at, end[b] - at, p.depth,
				    luck_of(end[b] - at + 1)};

		if (part.n > most.n)
			swap_parts(&part, &most);
		sort_part(s, part);
	}
	return most;
}

static void
sort_part(const struct sorter *s, struct part p)
{
	while (p.n > LARGE)
		p = sort_octet(s, p);
	while (p.n > SMALL) {
		const uint32_t word = p.luck > 0 ? pivot(&p) : split_by_bit(&p);
		struct part less = p, mid = p, more = p, *big = &mid;
		bool on;

		less.n = word > 0 ? to_front(p.v, p.n, word - 1) : 0;
		mid.v += less.n;
		mid.n = to_front(mid.v, p.n - less.n, word);
		more.v = mid.v + mid.n;
		more.n -= less.n + mid.n;
		less.luck = more.luck = p.luck > 0 ? p.luck - 1 : 0;
		on = go_deeper(s, &mid, word);
		mid.luck = luck_of(mid.n + 1);
		if (!on)
			mid.n = 0;
		/* The greatest is left for the loop: the stack stays shallow. */
		if (less.n > big->n)
			big = &less;
		if (more.n > big->n)
			big = &more;
		if (big != &less)
			sort_part(s, less);
		if (big != &mid)
			sort_part(s, mid);
		if (big != &more)
			sort_part(s, more);
		p = *big;
	}
	insertion(s, &p);
}

void
nametree_sort(const struct namemerge *m, struct nametree *t)
{
	const struct sorter s = {m, t};
	const struct part all = {t->v, t->n, 0, luck_of(t->n)};

	fill(&s, &all);
	sort_part(&s, all);
}
