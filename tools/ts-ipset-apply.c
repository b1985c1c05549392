/*
 * ts-ipset-apply: brings the kernel's address sets to a policy.
 *
 * The policy is read whole and checked before the kernel is asked anything.
 * Then what is there is read, compared, and brought to the policy by writing
 * the difference, or by filling a new set and swapping it in.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/dirs.h"
#include "base/file.h"
#include "base/msg.h"
#include "outside/ksets.h"
#include "outside/selfaddr.h"

#define TRIES 3 /* where another program changes the sets meanwhile */

static struct {
	const char *prefix, *metrics, *save, *policy;
	bool dry_run, check, create, remove, export, hits;
	bool allow_empty, allow_self_block;
	double max_shrink;
} opt = {.max_shrink = 50};

static const struct cli_opt opts[] = {
	{"prefix", 'p', CLI_TEXT, "TS", "what the names of the sets begin with",
	 .to = &opt.prefix, .required = true},
	{"dry-run", 'n', CLI_FLAG, NULL, "print the plan, change nothing",
	 .to = &opt.dry_run},
	{"check", 0, CLI_FLAG, NULL, "exit 1 where sets and policy differ",
	 .to = &opt.check},
	{"allow-empty", 0, CLI_FLAG, NULL, "accept a policy without addresses",
	 .to = &opt.allow_empty},
	{"max-shrink", 0, CLI_PERCENT, "PCT", "unblock no more of a family (50)",
	 .to = &opt.max_shrink},
	{"allow-self-block", 0, CLI_FLAG, NULL, "hold back nothing",
	 .to = &opt.allow_self_block},
	{"save", 0, CLI_TEXT, "FILE", "keep what was applied, after success",
	 .to = &opt.save},
	{"metrics", 0, CLI_TEXT, "FILE", "write Prometheus text, after success",
	 .to = &opt.metrics},
	{"create", 0, CLI_FLAG, NULL, "instead: make the sets that are missing",
	 .to = &opt.create},
	{"remove", 0, CLI_FLAG, NULL, "instead: destroy the sets",
	 .to = &opt.remove},
	{"export", 0, CLI_FLAG, NULL, "instead: print what is in force",
	 .to = &opt.export},
	{"hits", 0, CLI_FLAG, NULL, "instead: print what packets have met",
	 .to = &opt.hits},
	{"policy", 0, CLI_TEXT, "FILE", "with --hits: where the sources are",
	 .to = &opt.policy},
	{0},
};

static const struct cli cli = {
	.name = "ts-ipset-apply",
	.summary = "brings the kernel's address sets to a policy",
	.operands = "[FILE|-]",
	.example = "ts-merge --allow mine a.policy | ts-ipset-apply --prefix TS",
	.opts = opts,
	.max_operands = 1,
};

/* One that writes, for each prefix; EX_TEMPFAIL while another runs. The
 * descriptor stays open, and with it the lock, until the process ends. */
static int
take_lock(struct err *e)
{
	return rundir_lock(e, "ts-ipset-apply.%s.lock", opt.prefix) < 0 ? -1 : 0;
}

/* First whether the kernel lets us: who may not write leaves no lock behind.
 * What is but a moment's trouble is met again, and got over, by what follows. */
static int
begin_writing(struct err *e)
{
	struct nfset *ns = nfset_open(e);

	if (ns == NULL && e->code != EX_TEMPFAIL)
		return -1;
	nfset_close(ns);
	return take_lock(e);
}

/* What the sets cannot hold is said, never dropped in silence. */
static void
report(const struct ksets *ks)
{
	const size_t n = ks->sum[0].overlaps + ks->sum[1].overlaps;
	const struct cidr *first = &ks->sum[ks->sum[0].overlaps == 0].first;
	char text[CIDR_TEXT_MAX];
	int k;

	for (k = 0; k < KIND_COUNT; k++)
		if (ks->other[k] > 0)
			msg(MSG_WARN, "left out: %" PRIu64 " of kind '%s', "
			    "which no address set holds", ks->other[k],
			    kind_text((enum kind)k));
	if (ks->expired > 0)
		msg(MSG_WARN, "left out: %" PRIu64 " that have expired",
		    ks->expired);
	if (n == 0)
		return;
	text[cidr_format(first, text)] = '\0';
	msg(MSG_WARN, "both blocked and allowed: %zu, '%s' the first; allow "
	    "wins", n, text);
}

static int
hold_back(struct ksets *ks, const struct selfaddrs *sa, struct err *e)
{
	char text[CIDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < sa->n; i++) {
		const struct cidr *const c = &sa->v[i].cidr;
		const int held = ksets_hold_back(ks, c, e);

		if (held < 0)
			return -1;
		if (held == 0)
			continue;
		ks->held_back++;
		text[cidr_format(c, text)] = '\0';
		msg(MSG_WARN, "held back: '%s', %s", text, sa->v[i].what);
	}
	return 0;
}

static int
read_policy(struct ksets *ks, const char *path, struct out *copy,
	    const struct selfaddrs *sa, struct err *e)
{
	struct ksets_save k;
	int rc;

	if (ksets_save_begin(&k, copy, sa, e) < 0)
		return -1;
	rc = ksets_read_policy(ks, path, &k, e);
	ksets_save_end(&k, rc < 0);
	if (rc < 0)
		return -1;
	if (ksets_wanted(ks) == 0 && !opt.allow_empty) {
		(void)err_set(e, EX_DATAERR, "refused: the policy has no "
			      "address to block or allow");
		return err_hint(e, "if that is meant, say --allow-empty");
	}
	return hold_back(ks, sa, e);
}

