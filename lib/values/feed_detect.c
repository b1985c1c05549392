/*
 * What form a list has: JSON shows by its first bracket; else each of the first
 * lines that is neither blank nor a comment votes for the form it has, and the
 * form with the most votes is taken, at a tie the earlier in enum feed_format.
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

/* A line of addresses and names as plain lists and hosts files have them, or
 * with more behind it. */
static enum feed_format
vote_words(struct span s)
{
	struct span rest = s;
	const struct span w = feed_word(&rest), second = feed_word(&rest);

	if (feed_is_tor_word(w))
		return FEED_TOR;
	if (second.n == 0 || *second.p == '-' || !feed_looks_like_address(w))
		return FEED_PLAIN;
	if (all_digits(second) && rest.n == 0)
		return w.p[w.n] == '\t' ? FEED_COUNT : FEED_PLAIN;
	if (feed_is_sink(w) && !feed_looks_like_address(second))
		return FEED_HOSTS;
	return w.p[w.n] == '\t' ? FEED_CSV : FEED_PLAIN;
}

/* FEED_AUTO for a line that tells nothing. */
static enum feed_format
vote(struct span line)
{
	struct span s = feed_trim(line);

	if (feed_starts(s, "||") || feed_starts(s, "@@") ||
	    feed_starts(s, "[Ad") || feed_is_cosmetic(s))
		return FEED_ADBLOCK;
	if (feed_is_dnsmasq(s))
		return FEED_DNSMASQ;
	if (s.n == 0 || *s.p == '#' || *s.p == ';' || *s.p == '!')
		return FEED_AUTO;
	if (*s.p == '"' || memchr(s.p, ',', s.n) != NULL)
		return FEED_CSV;
	return vote_words(feed_uncomment(s));
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

/* Behind the white space at the start. */
static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
		p++;
	return p;
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
	if (starts_nocase(p, end, "\xfd" "7zXZ") ||
	    starts_nocase(p, end, "BZh9") ||
	    starts_nocase(p, end, "\x28\xb5\x2f\xfd"))
		return "compressed data other than gzip";
	if (memchr(p, '\0', (size_t)(end - p)) != NULL)
		return "binary data";
	p = skip_space(p, end);
	if (starts_nocase(p, end, "<!doctype html") ||
	    starts_nocase(p, end, "<html") || starts_nocase(p, end, "<head"))
		return "an HTML page";
	if (starts_nocase(p, end, "<?xml"))
		return "an XML document";
	if (starts_nocase(p, end, "$ttl") || starts_nocase(p, end, "$origin"))
		return "a zone file";
	return NULL;
}

/* FEED_AUTO for what is not JSON. */
static enum feed_format
vote_json(struct feed *f, const char *p, const char *end)
{
	struct json *j = &f->json;
	enum json_event ev;
	const char *nl;

	p = skip_space(p, end);
	if (p == end || (*p != '{' && *p != '[') ||
	    starts_nocase(p, end, "[Ad") || starts_nocase(p, end, "[uBlock"))
		return FEED_AUTO;
	nl = memchr(p, '\n', (size_t)(end - p));
	if (nl == NULL)
		return FEED_JSON;
	json_init(j, p, (size_t)(nl - p));
	do
		ev = json_next(j);
	while (ev > JSON_END);
	p = skip_space(nl, end);
	return ev == JSON_END && p < end && (*p == '{' || *p == '[')
		       ? FEED_NDJSON : FEED_JSON;
}

/* Fills what was found, and what it is taken for. */
static void
count_votes(struct feed *f, const char *p, const char *end)
{
	unsigned votes[FEED_FORMATS] = {0};
	const enum feed_format json = vote_json(f, p, end);
	enum feed_format i, best = FEED_PLAIN;
	struct span line;

	while (f->sampled < FEED_SAMPLE_MAX &&
	       next_line(&p, end, f->in->eof, &line)) {
		const enum feed_format v = vote(line);

		votes[v]++;
		f->sampled += v != FEED_AUTO;
	}
	for (i = FEED_PLAIN; i < FEED_FORMATS; i++)
		if (votes[i] > votes[best])
			best = i;
	if (json != FEED_AUTO) {
		best = json;
		votes[json] = f->sampled;
	}
	if (f->opt.npaths > 0 && best != FEED_JSON)
		best = FEED_NDJSON;
	if (f->opt.column > 0)
		best = FEED_CSV;
	f->format = f->opt.format != FEED_AUTO ? f->opt.format : best;
	f->agreed = votes[f->format];
}

int
feed_detect(struct feed *f, struct err *e)
{
	const char *end, *what;
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
	count_votes(f, p, end);
	if (f->format == FEED_CSV && f->opt.column == 0) {
		(void)err_set(e, EX_DATAERR, "%s: this is CSV, and nothing "
			      "says which column", f->in->name);
		return err_hint(e, "--column 1 takes the first");
	}
	if ((f->format == FEED_JSON || f->format == FEED_NDJSON) &&
	    f->opt.npaths == 0) {
		(void)err_set(e, EX_DATAERR, "%s: this is JSON, and nothing "
			      "says where in it", f->in->name);
		return err_hint(e, "--path '.list[].address' takes 'address' "
				"from each element of 'list'");
	}
	return 0;
}
