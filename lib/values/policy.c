#include "values/policy.h"

#include <string.h>

static const char *const verdicts[] = {"block", "allow"};
static const char *const kinds[KIND_COUNT] = {
	[KIND_IP4] = "ip4",	    [KIND_IP6] = "ip6",
	[KIND_NAME] = "name",	    [KIND_CLIENT4] = "client4",
	[KIND_CLIENT6] = "client6", [KIND_NSIP4] = "nsip4",
	[KIND_NSIP6] = "nsip6",	    [KIND_NSNAME] = "nsname",
};
static const char *const responses[RESPONSE_COUNT] = {
	[RESPONSE_NONE] = "-",
	[RESPONSE_NXDOMAIN] = "nxdomain",
	[RESPONSE_NODATA] = "nodata",
	[RESPONSE_DROP] = "drop",
	[RESPONSE_TCP_ONLY] = "tcp-only",
	[RESPONSE_REDIRECT] = "redirect",
	[RESPONSE_DATA] = "data",
	[RESPONSE_PASSTHRU] = "passthru",
};

#define COLUMNS 7
#define REDIRECT "redirect="

const char *
verdict_text(enum verdict v)
{
	return verdicts[v];
}

const char *
kind_text(enum kind k)
{
	return kinds[k];
}

const char *
response_text(enum response r)
{
	return responses[r];
}

static int
find(struct span s, const char *const *table, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (span_is(s, table[i]))
			return i;
	return -1;
}

bool
source_token_ok(const char *s, size_t n)
{
	size_t i;

	if (n == 0 || n > POLICY_SOURCE_TOKEN_MAX || (n == 1 && *s == '-'))
		return false;
	for (i = 0; i < n; i++) {
		const char c = s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') ||
		      (c != '\0' && strchr("._:+@/-", c) != NULL)))
			return false;
	}
	return true;
}

static bool
source_ok(struct span s)
{
	const char *p = s.p, *const end = s.p + s.n;

	if (s.n == 1 && *p == '-')
		return true;
	if (s.n > POLICY_SOURCE_MAX)
		return false;
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));

		if (!source_token_ok(p, (size_t)((comma ? comma : end) - p)))
			return false;
		if (comma == NULL)
			return true;
		p = comma + 1;
	}
}

static const char *
parse_response(struct span s, struct policy *rec)
{
	const size_t n = sizeof(REDIRECT) - 1;
	int i;

	rec->target = (struct span){NULL, 0};
	if (s.n > n && memcmp(s.p, REDIRECT, n) == 0) {
		rec->response = RESPONSE_REDIRECT;
		rec->target = (struct span){s.p + n, s.n - n};
		return name_is_canonical(rec->target.p, rec->target.n)
			       ? NULL : "the redirect target is not canonical";
	}
	i = find(s, responses, RESPONSE_COUNT);
	if (i < 0 || i == RESPONSE_REDIRECT)
		return "unknown response";
	rec->response = (enum response)i;
	return NULL;
}

/* Which responses go with which verdict and kind. */
static const char *
check_pairing(const struct policy *rec)
{
	if (rec->kind == KIND_IP4 || rec->kind == KIND_IP6)
		return rec->response == RESPONSE_NONE
			       ? NULL : "an address has no response";
	if (rec->response == RESPONSE_NONE)
		return "this kind needs a response";
	if ((rec->response == RESPONSE_PASSTHRU) !=
	    (rec->verdict == VERDICT_ALLOW))
		return "'passthru' goes with 'allow', and 'allow' with nothing "
		       "else";
	return NULL;
}

static const char *
parse_value(struct span s, struct policy *rec)
{
	char text[CIDR_TEXT_MAX];
	enum cidr_result r;

	if (kind_is_name(rec->kind)) {
		rec->name = s;
		return name_is_canonical(s.p, s.n) ? NULL
						   : "the name is not canonical";
	}
	rec->name = (struct span){NULL, 0};
	r = cidr_parse(s.p, s.n, true, &rec->cidr);
	if (r != CIDR_OK)
		return cidr_strerror(r);
	if (rec->cidr.family != kind_family(rec->kind))
		return "the address is of the other family";
	if (rec->cidr.family == CIDR_V6 &&
	    (cidr_format(&rec->cidr, text) != s.n ||
	     memcmp(text, s.p, s.n) != 0))
		return "the address is not canonical (RFC 5952)";
	return NULL;
}

