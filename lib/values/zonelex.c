#include "values/zonelex.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes8.h"

#define LONG_LINE "a line over 65536 bytes"

/* PLAIN goes on, BLANK parts tokens, STOP ends the easy part of a line. */
enum { PLAIN, BLANK, STOP };

static const unsigned char class_of[256] = {
	['\0'] = STOP, [' '] = BLANK, ['\t'] = BLANK, ['"'] = STOP,
	['('] = STOP,  [')'] = STOP,  [';'] = STOP,   ['\\'] = STOP,
};

int
zonelex_open(struct zonelex *l, const char *path, struct err *e)
{
	*l = (struct zonelex){.at = 0};
	/* An escape may grow to four bytes; and the line that is too much. */
	buf_init(&l->text, 4 * (ZONE_ENTRY_MAX + ZONE_LINE_MAX));
	buf_init(&l->held, 2 * ZONE_ENTRY_MAX + 2 * ZONE_LINE_MAX);
	if (source_open(&l->src, path, ZONE_LINE_MAX, e) < 0)
		return -1;
	l->src.in.crlf = true;
	return 0;
}

void
zonelex_close(struct zonelex *l)
{
	source_close(&l->src);
	buf_free(&l->text);
	buf_free(&l->held);
}

/* A line as text: a NUL in it becomes a byte that no name takes either. */
static void
clean(char *p, size_t n)
{
	char *nul = p;

	while ((nul = memchr(nul, '\0', n - (size_t)(nul - p))) != NULL)
		*nul = 1;
}

static enum in_result
read_line(struct zonelex *l, char **p, size_t *n, struct err *e)
{
	const enum in_result r = in_line(&l->src.in, p, n, e);

	l->cut = r != IN_END ? l->src.in.unended : l->cut;
	return r;
}

/* Lines read ahead come first. */
static enum in_result
take_held(struct zonelex *l, char **p, size_t *n)
{
	*p = l->held.p + l->at;
	*n = strlen(*p);
	l->at += *n + 1;
	l->nheld--;
	return IN_LINE;
}

/* The first line of an entry, NUL-ended; it need not be given back. */
static enum in_result
first_line(struct zonelex *l, char **p, size_t *n, uint64_t *line,
	   struct err *e)
{
	enum in_result r;

	if (l->nheld == 0) {
		l->held.n = l->at = 0;
		r = read_line(l, p, n, e);
	} else {
		if (l->at >= ZONE_ENTRY_MAX) {
			l->held.n -= l->at;
			memmove(l->held.p, l->held.p + l->at, l->held.n);
			l->at = 0;
		}
		r = take_held(l, p, n);
	}
	*line = l->src.in.line - l->nheld;
	return r;
}

/* A further line of an entry, kept so that it can be given back. */
static enum in_result
further_line(struct zonelex *l, char **p, size_t *n, struct err *e)
{
	enum in_result r;
	char *line;

	if (l->nheld > 0)
		return take_held(l, p, n);
	r = read_line(l, &line, n, e);
	if (r != IN_LINE)
		return r;
	clean(line, *n);
	if (buf_add(&l->held, line, *n + 1) < 0) {
		(void)err_mem(e);
		return IN_ERROR;
	}
	*p = l->held.p + l->at;
	l->at = l->held.n;
	return IN_LINE;
}

static void
add_token(struct zone_entry *ent, const char *p, size_t n)
{
	if (ent->n < ZONE_TOKENS_MAX)
		ent->tok[ent->n] = (struct span){p, n};
	ent->n++;
}

/* The end of what is plain from p on; *end is a NUL. */
static inline const char *
skip_plain(const char *p, const char *end)
{
	while (end - p >= 8) {
		const uint64_t v = bytes8_load(p);
		/* All that is not plain, and a few that are. */
		const uint64_t stop = (~bytes8_from(v, '*') & BYTES8_HIGH) |
				      bytes8_is(v, ';') | bytes8_is(v, '\\');

		if (stop == 0) {
			p += 8;
			continue;
		}
		p += bytes8_first(stop);
		if (class_of[(unsigned char)*p] != PLAIN)
			return p;
		p++;
	}
	while (class_of[(unsigned char)*p] == PLAIN)
		p++;
	return p;
}

/* A line without quotes, parentheses and escapes: tokens where they stand.
 * False where it has one of those. */
static bool
scan_plain(const char *p, const char *end, struct zone_entry *ent)
{
	ent->n = 0;
	for (;;) {
		const char *start;

		while (class_of[(unsigned char)*p] == BLANK)
			p++;
		start = p;
		p = skip_plain(p, end);
		if (p > start)
			add_token(ent, start, (size_t)(p - start));
		if (class_of[(unsigned char)*p] == BLANK)
			continue;
		return *p == ';' || p == end;
	}
}

/* The hard form: a state that lives as long as the entry. */
struct scan {
	struct zonelex *l;
	struct zone_entry *ent;
	size_t start[ZONE_TOKENS_MAX]; /* offsets into l->text */
	int depth;
};

static void
start_token(struct scan *s)
{
	if (s->ent->n < ZONE_TOKENS_MAX)
		s->start[s->ent->n] = s->l->text.n;
	s->ent->n++;
}

/* Behind a backslash: its octet as it is, or as \DDD where it would part
 * tokens. Returns what is behind it. */
