#include "values/feed.h"

#include <inttypes.h>
#include <string.h>

#include "values/feed_parts.h"

const char *const feed_format_names[] = {
	[FEED_AUTO] = "auto",	[FEED_PLAIN] = "plain", [FEED_HOSTS] = "hosts",
	[FEED_COUNT] = "count", [FEED_TOR] = "tor",	[FEED_FORMATS] = NULL,
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
	BAD(DEFAULT, "the whole address space"),
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
	BAD(LONG_LINE, "line over 65536 bytes"),
	UNHELD(MAPPED_HOST, "a name that is sent to an address"),
	UNHELD(EXCEPTION, "an exception in an allow list"),
	NOTE(PRIVATE, "a suffix of the private part, taken"),
	NOTE(OWN_HOST, "a name of the machine itself, passed over"),
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
}

static void
take_line(struct feed *f, struct span line)
{
	switch (f->format) {
	case FEED_HOSTS:
		feed_hosts_line(f, line);
		break;
	case FEED_COUNT:
		feed_count_line(f, line);
		break;
	case FEED_TOR:
		feed_tor_line(f, line);
		break;
	default:
		feed_plain_line(f, line);
	}
}

static int
read_lines(struct feed *f, struct err *e)
{
	enum in_result r;
	char *p;
	size_t n;

	while ((r = in_line(f->in, &p, &n, e)) > 0) {
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
		take_line(f, (struct span){p, n});
	}
	return r;
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
	f->in = &src->in;
	f->out = o;
	if (feed_write_init(f, e) < 0 || feed_detect(f, e) < 0 ||
	    read_lines(f, e) < 0 || source_finish(src, e) < 0)
		return -1;
	return judge(f, e);
}
