#include "sense/sources.h"

#include <stdlib.h>
#include <string.h>

#define MORE "+"
/* Tokens of a set: more than a column has room for. */
#define SET_MAX (INTERN_LEN_MAX / sizeof(uint32_t))

/* What one list says, or several of the same sources. */
struct said {
	uint32_t set, weight;
};
/* Further lists are not counted. */
#define REPORT_MAX (INTERN_LEN_MAX / sizeof(struct said))

struct sources *
sources_new(void)
{
	return calloc(1, sizeof(struct sources));
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	intern_free(&s->tokens);
	intern_free(&s->sets);
	intern_free(&s->reports);
	free(s);
}

static const uint32_t *
set_get(const struct sources *s, uint32_t set, size_t *n)
{
	const uint32_t *p = intern_get(&s->sets, set, n);

	*n /= sizeof(*p);
	return p;
}

static const struct said *
report_get(const struct sources *s, uint32_t report, size_t *n)
{
	const struct said *p = intern_get(&s->reports, report, n);

	*n /= sizeof(*p);
	return p;
}

/* Puts v into its place among n ascending ones; returns the new number. */
static size_t
insert(uint32_t *a, size_t n, uint32_t v)
{
	size_t i = n;

	while (i > 0 && a[i - 1] > v)
		i--;
	if (i > 0 && a[i - 1] == v)
		return n;
	memmove(a + i + 1, a + i, (n - i) * sizeof(*a));
	a[i] = v;
	return n + 1;
}

int
sources_read(struct sources *s, struct span source, uint16_t weight,
	     uint32_t *report, struct err *e)
{
	const char *p = source.p, *const end = p + source.n;
	uint32_t set[POLICY_SOURCE_MAX / 2 + 1];
	struct said said = {.weight = weight};
	size_t n = 0;

	while (p <= end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *const stop = comma != NULL ? comma : end;
		uint32_t token;

		if (intern_add(&s->tokens, p, (size_t)(stop - p), &token, e) <
		    0)
			return -1;
		n = insert(set, n, token);
		p = stop + 1;
	}
	if (intern_add(&s->sets, set, n * sizeof(*set), &said.set, e) < 0)
		return -1;
	return intern_add(&s->reports, &said, sizeof(said), report, e);
}

static int
join(struct sources *s, uint32_t a, uint32_t b, uint32_t *report,
     struct err *e)
{
	struct said to[REPORT_MAX];
	size_t na, nb, n = 0;
	const struct said *pa = report_get(s, a, &na);
	const struct said *pb = report_get(s, b, &nb);

	while (na > 0 || nb > 0) {
		const bool from_a = nb == 0 || (na > 0 && pa->set <= pb->set);
		const bool both = from_a && nb > 0 && pa->set == pb->set;

		if (n == REPORT_MAX)
			break;
		to[n] = from_a ? *pa : *pb;
		if (both && pb->weight > to[n].weight)
			to[n].weight = pb->weight;
		n++;
		pa += from_a;
		na -= from_a;
		pb += !from_a || both;
		nb -= !from_a || both;
	}
	return intern_add(&s->reports, to, n * sizeof(*to), report, e);
}

int
sources_join(struct sources *s, uint32_t a, uint32_t b, uint32_t *report,
	     struct err *e)
{
	struct sources_memo *m;

	if (a == b) {
		*report = a;
		return 0;
	}
	m = sources_memo(s->joins, a, b);
	if (m->a != a + 1 || m->b != b) {
		m->a = 0;
		if (join(s, a, b, &m->to, e) < 0)
			return -1;
		m->a = a + 1;
		m->b = b;
	}
	*report = m->to;
	return 0;
}

static int
unite(struct sources *s, uint32_t a, uint32_t b, uint32_t *set, struct err *e)
{
	uint32_t to[SET_MAX];
	size_t na, nb, i;
	const uint32_t *pa = set_get(s, a, &na);
	const uint32_t *pb = set_get(s, b, &nb);

	memcpy(to, pa, na * sizeof(*to));
	for (i = 0; i < nb && na < SET_MAX; i++)
		na = insert(to, na, pb[i]);
	return intern_add(&s->sets, to, na * sizeof(*to), set, e);
}

int
sources_union(struct sources *s, uint32_t a, uint32_t b, uint32_t *set,
	      struct err *e)
{
	struct sources_memo *m;

	if (a == b) {
		*set = a;
		return 0;
	}
	m = sources_memo(s->unions, a, b);
	if (m->a != a + 1 || m->b != b) {
		m->a = 0;
		if (unite(s, a, b, &m->to, e) < 0)
			return -1;
		m->a = a + 1;
		m->b = b;
	}
	*set = m->to;
	return 0;
}

static int
part(struct sources *s, uint32_t a, uint32_t b, uint32_t *report, struct err *e)
{
	struct said said = {0, 0};
	uint32_t of_b;
	uint16_t weight, ignored;

	if (sources_weigh(s, a, &said.set, &weight, e) < 0 ||
	    sources_weigh(s, b, &of_b, &ignored, e) < 0)
		return -1;
	*report = a;
	if (sources_union(s, said.set, of_b, &of_b, e) < 0)
		return -1;
	if (of_b == said.set)
		return 0;
	said.set = of_b;
	said.weight = weight;
	return intern_add(&s->reports, &said, sizeof(said), report, e);
}

int
sources_part(struct sources *s, uint32_t a, uint32_t b, uint32_t *report,
	     struct err *e)
{
	struct sources_memo *m = sources_memo(s->parts, a, b);

	if (m->a != a + 1 || m->b != b) {
		m->a = 0;
		if (part(s, a, b, &m->to, e) < 0)
			return -1;
		m->a = a + 1;
		m->b = b;
	}
	*report = m->to;
	return 0;
}

