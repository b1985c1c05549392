/*
 * ts-r53-apply: makes a rule group of Route 53 Resolver DNS Firewall answer as a
 * policy says.
 *
 * The policy is read whole and checked before AWS is asked anything. It is read
 * once more where the account has less room than it wants; what can be read once
 * only is kept for that.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/dirs.h"
#include "base/file.h"
#include "base/msg.h"
#include "base/nocore.h"
#include "outside/r53job.h"
#include "outside/s3.h"
#include "values/mark.h"

#define TRIES 4 /* where others change things meanwhile */

static const char *const allow_actions[] = {"ALERT", "ALLOW", NULL};
static const char *const implicit[] = {"allow", "alert", NULL};
static const char *const ents[] = {"rfc4592", "ignore", NULL};

static struct {
	const char *group, *prefix, *device, *state, *save, *metrics, *import;
	struct aws_opts aws;
	uint64_t max_domains, base, ttl, rate, wait_s;
	double max_shrink;
	int allow_action, implicit, ent;
	bool monitor_only, allow_root, dry_run, check, adopt, allow_empty;
	bool remove, export;
} opt = {.prefix = "TS", .max_domains = 100000, .base = R53_PRIO_BASE,
	 .ttl = R53_TTL, .rate = R53_RATE, .wait_s = 900, .max_shrink = 50};

static const struct cli_opt opts[] = {
	{"rule-group", 'g', CLI_TEXT, "ID", "the rule group that shall answer so",
	 .to = &opt.group, .required = true},
	{"region", 'r', CLI_TEXT, "REGION", "where it is",
	 .to = &opt.aws.region},
	{"profile", 0, CLI_TEXT, "NAME", NULL, .to = &opt.aws.cred.profile},
	{"role-arn", 0, CLI_TEXT, "ARN", NULL, .to = &opt.aws.cred.role_arn},
	{"external-id", 0, CLI_TEXT, "ID", NULL, .to = &opt.aws.cred.external_id},
	{"prefix", 'p', CLI_TEXT, "TS", "what our names begin with (TS)",
	 .to = &opt.prefix},
	{"device", 0, CLI_TEXT, "NAME", NULL, .to = &opt.device},
	{"monitor-only", 0, CLI_FLAG, NULL, "ALERT where it would be BLOCK",
	 .to = &opt.monitor_only},
	{"allow-action", 0, CLI_CHOICE, "A", "for passthru: ALERT (default), "
	 "ALLOW", .to = &opt.allow_action, .choices = allow_actions},
	{"implicit", 0, CLI_CHOICE, "A", NULL, .to = &opt.implicit, .choices = implicit},
	{"ent", 0, CLI_CHOICE, "HOW", NULL, .to = &opt.ent, .choices = ents},
	{"override-ttl", 0, CLI_SECONDS, "TIME", NULL, .to = &opt.ttl, .max = R53_TTL_MAX},
	{"max-domains", 0, CLI_NUMBER, "N", "the account's quota (100000)",
	 .to = &opt.max_domains, .max = R53_NAMES_MAX},
	{"priority-base", 0, CLI_NUMBER, "N", NULL, .to = &opt.base, .min = 1,
	 .max = INT32_MAX - 1000000},
	{"allow-root-wildcard", 0, CLI_FLAG, NULL, NULL,
	 .to = &opt.allow_root},
	{"dry-run", 'n', CLI_FLAG, NULL, "print the plan, change nothing",
	 .to = &opt.dry_run},
	{"check", 0, CLI_FLAG, NULL, "exit 1 where AWS and policy differ",
	 .to = &opt.check},
	{"adopt", 0, CLI_FLAG, NULL, NULL, .to = &opt.adopt},
	{"allow-empty", 0, CLI_FLAG, NULL, "accept a policy without names",
	 .to = &opt.allow_empty},
	{"max-shrink", 0, CLI_PERCENT, "PCT", "unblock no more of them (50)",
	 .to = &opt.max_shrink},
	{"rate", 0, CLI_NUMBER, "N", NULL, .to = &opt.rate, .min = 1,
	 .max = 1000},
	{"wait", 0, CLI_SECONDS, "TIME", NULL, .to = &opt.wait_s, .max = 86400},
	{"import-bucket", 0, CLI_TEXT, "URL", NULL, .to = &opt.import},
	{"state", 0, CLI_TEXT, "DIR", NULL, .to = &opt.state},
	{"save", 0, CLI_TEXT, "FILE", "keep what was applied, after success",
	 .to = &opt.save},
	{"metrics", 0, CLI_TEXT, "FILE", "write Prometheus text, after success",
	 .to = &opt.metrics},
	{"remove", 0, CLI_FLAG, NULL, "instead: take out all that is ours",
	 .to = &opt.remove},
	{"export", 0, CLI_FLAG, NULL, "instead: print what is in force",
	 .to = &opt.export},
	{0},
};

