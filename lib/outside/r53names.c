#include "outside/r53names.h"

#include <stdlib.h>
#include <string.h>

void
r53names_init(struct r53names *s)
{
	*s = (struct r53names){0};
	buf_init(&s->text, R53_NAMES_MAX * (R53_DOMAIN_MAX + 1));
}

void
r53names_free(struct r53names *s)
{
	buf_free(&s->text);
	free(s->at);
	r53names_init(s);
}

int
r53names_add(struct r53names *s, const char *p, size_t n, struct err *e)
{
	void *at = s->at;
	char *to;
	size_t i;

	if (n > 0 && p[n - 1] == '.')
		n--;
	if (n == 0 || n > R53_DOMAIN_MAX)
		return err_set(e, EX_DATAERR, "a name of %zu characters in a "
			       "domain list", n);
	if (array_grow(&at, &s->cap, s->n + 1, sizeof(*s->at), R53_NAMES_MAX,
		       "names of a domain list", e) < 0)
		return -1;
	s->at = at;
	to = buf_room(&s->text, n + 1);
	if (to == NULL)
		return buf_check(&s->text, "names of a domain list", e);
	for (i = 0; i < n; i++)
		to[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
	to[n] = '\0';
	s->at[s->n++] = (uint32_t)s->text.n;
	s->text.n += n + 1;
	return 0;
}

static int
by_text(const void *a, const void *b, void *text)
{
	const char *const p = text;

	return strcmp(p + *(const uint32_t *)a, p + *(const uint32_t *)b);
}

void
r53names_sort(struct r53names *s)
{
	size_t i, n = 0;

	if (s->n == 0)
		return;
	qsort_r(s->at, s->n, sizeof(*s->at), by_text, s->text.p);
	for (i = 1; i < s->n; i++)
		if (strcmp(r53names_get(s, i), r53names_get(s, n)) != 0)
			s->at[++n] = s->at[i];
	s->n = n + 1;
}

void
r53some_free(struct r53some *s)
{
	free(s->v);
	*s = (struct r53some){0};
}

int
r53names_minus(const struct r53names *a, const struct r53names *b,
	       struct r53some *out, struct err *e)
{
	size_t i = 0, j = 0;

	*out = (struct r53some){0};
	if (a->n == 0)
		return 0;
	out->v = malloc(a->n * sizeof(*out->v));
	if (out->v == NULL)
		return err_mem(e);
	while (i < a->n) {
		const char *const p = r53names_get(a, i);
		const int d = j == b->n ? -1 : strcmp(p, r53names_get(b, j));

		if (d < 0)
			out->v[out->n++] = p;
		i += d <= 0;
		j += d >= 0;
	}
	return 0;
}

bool
r53names_within(const struct r53names *a, const struct r53names *b)
{
	size_t i = 0, j;

	for (j = 0; i < a->n && j < b->n; j++) {
		const int d = strcmp(r53names_get(a, i), r53names_get(b, j));

		if (d < 0)
			return false;
		i += d == 0;
	}
	return i == a->n;
}
