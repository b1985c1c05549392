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
	const char *source, *output, *response, *report;
	struct cli_list paths;
	int format, verdict, host_bits;
	uint64_t widest4, widest6, ttl, expires, now, column, max_bytes;
	double max_bad, max_cover;
	bool subdomains, allow_suffix, allow_empty;
} opt = {.widest4 = 8, .widest6 = 16, .max_bad = 1, .max_cover = 10,
	 .max_bytes = (uint64_t)1 << 30};

static const char *const verdicts[] = {"block", "allow", NULL};
static const char *const host_bits[] = {"mask", "refuse", NULL};

static const struct cli_opt opts[] = {
	{"source", 's', CLI_TEXT, "NAME", "name of the list in the records",
	 .to = &opt.source, .required = true},
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE when all has passed",
	 .to = &opt.output},
	{"verdict", 0, CLI_CHOICE, "V", "block (default) or allow",
	 .to = &opt.verdict, .choices = verdicts},
	{"format", 'f', CLI_CHOICE, "F", "form of the list (default auto)",
	 .to = &opt.format, .choices = feed_format_names},
	{"column", 0, CLI_NUMBER, "N", "the column of CSV to take, from 1",
	 .to = &opt.column, .min = 1, .max = FEED_COLUMN_MAX},
	{"path", 0, CLI_LIST, "P", "where in JSON, as .list[].ip; repeatable",
	 .to = &opt.paths},
	{"subdomains", 0, CLI_FLAG, NULL, "a plain name covers all below it",
	 .to = &opt.subdomains},
	{"response", 0, CLI_TEXT, "R", "what a blocked name gets (nxdomain)",
	 .to = &opt.response},
	{"ttl", 0, CLI_SECONDS, "TIME", "records expire after this time",
	 .to = &opt.ttl, .min = 1, .max = (uint64_t)POLICY_EXPIRES_MAX / 2},
	{"widest", 0, CLI_NUMBER, "LEN", "shortest IPv4 prefix taken (8)",
	 .to = &opt.widest4, .min = 1, .max = 32},
	{"widest6", 0, CLI_NUMBER, "LEN", "shortest IPv6 prefix taken (16)",
	 .to = &opt.widest6, .min = 1, .max = 128},
	{"max-bad", 0, CLI_PERCENT, "PCT", "bad entries that are borne (1)",
	 .to = &opt.max_bad},
	{"report", 0, CLI_TEXT, "FILE", "write all that was left out, and why",
	 .to = &opt.report},
	{"host-bits", 0, CLI_CHOICE, "H", NULL, .to = &opt.host_bits,
	 .choices = host_bits},
	{"max-cover", 0, CLI_PERCENT, "PCT", NULL, .to = &opt.max_cover},
	{"max-bytes", 0, CLI_BYTES, "N", NULL, .to = &opt.max_bytes, .min = 1},
	{"allow-suffix", 0, CLI_FLAG, NULL, NULL, .to = &opt.allow_suffix},
	{"allow-empty", 0, CLI_FLAG, NULL, NULL, .to = &opt.allow_empty},
	{"expires", 0, CLI_NUMBER, "EPOCH", NULL, .to = &opt.expires,
	 .max = (uint64_t)POLICY_EXPIRES_MAX},
	{"now", 0, CLI_NUMBER, "EPOCH", NULL, .to = &opt.now,
	 .max = (uint64_t)POLICY_EXPIRES_MAX / 2},
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

/* What is said of entries: the bad ones one by one up to a number, all of them
 * in the report, and counts at the end. */
static struct {
	const char *file;
	uint64_t shown;
	struct replace report; /* .path NULL where none is asked for */
} tell;

static const char *const class_names[] = {"bad", "unheld", "note"};

/* Untrusted text without a byte that could end its line or column. */
static void
put_escaped(struct out *o, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)p[i];

		if (c >= ' ' && c < 0x7f && c != '\\')
			out_put(o, p + i, 1);
		else
			out_fmt(o, "\\x%02x", c);
	}
}

static void
show(void *ctx, uint64_t line, enum feed_reason why, const char *text, size_t n)
{
	const enum feed_class class = feed_reason_class(why);
	const bool bad = class == FEED_CLASS_BAD;

	(void)ctx;
	if (bad && tell.shown++ == SHOWN_MAX && !msg_shown(MSG_INFO))
		msg(MSG_WARN, "%s: further bad entries are shown with -v",
		    tell.file);
	msg(bad && tell.shown <= SHOWN_MAX ? MSG_WARN : MSG_INFO,
	    n == 0 ? "%s:%" PRIu64 ": %s" : "%s:%" PRIu64 ": %s: '%.*s'%s",
	    tell.file, line, feed_reason_text(why),
	    (int)(n < TEXT_MAX ? n : TEXT_MAX), text, n > TEXT_MAX ? "..." : "");
	if (tell.report.path == NULL)
		return;
	out_fmt(&tell.report.out, "%" PRIu64 "\t%s\t%s\t", line,
		class_names[class], feed_reason_text(why));
	put_escaped(&tell.report.out, text, n);
	out_put(&tell.report.out, "\n", 1);
}