static const struct cli cli = {
	.name = "ts-r53-apply",
	.summary = "makes a rule group of Route 53 DNS Firewall answer by policy",
	.operands = "[FILE|-]",
	.example = "ts-merge a.policy | ts-r53-apply -g rslvr-frg-1 -r us-east-1",
	.opts = opts,
	.max_operands = 1,
};

static bool shows_progress;

static void
progress(uint64_t done, uint64_t all)
{
	if (shows_progress)
		(void)fprintf(stderr, "\r%" PRIu64 " of %" PRIu64
			      " calls\033[K%s", done, all,
			      done >= all ? "\r\033[K" : "");
}

static void
say(int level, const char *text)
{
	msg(level, "%s", text);
}

static void
trace(void *ctx, const char *line)
{
	(void)ctx;
	say(MSG_DEBUG, line);
}

/* ---- the policy */

static struct {
	const char *path;
	int spool; /* what was no file, or -1 */
	struct replace saved; /* for --save */
	int64_t now;
} in = {.spool = -1};

static int
copy_all(int from, struct err *e)
{
	static char block[1 << 16];
	ssize_t n;

	while ((n = read(from, block, sizeof(block))) > 0) {
		if (in.spool >= 0 && write(in.spool, block, (size_t)n) != n)
			return err_sys(e, EX_IOERR, "cannot keep the policy");
		if (in.saved.path != NULL)
			out_put(&in.saved.out, block, (size_t)n);
	}
	return n < 0 ? err_sys(e, EX_IOERR, "cannot read '%s'", in.path) : 0;
}

/* What can be read once only, and what is to be saved. A directory is left to
 * the reader of policies. */
static int
keep(int from, struct err *e)
{
	const char *const dir = getenv("TMPDIR");
	struct stat st;
	bool once;

	if (fstat(from, &st) < 0)
		return err_sys(e, EX_NOINPUT, "cannot read '%s'", in.path);
	once = from == STDIN_FILENO || !S_ISREG(st.st_mode);
	if (S_ISDIR(st.st_mode) || (!once && in.saved.path == NULL))
		return 0;
	if (once && (in.spool = file_temp(dir && *dir ? dir : "/tmp", e)) < 0)
		return -1;
	return copy_all(from, e);
}

static int
open_policy(struct err *e)
{
	int from = STDIN_FILENO, rc;

	if (opt.save != NULL && !opt.dry_run && !opt.check &&
	    replace_open(&in.saved, opt.save, 0666, e) < 0)
		return -1;
	if (strcmp(in.path, "-") == 0)
		return keep(from, e);
	from = open(in.path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, EX_NOINPUT, "cannot open '%s'", in.path);
	rc = keep(from, e);
	(void)close(from);
	return rc;
}

static int
left_out(void *ctx, enum layers_reason r, struct span name, struct err *e)
{
	(void)ctx;
	(void)e;
	msg(MSG_DEBUG, "left out: '%.*s': %s", (int)name.n, name.p,
	    layers_reason_text(r));
	return 0;
}

static int
load(struct layers *l, uint64_t max_names, size_t max_lists, struct err *e)
{
	const struct layers_opts o = {
		.now = in.now,
		.monitor_only = opt.monitor_only,
		.pass_quiet = opt.allow_action == 1,
		.hole_alert = opt.implicit == 1,
		.ignore_ent = opt.ent == 1,
		.root = opt.allow_root,
		.max_names = max_names,
		.max_lists = max_lists,
		.left = msg_shown(MSG_DEBUG) ? left_out : NULL,
	};

	if (in.spool >= 0 && (dup2(in.spool, STDIN_FILENO) < 0 ||
			      lseek(in.spool, 0, SEEK_SET) != 0))
		return err_sys(e, EX_IOERR, "cannot read the policy again");
	return layers_load(l, in.spool >= 0 ? "-" : in.path, &o, e);
}

