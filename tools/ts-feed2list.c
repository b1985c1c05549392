/*
 * ts-feed2list: a reputation list as its publisher writes it, to a policy
 * stream.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/msg.h"
#include "values/feed.h"

#define SHOWN_MAX 20 /* bad entries shown one by one without -v */
#define TEXT_MAX 80  /* bytes of an entry in a message */

static struct {
	const char *source, *output, *response;
	int format, verdict, host_bits;
	uint64_t widest4, widest6, ttl, expires, now;
	double max_bad, max_cover;
	bool subdomains, allow_suffix, allow_empty;
} opt = {.widest4 = 8, .widest6 = 16, .max_bad = 1, .max_cover = 10};

static const char *const verdicts[] = {"block", "allow", NULL};
static const char *const host_bits[] = {"mask", "refuse", NULL};

static const struct cli_opt opts[] = {
	{"source", 's', CLI_TEXT, "NAME", "name of the list in the records",
	 .to = &opt.source, .required = true},
	{"verdict", 0, CLI_CHOICE, "V", "block (default) or allow",
	 .to = &opt.verdict, .choices = verdicts},
	{"format", 'f', CLI_CHOICE, "F", "form of the list (default auto)",
	 .to = &opt.format, .choices = feed_format_names},
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE when all has passed",
	 .to = &opt.output},
	{"response", 0, CLI_TEXT, "R", "what a blocked name gets (nxdomain)",
	 .to = &opt.response},
	{"subdomains", 0, CLI_FLAG, NULL, "a plain name covers all below it",
	 .to = &opt.subdomains},
	{"host-bits", 0, CLI_CHOICE, "H", "mask (default) or refuse",
	 .to = &opt.host_bits, .choices = host_bits},
	{"ttl", 0, CLI_SECONDS, "TIME", "records expire after this time",
	 .to = &opt.ttl, .min = 1, .max = (uint64_t)POLICY_EXPIRES_MAX / 2},
	{"now", 0, CLI_NUMBER, "EPOCH", "counted from here (the clock)",
	 .to = &opt.now, .max = (uint64_t)POLICY_EXPIRES_MAX / 2},
	{"expires", 0, CLI_NUMBER, "EPOCH", "records expire at this second",
	 .to = &opt.expires, .max = (uint64_t)POLICY_EXPIRES_MAX},
	{"widest", 0, CLI_NUMBER, "LEN", "shortest IPv4 prefix taken (8)",
	 .to = &opt.widest4, .min = 1, .max = 32},
	{"widest6", 0, CLI_NUMBER, "LEN", "shortest IPv6 prefix taken (16)",
	 .to = &opt.widest6, .min = 1, .max = 128},
	{"max-bad", 0, CLI_PERCENT, "PCT", "bad entries that are borne (1)",
	 .to = &opt.max_bad},
	{"max-cover", 0, CLI_PERCENT, "PCT", "part of a unicast space borne (10)",
	 .to = &opt.max_cover},
	{"allow-suffix", 0, CLI_FLAG, NULL, "take public suffixes",
	 .to = &opt.allow_suffix},
	{"allow-empty", 0, CLI_FLAG, NULL, "a list without an entry is fine",
	 .to = &opt.allow_empty},
	{0},
};

static const struct cli cli = {
	.name = "ts-feed2list",
	.summary = "turns a reputation list into a policy stream",
	.operands = "[FILE|-]",
	.example = "ts-fetch --framed URL | ts-feed2list -s drop -o drop.policy",
	.opts = opts,
	.max_operands = 1,
};

/* Bad entries one by one, up to a number; the rest is in the summary. */
struct shown {
	const char *file;
	uint64_t n;
};

static void
show(void *ctx, uint64_t line, enum feed_reason why, const char *text, size_t n)
{
	struct shown *s = ctx;
	const bool bad = feed_reason_class(why) == FEED_CLASS_BAD;

	if (bad && s->n++ == SHOWN_MAX)
		msg(MSG_WARN, "%s: further bad entries are shown with -v",
		    s->file);
	msg(bad && s->n <= SHOWN_MAX ? MSG_WARN : MSG_INFO,
	    "%s:%" PRIu64 ": %s: '%.*s'%s", s->file, line,
	    feed_reason_text(why), (int)(n < TEXT_MAX ? n : TEXT_MAX), text,
	    n > TEXT_MAX ? "..." : "");
}