/* All that can be refused without the kernel's sets. */
static int
prepare(struct ksets *ks, const char *path, struct out *copy, struct err *e)
{
	struct selfaddrs sa = {0};
	int rc = opt.allow_self_block ? 0 : selfaddr_collect(&sa, e);

	if (rc == 0)
		rc = read_policy(ks, path, copy, &sa, e);
	selfaddr_free(&sa);
	if (rc < 0)
		return -1;
	ksets_ready(ks);
	report(ks);
	return 0;
}

static int
print_plan(const struct ksets *ks)
{
	struct out o;
	struct err e;

	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	ksets_plan(ks, &o);
	return out_close(&o, 0, &e) < 0 ? msg_err(&e) : EX_OK;
}

static int
write_metrics(struct ksets *ks, struct nfset *ns, struct err *e)
{
	struct replace r;

	if (ksets_find(ks, ns, e) < 0 ||
	    replace_open(&r, opt.metrics, 0666, e) < 0)
		return -1;
	ksets_metrics(ks, opt.prefix, nfset_written(ns), &r.out);
	return replace_commit(&r, e);
}

static int
apply_once(struct ksets *ks, struct nfset *ns, struct err *e)
{
	const bool emptied = opt.allow_empty && ksets_wanted(ks) == 0;

	if (ksets_read(ks, ns, e) < 0 ||
	    (!emptied && ksets_check_shrink(ks, ns, opt.max_shrink, e) < 0))
		return -1;
	if (opt.dry_run || opt.check)
		return 0;
	if (ksets_differ(ks) && ksets_apply(ks, ns, e) < 0)
		return -1;
	msg(MSG_INFO, "%zu entries in force, %" PRIu64 " written",
	    ksets_wanted(ks), nfset_written(ns));
	return opt.metrics != NULL ? write_metrics(ks, ns, e) : 0;
}

/* What another program changed meanwhile is read anew; each time over a new
 * socket, so that no late answer is taken for another's. */
static int
apply(struct ksets *ks, struct err *e)
{
	struct nfset *ns;
	int rc, tries = 0;

	for (;;) {
		ns = nfset_open(e);
		rc = ns != NULL ? apply_once(ks, ns, e) : -1;
		nfset_close(ns);
		if (rc == 0 || e->code != EX_TEMPFAIL || ++tries == TRIES)
			return rc;
		msg(MSG_WARN, "%s: once more", e->msg);
	}
}

static int
run_apply(struct ksets *ks, const char *path)
{
	const bool writes = !opt.dry_run && !opt.check;
	struct replace copy = {0};
	struct err e;
	int rc = -1;

	if (opt.save != NULL && writes &&
	    replace_open(&copy, opt.save, 0666, &e) < 0)
		return msg_err(&e);
	if (prepare(ks, path, copy.path != NULL ? &copy.out : NULL, &e) == 0 &&
	    (!writes || begin_writing(&e) == 0) && apply(ks, &e) == 0)
		rc = copy.path != NULL ? replace_commit(&copy, &e) : 0;
	replace_abort(&copy);
	if (rc < 0)
		return msg_err(&e);
	rc = opt.dry_run ? print_plan(ks) : EX_OK;
	return rc == EX_OK && opt.check && ksets_differ(ks) ? EX_DIFFERS : rc;
}

static int
print_report(struct ksets *ks, struct nfset *ns, struct err *e)
{
	struct out o;
	int rc;

	if (out_stdout(&o, e) < 0)
		return -1;
	if (opt.hits) {
		rc = ksets_hits(ks, ns, opt.policy, &o, e);
	} else {
		rc = ksets_adopt(ks, ns, e);
		if (rc == 0)
			ksets_export(ks, &o);
	}
	if (rc == 0)
		return out_close(&o, 0, e);
	out_drop(&o);
	return -1;
}

/* What needs no policy. */
static int
run_other(struct ksets *ks)
{
	const bool writes = opt.create || opt.remove;
	struct nfset *ns = NULL;
	struct err e;
	int rc = -1;

	if ((!writes || begin_writing(&e) == 0) && (ns = nfset_open(&e)) != NULL)
		rc = opt.create ? ksets_create(ks, ns, &e)
		     : opt.remove ? ksets_destroy(ks, ns, &e)
				  : print_report(ks, ns, &e);
	nfset_close(ns);
	return rc < 0 ? msg_err(&e) : EX_OK;
}

int
main(int argc, char **argv)
{
	const char *why;
	struct ksets ks;
	struct err e;
	int64_t now;
	int first, other, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	other = opt.create + opt.remove + opt.export + opt.hits;
	why = ksets_prefix_check(opt.prefix);
	if (why != NULL)
		return cli_usage(&cli, "prefix '%s': %s", opt.prefix, why);
	if (other > 1 || (other == 1 && (opt.dry_run || opt.check)))
		return cli_usage(&cli, "only one of --create, --remove, "
				 "--export, --hits, --dry-run or --check");
	if (other == 1 && first < argc)
		return cli_usage(&cli, "operand '%s': this option takes no "
				 "policy", argv[first]);
	if (other == 1 && (opt.save != NULL || opt.metrics != NULL))
		return cli_usage(&cli, "--save and --metrics go with a policy");
	if (opt.policy != NULL && !opt.hits)
		return cli_usage(&cli, "--policy goes with --hits");
	if (clock_now(&now, &e) < 0)
		return msg_err(&e);
	ksets_init(&ks, opt.prefix, now);
	rc = other == 1 ? run_other(&ks)
			: run_apply(&ks, first < argc ? argv[first] : "-");
	ksets_free(&ks);
	return rc;
}
