#include "values/feed.h"

#include <inttypes.h>
#include <string.h>

#include "values/feed_parts.h"

const char *const feed_format_names[] = {
	[FEED_AUTO] = "auto",	      [FEED_PLAIN] = "plain",
	[FEED_HOSTS] = "hosts",	      [FEED_ADBLOCK] = "adblock",
	[FEED_DNSMASQ] = "dnsmasq",   [FEED_COUNT] = "count",
	[FEED_TOR] = "tor",	      [FEED_CSV] = "csv",
	[FEED_JSON] = "json",	      [FEED_NDJSON] = "ndjson",
	[FEED_FORMATS] = NULL,
};

static const struct {
	enum feed_class class;
	const char *text;
} reasons[FEED_REASONS] = {
#define BAD(r, t) [FEED_##r] = {FEED_CLASS_BAD, t}
#define UNHELD(r, t) [FEED_##r] = {FEED_CLASS_UNHELD, t}
#define NOTE(r, t) [FEED_##r] = {FEED_CLASS_NOTE, t}
	NOTE(OK, "fine"),
	BAD(SYNTAX, "neither an address nor a name"),
	BAD(OCTET, "an octet is over 255 or has a leading zero"),
	BAD(LENGTH, "bad prefix length"),
	BAD(MASK, "bad netmask"),
	BAD(RANGE, "no range of addresses of one family, first to last"),
	BAD(HOST_BITS, "bits are set behind the prefix"),
	BAD(DEFAULT, "the whole space"),
	BAD(WIDE, "wider than allowed"),
	BAD(SUFFIX, "a public suffix"),
	BAD(URL, "a URL or path, not a name"),
	BAD(MAIL, "a mail address, not a name"),
	BAD(PORT, "a port behind an address or name"),
	BAD(WORDS, "more than one value on a line"),
	BAD(LABEL, "a label is empty or over 63 octets"),
	BAD(NAME_LONG, "name over 255 octets"),
	BAD(NAME_BYTE, "a character that no host name has"),
	BAD(IDN, "no valid internationalized name"),
	BAD(NO_NAME, "no name"),
	BAD(WEIGHT, "no count behind the address"),
	BAD(KEYWORD, "unknown keyword"),
	BAD(COLUMN, "fewer columns than asked for"),
	BAD(NO_TEXT, "no string at the path"),
	BAD(PATH_SHAPE, "an object or array at the path"),
	BAD(BAD_JSON, "broken JSON"),
	BAD(LONG_LINE, "line over 65536 bytes"),
	UNHELD(MAPPED_HOST, "a name that is sent to an address"),
	UNHELD(EXCEPTION, "an exception in an allow list"),
	UNHELD(RULE_OPTION, "a rule with options"),
	UNHELD(RULE_PATH, "a rule for a part of a site"),
	UNHELD(RULE_REGEX, "a regular expression"),
	UNHELD(RULE_COSMETIC, "a rule for what a page shows"),
	UNHELD(RULE_PATTERN, "a pattern that is not a name"),
	UNHELD(FORWARD, "a name that another server is asked for"),
	UNHELD(SETTING, "another setting of dnsmasq"),
	NOTE(PRIVATE, "a suffix of the private part, taken"),
	NOTE(OWN_HOST, "a name of the machine itself, passed over"),
	NOTE(HEADER, "a header, passed over"),
	NOTE(EMPTY, "no value, passed over"),
#undef BAD
#undef UNHELD
#undef NOTE
};

const char *
feed_reason_text(enum feed_reason r)
{
	return reasons[r].text;
}

enum feed_class
feed_reason_class(enum feed_reason r)
{
	return reasons[r].class;
}

void
feed_close(struct feed *f)
{
	cover_free(&f->cover4);
	cover_free(&f->cover6);
	suffix_close(&f->suffixes);
	gunzip_close(&f->gz);
}