/* "FILE: 3 left out: wider than allowed" for each reason that occurred. */
static void
sum_up(const struct feed *f, const char *file)
{
	static const char *const what[] = {"left out as bad", "not held",
					   "noted"};
	enum feed_reason r;

	for (r = FEED_OK; r < FEED_REASONS; r++) {
		const enum feed_class c = feed_reason_class(r);

		if (f->count[r] > 0)
			msg(c == FEED_CLASS_NOTE ? MSG_INFO : MSG_WARN,
			    "%s: %" PRIu64 " %s: %s", file, f->count[r],
			    what[c], feed_reason_text(r));
	}
	if (f->unended)
		msg(MSG_WARN, "%s: the last line has no line feed: the list may "
		    "be cut off", file);
	msg(MSG_INFO, "%s: %" PRIu64 " entries, %" PRIu64 " records", file,
	    f->entries, f->records);
}

static int
take_response(struct feed_options *o)
{
	static char line[NAME_TEXT_MAX + 64];
	struct policy rec;

	o->response = RESPONSE_NXDOMAIN;
	if (opt.response == NULL)
		return -1;
	if (opt.verdict == VERDICT_ALLOW)
		return cli_usage(&cli, "--response goes with --verdict block");
	if (snprintf(line, sizeof(line), "block\tname\tx\t%s\t-\t-\t1",
		     opt.response) >= (int)sizeof(line) ||
	    policy_parse(line, strlen(line), &rec) != NULL ||
	    rec.response == RESPONSE_NONE)
		return cli_usage(&cli, "--response: '%s' is not a response",
				 opt.response);
	o->response = rec.response;
	if (rec.response == RESPONSE_REDIRECT) {
		line[rec.target.p + rec.target.n - line] = '\0';
		o->target = rec.target.p;
	}
	return -1;
}

/* -1, or the exit code of a bad command line. */
static int
take_options(struct feed_options *o)
{
	const uint64_t now = opt.now != 0 ? opt.now : (uint64_t)time(NULL);

	*o = (struct feed_options){
		.source = opt.source,
		.verdict = (enum verdict)opt.verdict,
		.format = (enum feed_format)opt.format,
		.expires = opt.expires != 0 ? (int64_t)opt.expires
			   : opt.ttl != 0   ? (int64_t)(now + opt.ttl)
					    : POLICY_NO_EXPIRY,
		.subdomains = opt.subdomains,
		.refuse_host_bits = opt.host_bits == 1,
		.allow_suffix = opt.allow_suffix,
		.allow_empty = opt.allow_empty,
		.widest4 = (unsigned)opt.widest4,
		.widest6 = (unsigned)opt.widest6,
		.max_bad = opt.max_bad,
		.max_cover = opt.max_cover,
	};
	if (!source_token_ok(opt.source, strlen(opt.source)))
		return cli_usage(&cli, "--source: '%s' is not a short word",
				 opt.source);
	if (opt.expires != 0 && opt.ttl != 0)
		return cli_usage(&cli, "--ttl and --expires exclude each other");
	return take_response(o);
}

static int
convert(struct feed *f, struct source *src, struct out *o, struct err *e)
{
	int rc;

	stream_begin(o, "policy", POLICY_NAMES_LIST);
	rc = feed_run(f, src, o, e);
	if (f->in != NULL) {
		msg(MSG_INFO, "%s: taken for '%s': %u of the first %u entries "
		    "are such", f->in->name, feed_format_names[f->format],
		    f->agreed, f->sampled);
		sum_up(f, f->in->name);
	}
	if (rc == 0)
		stream_end(o, f->records);
	return rc;
}

static int
run(struct feed *f, struct source *src)
{
	struct replace r = {0};
	struct out o;
	struct err e;

	if (opt.output == NULL) {
		if (out_stdout(&o, &e) < 0)
			return msg_err(&e);
		if (convert(f, src, &o, &e) < 0) {
			/* What was read so far goes out without an end. */
			struct err ignored;

			(void)out_close(&o, 0, &ignored);
			return msg_err(&e);
		}
		return out_close(&o, 0, &e) < 0 ? msg_err(&e) : EX_OK;
	}
	if (replace_open(&r, opt.output, 0644, &e) < 0)
		return msg_err(&e);
	if (convert(f, src, &r.out, &e) < 0 || replace_commit(&r, &e) < 0) {
		replace_abort(&r);
		return msg_err(&e);
	}
	return EX_OK;
}

int
main(int argc, char **argv)
{
	static struct source src;
	static struct feed f;
	struct shown shown = {0};
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	rc = take_options(&f.opt);
	if (rc >= 0)
		return rc;
	if (source_open(&src, first < argc ? argv[first] : "-", FEED_LINE_MAX,
			&e) < 0)
		return msg_err(&e);
	shown.file = src.in.name;
	f.report = show;
	f.ctx = &shown;
	rc = run(&f, &src);
	feed_close(&f);
	source_close(&src);
	return rc;
}
