/*
 * ts-wafv2-apply: makes web ACLs of AWS WAF enforce a policy.
 *
 * The set stream is read whole and checked before AWS is asked anything. Each
 * account and Region is then worked on in a process of its own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/dirs.h"
#include "base/fanout.h"
#include "base/file.h"
#include "base/msg.h"
#include "base/nocore.h"
#include "outside/awstargets.h"
#include "outside/waf.h"

#define AT_ONCE 16 /* targets */

enum { REGIONAL, CLOUDFRONT };
static const char *const scopes[] = {"REGIONAL", "CLOUDFRONT", NULL};
static const char *const actions[] = {"BLOCK", "COUNT", NULL};
static const char *const allow_actions[] = {"COUNT", "ALLOW", NULL};
static const char *const positions[] = {"FIRST", "LAST", "ANY", NULL};
static const char *const fallbacks[] = {"MATCH", "NO_MATCH", NULL};

static struct {
	struct cli_list acls;
	struct aws_choice aws;
	const char *prefix, *device, *header, *place, *state, *save, *metrics;
	int scope, action, allow_action, position, fallback;
	bool dry_run, check, adopt, make_room, cap, allow_empty, remove, export;
	double max_shrink;
	uint64_t max_sets, wait_s, write_ms;
} opt = {.prefix = "TS", .fallback = 1, .max_shrink = 50, .max_sets = 100,
	 .wait_s = 300, .write_ms = WAFV2_WRITE_MS};

static const struct cli_opt opts[] = {
	{"web-acl", 'w', CLI_LIST, "NAME", "what shall enforce it; may be "
	 "repeated", .to = &opt.acls, .required = true},
	{"scope", 0, CLI_CHOICE, "SCOPE", "REGIONAL (default) or CLOUDFRONT",
	 .to = &opt.scope, .choices = scopes},
	AWS_CLI_OPTS(opt.aws),
	{"prefix", 'p', CLI_TEXT, "TS", "what the names of our objects begin "
	 "with (TS)", .to = &opt.prefix},
	{"device", 0, CLI_TEXT, "NAME", NULL, .to = &opt.device},
	{"action", 0, CLI_CHOICE, "A", "for block sets: BLOCK (default), COUNT",
	 .to = &opt.action, .choices = actions},
	{"allow-action", 0, CLI_CHOICE, "A", "for allow sets: COUNT (default), "
	 "ALLOW", .to = &opt.allow_action, .choices = allow_actions},
	{"forwarded-ip-header", 0, CLI_TEXT, "NAME", NULL, .to = &opt.header},
	{"forwarded-ip-position", 0, CLI_CHOICE, "POSITION", NULL,
	 .to = &opt.position, .choices = positions},
	{"forwarded-ip-fallback", 0, CLI_CHOICE, "FALLBACK", NULL,
	 .to = &opt.fallback, .choices = fallbacks},
	{"place", 0, CLI_TEXT, "PLACE", NULL, .to = &opt.place},
	{"make-room", 0, CLI_FLAG, NULL, NULL, .to = &opt.make_room},
	{"dry-run", 'n', CLI_FLAG, NULL, "print the plan, change nothing",
	 .to = &opt.dry_run},
	{"check", 0, CLI_FLAG, NULL, "exit 1 where AWS and policy differ",
	 .to = &opt.check},
	{"adopt", 0, CLI_FLAG, NULL, NULL, .to = &opt.adopt},
	{"allow-empty", 0, CLI_FLAG, NULL, NULL, .to = &opt.allow_empty},
	{"max-shrink", 0, CLI_PERCENT, "PCT", NULL, .to = &opt.max_shrink},
	{"max-sets", 0, CLI_NUMBER, "N", NULL, .to = &opt.max_sets, .min = 1,
	 .max = WAFPOLICY_SETS_MAX},
	{"cap", 0, CLI_FLAG, NULL, NULL, .to = &opt.cap},
	{"state", 0, CLI_TEXT, "DIR", NULL, .to = &opt.state},
	{"save", 0, CLI_TEXT, "FILE", NULL, .to = &opt.save},
	{"metrics", 0, CLI_TEXT, "FILE", "write Prometheus text",
	 .to = &opt.metrics},
	{"wait", 0, CLI_SECONDS, "TIME", NULL, .to = &opt.wait_s, .max = 3600},
	{"write-interval", 0, CLI_NUMBER, "MS", NULL, .to = &opt.write_ms,
	 .max = 60000},
	{"remove", 0, CLI_FLAG, NULL, "instead: take out all that is ours",
	 .to = &opt.remove},
	{"export", 0, CLI_FLAG, NULL, "instead: print what is in force",
	 .to = &opt.export},
	{0},
};