/* What is not in force is said, never dropped in silence. */
static void
report(const struct layers *l)
{
	int i;

	for (i = 0; i < LAYERS_REASONS; i++)
		if (l->left[i] > 0)
			msg(MSG_WARN, "left out: %" PRIu64 ": %s", l->left[i],
			    layers_reason_text((enum layers_reason)i));
	if (l->conflicts > 0)
		msg(MSG_WARN, "%" PRIu64 " records of names that have one "
		    "already: allow wins, else the first", l->conflicts);
}

static int
check_empty(const struct layers *l, struct err *e)
{
	if (l->names > 0 || opt.allow_empty)
		return 0;
	(void)err_set(e, EX_DATAERR, "refused: the policy has no name to "
		      "block or allow");
	return err_hint(e, "if that is meant, say --allow-empty");
}

/* ---- the run */

/* Less, where the lists of others and their rules leave less room. */
static int
fit(struct r53job *j, struct layers *l, struct err *e)
{
	const size_t lists = r53job_rules_room(j);
	uint64_t names = opt.max_domains;

	if (r53job_grows(j) && r53job_room(j, &names, e) < 0)
		return -1;
	if ((l->names <= names && l->nlists <= lists) || !r53job_grows(j))
		return 0;
	if (lists == 0 || names == 0) {
		(void)err_set(e, EX_UNAVAILABLE, "others use up the account: "
			      "%" PRIu64 " names of %" PRIu64 ", %zu rules of "
			      "%d", j->view.others, opt.max_domains,
			      j->view.nother, R53_RULES_MAX);
		return err_hint(e, "ask AWS for more, and see --max-domains");
	}
	layers_free(l);
	*l = (struct layers){0};
	return load(l, names, lists, e) < 0 ? -1 : r53job_want(j, l, e);
}

static int
prepare(struct r53job *j, struct layers *l, struct err *e)
{
	const struct r53_rule *between;

	if (r53job_observe(j, e) < 0 || r53job_want(j, l, e) < 0 ||
	    fit(j, l, e) < 0)
		return -1;
	if (!opt.remove && !(opt.allow_empty && l->names == 0) &&
	    (check_empty(l, e) < 0 || r53job_check_shrink(j, e) < 0))
		return -1;
	if (r53job_plan(j, e) < 0)
		return -1;
	between = r53prio_between(&j->view);
	if (between != NULL)
		msg(MSG_WARN, "the rule '%s' stands between ours, at priority "
		    "%" PRId64 "; --priority-base moves ours", between->name,
		    between->priority);
	return 0;
}

static int
print_plan(const struct r53job *j, struct err *e)
{
	struct plan p;
	struct out o;

	if (out_stdout(&o, e) < 0)
		return -1;
	plan_begin(&p, &o);
	r53job_print(j, &p);
	plan_end(&p);
	return out_close(&o, 0, e);
}

static int
write_metrics(const struct r53job *j, const struct layers *l, struct err *e)
{
	struct replace r;

	if (replace_open(&r, opt.metrics, 0666, e) < 0)
		return -1;
	r53job_metrics(j, l, in.now, &r.out);
	return replace_commit(&r, e);
}

static int
finish(const struct r53job *j, const struct layers *l, struct err *e)
{
	if (*aws_note(j->aws) != '\0')
		msg(MSG_WARN, "%s", aws_note(j->aws));
	msg(MSG_INFO, "%" PRIu64 " names in %zu lists in force, %" PRIu64
	    " changes, %" PRIu64 " calls", l->names, l->nlists, j->writes,
	    aws_stats(j->aws)->calls);
	if (opt.metrics != NULL && write_metrics(j, l, e) < 0)
		return -1;
	return in.saved.path != NULL ? replace_commit(&in.saved, e) : 0;
}

/* What others change meanwhile is looked at anew. */
static int
apply(struct r53job *j, struct layers *l, struct err *e)
{
	int tries = 0;

	while (prepare(j, l, e) < 0 || r53job_run(j, e) < 0) {
		if (!j->changed || ++tries == TRIES)
			return -1;
		msg(MSG_WARN, "%s: once more", e->msg);
	}
	return finish(j, l, e);
}

static int
run(struct r53job *j, struct layers *l)
{
	struct err e;
	int rc;

	if (opt.dry_run || opt.check) {
		rc = prepare(j, l, &e);
		if (rc == 0 && opt.dry_run)
			rc = print_plan(j, &e);
		if (rc == 0 && opt.check && r53job_differs(j))
			return EX_DIFFERS;
	} else {
		rc = apply(j, l, &e);
	}
	if (rc < 0)
		return msg_err(&e);
	report(l);
	return EX_OK;
}

