#include "values/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
stream_error(const struct stream *s, struct err *e, const char *fmt, ...)
{
	char text[ERR_MSG_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": %s", s->in.name,
		       s->in.line, text);
}

bool
span_is(struct span s, const char *text)
{
	return strlen(text) == s.n && memcmp(s.p, text, s.n) == 0;
}

bool
span_u64(struct span s, uint64_t max, uint64_t *v)
{
	uint64_t t = 0;
	size_t i;

	if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (i = 0; i < s.n; i++) {
		const unsigned d = (unsigned char)(s.p[i] - '0');

		if (d > 9 || t > (max - d) / 10)
			return false;
		t = t * 10 + d;
	}
	*v = t;
	return t <= max;
}

size_t
stream_columns(const char *p, size_t n, struct span *col, size_t max)
{
	const char *const end = p + n;
	size_t k;

	for (k = 0; k < max; k++) {
		const char *tab = memchr(p, '\t', (size_t)(end - p));

		col[k] = (struct span){p, (size_t)((tab ? tab : end) - p)};
		if (tab == NULL)
			return k + 1;
		p = tab + 1;
	}
	return k;
}

/* Splits the columns behind "#ts-KIND/1" in place. */
static int
parse_keys(struct stream *s, char *p, struct err *e)
{
	while (p != NULL && *p != '\0') {
		char *tab = strchr(p, '\t');
		char *eq;

		if (tab != NULL)
			*tab++ = '\0';
		eq = strchr(p, '=');
		if (eq == NULL || eq == p)
			return stream_error(s, e, "bad header column '%s'", p);
		*eq = '\0';
		if (stream_key(s, p) != NULL)
			return stream_error(s, e, "header key '%s' twice", p);
		if (s->nkeys == STREAM_KEYS_MAX)
			return stream_error(s, e, "more than %d header keys",
					    STREAM_KEYS_MAX);
		s->key[s->nkeys] = p;
		s->value[s->nkeys++] = eq + 1;
		p = tab;
	}
	return 0;
}

/* "#ts-KIND/1", the kind being the one asked for. */
static int
check_magic(struct stream *s, const char *p, size_t n, struct err *e)
{
	const char *slash = memchr(p, '/', n);
	const char *const want = s->kind != NULL ? s->kind : "KIND";
	const size_t nkind = slash != NULL ? (size_t)(slash - p) - 4 : 0;

	if (n < 6 || memcmp(p, "#ts-", 4) != 0 || slash == NULL ||
	    slash < p + 5 || nkind >= sizeof(s->found))
		return stream_error(s, e, "no '#ts-%s/1' header", want);
	memcpy(s->found, p + 4, nkind);
	s->found[nkind] = '\0';
	if (s->kind != NULL ? strcmp(s->found, s->kind) != 0
			    : strcmp(s->found, "source") == 0)
		return stream_error(s, e, "this is a %s stream%s%s", s->found,
				    s->kind != NULL ? ", not " : "",
				    s->kind != NULL ? s->kind : "");
	if (slash + 2 > p + n || slash[1] != '1' ||
	    (slash + 2 < p + n && slash[2] != '\t'))
		return stream_error(s, e, "unknown version in '%.40s'", p);
	s->has_sets = strcmp(s->found, "set") == 0;
	return 0;
}

static int
parse_header(struct stream *s, const char *p, size_t n, struct err *e)
{
	char *keys;

	if (n >= STREAM_HEADER_MAX || memchr(p, '\0', n) != NULL)
		return stream_error(s, e, "bad header line");
	if (check_magic(s, p, n, e) < 0)
		return -1;
	memcpy(s->header, p, n);
	s->header[n] = '\0';
	keys = strchr(s->header, '\t');
	return keys != NULL ? parse_keys(s, keys + 1, e) : 0;
}

static int
open_it(struct stream *s, const char *path, const char *kind, struct err *e)
{
	*s = (struct stream){.kind = kind};
	return in_open(&s->in, path, STREAM_LINE_MAX, e);
}

/* Closes the stream where it has none. */
static int
read_header(struct stream *s, struct err *e)
{
	enum in_result r;
	char *p;
	size_t n;
	int rc;

	r = in_line(&s->in, &p, &n, e);
	if (r == IN_END) {
		rc = err_set(e, EX_DATAERR, "%s: empty input where a stream "
			     "was expected", s->in.name);
		(void)err_hint(e, "what writes into this pipe has failed");
	} else if (r == IN_LONG) {
		rc = stream_error(s, e, "header line too long");
	} else {
		rc = r == IN_ERROR ? -1 : parse_header(s, p, n, e);
	}
	if (rc < 0)
		stream_close(s);
	return rc;
}