static const struct cli cli = {
	.name = "ts-wafv2-apply",
	.summary = "makes web ACLs of AWS WAF enforce a policy",
	.operands = "[FILE|-]",
	.example = "ts-shard all.policy | ts-wafv2-apply -w MyACL --region us-east-1",
	.opts = opts,
	.max_operands = 1,
};

/* What all targets have in common, and what each has come to. */
static struct {
	struct waf_config cfg;
	struct wafpolicy policy;
	struct aws_target target[AWS_TARGETS_MAX];
	size_t n;
	int plan[AWS_TARGETS_MAX]; /* records, in memory that is a file */
	struct waf_result *result;
} run;

/* ---- a target */

static const char *label;	/* of this process's target; "" for the one */
static bool shows_progress;

static void
clear_progress(void)
{
	if (shows_progress)
		(void)fputs("\r\033[K", stderr);
}

static void
say(void *ctx, int level, const char *text)
{
	(void)ctx;
	clear_progress();
	if (*label != '\0')
		msg(level, "%s: %s", label, text);
	else
		msg(level, "%s", text);
}

static int
say_err(const struct err *e)
{
	struct err labelled = *e;

	clear_progress();
	if (*label != '\0') {
		(void)err_set(&labelled, e->code, "%s: %s", label, e->msg);
		(void)err_hint(&labelled, "%s", e->hint);
	}
	return msg_err(&labelled);
}

static void
progress(void *ctx, size_t done, size_t all)
{
	(void)ctx;
	if (!shows_progress)
		return;
	(void)fprintf(stderr, "\r%zu of %zu calls\033[K%s", done, all,
		      done >= all ? "\r\033[K" : "");
}