static int
print_export(struct r53job *j)
{
	struct err e;
	struct out o;

	if (r53job_observe(j, &e) < 0 || r53job_know_all(j, &e) < 0 ||
	    out_stdout(&o, &e) < 0)
		return msg_err(&e);
	if (r53job_export(j, &o, &e) == 0 && out_close(&o, 0, &e) == 0)
		return EX_OK;
	return msg_err(&e);
}

/* s3://BUCKET or s3://BUCKET/PREFIX; false for anything else. */
static bool
parse_import(struct r53config *c)
{
	static char bucket[S3_BUCKET_MAX + 1];
	const char *const s = opt.import;
	size_t n;

	if (s == NULL)
		return true;
	if (strncmp(s, "s3://", 5) != 0)
		return false;
	n = strcspn(s + 5, "/");
	c->bucket = bucket;
	c->key = s[5 + n] == '/' ? s + 5 + n + 1 : "";
	return n > 0 && n <= S3_BUCKET_MAX &&
	       strlen(c->key) <= S3_KEY_MAX - R53_ID_MAX - 4 &&
	       snprintf(bucket, sizeof(bucket), "%.*s", (int)n, s + 5) > 0;
}

static int
run_all(struct layers *l)
{
	struct r53config c = {
		.group = opt.group, .prefix = opt.prefix, .device = opt.device,
		.state = opt.state != NULL ? opt.state
				: statedir_path("%s/r53", opt.device),
		.base = (int64_t)opt.base,
		.max_domains = opt.max_domains, .ttl = (uint32_t)opt.ttl,
		.rate = (unsigned)opt.rate, .wait_s = opt.wait_s,
		.max_shrink = opt.max_shrink, .adopt = opt.adopt,
		.allow_empty = opt.allow_empty, .say = say,
		.progress = progress};
	const bool writes = !opt.dry_run && !opt.check && !opt.export;
	struct r53job j;
	struct err e;
	int rc;

	if (!parse_import(&c))
		return cli_usage(&cli, "--import-bucket '%s': not "
				 "s3://BUCKET/PREFIX", opt.import);
	if (c.state == NULL)
		msg(MSG_INFO, "no record is kept: '%s' cannot be written",
		    statedir());
	shows_progress = isatty(STDERR_FILENO) && msg_shown(MSG_WARN) && writes;
	if (r53job_open(&j, &c, &opt.aws, writes, &e) < 0) {
		rc = msg_err(&e);
	} else {
		if (msg_shown(MSG_DEBUG))
			aws_set_trace(j.aws, trace, NULL);
		rc = opt.export ? print_export(&j) : run(&j, l);
	}
	r53job_close(&j);
	return rc;
}

/* ---- the command line */

static int
check_words(void)
{
	const char *why = r53job_check_prefix(opt.prefix);
	const size_t n = strlen(opt.group);

	if (why != NULL)
		return cli_usage(&cli, "prefix '%s': %s", opt.prefix, why);
	if (opt.device == NULL)
		opt.device = opt.prefix;
	why = mark_check(opt.device);
	if (why != NULL)
		return cli_usage(&cli, "device '%s': %s", opt.device, why);
	if (n < 1 || n > R53_ID_MAX ||
	    strspn(opt.group, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return cli_usage(&cli, "rule group '%s': not an id like "
				 "rslvr-frg-0123456789abcdef", opt.group);
	return EX_OK;
}

static int
run_policy(void)
{
	struct layers l = {0};
	struct err e;
	int rc;

	if (open_policy(&e) < 0 || load(&l, opt.max_domains, R53_RULES_MAX, &e) < 0 ||
	    check_empty(&l, &e) < 0)
		rc = msg_err(&e);
	else
		rc = run_all(&l);
	replace_abort(&in.saved);
	layers_free(&l);
	return rc;
}

int
main(int argc, char **argv)
{
	struct layers none = {0};
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	rc = check_words();
	if (rc != EX_OK)
		return rc;
	if (opt.remove + opt.export + opt.check > 1 ||
	    (opt.dry_run && (opt.check || opt.export)))
		return cli_usage(&cli, "only one of --remove, --export, "
				 "--dry-run or --check, or --remove --dry-run");
	if ((opt.remove || opt.export) && (first < argc || opt.save != NULL))
		return cli_usage(&cli, "--remove and --export take no policy");
	if (clock_now(&in.now, &e) < 0)
		return msg_err(&e);
	/* Keys stay out of a core file. */
	nocore();
	in.path = first < argc ? argv[first] : "-";
	return opt.remove || opt.export ? run_all(&none) : run_policy();
}
