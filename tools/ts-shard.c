/*
 * ts-shard: a policy's addresses into bounded sets, changing as few of them as
 * can be against what was laid out before.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/msg.h"
#include "sense/shardgroup.h"
#include "values/setrec.h"

static struct {
	uint64_t capacity, block_sets, allow_sets, max_moves, defer_s, now;
	const char *previous;
} opt = {
	.capacity = 10000,
	.block_sets = 30,
	.allow_sets = 1,
	.max_moves = UINT64_MAX,
	.now = UINT64_MAX,
};

static const struct cli_opt opts[] = {
	{"capacity", 0, CLI_NUMBER, "N", "entries a set holds (10000)",
	 .to = &opt.capacity, .min = 1, .max = SHARD_CAPACITY_MAX},
	{"block-sets", 0, CLI_NUMBER, "N", "block sets of each family (30)",
	 .to = &opt.block_sets, .max = SHARD_SETS_MAX},
	{"allow-sets", 0, CLI_NUMBER, "N", "allow sets of each family (1)",
	 .to = &opt.allow_sets, .max = SHARD_SETS_MAX},
	{"previous", 0, CLI_TEXT, "FILE", "the set stream laid out before",
	 .to = &opt.previous},
	{"max-moves", 0, CLI_NUMBER, "N", "entries moved to save a set (one set's worth)",
	 .to = &opt.max_moves},
	{"defer-removals", 0, CLI_SECONDS, "TIME", "let de-listed addresses stay until their set changes, at most TIME",
	 .to = &opt.defer_s, .max = 366 * 86400},
	{"now", 0, CLI_NUMBER, "EPOCH", "the time in seconds since 1970 (the clock)",
	 .to = &opt.now, .max = POLICY_EXPIRES_MAX - 366 * 86400},
	{0},
};

static const struct cli cli = {
	.name = "ts-shard",
	.summary = "lays the addresses of a policy out in sets of bounded size",
	.operands = "[FILE|-]",
	.example = "ts-merge a.policy | ts-shard --previous last.sets - > new.sets",
	.opts = opts,
	.max_operands = 1,
};

/* In the order in which they are written. */
static const struct {
	enum verdict verdict;
	enum kind kind;
} groups[] = {
	{VERDICT_BLOCK, KIND_IP4}, {VERDICT_BLOCK, KIND_IP6},
	{VERDICT_ALLOW, KIND_IP4}, {VERDICT_ALLOW, KIND_IP6},
};
#define GROUPS (sizeof(groups) / sizeof(*groups))

static size_t
group_of(enum verdict verdict, enum kind kind)
{
	return (verdict == VERDICT_ALLOW ? 2U : 0U) + (kind == KIND_IP6);
}

/* The policy; kinds that no set holds are counted and reported. */
static int
read_policy(const char *path, struct group *g, struct err *e)
{
	uint64_t left_out[KIND_COUNT] = {0};
	struct policy_reader r;
	struct policy rec;
	enum stream_result res;
	int k;

	if (policy_open(&r, path, e) < 0)
		return -1;
	while ((res = policy_next(&r, &rec, e)) > 0) {
		if (rec.kind != KIND_IP4 && rec.kind != KIND_IP6)
			left_out[rec.kind]++;
		else if (group_add(&g[group_of(rec.verdict, rec.kind)], &rec,
				   SHARD_NONE, e) < 0)
			break;
	}
	policy_close(&r);
	if (res != STREAM_END)
		return -1;
	for (k = 0; k < KIND_COUNT; k++)
		if (left_out[k] > 0)
			msg(MSG_WARN, "%" PRIu64 " records of kind '%s' left "
			    "out: sets hold addresses", left_out[k],
			    kind_text((enum kind)k));
	return 0;
}

static int
read_previous(const char *path, struct group *g, struct err *e)
{
	struct stream s;
	struct set_name name;
	struct policy rec;
	enum stream_result res;

	if (access(path, F_OK) < 0 && errno == ENOENT) {
		msg(MSG_WARN, "there is no '%s': every set is laid out anew",
		    path);
		return 0;
	}
	if (setrec_open(&s, path, e) < 0)
		return -1;
	while ((res = setrec_next(&s, &name, &rec, e)) > 0)
		if (res == STREAM_RECORD &&
		    group_add(&g[group_of(name.verdict, name.kind)], &rec,
			      (int32_t)name.number, e) < 0)
			break;
	stream_close(&s);
	return res == STREAM_END ? 0 : -1;
}

