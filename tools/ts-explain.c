/*
 * ts-explain: what a policy does with a name or an address, and why.
 */
#include <inttypes.h>
#include <signal.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/msg.h"
#include "sense/lookup.h"

#define VALUE_MAX 4096 /* bytes of a line of values */

static struct {
	const char *policy, *now;
	int side;
} opt;

/* In the order of enum lookup_side. */
static const char *const sides[] = {"answer", "client", "server", NULL};

static const struct cli_opt opts[] = {
	{"policy", 'p', CLI_TEXT, "FILE", "the policy stream that is asked",
	 .to = &opt.policy, .required = true},
	{"now", 0, CLI_TEXT, "EPOCH|none", "what has expired by then does not count; default the clock",
	 .to = &opt.now},
	{"side", 0, CLI_CHOICE, "SIDE", "records on the answer [default], the client, or the name server",
	 .to = &opt.side, .choices = sides},
	{0},
};

static const struct cli cli = {
	.name = "ts-explain",
	.summary = "says what a policy does with names and addresses, and by which record",
	.operands = "[VALUE...|-]",
	.example = "ts-explain --policy all.policy www.example.com 192.0.2.7",
	.opts = opts,
	.max_operands = -1,
};

static const char *const verdicts[] = {
	[LOOKUP_NONE] = "none", [LOOKUP_BLOCK] = "block",
	[LOOKUP_ALLOW] = "allow", [LOOKUP_PART] = "part",
};

/* --now as seconds; INT64_MIN for "none". */
static int
parse_now(int64_t *now, struct err *e)
{
	const struct span s = {opt.now, opt.now ? strlen(opt.now) : 0};
	uint64_t v;

	if (opt.now == NULL)
		return clock_now(now, e);
	*now = INT64_MIN;
	if (strcmp(opt.now, "none") == 0)
		return 0;
	if (!span_u64(s, (uint64_t)POLICY_EXPIRES_MAX, &v))
		return err_set(e, EX_USAGE, "--now: '%s' is neither seconds "
			       "since 1970 nor 'none'", opt.now);
	*now = (int64_t)v;
	return 0;
}

static void
put_column(struct out *o, const char *text)
{
	out_put(o, "\t", 1);
	out_str(o, text != NULL ? text : "-");
}

static void
put_answer(struct out *o, struct span value, const struct lookup_answer *a)
{
	char text[CIDR_TEXT_MAX];

	out_put(o, value.p, value.n);
	put_column(o, verdicts[a->verdict]);
	put_column(o, a->response);
	out_put(o, "\t", 1);
	if (a->name.n > 0)
		out_put(o, a->name.p, a->name.n);
	else if (a->response != NULL)
		out_put(o, text, cidr_format(&a->cidr, text));
	else
		out_put(o, "-", 1);
	put_column(o, a->source);
	put_column(o, a->expires);
	out_put(o, "\n", 1);
}

/* NULL, or why the value is neither a name nor an address. */
static const char *
explain(const struct lookup *l, struct span value, struct out *o)
{
	char text[NAME_TEXT_MAX];
	struct lookup_answer a;
	enum name_result name;
	enum cidr_result r;
	struct cidr c;
	size_t n;

	if (value.n > 0 && cidr_is_meant(value.p, value.n)) {
		r = cidr_parse(value.p, value.n, false, &c);
		if (r != CIDR_OK)
			return cidr_strerror(r);
		lookup_cidr(l, &c, &a);
		if (a.verdict == LOOKUP_NONE && cidr_unmap(&c))
			lookup_cidr(l, &c, &a);
	} else {
		name = name_parse(value.p, value.n, text, &n);
		if (name != NAME_OK)
			return name_strerror(name);
		lookup_name(l, (struct span){text, n}, &a);
	}
	put_answer(o, value, &a);
	return NULL;
}

/* Values on the command line; returns an exit code. */
static int
operands(const struct lookup *l, char **argv, struct out *o)
{
	const char *why;
	int rc = EX_OK;

	for (; *argv != NULL; argv++) {
		why = explain(l, (struct span){*argv, strlen(*argv)}, o);
		if (why != NULL)
			rc = msg_fail(EX_USAGE, "'%s': %s", *argv, why);
	}
	return rc;
}

/* Values by lines. A bad one is told of and the rest answered all the same. */
static int
lines(const struct lookup *l, struct out *o)
{
	enum in_result r;
	const char *why;
	int rc = EX_OK;
	struct err e;
	struct in in;
	char *p;
	size_t n;

	if (in_open(&in, "-", VALUE_MAX, &e) < 0)
		return msg_err(&e);
	in.crlf = true;
	while ((r = in_line(&in, &p, &n, &e)) > 0) {
		why = r == IN_LONG ? "a line over 4096 bytes"
				   : explain(l, (struct span){p, n}, o);
		if (why != NULL)
			rc = msg_fail(EX_DATAERR, "%s:%" PRIu64 ": '%.*s': %s",
				      in.name, in.line,
				      r == IN_LONG ? 0 : (int)n, p, why);
	}
	if (r < 0)
		rc = msg_err(&e);
	in_close(&in);
	return rc;
}

/* Values come from the command line or from standard input: -1, or the exit
 * code of a bad command line. */
static int
check_operands(char **argv, int n)
{
	int i, dashes = 0;

	for (i = 0; i < n; i++)
		dashes += strcmp(argv[i], "-") == 0;
	if (dashes > 0 && n > 1)
		return cli_usage(&cli, "'-' and values exclude each other");
	if (n == dashes && strcmp(opt.policy, "-") == 0)
		return cli_usage(&cli, "policy and values both from standard "
				 "input");
	return -1;
}

int
main(int argc, char **argv)
{
	struct lookup l;
	struct out o;
	struct err e;
	int64_t now;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc < 0)
		rc = check_operands(argv + first, argc - first);
	if (rc >= 0)
		return rc;
	(void)signal(SIGPIPE, SIG_IGN);
	if (parse_now(&now, &e) < 0 ||
	    lookup_load(&l, opt.policy, (enum lookup_side)opt.side, now, &e) < 0)
		return msg_err(&e);
	msg(MSG_INFO, "%s: %" PRIu64 " records, %" PRIu64 " expired, %" PRIu64
	    " of other kinds", opt.policy, l.records, l.expired, l.other);
	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	rc = first < argc && strcmp(argv[first], "-") != 0
		     ? operands(&l, argv + first, &o) : lines(&l, &o);
	lookup_free(&l);
	return out_close(&o, 0, &e) < 0 ? msg_err(&e) : rc;
}
