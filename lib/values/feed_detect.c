/*
 * What form a list has: each of the first lines that is neither blank nor a
 * comment votes for the form it has; the form with the most votes is taken, at
 * a tie the earlier in enum feed_format.
 */
#include <string.h>
#include <strings.h>

#include "values/feed_parts.h"

static bool
all_digits(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* FEED_AUTO for a line that tells nothing. */
static enum feed_format
vote(struct span line)
{
	struct span s = feed_uncomment(line), rest = s, w, second;

	if (s.n == 0 || s.p[0] == '!')
		return FEED_AUTO;
	w = feed_word(&rest);
	second = feed_word(&rest);
	if (feed_is_tor_word(w))
		return FEED_TOR;
	if (feed_looks_like_address(w) && second.n > 0) {
		if (all_digits(second) && memchr(s.p, '\t', s.n) != NULL)
			return FEED_COUNT;
		if (feed_is_sink(w) && !feed_looks_like_address(second) &&
		    *second.p != '-')
			return FEED_HOSTS;
	}
	return FEED_PLAIN;
}

/* The next line of the sample; false at its end. What is cut off there does
 * not count unless the input ends too. */
static bool
next_line(const char **p, const char *end, bool whole, struct span *line)
{
	const char *nl;

	if (*p == end)
		return false;
	nl = memchr(*p, '\n', (size_t)(end - *p));
	if (nl == NULL && !whole)
		return false;
	*line = (struct span){*p, (size_t)((nl ? nl : end) - *p)};
	*p = nl ? nl + 1 : end;
	return true;
}

static bool
starts_nocase(const char *p, const char *end, const char *with)
{
	const size_t n = strlen(with);

	return (size_t)(end - p) >= n && strncasecmp(p, with, n) == 0;
}

/* What comes instead of a list when something went wrong. */
static const char *
no_list(const char *p, const char *end)
{
	if (starts_nocase(p, end, "\xff\xfe") ||
	    starts_nocase(p, end, "\xfe\xff"))
		return "UTF-16 text";
	if (starts_nocase(p, end, "PK\3\4"))
		return "a ZIP archive";
	if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		return "binary data";
	while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
		p++;
	if (starts_nocase(p, end, "<!doctype html") ||
	    starts_nocase(p, end, "<html") || starts_nocase(p, end, "<head"))
		return "an HTML page";
	if (starts_nocase(p, end, "<?xml"))
		return "an XML document";
	return NULL;
}

int
feed_detect(struct feed *f, struct err *e)
{
	unsigned votes[FEED_FORMATS] = {0}, all = 0;
	enum feed_format i, best = FEED_PLAIN;
	const char *q, *end, *what;
	struct span line;
	char *p;
	size_t n;

	if (in_peek(f->in, &p, &n, FEED_LINE_MAX, e) < 0)
		return -1;
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		in_skip(f->in, 3);
		p += 3;
		n -= 3;
	}
	end = p + n;
	what = no_list(p, end);
	if (what != NULL)
		return err_set(e, EX_DATAERR, "%s: this is %s, not a list",
			       f->in->name, what);
	for (q = p; all < FEED_SAMPLE_MAX &&
		    next_line(&q, end, f->in->eof, &line);) {
		const enum feed_format v = vote(line);

		votes[v]++;
		all += v != FEED_AUTO;
	}
	for (i = FEED_PLAIN; i < FEED_FORMATS; i++)
		if (votes[i] > votes[best])
			best = i;
	f->format = f->opt.format != FEED_AUTO ? f->opt.format : best;
	f->sampled = all;
	f->agreed = votes[f->format];
	return 0;
}