static struct span
token_text(const struct sources *s, uint32_t token)
{
	struct span t;

	t.p = intern_get(&s->tokens, token, &t.n);
	return t;
}

static int
span_cmp(struct span a, struct span b)
{
	const int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* Token numbers depend on what was read first, text does not. */
static int
by_text(const void *a, const void *b, void *sources)
{
	const uint32_t *x = a, *y = b;

	return span_cmp(token_text(sources, *x), token_text(sources, *y));
}

/* The smaller sets first, then what says less, then by text. */
static int
by_size(const void *a, const void *b, void *sources)
{
	const struct said *x = a, *y = b;
	size_t nx, ny, i;
	const uint32_t *px = set_get(sources, x->set, &nx);
	const uint32_t *py = set_get(sources, y->set, &ny);

	if (nx != ny)
		return nx < ny ? -1 : 1;
	if (x->weight != y->weight)
		return x->weight < y->weight ? -1 : 1;
	for (i = 0; i < nx && px[i] == py[i]; i++)
		;
	return i == nx ? 0 : by_text(px + i, py + i, sources);
}

/* What each source of a report weighs, found as the lists are gone through. */
struct tally {
	uint32_t token[SET_MAX], weight[SET_MAX];
	size_t n;
};

static uint32_t *
tally_of(struct tally *t, uint32_t token)
{
	size_t i;

	for (i = 0; i < t->n && t->token[i] != token; i++)
		;
	if (i == SET_MAX)
		return NULL;
	if (i == t->n) {
		t->token[i] = token;
		t->weight[i] = 0;
		t->n++;
	}
	return &t->weight[i];
}

/* Adds what the sources of one list are short of, in equal parts. */
static void
tally_add(const struct sources *s, struct tally *t, const struct said *said)
{
	uint32_t token[SET_MAX], *w, have = 0, part;
	size_t n, i;
	const uint32_t *set = set_get(s, said->set, &n);

	memcpy(token, set, n * sizeof(*token));
	qsort_r(token, n, sizeof(*token), by_text, (void *)(uintptr_t)s);
	for (i = 0; i < n; i++)
		if ((w = tally_of(t, token[i])) != NULL)
			have += *w;
	for (i = 0; i < n && have < said->weight; i++) {
		part = (said->weight - have + (uint32_t)(n - i) - 1) /
		       (uint32_t)(n - i);
		if ((w = tally_of(t, token[i])) == NULL)
			continue;
		*w += part;
		have += part;
	}
}

static int
weigh(struct sources *s, uint32_t report, uint32_t *set, uint16_t *weight,
      struct err *e)
{
	struct said said[REPORT_MAX];
	struct tally t;
	uint64_t sum = 0;
	size_t n, i;
	const struct said *const as_read = report_get(s, report, &n);

	memcpy(said, as_read, n * sizeof(*said));
	qsort_r(said, n, sizeof(*said), by_size, s);
	t.n = 0;
	for (i = 0; i < n; i++)
		tally_add(s, &t, &said[i]);
	for (i = 0; i < t.n; i++)
		sum += t.weight[i];
	*weight = sum > POLICY_WEIGHT_MAX ? POLICY_WEIGHT_MAX : (uint16_t)sum;
	*set = said[0].set;
	for (i = 1; i < n; i++)
		if (sources_union(s, *set, said[i].set, set, e) < 0)
			return -1;
	return 0;
}

int
sources_weigh(struct sources *s, uint32_t report, uint32_t *set,
	      uint16_t *weight, struct err *e)
{
	size_t n;
	const struct said *const said = report_get(s, report, &n);
	struct sources_weighed *const m = &s->weighed[report % SOURCES_MEMO];

	if (n == 1) {
		*set = said->set;
		*weight = (uint16_t)said->weight;
		return 0;
	}
	if (m->report != report + 1) {
		m->report = 0;
		if (weigh(s, report, &m->set, &m->weight, e) < 0)
			return -1;
		m->report = report + 1;
	}
	*set = m->set;
	*weight = m->weight;
	return 0;
}

static int
put_text(const struct sources *s, uint32_t set, struct buf *b, struct err *e)
{
	const size_t start = b->n, last = POLICY_SOURCE_MAX - sizeof(MORE);
	uint32_t token[SET_MAX];
	bool more = false;
	size_t n, i;
	const uint32_t *p = set_get(s, set, &n);

	memcpy(token, p, n * sizeof(*token));
	qsort_r(token, n, sizeof(*token), by_text, (void *)(uintptr_t)s);
	for (i = 0; i < n; i++) {
		const struct span t = token_text(s, token[i]);

		if (span_is(t, "-"))
			continue;
		if (span_is(t, MORE) || b->n - start + t.n + 1 > last) {
			more = true;
			continue;
		}
		if (b->n > start)
			(void)buf_add(b, ",", 1);
		(void)buf_add(b, t.p, t.n);
	}
	if (b->n == start)
		(void)buf_addstr(b, more ? MORE : "-");
	else if (more)
		(void)buf_addstr(b, "," MORE);
	return buf_check(b, "the source column", e);
}

int
sources_text(struct sources *s, uint32_t set, struct buf *b, struct err *e)
{
	struct sources_shown *const m = &s->shown[set % SOURCES_TEXTS];
	const size_t start = b->n;

	if (m->set == set + 1) {
		(void)buf_add(b, m->text, m->n);
		return buf_check(b, "the source column", e);
	}
	if (put_text(s, set, b, e) < 0)
		return -1;
	m->set = set + 1;
	m->n = (uint32_t)(b->n - start);
	memcpy(m->text, b->p + start, m->n);
	return 0;
}