/* source, expires, weight */
static const char *
parse_tail(const struct span *col, struct policy *rec)
{
	uint64_t v;

	if (!source_ok(col[0]))
		return "bad source";
	rec->source = col[0];
	rec->expires = POLICY_NO_EXPIRY;
	if (!span_is(col[1], "-")) {
		if (!span_u64(col[1], (uint64_t)POLICY_EXPIRES_MAX, &v))
			return "bad expiry";
		rec->expires = (int64_t)v;
	}
	if (!span_u64(col[2], POLICY_WEIGHT_MAX, &v) || v == 0)
		return "bad weight";
	rec->weight = (uint16_t)v;
	return NULL;
}

const char *
policy_parse(const char *p, size_t n, struct policy *rec)
{
	struct span col[COLUMNS];
	const char *why;
	int i;

	if (stream_columns(p, n, col, COLUMNS) < COLUMNS)
		return "fewer than 7 columns";
	i = find(col[0], verdicts, 2);
	if (i < 0)
		return "unknown verdict";
	rec->verdict = (enum verdict)i;
	i = find(col[1], kinds, KIND_COUNT);
	if (i < 0)
		return "unknown kind";
	rec->kind = (enum kind)i;
	why = parse_value(col[2], rec);
	if (why == NULL)
		why = parse_response(col[3], rec);
	if (why == NULL)
		why = check_pairing(rec);
	return why != NULL ? why : parse_tail(col + 4, rec);
}

static char *
add(char *d, const char *s, size_t n)
{
	memcpy(d, s, n);
	return d + n;
}

static char *
add_text(char *d, const char *s)
{
	return add(d, s, strlen(s));
}

static char *
add_number(char *d, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	return add(d, digits + n, sizeof(digits) - n);
}

void
policy_form_set(struct policy_form *f, const struct policy *rec)
{
	char *d = f->head;

	d = add_text(d, verdicts[rec->verdict]);
	*d++ = '\t';
	d = add_text(d, kinds[rec->kind]);
	*d++ = '\t';
	f->nhead = (size_t)(d - f->head);
	d = f->tail;
	*d++ = '\t';
	if (rec->response == RESPONSE_REDIRECT) {
		d = add_text(d, REDIRECT);
		d = add(d, rec->target.p, rec->target.n);
	} else {
		d = add_text(d, responses[rec->response]);
	}
	*d++ = '\t';
	d = add(d, rec->source.p, rec->source.n);
	*d++ = '\t';
	if (rec->expires == POLICY_NO_EXPIRY)
		*d++ = '-';
	else
		d = add_number(d, (uint64_t)rec->expires);
	*d++ = '\t';
	d = add_number(d, rec->weight);
	*d++ = '\n';
	f->ntail = (size_t)(d - f->tail);
}

/* Of fixed size, what is short is a load and a store. */
static char *
put_head(char *d, const struct policy_form *f)
{
	memcpy(d, f->head, sizeof(f->head));
	return d + f->nhead;
}

static char *
put_tail(char *d, const struct policy_form *f)
{
	memcpy(d, f->tail, 32);
	if (f->ntail > 32)
		memcpy(d + 32, f->tail + 32, f->ntail - 32);
	return d + f->ntail;
}

void
policy_form_put(struct out *o, const struct policy_form *f,
		const struct cidr *c)
{
	char *const start =
		out_room(o, sizeof(f->head) + CIDR_TEXT_MAX + sizeof(f->tail));
	char *d = put_head(start, f);

	d += cidr_format(c, d);
	out_took(o, (size_t)(put_tail(d, f) - start));
}

void
policy_form_put_name(struct out *o, const struct policy_form *f,
		     struct span name)
{
	char *const start = out_room(o, sizeof(f->head) + name.n + sizeof(f->tail));
	char *d = put_head(start, f);

	memcpy(d, name.p, name.n);
	out_took(o, (size_t)(put_tail(d + name.n, f) - start));
}

void
policy_put(struct out *o, const struct policy *rec)
{
	struct policy_form f;

	policy_form_set(&f, rec);
	if (kind_is_name(rec->kind)) {
		out_put(o, f.head, f.nhead);
		out_put(o, rec->name.p, rec->name.n);
		out_put(o, f.tail, f.ntail);
	} else {
		policy_form_put(o, &f, &rec->cidr);
	}
}

