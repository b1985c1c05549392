/*
 * ts-rpz2list: a response policy zone to policy records.
 *
 * Records go out as they are read; the end record (or with -o the file) comes
 * only when the whole zone was read and passed the limits.
 */
#include <inttypes.h>
#include <signal.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/msg.h"
#include "sense/rpzreport.h"

#define TOLD_MAX 20 /* lines told of on standard error */

static struct {
	const char *source, *origin, *output, *triggers, *report;
	uint64_t widest4, widest6;
	double max_bad, max_cover;
	bool strict, allow_suffix, lint;
} opt = {.widest4 = 8, .widest6 = 16, .max_bad = 1, .max_cover = 10};

static const struct cli_opt opts[] = {
	{"source", 's', CLI_TEXT, "NAME", "name of the zone in the records",
	 .to = &opt.source},
	{"origin", 0, CLI_TEXT, "ZONE", "the zone's name, if not its SOA's owner",
	 .to = &opt.origin},
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE once all has passed",
	 .to = &opt.output},
	{"triggers", 0, CLI_TEXT, "LIST", "of qname,ip,client-ip,nsdname,nsip",
	 .to = &opt.triggers},
	{"widest", 0, CLI_NUMBER, "LEN", "shortest IPv4 prefix taken (8)",
	 .to = &opt.widest4, .max = 32},
	{"widest6", 0, CLI_NUMBER, "LEN", "shortest IPv6 prefix taken (16)",
	 .to = &opt.widest6, .max = 128},
	{"max-bad", 0, CLI_PERCENT, "PCT", "bad lines that are borne (1)",
	 .to = &opt.max_bad},
	{"max-cover", 0, CLI_PERCENT, "PCT", "part of a unicast space borne (10)",
	 .to = &opt.max_cover},
	{"allow-suffix", 0, CLI_FLAG, NULL, "take public suffixes",
	 .to = &opt.allow_suffix},
	{"strict", 0, CLI_FLAG, NULL, "refuse the zone with any bad line",
	 .to = &opt.strict},
	{"report", 0, CLI_TEXT, "FILE", "what was left out, and wildcard holes",
	 .to = &opt.report},
	{"lint", 0, CLI_FLAG, NULL, "print what is wrong with the zone instead",
	 .to = &opt.lint},
	{0},
};

static const struct cli cli = {
	.name = "ts-rpz2list",
	.summary = "turns a response policy zone into policy records",
	.operands = "[FILE|-]",
	.example = "ts-fetch --framed axfr://192.0.2.1/rpz.example | ts-rpz2list -s rpz -",
	.opts = opts,
	.max_operands = 1,
};

/* --triggers to bits; false where a name is unknown. */
static bool
parse_triggers(const char *list, unsigned *bits)
{
	struct span left = {list, strlen(list)};

	for (*bits = 0;;) {
		const char *comma = memchr(left.p, ',', left.n);
		const struct span name = {left.p, comma != NULL
			? (size_t)(comma - left.p) : left.n};
		int t;

		for (t = 0; t < RPZ_TRIGGERS; t++)
			if (span_is(name, rpz_trigger_text((enum rpz_trigger)t)))
				break;
		if (t == RPZ_TRIGGERS)
			return false;
		*bits |= 1U << t;
		if (comma == NULL)
			return true;
		left.n -= name.n + 1;
		left.p = comma + 1;
	}
}

/* "zone:7: owner: reason", for --lint on standard output, else as a message of
 * which the first are shown. */
static void
tell(const struct rpzfeed *f, const struct rpzfeed_item *item, struct out *o,
     uint64_t *told)
{
	const int n = (int)(item->owner.n > 255 ? 255 : item->owner.n);
	const char *const colon = n > 0 ? ": " : "";
	const char *const name = f->zone.lex.src.in.name;

	++*told;
	if (opt.lint)
		out_fmt(o, "%s:%" PRIu64 ": %.*s%s%s\n", name, item->line, n,
			item->owner.p, colon, item->why);
	else if (*told <= TOLD_MAX)
		msg(MSG_WARN, "%s:%" PRIu64 ": %.*s%s%s", name, item->line, n,
		    item->owner.p, colon, item->why);
}

static int
judge_cover(const struct rpzfeed *f)
{
	const double v4 = cover_percent(&f->cover4, CIDR_V4);
	const double v6 = cover_percent(&f->cover6, CIDR_V6);

	if (v4 <= opt.max_cover && v6 <= opt.max_cover)
		return EX_OK;
	return msg_fail(EX_DATAERR, "%s: refused: it blocks %.3g %% of the IPv%d "
			"unicast space, more than --max-cover %g %%",
			f->zone.lex.src.in.name, v4 > opt.max_cover ? v4 : v6,
			v4 > opt.max_cover ? 4 : 6, opt.max_cover);
}

/* What the whole zone must keep; the code to end with. */
static int
judge(const struct rpzfeed *f)
{
	const char *name = f->zone.lex.src.in.name;

	if (opt.strict && f->bad + f->again > 0)
		return msg_fail(EX_DATAERR, "%s: refused: %" PRIu64
				" bad lines (--strict)", name,
				f->bad + f->again);
	if ((double)f->bad > (double)f->entries * opt.max_bad / 100)
		return msg_fail(EX_DATAERR, "%s: refused: %" PRIu64
				" bad lines in %" PRIu64 " entries, more than "
				"--max-bad %g %%", name, f->bad, f->entries,
				opt.max_bad);
	return judge_cover(f);
}

