/*
 * Configuration of dnsmasq(8): "address=/x/", "local=/x/" and "server=/x/" let
 * x and every name below it lead nowhere; "server=/x/#" takes that back for x
 * and below. Several names may stand between the slashes.
 */
#include <string.h>

#include "values/feed_parts.h"

static bool
is_key(struct span s)
{
	return span_is(s, "address") || span_is(s, "server") ||
	       span_is(s, "local");
}

/* Parts "key=value"; value.p is NULL for a key alone. */
static struct span
split(struct span s, struct span *value)
{
	const char *eq = memchr(s.p, '=', s.n);

	*value = (struct span){NULL, 0};
	if (eq == NULL)
		return s;
	*value = feed_trim(feed_behind(s, (size_t)(eq + 1 - s.p)));
	return feed_trim((struct span){s.p, (size_t)(eq - s.p)});
}

bool
feed_is_dnsmasq(struct span s)
{
	struct span value;

	return is_key(split(s, &value)) && value.n > 1 && *value.p == '/';
}

static bool
is_option(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '-' && (s.p[i] < 'a' || s.p[i] > 'z') &&
		    (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return s.n > 0;
}

static void
take_name(struct feed *f, struct span s, bool exception)
{
	if (span_is(s, "#")) {
		feed_left_out(f, FEED_DEFAULT, s);
		return;
	}
	if (feed_starts(s, "*.")) {
		feed_name(f, feed_behind(s, 2), FEED_BELOW, exception, s);
		return;
	}
	if (feed_starts(s, "."))
		s = feed_behind(s, 1);
	if (memchr(s.p, '*', s.n) != NULL)
		feed_left_out(f, FEED_RULE_PATTERN, s);
	else
		feed_name(f, s, FEED_BOTH, exception, s);
}

/* Why names with this target are not taken; FEED_OK where they are. */
static enum feed_reason
judge_target(bool address, struct span target, bool *exception)
{
	*exception = !address && span_is(target, "#");
	if (target.n == 0 || span_is(target, "#"))
		return FEED_OK;
	if (address)
		return feed_is_sink(target) ? FEED_OK : FEED_MAPPED_HOST;
	return FEED_FORWARD;
}

void
feed_dnsmasq_line(struct feed *f, struct span line)
{
	struct span s = feed_trim(line), value, target;
	const struct span whole = s, key = split(s, &value);
	enum feed_reason why;
	const char *slash;
	bool exception;

	if (s.n == 0 || *s.p == '#' || *s.p == ';')
		return;
	if (!feed_is_dnsmasq(s)) {
		feed_left_out(f, is_option(key) ? FEED_SETTING : FEED_KEYWORD,
			      whole);
		return;
	}
	slash = memrchr(value.p, '/', value.n);
	/* A comment stands behind white space. */
	target = feed_behind(value, (size_t)(slash + 1 - value.p));
	target = feed_word(&target);
	why = judge_target(span_is(key, "address"), target, &exception);
	if (why != FEED_OK || slash == value.p) {
		feed_left_out(f, why != FEED_OK ? why : FEED_NO_NAME, whole);
		return;
	}
	value = (struct span){value.p + 1, (size_t)(slash - value.p - 1)};
	for (;;) {
		slash = memchr(value.p, '/', value.n);
		s = value;
		if (slash != NULL)
			s.n = (size_t)(slash - value.p);
		take_name(f, s, exception);
		if (slash == NULL)
			return;
		value = feed_behind(value, s.n + 1);
	}
}