static int
take_line(struct feed *f, struct span line, struct err *e)
{
	switch (f->format) {
	case FEED_HOSTS:
		feed_hosts_line(f, line);
		break;
	case FEED_ADBLOCK:
		feed_adblock_line(f, line);
		break;
	case FEED_DNSMASQ:
		feed_dnsmasq_line(f, line);
		break;
	case FEED_COUNT:
		feed_count_line(f, line);
		break;
	case FEED_TOR:
		feed_tor_line(f, line);
		break;
	case FEED_CSV:
		return feed_csv_line(f, line, e);
	case FEED_NDJSON:
		feed_ndjson_line(f, line);
		break;
	default:
		feed_plain_line(f, line);
	}
	return 0;
}

static int
read_lines(struct feed *f, struct err *e)
{
	enum in_result r;
	char *p;
	size_t n;

	for (;;) {
		if (feed_fast(f, e) < 0)
			return -1;
		r = in_line(f->in, &p, &n, e);
		if (r <= 0)
			break;
		f->line = f->in->line;
		if (r == IN_LONG) {
			feed_left_out(f, FEED_LONG_LINE, (struct span){"", 0});
			continue;
		}
		if (memchr(p, '\0', n) != NULL)
			return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": a NUL "
				       "byte: this is binary data, not a list",
				       f->in->name, f->line);
		f->unended = f->in->unended;
		if (take_line(f, (struct span){p, n}, e) < 0)
			return -1;
	}
	if (r == IN_END && f->format == FEED_CSV)
		return feed_csv_end(f, e);
	return r;
}

/* f->in: the source or what its gzip data decodes to, with a ceiling. */
static int
open_text(struct feed *f, struct source *src, struct err *e)
{
	f->in = &src->in;
	if (src->framed && src->bytes > f->opt.max_bytes)
		return err_set(e, EX_DATAERR, "%s: over %" PRIu64 " bytes",
			       src->in.name, f->opt.max_bytes);
	if (gunzip_is_next(&src->in, e)) {
		if (gunzip_open(&f->gz, &src->in, FEED_LINE_MAX, e) < 0)
			return -1;
		f->in = &f->gz.text;
	}
	if (f->in != &src->in || !src->framed)
		in_limit(f->in, f->opt.max_bytes);
	return 0;
}

/* Everything was read: nothing is behind the ceiling or the frame. */
static int
close_text(struct feed *f, struct source *src, struct err *e)
{
	if (f->in != &src->in || !src->framed) {
		const int r = in_more_after_limit(f->in, e);

		if (r != 0)
			return r < 0 ? -1
				     : err_set(e, EX_DATAERR, "%s: over %" PRIu64
					       " bytes", f->in->name,
					       f->opt.max_bytes);
	}
	return source_finish(src, e);
}

/* Whether the feed as a whole may be used. */
static int
judge(const struct feed *f, struct err *e)
{
	const uint64_t all = f->entries + f->bad;
	const double cover[2] = {cover_percent(&f->cover4, CIDR_V4),
				 cover_percent(&f->cover6, CIDR_V6)};
	int i;

	if ((double)f->bad * 100 > f->opt.max_bad * (double)all)
		return err_set(e, EX_DATAERR, "%s: refused: %" PRIu64 " of %"
			       PRIu64 " entries are bad, over %g %%",
			       f->in->name, f->bad, all, f->opt.max_bad);
	if (f->entries == 0 && !f->opt.allow_empty)
		return err_set(e, EX_DATAERR, "%s: refused: not a single entry",
			       f->in->name);
	for (i = 0; i < 2; i++)
		if (cover[i] > f->opt.max_cover)
			return err_set(e, EX_DATAERR, "%s: refused: it covers "
				       "%.3g %% of the %s addresses, over %g %%",
				       f->in->name, cover[i],
				       i == 0 ? "IPv4" : "IPv6",
				       f->opt.max_cover);
	return 0;
}

int
feed_run(struct feed *f, struct source *src, struct out *o, struct err *e)
{
	int rc;

	f->out = o;
	if (open_text(f, src, e) < 0 || feed_write_init(f, e) < 0 ||
	    feed_detect(f, e) < 0)
		return -1;
	rc = f->format == FEED_JSON ? feed_json(f, e) : read_lines(f, e);
	if (rc < 0 || close_text(f, src, e) < 0)
		return -1;
	return judge(f, e);
}
