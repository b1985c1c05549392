/*
 * ts-ipset-apply: brings the kernel's address sets to a policy.
 *
 * The policy is read whole and checked before the kernel is asked anything.
 * Then what is there is read, compared, and brought to the policy by writing
 * the difference, or by filling a new set and swapping it in.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/cli.h"
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
	{"prefix", 'p', CLI_TEXT, "TS", "what the sets' names begin with",
	 .to = &opt.prefix, .required = true},
	{"dry-run", 'n', CLI_FLAG, NULL, "print the plan, change nothing",
	 .to = &opt.dry_run},
	{"check", 0, CLI_FLAG, NULL, "exit 1 where sets and policy differ",
	 .to = &opt.check},
	{"allow-empty", 0, CLI_FLAG, NULL, "accept a policy without addresses",
	 .to = &opt.allow_empty},
	{"max-shrink", 0, CLI_PERCENT, "PCT", "refuse to unblock more of a family (50)",
	 .to = &opt.max_shrink},
	{"allow-self-block", 0, CLI_FLAG, NULL, "block own addresses, gateways, … too",
	 .to = &opt.allow_self_block},
	{"save", 0, CLI_TEXT, "FILE", "store what was applied, after success",
	 .to = &opt.save},
	{"create", 0, CLI_FLAG, NULL, "only make the sets that are missing",
	 .to = &opt.create},
	{"remove", 0, CLI_FLAG, NULL, "destroy the sets", .to = &opt.remove},
	{"export", 0, CLI_FLAG, NULL, "write what is in force as a policy",
	 .to = &opt.export},
	{0},
};

static const struct cli cli = {
	.name = "ts-ipset-apply",
	.summary = "brings the kernel's address sets to a policy",
	.operands = "[FILE|-]",
	.example = "ts-merge --allow mine a.policy b.policy | ts-ipset-apply --prefix TS -",
	.opts = opts,
	.max_operands = 1,
};

/* One applier a prefix; 75 while another runs. */
static int
take_lock(struct err *e)
{
	const char *dir = getenv("TS_RUNDIR");
	char path[4096];

	if (dir == NULL || *dir == '\0')
		dir = "/run/lock";
	if (file_mkdirs(dir, 0755, e) < 0)
		return -1;
	if (snprintf(path, sizeof(path), "%s/ts-ipset-apply.%s.lock", dir,
		     opt.prefix) >= (int)sizeof(path))
		return err_set(e, EX_CONFIG, "TS_RUNDIR is too long");
	return lock_take(path, 0, e);
}

/* The whole stream; records go to the copy for --save as they are. */
static int
read_policy(struct ksets *ks, const char *path, struct out *copy,
	    struct err *e)
{
	struct policy_reader r;
	enum stream_result res;
	struct policy rec;
	uint64_t n = 0;

	if (policy_open(&r, path, false, e) < 0)
		return -1;
	if (copy != NULL)
		stream_begin(copy, "policy", "");
	while ((res = policy_next(&r, &rec, e)) > 0) {
		const uint64_t left = ks->expired;

		if (ksets_add(ks, &rec, e) < 0) {
			const struct err why = *e;

			if (why.code == EX_DATAERR)
				(void)stream_error(&r.s, e, "%s", why.msg);
			res = STREAM_ERROR;
			break;
		}
		if (copy != NULL && ks->expired == left &&
		    (rec.kind == KIND_IP4 || rec.kind == KIND_IP6)) {
			policy_put(copy, &rec);
			n++;
		}
	}
	if (copy != NULL)
		stream_end(copy, n);
	policy_close(&r);
	return res == STREAM_END ? ksets_sort(ks, e) : -1;
}

/* What the sets cannot hold is said, never dropped in silence. */
static void
report(const struct ksets *ks)
{
	const size_t n = ks->sum[0].overlaps + ks->sum[1].overlaps;
	char text[CIDR_TEXT_MAX];
	int k;

	for (k = 0; k < KIND_COUNT; k++)
		if (ks->other[k] > 0)
			msg(MSG_WARN, "%" PRIu64 " records of kind '%s' left "
			    "out: no address set holds them", ks->other[k],
			    kind_text((enum kind)k));
	if (ks->expired > 0)
		msg(MSG_WARN, "%" PRIu64 " records left out: they have expired",
		    ks->expired);
	if (n > 0) {
		const struct cidr *first = &ks->sum[ks->sum[0].overlaps == 0]
						    .first;

		text[cidr_format(first, text)] = '\0';
		msg(MSG_WARN, "%zu entries are both blocked and allowed, '%s' "
		    "the first: allow wins", n, text);
	}
}

static int
hold_back(struct ksets *ks, struct err *e)
{
	struct selfaddrs sa;
	char text[CIDR_TEXT_MAX];
	size_t i;
	int held = 0;

	if (opt.allow_self_block)
		return 0;
	if (selfaddr_collect(&sa, e) < 0)
		return -1;
	for (i = 0; i < sa.n && held >= 0; i++) {
		held = ksets_hold_back(ks, &sa.v[i].cidr, e);
		text[cidr_format(&sa.v[i].cidr, text)] = '\0';
		if (held > 0)
			msg(MSG_WARN, "not blocked: %s, %s", text,
			    sa.v[i].what);
	}
	selfaddr_free(&sa);
	return held < 0 ? -1 : 0;
}

