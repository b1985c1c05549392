/*
 * Plain lists: on each line an address, a prefix, a range "a - b", an address
 * and a netmask, or a name; '#' and ';' start comments. "*.x" is every name
 * below x, ".x" that and x; "!1.2.3.0/24" is an exception.
 */
#include <string.h>

#include "values/feed_parts.h"

/* 255.255.0.0 to 16; -1 for what is no netmask. */
static int
mask_len(struct span s)
{
	struct cidr m;
	uint32_t v;

	if (cidr_parse(s.p, s.n, false, &m) != CIDR_OK ||
	    m.family != CIDR_V4 || m.len != 32)
		return -1;
	v = (uint32_t)(m.hi >> 32);
	return (~v & (~v + 1)) != 0 ? -1 : __builtin_popcount(v);
}

static void
take_cidr(struct feed *f, struct cidr c, enum feed_reason why, bool exception,
	  struct span line)
{
	if (why == FEED_OK || (why == FEED_HOST_BITS &&
			       !f->opt.refuse_host_bits))
		feed_cidr(f, c, exception, 1, line);
	else
		feed_left_out(f, why, line);
}

/* "10.0.0.0 255.0.0.0" or "10.0.0.0/255.0.0.0" */
static void
take_mask(struct feed *f, struct span addr, struct span mask, bool exception,
	  struct span line)
{
	enum feed_reason why;
	struct cidr c;
	uint64_t hi;
	int len;

	why = feed_parse_cidr(addr, &c);
	len = mask_len(mask);
	if (why == FEED_OK && (c.family != CIDR_V4 || c.len != 32 || len < 0))
		why = FEED_MASK;
	if (why == FEED_OK) {
		hi = c.hi;
		c.len = (uint8_t)len;
		cidr_truncate(&c);
		if (c.hi != hi)
			why = FEED_HOST_BITS;
	}
	take_cidr(f, c, why, exception, line);
}

/* True where the line was a range, whatever became of it. */
static bool
take_range(struct feed *f, struct span line, bool exception)
{
	const char *dash = memchr(line.p, '-', line.n);
	struct cidr_range r = {0};
	enum feed_reason a, b;
	struct span from, last;

	if (dash == NULL)
		return false;
	from = feed_trim((struct span){line.p, (size_t)(dash - line.p)});
	last = feed_trim(feed_behind(line, (size_t)(dash + 1 - line.p)));
	if (!feed_looks_like_address(from) || !feed_looks_like_address(last))
		return false;
	a = feed_parse_cidr(from, &r.from);
	b = feed_parse_cidr(last, &r.last);
	if (a == FEED_OK)
		a = b;
	if (a == FEED_OK && (r.from.len != cidr_max_len(r.from.family) ||
			     r.last.len != cidr_max_len(r.last.family)))
		a = FEED_RANGE;
	if (a == FEED_OK)
		feed_range(f, &r, exception, line);
	else
		feed_left_out(f, a == FEED_HOST_BITS ? FEED_RANGE : a, line);
	return true;
}

static void
take_word(struct feed *f, struct span w, bool exception)
{
	const char *slash = memchr(w.p, '/', w.n);
	enum feed_reason why;
	struct cidr c;

	if (slash != NULL && w.n - (size_t)(slash - w.p) > 4 &&
	    feed_looks_like_address(w) && memchr(w.p, ':', w.n) == NULL) {
		take_mask(f, (struct span){w.p, (size_t)(slash - w.p)},
			  feed_behind(w, (size_t)(slash + 1 - w.p)), exception,
			  w);
		return;
	}
	if (feed_looks_like_address(w) || exception) {
		why = feed_parse_cidr(w, &c);
		take_cidr(f, c, why, exception, w);
		return;
	}
	if (w.n > 2 && feed_starts(w, "*."))
		feed_name(f, feed_behind(w, 2), FEED_BELOW, false, w);
	else if (w.n > 1 && w.p[0] == '.')
		feed_name(f, feed_behind(w, 1), FEED_BOTH, false, w);
	else
		feed_name(f, w, f->opt.subdomains ? FEED_BOTH : FEED_SELF,
			  false, w);
}

void
feed_value(struct feed *f, struct span s, bool exception)
{
	struct span rest = s;
	const struct span w = feed_word(&rest), second = feed_word(&rest);

	if (take_range(f, s, exception))
		return;
	if (second.n == 0)
		take_word(f, w, exception);
	else if (feed_word(&rest).n == 0 && feed_looks_like_address(w) &&
		 feed_looks_like_address(second))
		take_mask(f, w, second, exception, s);
	else
		feed_left_out(f, FEED_WORDS, s);
}

void
feed_plain_line(struct feed *f, struct span line)
{
	struct span s = feed_uncomment(line), rest;
	bool exception = false;

	if (s.n > 0 && s.p[0] == '!') {
		s = feed_trim(feed_behind(s, 1));
		rest = s;
		if (!feed_looks_like_address(feed_word(&rest)))
			return; /* a comment, as adblock lists write it */
		exception = true;
	}
	if (s.n == 0 || feed_starts(s, "//"))
		return;
	if (exception && f->opt.verdict == VERDICT_ALLOW)
		feed_left_out(f, FEED_EXCEPTION, s);
	else
		feed_value(f, s, exception);
}

void
feed_count_line(struct feed *f, struct span line)
{
	struct span rest = feed_uncomment(line), s = rest;
	const struct span w = feed_word(&rest), number = feed_word(&rest);
	enum feed_reason why;
	struct cidr c;
	uint64_t v;

	if (w.n == 0)
		return;
	if (!span_u64(number, UINT64_MAX, &v) || v == 0 ||
	    feed_word(&rest).n > 0) {
		feed_left_out(f, FEED_WEIGHT, s);
		return;
	}
	why = feed_parse_cidr(w, &c);
	if (why == FEED_OK || (why == FEED_HOST_BITS &&
			       !f->opt.refuse_host_bits))
		feed_cidr(f, c, false,
			  v < POLICY_WEIGHT_MAX ? (unsigned)v
						: POLICY_WEIGHT_MAX, s);
	else
		feed_left_out(f, why, s);
}

bool
feed_is_tor_word(struct span w)
{
	return span_is(w, "ExitAddress") || span_is(w, "ExitNode") ||
	       span_is(w, "Published") || span_is(w, "LastStatus");
}

void
feed_tor_line(struct feed *f, struct span line)
{
	struct span rest = feed_trim(line), s = rest;
	const struct span w = feed_word(&rest);
	enum feed_reason why;
	struct cidr c;

	if (w.n == 0 || *w.p == '#')
		return;
	if (!span_is(w, "ExitAddress")) {
		if (!feed_is_tor_word(w))
			feed_left_out(f, FEED_KEYWORD, s);
		return;
	}
	why = feed_parse_cidr(feed_word(&rest), &c);
	take_cidr(f, c, why, false, s);
}
