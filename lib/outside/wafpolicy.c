#include "outside/wafpolicy.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
wafpolicy_init(struct wafpolicy *p, int64_t now)
{
	*p = (struct wafpolicy){.now = now};
}

static void
set_free(struct wafpolicy_set *s)
{
	entries_free(&s->want);
	free(s);
}

void
wafpolicy_free(struct wafpolicy *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		set_free(p->set[i]);
	free(p->set);
	*p = (struct wafpolicy){0};
}

unsigned
wafpolicy_group(const struct set_name *name)
{
	return (name->verdict == VERDICT_ALLOW ? 0 : 2U) +
	       (name->kind == KIND_IP6);
}

static int
cmp_name(const struct set_name *a, const struct set_name *b)
{
	const unsigned ga = wafpolicy_group(a), gb = wafpolicy_group(b);

	if (ga != gb)
		return ga < gb ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* The set of that name, made where it is not there; kept in order. */
static struct wafpolicy_set *
find(struct wafpolicy *p, const struct set_name *name, struct err *e)
{
	size_t lo = 0, hi = p->n;
	struct wafpolicy_set *s;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		const int c = cmp_name(&p->set[mid]->name, name);

		if (c == 0)
			return p->set[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (array_grow((void **)&p->set, &p->cap, p->n + 1, sizeof(*p->set),
		       WAFPOLICY_SETS_MAX, "sets", e) < 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	s->name = *name;
	entries_init(&s->want, kind_family(name->kind));
	memmove(p->set + lo + 1, p->set + lo, (p->n - lo) * sizeof(*p->set));
	p->set[lo] = s;
	p->n++;
	return s;
}

static int
add(struct wafpolicy *p, const struct stream *st, struct wafpolicy_set *s,
    const struct policy *rec, struct out *copy, struct err *e)
{
	char text[SET_NAME_MAX];

	if (rec->cidr.len == 0)
		return stream_error(st, e, "a /0 is refused: it would %s every "
				    "IPv%d address", verdict_text(rec->verdict),
				    rec->cidr.family);
	if (rec->expires != POLICY_NO_EXPIRY && rec->expires <= p->now) {
		p->expired++;
		return 0;
	}
	if (entries_count(&s->want) == WAFV2_SET_MAX) {
		(void)set_name_format(&s->name, text);
		(void)stream_error(st, e, "set '%s' has more prefixes than the "
				   "%d of an IP set", text, WAFV2_SET_MAX);
		return err_hint(e, "ts-shard --capacity %d", WAFV2_SET_MAX);
	}
	if (copy != NULL)
		setrec_put(copy, &s->name, rec);
	p->records++;
	return entries_add(&s->want, &rec->cidr, 0, e);
}

static int
read_all(struct wafpolicy *p, struct stream *st, struct out *copy,
	 struct err *e)
{
	struct wafpolicy_set *s = NULL;
	struct set_name name;
	struct policy rec;
	enum stream_result r;

	while ((r = setrec_next(st, &name, &rec, e)) > 0) {
		if (s == NULL || cmp_name(&s->name, &name) != 0)
			s = find(p, &name, e);
		if (s == NULL)
			return -1;
		if (r == STREAM_SET && copy != NULL) {
			char text[SET_NAME_MAX];

			(void)set_name_format(&name, text);
			out_fmt(copy, "#set\t%s\n", text);
		}
		if (r == STREAM_RECORD && add(p, st, s, &rec, copy, e) < 0)
			return -1;
	}
	return r == STREAM_END ? 0 : -1;
}

/* Allow wins: as little as can be is taken from a block set. */
static int
cut_allowed(struct wafpolicy *p, const struct wafpolicy_set *allow,
	    struct err *e)
{
	size_t i, j;

	for (i = 0; i < p->n; i++) {
		struct wafpolicy_set *s = p->set[i];

		if (s->name.verdict == VERDICT_ALLOW ||
		    s->name.kind != allow->name.kind)
			continue;
		for (j = 0; j < entries_count(&allow->want); j++) {
			const struct cidr c = entries_cidr(&allow->want, j);
			const size_t had = p->overlaps;

			if (entries_cut(&s->want, &c, &p->overlaps, e) < 0)
				return -1;
			if (had == 0 && p->overlaps > 0)
				p->first = c;
		}
		if (entries_count(&s->want) > WAFV2_SET_MAX)
			return err_set(e, EX_DATAERR, "without what is allowed "
				       "too, set block-%s-%u has more prefixes "
				       "than the %d of an IP set",
				       kind_text(s->name.kind), s->name.number,
				       WAFV2_SET_MAX);
	}
	return 0;
}

int
wafpolicy_read(struct wafpolicy *p, const char *path, struct out *copy,
	       struct err *e)
{
	struct stream st;
	size_t i;
	int rc;

	if (setrec_open(&st, path, e) < 0)
		return -1;
	if (copy != NULL)
		stream_begin(copy, "set", "");
	rc = read_all(p, &st, copy, e);
	stream_close(&st);
	if (copy != NULL)
		stream_end(copy, p->records);
	for (i = 0; i < p->n && rc == 0; i++)
		rc = entries_sort(&p->set[i]->want, e);
	for (i = 0; i < p->n && rc == 0; i++)
		if (p->set[i]->name.verdict == VERDICT_ALLOW)
			rc = cut_allowed(p, p->set[i], e);
	return rc;
}

/* The block set of the highest number, of the family that has the more. */
static size_t
last_of(const struct wafpolicy *p)
{
	size_t i, best = p->n - 1;

	for (i = 0; i < p->n; i++)
		if (p->set[i]->name.verdict == VERDICT_BLOCK &&
		    (p->set[best]->name.verdict == VERDICT_ALLOW ||
		     p->set[i]->name.number > p->set[best]->name.number))
			best = i;
	return best;
}

void
wafpolicy_cap(struct wafpolicy *p, size_t max)
{
	while (p->n > max) {
		const size_t i = last_of(p);

		p->left_out += entries_count(&p->set[i]->want);
		set_free(p->set[i]);
		p->n--;
		memmove(p->set + i, p->set + i + 1,
			(p->n - i) * sizeof(*p->set));
	}
}

size_t
wafpolicy_entries(const struct wafpolicy *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++)
		n += entries_count(&p->set[i]->want);
	return n;
}