/* Closes the reader where the key is unknown. */
static int
read_names(struct policy_reader *r, struct err *e)
{
	const char *const names = stream_key(&r->s, "names");

	if (names == NULL || strcmp(names, "rpz") == 0)
		return 0;
	if (strcmp(names, "list") == 0) {
		r->names = NAMES_LIST;
		return 0;
	}
	(void)stream_error(&r->s, e, "unknown meaning of names '%s'", names);
	policy_close(r);
	return -1;
}

int
policy_open(struct policy_reader *r, const char *path, struct err *e)
{
	*r = (struct policy_reader){.names = NAMES_RPZ};
	return stream_open(&r->s, path, "policy", e) < 0 ? -1
							 : read_names(r, e);
}

int
policy_open_sets(struct policy_reader *r, const char *path, struct err *e)
{
	*r = (struct policy_reader){.names = NAMES_RPZ};
	if (stream_open(&r->s, path, NULL, e) < 0)
		return -1;
	if (r->s.has_sets || strcmp(r->s.found, "policy") == 0)
		return read_names(r, e);
	(void)stream_error(&r->s, e, "this is a %s stream, not policy",
			   r->s.found);
	policy_close(r);
	return -1;
}

int
policy_open_any(struct policy_reader *r, const char *path, struct err *e)
{
	*r = (struct policy_reader){.names = NAMES_RPZ};
	return stream_open_any(&r->s, path, "policy", e) < 0 ? -1
							     : read_names(r, e);
}

void
policy_close(struct policy_reader *r)
{
	stream_close(&r->s);
}

/* Keeps what stands around the value, and the record with spans into that. */
static void
remember(struct policy_reader *r, const char *p, size_t n,
	 const struct policy *rec)
{
	const char *const end = p + n;
	/* "block" and "allow" have the same length. */
	const char *const v = (char *)memchr(p + 6, '\t', n - 6) + 1;
	const char *const tail = memchr(v, '\t', (size_t)(end - v));

	r->nhead = 0;
	if ((size_t)(v - p) > sizeof(r->head) ||
	    (size_t)(end - tail) >= sizeof(r->tail))
		return;
	r->nhead = (size_t)(v - p);
	r->ntail = (size_t)(end - tail);
	memcpy(r->head, p, r->nhead);
	memcpy(r->tail, tail, r->ntail);
	r->tail[r->ntail] = '\n';
	r->last = *rec;
	r->last.source.p = r->tail + (rec->source.p - tail);
	if (rec->target.p != NULL)
		r->last.target.p = r->tail + (rec->target.p - tail);
}

/* True where the line is the last one with another value. */
static bool
read_fast(struct policy_reader *r, const char *p, size_t n, struct policy *rec)
{
	struct span value;

	if (r->nhead == 0 || n < r->nhead + r->ntail ||
	    memcmp(p, r->head, r->nhead) != 0 ||
	    memcmp(p + n - r->ntail, r->tail, r->ntail) != 0)
		return false;
	value = (struct span){p + r->nhead, n - r->nhead - r->ntail};
	*rec = r->last;
	/* The head and tail are whole columns; a TAB in between would be part
	 * of the value, which then is not canonical. */
	return parse_value(value, rec) == NULL;
}

/* The column of the set goes, where there is one. */
static enum stream_result
next_line(struct policy_reader *r, char **p, size_t *n, struct err *e)
{
	enum stream_result res;
	char *tab;

	do
		res = stream_next(&r->s, p, n, e);
	while (res == STREAM_SET);
	if (!r->s.has_sets || res != STREAM_RECORD)
		return res;
	tab = memchr(*p, '\t', *n);
	if (tab == NULL)
		return stream_error(&r->s, e, "fewer than 8 columns");
	*n -= (size_t)(tab + 1 - *p);
	*p = tab + 1;
	return res;
}

enum stream_result
policy_next(struct policy_reader *r, struct policy *rec, struct err *e)
{
	const char *why;
	char *p;
	size_t n;
	const enum stream_result res = next_line(r, &p, &n, e);

	if (res != STREAM_RECORD)
		return res;
	r->same = read_fast(r, p, n, rec);
	if (r->same)
		return STREAM_RECORD;
	why = policy_parse(p, n, rec);
	if (why != NULL)
		return stream_error(&r->s, e, "%s", why);
	remember(r, p, n, rec);
	return STREAM_RECORD;
}
