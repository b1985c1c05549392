/*
 * ts-merge: several policies to one, resolved and minimal.
 *
 * Reads every input whole before it writes, so nothing reaches the next program
 * where one of them is bad. Pure: the same input bytes and the same --now give
 * the same output bytes.
 */
#include <inttypes.h>
#include <time.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/msg.h"
#include "sense/merge.h"
#include "values/entrylist.h"

static struct {
	const char *now, *output;
	struct cli_list allow, except, never;
	bool raw;
} opt;

static const struct cli_opt opts[] = {
	{"now", 0, CLI_TEXT, "EPOCH|none", "leave out what has expired by then; default the clock",
	 .to = &opt.now},
	{"allow", 0, CLI_LIST, "FILE", "allow what is in it, over all; repeatable",
	 .to = &opt.allow},
	{"except", 0, CLI_LIST, "FILE", "do not block what is in it; repeatable",
	 .to = &opt.except},
	{"never", 0, CLI_LIST, "FILE", "the same, for what never may be blocked",
	 .to = &opt.never},
	{"raw", 0, CLI_FLAG, NULL, "the policies are bare records, without a frame",
	 .to = &opt.raw},
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE when all went well",
	 .to = &opt.output},
	{0},
};

static const struct cli cli = {
	.name = "ts-merge",
	.summary = "merges policies, earlier ones first, into a resolved and minimal one",
	.operands = "FILE|- ...",
	.example = "ts-merge --allow our.list own.policy drop.policy >all.policy",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
};

static int
parse_now(int64_t *now)
{
	uint64_t v;

	if (opt.now == NULL) {
		*now = (int64_t)time(NULL);
	} else if (strcmp(opt.now, "none") == 0) {
		*now = MERGE_NEVER_EXPIRE;
	} else {
		if (!span_u64((struct span){opt.now, strlen(opt.now)},
			      (uint64_t)POLICY_EXPIRES_MAX, &v))
			return cli_usage(&cli, "--now: '%s' is neither seconds "
					 "since 1970 nor 'none'", opt.now);
		*now = (int64_t)v;
	}
	return -1;
}

/* A policy stream or bare lines. */
static int
read_list(struct merge *m, const char *path, enum merge_role role,
	  const char *source, struct err *e)
{
	struct entrylist l;
	struct policy rec;
	enum stream_result r;
	int rc;

	if (entrylist_open(&l, path, role == MERGE_ALLOW ? VERDICT_ALLOW
							 : VERDICT_BLOCK,
			   source, e) < 0)
		return -1;
	rc = merge_input(m, role, l.r.names, e);
	while (rc == 0 && (r = entrylist_next(&l, &rec, e)) != STREAM_END)
		rc = r < 0 ? -1 : merge_add(m, &rec, !l.bare && l.r.same, e);
	entrylist_close(&l);
	return rc;
}

static int
read_lists(struct merge *m, const struct cli_list *list, enum merge_role role,
	   const char *source, struct err *e)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (read_list(m, list->v[i], role, source, e) < 0)
			return -1;
	return 0;
}

/* A record, and at once all those like it that follow. */
static int
add_records(struct merge *m, struct policy_reader *r, const struct policy *rec,
	    struct err *e)
{
	uint64_t run[1024];
	size_t n;

	if (merge_add(m, rec, r->same, e) < 0)
		return -1;
	while ((n = policy_run4(r, run, sizeof(run) / sizeof(*run))) > 0)
		if (merge_add4(m, rec, run, n, e) < 0)
			return -1;
	return 0;
}

static int
read_policy(struct merge *m, const char *path, struct err *e)
{
	struct policy_reader r;
	struct policy rec;
	enum stream_result res;
	int rc;

	if (policy_open(&r, path, opt.raw, e) < 0)
		return -1;
	rc = merge_input(m, MERGE_POLICY, r.names, e);
	while (rc == 0 && (res = policy_next(&r, &rec, e)) != STREAM_END)
		rc = res < 0 ? -1 : add_records(m, &r, &rec, e);
	policy_close(&r);
	return rc;
}

static int
read_all(struct merge *m, char **operands, struct err *e)
{
	if (read_lists(m, &opt.allow, MERGE_ALLOW, "allow", e) < 0)
		return -1;
	for (; *operands != NULL; operands++)
		if (read_policy(m, *operands, e) < 0)
			return -1;
	if (read_lists(m, &opt.except, MERGE_EXCEPT, "except", e) < 0)
		return -1;
	return read_lists(m, &opt.never, MERGE_NEVER, "never", e);
}

struct writer {
	struct out *o;
	uint64_t records;
	struct policy_form form; /* of the last record */
};

static int
put_record(void *writer, const struct policy *rec, bool same, struct err *e)
{
	struct writer *const w = writer;

	(void)e;
	w->records++;
	if (!same)
		policy_form_set(&w->form, rec);
	if (kind_is_name(rec->kind))
		policy_form_put_name(w->o, &w->form, rec->name);
	else
		policy_form_put(w->o, &w->form, &rec->cidr);
	return 0;
}

static int
write_all(struct merge *m, struct out *o, struct err *e)
{
	struct writer w = {.o = o};

	stream_begin(o, "policy", "order=canonical\t" POLICY_NAMES_RPZ);
	if (merge_emit(m, put_record, &w, e) < 0)
		return -1;
	stream_end(o, w.records);
	return 0;
}

static int
write_result(struct merge *m, struct err *e)
{
	struct replace file;
	struct out o;
	int rc;

	if (opt.output == NULL) {
		if (out_stdout(&o, e) < 0)
			return -1;
		rc = write_all(m, &o, e);
		return rc < 0 ? rc : out_close(&o, 0, e);
	}
	if (replace_open(&file, opt.output, 0644, e) < 0)
		return -1;
	rc = write_all(m, &file.out, e);
	if (rc == 0)
		return replace_commit(&file, e);
	replace_abort(&file);
	return rc;
}

int
main(int argc, char **argv)
{
	struct merge m;
	struct err e;
	int64_t now = MERGE_NEVER_EXPIRE;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc < 0)
		rc = parse_now(&now);
	if (rc >= 0)
		return rc;
	if (merge_init(&m, now, &e) < 0)
		return msg_err(&e);
	if (read_all(&m, argv + first, &e) < 0 || write_result(&m, &e) < 0)
		rc = msg_err(&e);
	else
		rc = EX_OK;
	merge_free(&m);
	return rc;
}