int
stream_open(struct stream *s, const char *path, const char *kind, struct err *e)
{
	return open_it(s, path, kind, e) < 0 ? -1 : read_header(s, e);
}

int
stream_open_any(struct stream *s, const char *path, const char *kind,
		struct err *e)
{
	int framed;

	if (open_it(s, path, kind, e) < 0)
		return -1;
	framed = in_begins(&s->in, "#ts-", 4, e);
	if (framed > 0)
		return read_header(s, e);
	if (framed < 0) {
		stream_close(s);
		return -1;
	}
	s->raw = true;
	s->has_sets = strcmp(kind, "set") == 0;
	return 0;
}

void
stream_close(struct stream *s)
{
	in_close(&s->in);
}

const char *
stream_key(const struct stream *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->nkeys; i++)
		if (strcmp(s->key[i], key) == 0)
			return s->value[i];
	return NULL;
}

/* "#end" TAB "records=N" [TAB …], then nothing. */
static enum stream_result
check_end(struct stream *s, const char *p, size_t n, struct err *e)
{
	struct span col[2];
	uint64_t count;
	char *more;
	size_t nmore;

	if (s->in.unended)
		return stream_error(s, e, "the end record is cut off");
	if (stream_columns(p, n, col, 2) < 2 || col[1].n < 8 ||
	    memcmp(col[1].p, "records=", 8) != 0 ||
	    !span_u64((struct span){col[1].p + 8, col[1].n - 8}, UINT64_MAX,
		      &count))
		return stream_error(s, e, "bad end record");
	if (count != s->records)
		return stream_error(s, e, "the end record counts %" PRIu64
				    " records, %" PRIu64 " came", count,
				    s->records);
	if (in_peek(&s->in, &more, &nmore, 1, e) < 0)
		return STREAM_ERROR;
	if (nmore > 0)
		return stream_error(s, e, "bytes after the end record");
	return STREAM_END;
}

static enum stream_result
special_line(struct stream *s, char **p, size_t *n, struct err *e)
{
	if (*n >= 4 && memcmp(*p, "#end", 4) == 0 &&
	    (*n == 4 || (*p)[4] == '\t'))
		return check_end(s, *p, *n, e);
	if (s->has_sets && *n > 5 && memcmp(*p, "#set\t", 5) == 0) {
		*p += 5;
		*n -= 5;
		return STREAM_SET;
	}
	return stream_error(s, e, "unknown '#' line");
}

enum stream_result
stream_next(struct stream *s, char **p, size_t *n, struct err *e)
{
	enum in_result r;

	do
		r = in_line(&s->in, p, n, e);
	while (s->raw && r == IN_LINE && (*n == 0 || **p == '#'));
	switch (r) {
	case IN_ERROR:
		return STREAM_ERROR;
	case IN_LONG:
		return stream_error(s, e, "line over %d bytes",
				    STREAM_LINE_MAX);
	case IN_END:
		if (s->raw)
			return STREAM_END;
		(void)err_set(e, EX_DATAERR, "%s: no end record after %" PRIu64
			      " records: the stream is cut off", s->in.name,
			      s->records);
		return STREAM_ERROR;
	case IN_LINE:
		break;
	}
	if (*n > 0 && **p == '#')
		return special_line(s, p, n, e);
	if (s->in.unended && !s->raw)
		return stream_error(s, e, "cut off in the middle of a line");
	if (memchr(*p, '\0', *n) != NULL)
		return stream_error(s, e, "NUL byte in a line");
	s->records++;
	return STREAM_RECORD;
}

void
stream_begin(struct out *o, const char *kind, const char *keys)
{
	out_str(o, "#ts-");
	out_str(o, kind);
	out_str(o, "/1");
	if (*keys != '\0')
		out_put(o, "\t", 1);
	out_str(o, keys);
	out_put(o, "\n", 1);
}

void
stream_end(struct out *o, uint64_t records)
{
	out_str(o, "#end\trecords=");
	out_u64(o, records);
	out_put(o, "\n", 1);
}