/* "FILE: 3 left out as bad: wider than allowed" for each reason there was. */
static void
sum_up(const struct feed *f)
{
	static const char *const what[] = {"left out as bad", "not held",
					   "noted"};
	enum feed_reason r;

	if (f->format != FEED_AUTO)
		msg(MSG_INFO, "%s: taken for '%s': %u of the first %u "
		    "entries are such", tell.file,
		    feed_format_names[f->format], f->agreed, f->sampled);
	for (r = FEED_OK; r < FEED_REASONS; r++) {
		const enum feed_class c = feed_reason_class(r);

		if (f->count[r] > 0)
			msg(c == FEED_CLASS_NOTE ? MSG_INFO : MSG_WARN,
			    "%s: %" PRIu64 " %s: %s", tell.file, f->count[r],
			    what[c], feed_reason_text(r));
	}
	if (f->unended)
		msg(MSG_WARN, "%s: the last line has no line feed: the list may "
		    "be cut off", tell.file);
	msg(MSG_INFO, "%s: %" PRIu64 " entries, %" PRIu64 " records",
	    tell.file, f->entries, f->records);
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

static int
take_paths(struct feed_options *o)
{
	size_t i;

	if (opt.paths.n > FEED_PATHS_MAX)
		return cli_usage(&cli, "more than %d times --path",
				 FEED_PATHS_MAX);
	for (i = 0; i < opt.paths.n; i++) {
		const char *why = feed_path_parse(opt.paths.v[i], &o->path[i]);

		if (why != NULL)
			return cli_usage(&cli, "--path: '%s': %s",
					 opt.paths.v[i], why);
	}
	o->npaths = opt.paths.n;
	return -1;
}

static int
check_options(void)
{
	const bool json = opt.format == FEED_JSON || opt.format == FEED_NDJSON;

	if (!source_token_ok(opt.source, strlen(opt.source)))
		return cli_usage(&cli, "--source: '%s' is not a short word",
				 opt.source);
	if (opt.expires != 0 && opt.ttl != 0)
		return cli_usage(&cli, "--ttl and --expires exclude each other");
	if (opt.column != 0 &&
	    (opt.paths.n > 0 ||
	     (opt.format != FEED_AUTO && opt.format != FEED_CSV)))
		return cli_usage(&cli, "--column is for CSV");
	if (opt.paths.n > 0 && opt.format != FEED_AUTO && !json)
		return cli_usage(&cli, "--path is for JSON");
	return -1;
}

/* -1, or the exit code of a bad command line. */
static int
take_options(struct feed_options *o)
{
	const uint64_t now = opt.now != 0 ? opt.now : (uint64_t)time(NULL);
	int rc = check_options();

	if (rc >= 0)
		return rc;
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
		.column = (unsigned)opt.column,
		.max_bytes = opt.max_bytes,
	};
	rc = take_response(o);
	return rc >= 0 ? rc : take_paths(o);
}

static int
convert(struct feed *f, struct source *src, struct out *o, struct err *e)
{
	int rc;

	stream_begin(o, "policy", POLICY_NAMES_LIST);
	rc = feed_run(f, src, o, e);
	sum_up(f);
	if (rc == 0)
		stream_end(o, f->records);
	return rc;
}

static int
to_stdout(struct feed *f, struct source *src)
{
	struct err e, later;
	struct out o;

	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	if (convert(f, src, &o, &e) < 0) {
		/* What was written has no end record: a reader refuses it. */
		(void)out_close(&o, 0, &later);
		return msg_err(&e);
	}
	return out_close(&o, 0, &e) < 0 ? msg_err(&e) : EX_OK;
}

static int
to_file(struct feed *f, struct source *src)
{
	struct replace r;
	struct err e;

	if (replace_open(&r, opt.output, 0666, &e) < 0)
		return msg_err(&e);
	if (convert(f, src, &r.out, &e) < 0 || replace_commit(&r, &e) < 0) {
		replace_abort(&r);
		return msg_err(&e);
	}
	return EX_OK;
}

static int
run(struct feed *f, struct source *src)
{
	struct err e;
	int rc;

	if (opt.report != NULL &&
	    replace_open(&tell.report, opt.report, 0666, &e) < 0)
		return msg_err(&e);
	rc = opt.output != NULL ? to_file(f, src) : to_stdout(f, src);
	/* The report is wanted all the more when the list was refused. */
	if (opt.report != NULL && replace_commit(&tell.report, &e) < 0) {
		replace_abort(&tell.report);
		(void)msg_err(&e);
		rc = rc == EX_OK ? e.code : rc;
	}
	return rc;
}

int
main(int argc, char **argv)
{
	static struct source src;
	static struct feed f;
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
	tell.file = src.in.name;
	f.report = show;
	rc = run(&f, &src);
	feed_close(&f);
	source_close(&src);
	return rc;
}
