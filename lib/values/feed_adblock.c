/*
 * Filter lists of ad blockers, as far as they are about names: "||x^" is x and
 * every name below it, "@@||x^" an exception for both. What depends on more
 * than the name (a path, a type of request, the page it came from) is counted
 * and not taken: blocking the name would block what the rule does not.
 *
 * As in AdGuard's lists for DNS servers, a bare name is that name alone, and
 * lines of a hosts file may stand in between.
 */
#include <string.h>

#include "values/feed_parts.h"

static bool
holds(struct span s, const char *text)
{
	return memmem(s.p, s.n, text, strlen(text)) != NULL;
}

bool
feed_is_cosmetic(struct span s)
{
	return holds(s, "##") || holds(s, "#@#") || holds(s, "#?#") ||
	       holds(s, "#$#") || holds(s, "#%#") || holds(s, "#@?#");
}

/* Options that take nothing from the rule: all of it stays blocked. */
static bool
options_harmless(struct span s)
{
	while (s.n > 0) {
		const char *comma = memchr(s.p, ',', s.n);
		const size_t n = comma ? (size_t)(comma - s.p) : s.n;
		const struct span o = {s.p, n};

		if (!span_is(o, "important") && !span_is(o, "all"))
			return false;
		s = feed_behind(s, n + (comma != NULL));
	}
	return true;
}

static void
take_anchored(struct feed *f, struct span pattern, bool exception,
	      struct span line)
{
	const bool below = feed_starts(pattern, "*.");
	struct span s = below ? feed_behind(pattern, 2) : pattern;
	struct cidr c;

	if (s.n > 0 && s.p[s.n - 1] == '|')
		s.n--;
	if (s.n > 0 && s.p[s.n - 1] == '^')
		s.n--;
	if (feed_looks_like_address(s) && !below &&
	    feed_parse_cidr(s, &c) == FEED_OK)
		feed_cidr(f, c, exception, 1, line);
	else if (memchr(s.p, '*', s.n) != NULL)
		feed_left_out(f, FEED_RULE_PATTERN, line);
	else if (strcspn(s.p, "/:?=^|") < s.n)
		feed_left_out(f, FEED_RULE_PATH, line);
	else
		feed_name(f, s, below ? FEED_BELOW : FEED_BOTH, exception,
			  line);
}

static void
take_unanchored(struct feed *f, struct span s, bool exception, struct span line)
{
	struct span rest = s;
	const struct span w = feed_word(&rest);
	char text[NAME_TEXT_MAX];
	size_t n;

	if (feed_word(&rest).n > 0 && feed_looks_like_address(w)) {
		feed_hosts_line(f, line);
	} else if (memchr(w.p, '.', w.n) != NULL &&
		   feed_host(w, text, &n) == FEED_OK) {
		feed_name(f, w, f->opt.subdomains ? FEED_BOTH : FEED_SELF,
			  exception, line);
	} else if (*s.p == '|' || memchr(s.p, '/', s.n) != NULL) {
		feed_left_out(f, FEED_RULE_PATH, line);
	} else {
		feed_left_out(f, FEED_RULE_PATTERN, line);
	}
}

void
feed_adblock_line(struct feed *f, struct span line)
{
	struct span s = feed_trim(line);
	const struct span whole = s;
	const char *options;
	bool exception;

	if (s.n == 0 || *s.p == '!' || (*s.p == '[' && s.p[s.n - 1] == ']'))
		return;
	if (feed_is_cosmetic(s)) {
		feed_left_out(f, FEED_RULE_COSMETIC, whole);
		return;
	}
	if (*s.p == '#')
		return;
	exception = feed_starts(s, "@@");
	if (exception)
		s = feed_behind(s, 2);
	if (s.n > 1 && *s.p == '/' && memrchr(s.p + 1, '/', s.n - 1) != NULL) {
		feed_left_out(f, FEED_RULE_REGEX, whole);
		return;
	}
	options = memrchr(s.p, '$', s.n);
	if (options != NULL) {
		const size_t at = (size_t)(options - s.p);

		if (!options_harmless(feed_behind(s, at + 1))) {
			feed_left_out(f, FEED_RULE_OPTION, whole);
			return;
		}
		s.n = at;
	}
	if (feed_starts(s, "||"))
		take_anchored(f, feed_behind(s, 2), exception, whole);
	else if (s.n > 0)
		take_unanchored(f, s, exception, whole);
	else
		feed_left_out(f, FEED_RULE_PATTERN, whole);
}