static int
place(struct group *g, struct err *e)
{
	size_t k;

	for (k = 0; k < GROUPS; k++) {
		const bool block = groups[k].verdict == VERDICT_BLOCK;
		const struct shard_limits lim = {
			.capacity = (uint32_t)opt.capacity,
			.sets = (uint32_t)(block ? opt.block_sets
						 : opt.allow_sets),
			.moves = opt.max_moves == UINT64_MAX ? opt.capacity
							     : opt.max_moves,
		};
		const struct group_defer defer = {
			.now = (int64_t)opt.now,
			.defer_s = opt.defer_s,
			.allow = &g[group_of(VERDICT_ALLOW, groups[k].kind)],
		};

		if (group_place(&g[k], &lim, block ? &defer : NULL, e) < 0)
			return -1;
	}
	return 0;
}

static void
report(const struct group *g)
{
	size_t k;

	for (k = 0; k < GROUPS; k++) {
		const struct shard_stats *st = &g[k].stats;
		const char *verdict = verdict_text(groups[k].verdict);
		const char *kind = kind_text(groups[k].kind);

		if (g[k].repeats > 0)
			msg(MSG_WARN, "%" PRIu64 " repeated %s %s records left "
			    "out", g[k].repeats, verdict, kind);
		if (st->capped > 0)
			msg(MSG_WARN, "%zu %s %s entries left out: over what "
			    "the sets hold", st->capped, verdict, kind);
		msg(MSG_INFO, "%s %s: %zu entries in %zu sets, %zu sets change "
		    "(%zu added, %zu removed, %zu moved), %zu wait for removal",
		    verdict, kind, st->placed, st->sets, st->touched, st->added,
		    st->removed, st->moved, st->lingering);
	}
}

/* The rows of a group by set, canonical within each: a counting sort. */
static int
put_group(struct out *o, const struct group *g, size_t k, uint64_t *records,
	  struct err *e)
{
	size_t *at = calloc(SHARD_SETS_MAX + 2, sizeof(*at));
	size_t *order = calloc(g->n + 1, sizeof(*order));
	size_t i, total = 0;
	int rc = -1;

	if (at == NULL || order == NULL) {
		(void)err_mem(e);
		goto out;
	}
	for (i = 0; i < g->n; i++)
		if (g->row[i].set != SHARD_NONE) {
			at[g->row[i].set + 1]++;
			total++;
		}
	for (i = 1; i <= SHARD_SETS_MAX; i++)
		at[i] += at[i - 1];
	for (i = 0; i < g->n; i++)
		if (g->row[i].set != SHARD_NONE)
			order[at[g->row[i].set]++] = i;
	for (i = 0; i < total; i++) {
		const struct set_name name = {
			groups[k].verdict, groups[k].kind,
			(uint32_t)g->row[order[i]].set};
		const struct policy rec = group_record(
			g, order[i], groups[k].verdict, groups[k].kind);

		setrec_put(o, &name, &rec);
	}
	*records += total;
	rc = 0;
out:
	free(at);
	free(order);
	return rc;
}

static int
write_sets(const struct group *g, struct err *e)
{
	uint64_t records = 0;
	struct out o;
	size_t k;

	if (out_stdout(&o, e) < 0)
		return -1;
	stream_begin(&o, "set", "order=canonical");
	for (k = 0; k < GROUPS; k++)
		if (put_group(&o, &g[k], k, &records, e) < 0) {
			out_drop(&o);
			return -1;
		}
	stream_end(&o, records);
	return out_close(&o, 0, e);
}

int
main(int argc, char **argv)
{
	struct group g[GROUPS];
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);
	size_t k;

	if (rc >= 0)
		return rc;
	if (opt.now == UINT64_MAX)
		opt.now = (uint64_t)time(NULL);
	for (k = 0; k < GROUPS; k++)
		group_init(&g[k]);
	rc = EX_OK;
	if (read_policy(first < argc ? argv[first] : "-", g, &e) < 0) {
		rc = msg_err(&e);
	} else if (opt.previous != NULL &&
		   read_previous(opt.previous, g, &e) < 0) {
		(void)err_hint(&e, "without --previous every set is laid out "
			       "anew");
		rc = msg_err(&e);
	} else {
		for (k = 0; k < GROUPS; k++)
			group_join(&g[k]);
		if (place(g, &e) < 0)
			rc = msg_err(&e);
	}
	if (rc == EX_OK) {
		report(g);
		if (write_sets(g, &e) < 0)
			rc = msg_err(&e);
	}
	for (k = 0; k < GROUPS; k++)
		group_free(&g[k]);
	return rc;
}