/* Everything that can be refused without the kernel. */
static int
prepare(struct ksets *ks, const char *path, struct out *copy, struct err *e)
{
	if (read_policy(ks, path, copy, e) < 0)
		return -1;
	if (ksets_wanted(ks) == 0 && !opt.allow_empty) {
		(void)err_set(e, EX_DATAERR, "refused: the policy has no "
			      "address to block or allow");
		return err_hint(e, "if that is meant, say --allow-empty");
	}
	if (hold_back(ks, e) < 0)
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
apply_once(struct ksets *ks, struct nfset *ns, struct err *e)
{
	const bool emptied = opt.allow_empty && ksets_wanted(ks) == 0;
	const uint64_t before = nfset_written(ns);

	if (ksets_read(ks, ns, e) < 0 ||
	    (!emptied && ksets_check_shrink(ks, ns, opt.max_shrink, e) < 0))
		return -1;
	if (opt.dry_run || opt.check)
		return 0;
	if (ksets_differ(ks) && ksets_apply(ks, ns, e) < 0)
		return -1;
	msg(MSG_INFO, "%zu entries in force, %" PRIu64 " written",
	    ksets_wanted(ks), nfset_written(ns) - before);
	return 0;
}

static int
apply(struct ksets *ks, struct nfset *ns)
{
	struct err e;
	int rc, tries = 0;

	do {
		rc = apply_once(ks, ns, &e);
		if (rc < 0 && e.code == EX_TEMPFAIL)
			msg(MSG_WARN, "%s", e.msg);
	} while (rc < 0 && e.code == EX_TEMPFAIL && ++tries < TRIES);
	if (rc < 0)
		return msg_err(&e);
	if (opt.dry_run && print_plan(ks) != EX_OK)
		return EX_IOERR;
	return opt.check && ksets_differ(ks) ? EX_DIFFERS : EX_OK;
}

static int
run_apply(struct ksets *ks, const char *path)
{
	struct replace copy = {0};
	struct nfset *ns;
	struct err e;
	int rc = EX_OK;

	if (opt.save != NULL && !opt.dry_run && !opt.check &&
	    replace_open(&copy, opt.save, 0644, &e) < 0)
		return msg_err(&e);
	if (prepare(ks, path, copy.path != NULL ? &copy.out : NULL, &e) < 0) {
		replace_abort(&copy);
		return msg_err(&e);
	}
	if (!opt.dry_run && !opt.check && take_lock(&e) < 0)
		rc = msg_err(&e);
	ns = rc == EX_OK ? nfset_open(&e) : NULL;
	if (rc == EX_OK)
		rc = ns != NULL ? apply(ks, ns) : msg_err(&e);
	nfset_close(ns);
	if (copy.path == NULL)
		return rc;
	if (rc == EX_OK)
		return replace_commit(&copy, &e) < 0 ? msg_err(&e) : EX_OK;
	replace_abort(&copy);
	return rc;
}

static int
export(struct ksets *ks, struct nfset *ns, struct err *e)
{
	struct out o;

	if (ksets_adopt(ks, ns, e) < 0 || out_stdout(&o, e) < 0)
		return -1;
	ksets_export(ks, &o);
	return out_close(&o, 0, e);
}

/* What needs no policy. */
static int
run_other(struct ksets *ks)
{
	struct nfset *ns = NULL;
	struct err e;
	int rc = -1;

	if ((opt.export || take_lock(&e) >= 0) &&
	    (ns = nfset_open(&e)) != NULL)
		rc = opt.create ? ksets_create(ks, ns, &e)
		     : opt.remove ? ksets_destroy(ks, ns, &e)
				  : export(ks, ns, &e);
	nfset_close(ns);
	return rc < 0 ? msg_err(&e) : EX_OK;
}

int
main(int argc, char **argv)
{
	struct ksets ks;
	const char *why;
	int first, rc = cli_parse(&cli, argc, argv, &first);
	const int modes = opt.create + opt.remove + opt.export;

	if (rc >= 0)
		return rc;
	why = ksets_prefix_check(opt.prefix);
	if (why != NULL)
		return cli_usage(&cli, "prefix '%s': %s", opt.prefix, why);
	if (modes > 1 || (modes == 1 && (opt.dry_run || opt.check)))
		return cli_usage(&cli, "--create, --remove, --export, "
				 "--dry-run and --check exclude each other");
	if (modes == 1 && first < argc)
		return cli_usage(&cli, "this option takes no policy");
	ksets_init(&ks, opt.prefix, (int64_t)time(NULL));
	rc = modes == 1 ? run_other(&ks)
			: run_apply(&ks, first < argc ? argv[first] : "-");
	ksets_free(&ks);
	return rc;
}
