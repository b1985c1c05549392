#include "values/entrylist.h"

#include <string.h>

int
entrylist_open(struct entrylist *l, const char *path, enum verdict verdict,
	       const char *source, struct err *e)
{
	l->proto = (struct policy){.verdict = verdict,
				   .source = {source, strlen(source)},
				   .expires = POLICY_NO_EXPIRY, .weight = 1};
	if (policy_open_any(&l->r, path, e) < 0)
		return -1;
	l->bare = l->r.s.raw;
	if (l->bare)
		l->r.names = NAMES_LIST;
	return 0;
}

void
entrylist_close(struct entrylist *l)
{
	policy_close(&l->r);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span
trim(const char *p, size_t n)
{
	const char *hash = memchr(p, '#', n);

	if (hash != NULL)
		n = (size_t)(hash - p);
	for (; n > 0 && is_blank(p[n - 1]); n--)
		;
	for (; n > 0 && is_blank(*p); n--)
		p++;
	return (struct span){p, n};
}

static const char *
read_entry(struct entrylist *l, struct span s, struct policy *rec)
{
	*rec = l->proto;
	if (cidr_is_meant(s.p, s.n)) {
		const enum cidr_result c =
			cidr_parse(s.p, s.n, false, &rec->cidr);

		if (c != CIDR_OK)
			return cidr_strerror(c);
		rec->kind = rec->cidr.family == CIDR_V4 ? KIND_IP4 : KIND_IP6;
		rec->response = RESPONSE_NONE;
	} else {
		const enum name_result r =
			name_parse(s.p, s.n, l->name, &rec->name.n);

		if (r != NAME_OK)
			return name_strerror(r);
		rec->name.p = l->name;
		rec->kind = KIND_NAME;
		rec->response = rec->verdict == VERDICT_ALLOW
					? RESPONSE_PASSTHRU : RESPONSE_NXDOMAIN;
	}
	return NULL;
}

enum stream_result
entrylist_next(struct entrylist *l, struct policy *rec, struct err *e)
{
	enum stream_result r;
	const char *why;
	struct span s;
	char *p;
	size_t n;

	if (!l->bare)
		return policy_next(&l->r, rec, e);
	do {
		r = stream_next(&l->r.s, &p, &n, e);
		if (r != STREAM_RECORD)
			return r;
		s = trim(p, n);
	} while (s.n == 0);
	why = read_entry(l, s, rec);
	if (why != NULL)
		return stream_error(&l->r.s, e, "'%.*s': %s",
				    (int)(s.n > 80 ? 80 : s.n), s.p, why);
	return STREAM_RECORD;
}