/* On the terminal itself: standard input is the policy. */
static bool
ask(void *ctx, const char *question)
{
	FILE *tty = fopen("/dev/tty", "r+");
	char answer[16] = "";

	(void)ctx;
	if (tty == NULL)
		return false;
	(void)fprintf(tty, "%s: %s [y/N] ", cli.name, question);
	(void)fflush(tty);
	if (fgets(answer, sizeof(answer), tty) == NULL)
		answer[0] = '\0';
	(void)fclose(tty);
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int
write_plan(struct waf *w, size_t i, struct err *e)
{
	struct plan p;
	struct out o;

	if (out_open(&o, run.plan[i], "plan", e) < 0)
		return -1;
	plan_part(&p, &o);
	waf_print(w, &p);
	return out_flush(&o, e); /* the parent reads and closes it */
}

static int
print_export(struct waf *w, struct err *e)
{
	struct out o;

	if (out_stdout(&o, e) < 0)
		return -1;
	if (waf_export(w, &o, e) == 0)
		return out_close(&o, 0, e);
	out_drop(&o);
	return -1;
}

static void
report(const struct waf *w, size_t i)
{
	struct waf_result *r = &run.result[i];

	waf_result(w, r);
	waf_say(w, MSG_INFO, "%zu entries in %zu sets in force, %zu "
		"writes, %" PRIu64 " calls", r->entries, r->sets,
		r->writes, r->stats.calls);
}

static int
apply(void *ctx, size_t i)
{
	const bool terminal = run.n == 1 && isatty(STDERR_FILENO);
	const struct waf_ui ui = {.say = say, .progress = progress,
				  .ask = terminal ? ask : NULL};
	struct err e;
	struct waf *w;
	int rc;

	(void)ctx;
	label = run.target[i].label;
	shows_progress = terminal && msg_shown(MSG_WARN);
	w = waf_open(&run.cfg, &ui, &run.target[i].opts, &run.policy, &e);
	if (w == NULL)
		return say_err(&e);
	rc = opt.export ? print_export(w, &e) : waf_run(w, &e);
	if (rc == 0 && opt.dry_run)
		rc = write_plan(w, i, &e);
	if (rc < 0)
		rc = say_err(&e);
	else if (opt.check && waf_differs(w))
		rc = EX_DIFFERS;
	if (rc == 0 && !run.cfg.look)
		report(w, i);
	waf_close(w);
	return rc;
}

/* ---- all of them */

/* Without an end record where a target has none: it is not the whole plan. */
static int
print_plans(const int *code, struct err *e)
{
	size_t i, bad = 0;
	struct plan p;
	struct out o;
	int rc = 0;

	for (i = 0; i < run.n; i++)
		bad += code[i] != EX_OK;
	if (bad == run.n)
		return 0;
	if (out_stdout(&o, e) < 0)
		return -1;
	plan_begin(&p, &o);
	for (i = 0; i < run.n && rc == 0; i++)
		if (code[i] == EX_OK)
			rc = plan_join_fd(&p, run.plan[i], e);
	if (bad == 0)
		plan_end(&p);
	if (rc == 0)
		return out_close(&o, 0, e);
	out_drop(&o);
	return -1;
}

/* Where nothing was brought to the policy, the last success stays to be seen. */
static int
write_metrics(struct err *e)
{
	struct replace r;
	size_t i = 0;

	while (i < run.n && run.result[i].done == 0)
		i++;
	if (i == run.n)
		return 0;
	if (replace_open(&r, opt.metrics, 0666, e) < 0)
		return -1;
	waf_metrics(run.result, run.n, opt.prefix, scopes[opt.scope], &r.out);
	return replace_commit(&r, e);
}

static int
prepare(struct err *e)
{
	size_t i;

	run.result = fanout_memory(run.n * sizeof(*run.result), e);
	if (run.result == NULL)
		return -1;
	for (i = 0; i < run.n && opt.dry_run; i++) {
		run.plan[i] = memfd_create("plan", MFD_CLOEXEC);
		if (run.plan[i] < 0)
			return err_sys(e, EX_OSERR, "cannot make a plan");
	}
	return 0;
}

static int
run_all(struct err *e)
{
	const bool writes = !opt.dry_run && !opt.check && !opt.export;
	int code[AWS_TARGETS_MAX], worst;

	if (prepare(e) < 0 ||
	    fanout(run.n, AT_ONCE, apply, NULL, code, e) < 0)
		return msg_err(e);
	worst = fanout_worst(code, run.n);
	if ((opt.dry_run && print_plans(code, e) < 0) ||
	    (opt.metrics != NULL && writes && write_metrics(e) < 0))
		return msg_err(e);
	return worst;
}

/* What was left out is said, never dropped in silence. */
static void
report_policy(const struct wafpolicy *p)
{
	char text[CIDR_TEXT_MAX];

	if (p->expired > 0)
		msg(MSG_WARN, "left out: %" PRIu64 " that have expired",
		    p->expired);
	if (p->left_out > 0)
		msg(MSG_WARN, "left out: %zu entries of sets over the %" PRIu64
		    " of --max-sets", p->left_out, opt.max_sets);
	if (p->overlaps == 0)
		return;
	text[cidr_format(&p->first, text)] = '\0';
	msg(MSG_WARN, "both blocked and allowed: %zu, '%s' the first; allow "
	    "wins", p->overlaps, text);
}

static int
read_policy(const char *path, struct out *copy, struct err *e)
{
	if (wafpolicy_read(&run.policy, path, copy, e) < 0)
		return -1;
	if (opt.cap)
		wafpolicy_cap(&run.policy, (size_t)opt.max_sets);
	report_policy(&run.policy);
	if (wafpolicy_entries(&run.policy) > 0 || opt.allow_empty)
		return 0;
	(void)err_set(e, EX_DATAERR, "refused: the policy has no address to "
		      "block or allow");
	return err_hint(e, "if that is meant, say --allow-empty");
}

static int
run_policy(const char *path)
{
	const bool writes = !opt.dry_run && !opt.check;
	struct replace copy = {0};
	struct err e;
	int rc;

	if (opt.save != NULL && writes &&
	    replace_open(&copy, opt.save, 0666, &e) < 0)
		return msg_err(&e);
	rc = read_policy(path, copy.path != NULL ? &copy.out : NULL, &e) < 0
		     ? msg_err(&e)
		     : run_all(&e);
	if (rc == EX_OK && copy.path != NULL && replace_commit(&copy, &e) < 0)
		rc = msg_err(&e);
	replace_abort(&copy);
	return rc;
}

/* ---- the command line */

/* Names of web ACLs: what the service takes, and each once. */
static int
check_acls(void)
{
	const char *why;
	size_t i, j;

	if (opt.acls.n > WAF_ACLS_MAX)
		return cli_usage(&cli, "more than %d web ACLs", WAF_ACLS_MAX);
	for (i = 0; i < opt.acls.n; i++) {
		const char *s = opt.acls.v[i];

		why = wafname_check_entity(s);
		if (why != NULL)
			return cli_usage(&cli, "web ACL '%s': %s", s, why);
		for (j = 0; j < i; j++)
			if (strcmp(s, opt.acls.v[j]) == 0)
				return cli_usage(&cli, "web ACL '%s' is given "
						 "twice", s);
	}
	return EX_OK;
}

/* CloudFront's web ACLs are all in one Region. */
static int
check_scope(void)
{
	if (opt.scope != CLOUDFRONT)
		return EX_OK;
	if (opt.aws.regions.n == 0)
		opt.aws.regions = (struct cli_list){{"us-east-1"}, 1};
	if (opt.aws.regions.n == 1 &&
	    strcmp(opt.aws.regions.v[0], "us-east-1") == 0)
		return EX_OK;
	return cli_usage(&cli, "scope CLOUDFRONT is in us-east-1 alone");
}

static int
check_words(void)
{
	const char *why = wafname_check(opt.prefix);
	int rc;

	if (why != NULL)
		return cli_usage(&cli, "prefix '%s': %s", opt.prefix, why);
	if (opt.device == NULL)
		opt.device = opt.prefix;
	why = mark_check(opt.device);
	if (why != NULL)
		return cli_usage(&cli, "device '%s': %s", opt.device, why);
	why = opt.header != NULL ? wafname_check_header(opt.header) : NULL;
	if (why != NULL)
		return cli_usage(&cli, "header '%s': %s", opt.header, why);
	if (!wafrules_parse_place(&run.cfg.rules, opt.place))
		return cli_usage(&cli, "--place '%s': not top, bottom or a "
				 "priority", opt.place);
	rc = check_acls();
	return rc != EX_OK ? rc : check_scope();
}

static void
set_config(void)
{
	struct waf_config *c = &run.cfg;

	c->prefix = opt.prefix;
	c->device = opt.device;
	c->scope = scopes[opt.scope];
	c->acl = opt.acls.v;
	c->nacl = opt.acls.n;
	c->rules.action[VERDICT_BLOCK] = opt.action == 0 ? "Block" : "Count";
	c->rules.action[VERDICT_ALLOW] = opt.allow_action == 0 ? "Count"
								: "Allow";
	c->rules.header = opt.header;
	c->rules.position = positions[opt.position];
	c->rules.fallback = fallbacks[opt.fallback];
	c->rules.make_room = opt.make_room;
	c->max_shrink = opt.max_shrink;
	c->allow_empty = opt.allow_empty;
	c->adopt = opt.adopt;
	c->remove = opt.remove;
	c->look = opt.dry_run || opt.check || opt.export;
	c->max_sets = opt.max_sets;
	c->wait_s = opt.wait_s;
	c->write_ms = (unsigned)opt.write_ms;
	c->state = opt.state != NULL ? opt.state
				     : statedir_path("%s", opt.device);
	if (c->state == NULL)
		msg(MSG_INFO, "no record is kept: '%s' cannot be written",
		    statedir());
}

int
main(int argc, char **argv)
{
	struct err e;
	int64_t now;
	int first, rc = cli_parse(&cli, argc, argv, &first);
	const bool other = opt.remove || opt.export;

	if (rc >= 0)
		return rc;
	rc = check_words();
	if (rc != EX_OK)
		return rc;
	if (opt.remove + opt.export + opt.check > 1 ||
	    (opt.dry_run && (opt.check || opt.export)))
		return cli_usage(&cli, "only one of --remove, --export, "
				 "--dry-run or --check, or --remove --dry-run");
	if (other && first < argc)
		return cli_usage(&cli, "operand '%s': this option takes no "
				 "policy", argv[first]);
	if (aws_targets(&opt.aws, run.target, &run.n, &e) < 0)
		return cli_usage(&cli, "%s", e.msg);
	if (opt.export && run.n > 1)
		return cli_usage(&cli, "--export is of one account and Region");
	if (clock_now(&now, &e) < 0)
		return msg_err(&e);
	/* Keys stay out of a core file. */
	nocore();
	set_config();
	wafpolicy_init(&run.policy, now);
	rc = other ? run_all(&e)
		   : run_policy(first < argc ? argv[first] : "-");
	wafpolicy_free(&run.policy);
	return rc;
}
