/*
 * Policies in a few characters: "R *.w=x a.w=p" is an input of RPZ meaning with
 * two records. Inputs: R and L are policies of RPZ and list meaning, A and a
 * --allow of list and RPZ meaning, E and e --except, N --never. Decisions: x
 * nxdomain, d nodata, r redirect=g, p passthru. Behind them "@5" is an expiry,
 * "#3" a weight and "%s,t" a source.
 */
#ifndef TS_TESTS_NAMEMINI_H
#define TS_TESTS_NAMEMINI_H

#include <stdlib.h>
#include <string.h>

#include "sense/namemerge.h"

static inline size_t
mini_number(const char *s, size_t n, char mark, int64_t *v)
{
	size_t i = 1;

	if (n < 2 || s[0] != mark)
		return 0;
	for (*v = 0; i < n && s[i] >= '0' && s[i] <= '9'; i++)
		*v = *v * 10 + (s[i] - '0');
	return i;
}

/* One word of it. */
static inline struct policy
mini_record(const char *s, size_t n)
{
	struct policy rec = {.kind = KIND_NAME, .source = {"-", 1},
			     .expires = POLICY_NO_EXPIRY, .weight = 1};
	const char *eq = memchr(s, '=', n);
	int64_t v;
	size_t i;

	if (eq == NULL)
		abort();
	rec.name = (struct span){s, (size_t)(eq - s)};
	i = rec.name.n + 1;
	switch (s[i++]) {
	case 'x':
		rec.response = RESPONSE_NXDOMAIN;
		break;
	case 'd':
		rec.response = RESPONSE_NODATA;
		break;
	case 'r':
		rec.response = RESPONSE_REDIRECT;
		rec.target = (struct span){"g", 1};
		break;
	case 'p':
		rec.response = RESPONSE_PASSTHRU;
		rec.verdict = VERDICT_ALLOW;
		break;
	default:
		abort();
	}
	i += mini_number(s + i, n - i, '@', &rec.expires);
	v = 1;
	i += mini_number(s + i, n - i, '#', &v);
	rec.weight = (uint16_t)v;
	if (i < n && s[i] == '%')
		rec.source = (struct span){s + i + 1, n - i - 1};
	else if (i < n)
		abort();
	return rec;
}

static inline int
mini_input(struct namemerge *m, const char *s, struct err *e)
{
	static const struct {
		char letter;
		enum names_meaning meaning;
		enum namemerge_role role;
	} kinds[] = {
		{'R', NAMES_RPZ, NAMEMERGE_POLICY},
		{'L', NAMES_LIST, NAMEMERGE_POLICY},
		{'A', NAMES_LIST, NAMEMERGE_ALLOW},
		{'a', NAMES_RPZ, NAMEMERGE_ALLOW},
		{'E', NAMES_LIST, NAMEMERGE_EXCEPT},
		{'e', NAMES_RPZ, NAMEMERGE_EXCEPT},
		{'N', NAMES_LIST, NAMEMERGE_NEVER},
	};
	size_t i = 0, n;

	while (kinds[i].letter != *s)
		i++;
	if (namemerge_input(m, kinds[i].meaning, kinds[i].role, e) < 0)
		return -1;
	for (s++; *s != '\0'; s += n) {
		s += *s == ' ';
		n = strcspn(s, " ");
		if (n > 0) {
			const struct policy rec = mini_record(s, n);

			if (namemerge_add(m, &rec, false, e) < 0)
				return -1;
		}
	}
	return 0;
}

struct mini_out {
	char s[65536];
	size_t n;
};

/* Writes words as mini_record reads them. */
static inline int
mini_put(void *arg, const struct policy *rec, bool same, struct err *e)
{
	static const char letters[RESPONSE_COUNT] = {
		[RESPONSE_NXDOMAIN] = 'x', [RESPONSE_NODATA] = 'd',
		[RESPONSE_REDIRECT] = 'r', [RESPONSE_PASSTHRU] = 'p',
	};
	struct mini_out *o = arg;
	char *const end = o->s + sizeof(o->s);

	(void)same;
	(void)e;
	o->n += (size_t)snprintf(o->s + o->n, (size_t)(end - o->s) - o->n,
				 "%s%.*s=%c", o->n > 0 ? " " : "",
				 (int)rec->name.n, rec->name.p,
				 letters[rec->response]);
	if (rec->expires != POLICY_NO_EXPIRY)
		o->n += (size_t)snprintf(o->s + o->n,
					 (size_t)(end - o->s) - o->n, "@%lld",
					 (long long)rec->expires);
	if (rec->weight != 1)
		o->n += (size_t)snprintf(o->s + o->n,
					 (size_t)(end - o->s) - o->n, "#%u",
					 rec->weight);
	if (rec->source.n != 1 || *rec->source.p != '-')
		o->n += (size_t)snprintf(o->s + o->n,
					 (size_t)(end - o->s) - o->n, "%%%.*s",
					 (int)rec->source.n, rec->source.p);
	return 0;
}

#endif