/* Few forms there are, but for the targets of redirects. */
static void
put(struct out *o, const struct policy *rec)
{
	static struct policy_form forms[KIND_COUNT][2 * RESPONSE_COUNT];
	struct policy_form *const form =
		&forms[rec->kind][2 * rec->response +
				  (rec->verdict == VERDICT_ALLOW)];

	if (form->nhead == 0 || rec->response == RESPONSE_REDIRECT)
		policy_form_set(form, rec);
	if (kind_is_name(rec->kind))
		policy_form_put_name(o, form, rec->name);
	else
		policy_form_put(o, form, &rec->cidr);
}

static void
inform(const struct rpzfeed *f)
{
	const char *const name = f->zone.lex.src.in.name;
	int t, r;

	msg(MSG_INFO, "%s: zone %s serial %s: %" PRIu64 " entries, %" PRIu64
	    " records, %" PRIu64 " bad lines", name,
	    f->zone.named ? f->zone.zone : "-", f->zone.serial, f->entries,
	    f->records, f->bad);
	for (t = 0; t < RPZ_TRIGGERS; t++)
		for (r = 0; r < RESPONSE_COUNT; r++)
			if (f->count[t][r] > 0)
				msg(MSG_INFO, "%s: %s %s: %" PRIu64, name,
				    rpz_trigger_text((enum rpz_trigger)t),
				    rpzreport_action((enum rpz_trigger)t,
						     (enum response)r),
				    f->count[t][r]);
}

/* Written for a zone that is refused, too: then it is needed most. */
static int
write_report(const struct rpzreport *report, const struct rpzfeed *f)
{
	struct replace r;
	struct err e;

	if (replace_open(&r, opt.report, 0666, &e) < 0)
		return msg_err(&e);
	if (rpzreport_write(report, f, &r.out, &e) == 0 &&
	    replace_commit(&r, &e) == 0)
		return EX_OK;
	replace_abort(&r);
	return msg_err(&e);
}

static int
convert(struct rpzfeed *f, struct out *o)
{
	static struct rpzreport report;
	struct rpzfeed_item item;
	enum rpzfeed_result r;
	uint64_t told = 0;
	struct err e;
	int rc;

	if (!opt.lint)
		stream_begin(o, "policy", POLICY_NAMES_RPZ);
	while ((r = rpzfeed_next(f, &item, &e)) > 0) {
		if (r == RPZFEED_RECORD && !opt.lint)
			put(o, &item.rec);
		if (item.why == NULL)
			continue;
		if (item.defect || opt.lint)
			tell(f, &item, o, &told);
		rpzreport_add(&report, r, &item);
	}
	if (told > TOLD_MAX && !opt.lint)
		msg(MSG_WARN, "%s: %" PRIu64 " more bad lines",
		    f->zone.lex.src.in.name, told - TOLD_MAX);
	rc = r < 0 ? msg_err(&e) : opt.lint ? EX_OK : judge(f);
	inform(f);
	if (opt.report != NULL) {
		const int written = write_report(&report, f);

		if (rc == EX_OK)
			rc = written;
	}
	if (opt.lint)
		return rc == EX_OK && told > 0 ? EX_DATAERR : rc;
	if (rc == EX_OK)
		stream_end(o, f->records);
	return rc;
}

static int
to_file(struct rpzfeed *f)
{
	struct replace r;
	struct err e;
	int rc;

	if (replace_open(&r, opt.output, 0666, &e) < 0)
		return msg_err(&e);
	rc = convert(f, &r.out);
	if (rc == EX_OK && replace_commit(&r, &e) < 0)
		return msg_err(&e);
	replace_abort(&r);
	return rc;
}

static int
to_stdout(struct rpzfeed *f)
{
	struct out o;
	struct err e;
	int rc;

	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	rc = convert(f, &o);
	return out_close(&o, 0, &e) < 0 ? msg_err(&e) : rc;
}

int
main(int argc, char **argv)
{
	static struct rpzfeed f;
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	if (opt.source == NULL && !opt.lint)
		return cli_usage(&cli, "--source is required");
	if (opt.lint && opt.output != NULL)
		return cli_usage(&cli, "--lint and --output exclude each other");
	if (opt.source != NULL && !source_token_ok(opt.source, strlen(opt.source)))
		return cli_usage(&cli, "--source: '%s' is no token of 1 to %d "
				 "letters, digits and ._:+@/-", opt.source,
				 POLICY_SOURCE_TOKEN_MAX);
	(void)signal(SIGPIPE, SIG_IGN);
	if (rpzfeed_open(&f, first < argc ? argv[first] : "-", opt.origin, &e) < 0)
		return msg_err(&e);
	if (opt.source != NULL)
		f.source = (struct span){opt.source, strlen(opt.source)};
	f.widest4 = (unsigned)opt.widest4;
	f.widest6 = (unsigned)opt.widest6;
	f.allow_suffix = opt.allow_suffix;
	f.keep = opt.lint || opt.strict || opt.report != NULL;
	if (opt.triggers != NULL && !parse_triggers(opt.triggers, &f.triggers))
		return cli_usage(&cli, "--triggers: '%s' has another name than "
				 "qname, ip, client-ip, nsdname, nsip",
				 opt.triggers);
	rc = opt.output != NULL ? to_file(&f) : to_stdout(&f);
	rpzfeed_close(&f);
	return rc;
}
