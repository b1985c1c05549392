/*
 * One column of CSV (RFC 4180): values parted by ',' or by the ';', TAB or '|'
 * that the first row has first, bare or in quotes, inside which they may go on
 * over lines. A line that starts with '#' is a comment; a first row whose value
 * is neither an address nor a name is a header.
 */
#include <inttypes.h>
#include <string.h>

#include "values/feed_parts.h"

static char
find_separator(struct span s)
{
	bool inside = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			inside = !inside;
		else if (!inside && s.p[i] != '\0' &&
			 strchr(",;\t|", s.p[i]) != NULL)
			return s.p[i];
	}
	return ',';
}

static void
add(struct feed *f, char c)
{
	struct feed_csv *v = &f->csv;

	if (v->field == f->opt.column && v->n <= FEED_VALUE_MAX &&
	    v->n++ < FEED_VALUE_MAX)
		v->value[v->n - 1] = c;
}

static bool
is_header(struct span s)
{
	char text[NAME_TEXT_MAX];
	size_t n;

	return !feed_looks_like_address(s) &&
	       (feed_host(s, text, &n) != FEED_OK || strchr(text, '.') == NULL);
}

static void
end_row(struct feed *f)
{
	struct feed_csv *v = &f->csv;
	const bool first = !v->seen;
	struct span s = {v->value, v->n <= FEED_VALUE_MAX ? v->n
							  : FEED_VALUE_MAX};

	s = feed_trim(s);
	v->seen = true;
	f->line = v->line;
	if (v->field < f->opt.column)
		feed_left_out(f, FEED_COLUMN, s);
	else if (v->n > FEED_VALUE_MAX)
		feed_left_out(f, FEED_WORDS, s);
	else if (s.n == 0)
		feed_left_out(f, FEED_EMPTY, s);
	else if (first && is_header(s))
		feed_left_out(f, FEED_HEADER, s);
	else
		feed_value(f, s, false);
}

/* The rest of a quoted value: behind its closing quote, or at the end. */
static const char *
quoted(struct feed *f, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '"' && (p + 1 == end || p[1] != '"')) {
			f->csv.inside = false;
			return p + 1;
		}
		add(f, *p);
		p += *p == '"';
	}
	return p;
}

static int
never_closed(const struct feed *f, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": a quote is never closed",
		       f->in->name, f->csv.line);
}

int
feed_csv_line(struct feed *f, struct span line, struct err *e)
{
	struct feed_csv *v = &f->csv;
	const char *p = line.p, *const end = line.p + line.n;
	bool start = false; /* of a value: a quote opens it */

	if (!v->inside) {
		const struct span s = feed_trim(line);

		if (s.n == 0 || *s.p == '#')
			return 0;
		if (v->sep == 0)
			v->sep = find_separator(s);
		v->field = 1;
		v->n = 0;
		v->line = f->line;
		v->bytes = 0;
		start = true;
	}
	v->bytes += line.n;
	if (v->bytes > FEED_LINE_MAX)
		return never_closed(f, e);
	while (p < end) {
		if (v->inside) {
			p = quoted(f, p, end);
		} else if (*p == '"' && start) {
			v->inside = true;
			start = false;
			p++;
		} else if (*p == v->sep) {
			v->field++;
			start = true;
			p++;
		} else {
			start = start && *p == ' ';
			add(f, *p++);
		}
	}
	if (v->inside)
		add(f, '\n');
	else
		end_row(f);
	return 0;
}

int
feed_csv_end(struct feed *f, struct err *e)
{
	return f->csv.inside ? never_closed(f, e) : 0;
}
