#include "values/setrec.h"

#include <stdio.h>
#include <string.h>

bool
set_name_parse(struct span text, struct set_name *name)
{
	static const struct {
		const char *start;
		enum verdict verdict;
		enum kind kind;
	} table[] = {
		{"block-ip4-", VERDICT_BLOCK, KIND_IP4},
		{"block-ip6-", VERDICT_BLOCK, KIND_IP6},
		{"allow-ip4-", VERDICT_ALLOW, KIND_IP4},
		{"allow-ip6-", VERDICT_ALLOW, KIND_IP6},
	};
	const size_t len = sizeof("block-ip4-") - 1;
	uint64_t number;
	size_t i;

	if (text.n <= len ||
	    !span_u64((struct span){text.p + len, text.n - len},
		      SET_NUMBER_MAX, &number))
		return false;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (memcmp(text.p, table[i].start, len) == 0) {
			*name = (struct set_name){table[i].verdict,
						  table[i].kind,
						  (uint32_t)number};
			return true;
		}
	return false;
}

size_t
set_name_format(const struct set_name *name, char dst[SET_NAME_MAX])
{
	return (size_t)snprintf(dst, SET_NAME_MAX, "%s-%s-%u",
				verdict_text(name->verdict),
				kind_text(name->kind), name->number);
}

int
setrec_open(struct stream *s, const char *path, struct err *e)
{
	return stream_open(s, path, "set", e);
}

enum stream_result
setrec_next(struct stream *s, struct set_name *name, struct policy *rec,
	    struct err *e)
{
	const char *tab, *why;
	struct span text;
	char *p;
	size_t n;
	const enum stream_result r = stream_next(s, &p, &n, e);

	if (r <= 0)
		return r;
	tab = memchr(p, '\t', n);
	text = (struct span){p, tab != NULL ? (size_t)(tab - p) : n};
	if (!set_name_parse(text, name))
		return stream_error(s, e, "bad set name '%.*s'",
				    text.n < 40 ? (int)text.n : 40, p);
	if (r == STREAM_SET)
		return r;
	if (tab == NULL)
		return stream_error(s, e, "fewer than 8 columns");
	why = policy_parse(tab + 1, n - text.n - 1, rec);
	if (why != NULL)
		return stream_error(s, e, "%s", why);
	if (rec->verdict != name->verdict || rec->kind != name->kind)
		return stream_error(s, e, "the record does not belong into set "
				    "'%.*s'", (int)text.n, p);
	return r;
}

void
setrec_put(struct out *o, const struct set_name *name, const struct policy *rec)
{
	char text[SET_NAME_MAX];
	const size_t n = set_name_format(name, text);

	out_put(o, text, n);
	out_put(o, "\t", 1);
	policy_put(o, rec);
}