static const char *
scan_escape(struct scan *s, const char *p)
{
	const unsigned char c = (unsigned char)*p;

	if (c == '\0') {
		s->ent->why = "a backslash at the end of a line";
		return p;
	}
	if (c <= ' ' || c >= 0x7f)
		(void)buf_addf(&s->l->text, "\\%03u", c);
	else
		(void)buf_addf(&s->l->text, "\\%c", c);
	return p + 1;
}

/* One token, plain or quoted; returns what is behind it. */
static const char *
scan_token(struct scan *s, const char *p)
{
	const bool quoted = *p == '"';
	struct buf *const text = &s->l->text;

	start_token(s);
	if (quoted)
		(void)buf_add(text, p++, 1);
	while (*p != '\0' && s->ent->why == NULL) {
		if (*p == '\\')
			p = scan_escape(s, p + 1);
		else if (quoted ? *p == '"' : class_of[(unsigned char)*p] != PLAIN)
			break;
		else
			(void)buf_add(text, p++, 1);
	}
	if (quoted && *p != '"')
		s->ent->why = "a quoted string is not closed";
	(void)buf_add(text, "", 1);
	return quoted && *p == '"' ? p + 1 : p;
}

static void
scan_line(struct scan *s, const char *p)
{
	while (s->ent->why == NULL && *p != '\0' && *p != ';') {
		if (class_of[(unsigned char)*p] == BLANK) {
			p++;
		} else if (*p == '(') {
			s->depth++;
			p++;
		} else if (*p == ')') {
			if (s->depth-- == 0)
				s->ent->why = "')' without '('";
			p++;
		} else {
			p = scan_token(s, p);
		}
	}
}

static void
place_tokens(struct scan *s)
{
	size_t i;

	for (i = 0; i < s->ent->n && i < ZONE_TOKENS_MAX; i++) {
		const char *const p = s->l->text.p + s->start[i];

		s->ent->tok[i] = (struct span){p, strlen(p)};
	}
}

/* Reads on until the parentheses are closed. Returns the last line's fate. */
static enum in_result
scan_further(struct scan *s, size_t bytes, struct err *e)
{
	struct zone_entry *const ent = s->ent;
	enum in_result r = IN_LINE;
	char *line = NULL;
	size_t n = 0;

	while (ent->why == NULL && s->depth > 0) {
		if (ent->lines == ZONE_ENTRY_LINES || bytes > ZONE_ENTRY_MAX) {
			ent->why = "'(' is not closed within 512 lines";
			break;
		}
		r = further_line(s->l, &line, &n, e);
		if (r == IN_ERROR)
			break;
		ent->lines += r != IN_END;
		bytes += n;
		if (r == IN_LINE)
			scan_line(s, line);
		/* What it swallowed is no better told of: its own fault. */
		if (r == IN_LONG)
			ent->why = LONG_LINE;
		else if (r == IN_END || ent->why != NULL)
			ent->why = "'(' is not closed";
	}
	return r;
}

static enum zone_result
scan_entry(struct zonelex *l, const char *p, size_t n, struct zone_entry *ent,
	   struct err *e)
{
	struct scan s = {.l = l, .ent = ent};
	const size_t at = l->at;
	enum in_result r;

	ent->n = 0;
	l->text.n = 0;
	scan_line(&s, p);
	r = scan_further(&s, n, e);
	if (r == IN_ERROR)
		return ZONE_ERROR;
	if (buf_check(&l->text, "an entry", e) < 0)
		return ZONE_ERROR;
	place_tokens(&s);
	if (ent->why == NULL)
		return ZONE_RECORD;
	/* Its first line alone is lost, unless one is too long to keep. */
	if (r != IN_LONG) {
		l->at = at;
		l->nheld += ent->lines - 1;
		ent->lines = 1;
	}
	return ZONE_BAD;
}

static enum zone_result
finish(struct zonelex *l, struct err *e)
{
	if (source_finish(&l->src, e) < 0)
		return ZONE_ERROR;
	/* A frame vouches for the end; a bare file has only its last LF. */
	if (l->cut && !l->src.framed)
		return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": cut off in the "
			       "middle of a line", l->src.in.name,
			       l->src.in.line);
	return ZONE_END;
}

enum zone_result
zonelex_next(struct zonelex *l, struct zone_entry *ent, struct err *e)
{
	char *p;
	size_t n;

	for (;;) {
		const enum in_result r = first_line(l, &p, &n, &ent->line, e);

		ent->why = NULL;
		ent->lines = 1;
		ent->rest.n = 0;
		if (r == IN_ERROR)
			return ZONE_ERROR;
		if (r == IN_END)
			return finish(l, e);
		if (r == IN_LONG) {
			ent->n = 0;
			ent->why = LONG_LINE;
			return ZONE_BAD;
		}
		ent->inherits = class_of[(unsigned char)*p] == BLANK;
		if (!scan_plain(p, p + n, ent)) {
			enum zone_result z;

			clean(p, n);
			z = scan_entry(l, p, n, ent, e);
			if (z != ZONE_RECORD || ent->n > 0)
				return z;
		} else if (ent->n > 0) {
			ent->rest.p = ent->tok[0].p + ent->tok[0].n;
			ent->rest.n = (size_t)(p + n - ent->rest.p);
			return ZONE_RECORD;
		}
	}
}
