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
#include "sense/neverclass.h"
#include "values/entrylist.h"

static struct {
	const char *now, *output, *previous, *entries, *never_class;
	struct cli_list allow, except, never;
	uint64_t max_block, max_allow;
	double max_shrink;
	bool raw;
} opt = {.max_shrink = -1};

static const struct cli_opt opts[] = {
	{"allow", 0, CLI_LIST, "FILE", "allow what is in it, over all else",
	 .to = &opt.allow},
	{"except", 0, CLI_LIST, "FILE", "do not block what is in it",
	 .to = &opt.except},
	{"never", 0, CLI_LIST, "FILE", "the same: what must never be blocked",
	 .to = &opt.never},
	{"never-class", 0, CLI_TEXT, "C,...", "the same by class: private and others",
	 .to = &opt.never_class},
	{"now", 0, CLI_TEXT, "EPOCH", "leave out what expires by then, or 'none'",
	 .to = &opt.now},
	{"max-block", 0, CLI_NUMBER, "N", "at most N block records",
	 .to = &opt.max_block, .min = 1},
	{"max-allow", 0, CLI_NUMBER, "N", "at most N allow records",
	 .to = &opt.max_allow, .min = 1},
	{"previous", 0, CLI_TEXT, "FILE", "the result before, for --max-shrink",
	 .to = &opt.previous},
	{"max-shrink", 0, CLI_PERCENT, "PCT", "refuse to cover over PCT % less",
	 .to = &opt.max_shrink},
	{"keep-entries", 0, CLI_TEXT, "FILE", "write what went in, too, unaggregated",
	 .to = &opt.entries},
	{"raw", 0, CLI_FLAG, NULL, "the policies may be bare records",
	 .to = &opt.raw},
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE when all went well",
	 .to = &opt.output},
	{0},
};

static const struct cli cli = {
	.name = "ts-merge",
	.summary = "merges policies, the earlier over the later, into a minimal one",
	.operands = "FILE|- ...",
	.example = "ts-merge --allow our.list -o all.policy own.policy drop.policy",
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

/* Standard input is read once. */
static int
check_usage(char **operands)
{
	const struct cli_list *const lists[] = {&opt.allow, &opt.except,
						&opt.never};
	size_t i, k, n = 0;

	for (; *operands != NULL; operands++)
		n += strcmp(*operands, "-") == 0;
	for (i = 0; i < 3; i++)
		for (k = 0; k < lists[i]->n; k++)
			n += strcmp(lists[i]->v[k], "-") == 0;
	if (n > 1)
		return cli_usage(&cli, "'-' is given %zu times", n);
	if ((opt.max_shrink >= 0) != (opt.previous != NULL))
		return cli_usage(&cli, "--previous and --max-shrink go "
				 "together");
	return -1;
}

/* A policy stream, or bare lines. */
static int
read_list(struct merge *m, const char *path, enum merge_role role,
	  const char *source, struct err *e)
{
	const uint64_t turned = m->turned;
	struct entrylist l;
	struct policy rec;
	enum stream_result r;
	uint64_t n = 0;
	int rc;

	if (entrylist_open(&l, path, role == MERGE_ALLOW ? VERDICT_ALLOW
							 : VERDICT_BLOCK,
			   source, e) < 0)
		return -1;
	rc = merge_input(m, role, l.r.names, e);
	for (; rc == 0 && (r = entrylist_next(&l, &rec, e)) != STREAM_END; n++)
		rc = r < 0 ? -1 : merge_add(m, &rec, !l.bare && l.r.same, e);
	if (rc == 0 && n == 0)
		msg(l.bare ? MSG_WARN : MSG_INFO, "%s: no entry in it", path);
	if (m->turned > turned)
		msg(MSG_WARN, "%s: %" PRIu64 " block records taken as allow "
		    "records", path, m->turned - turned);
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

static int
put_never(void *merge, const struct policy *rec, struct err *e)
{
	return merge_add(merge, rec, false, e);
}

static int
read_classes(struct merge *m, const char *p, struct err *e)
{
	if (merge_input(m, MERGE_NEVER, NAMES_LIST, e) < 0)
		return -1;
	while (p != NULL) {
		const size_t n = strcspn(p, ",");
		const int rc = neverclass_each(p, n, put_never, m, e);

		if (rc > 0)
			return err_set(e, EX_USAGE, "--never-class: '%.*s' is "
				       "not one of " NEVERCLASS_NAMES,
				       (int)n, p);
		if (rc < 0)
			return -1;
		p = p[n] == ',' ? p + n + 1 : NULL;
	}
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
	while (rec->kind == KIND_IP4 &&
	       (n = policy_run4(r, run, sizeof(run) / sizeof(*run))) > 0)
		if (merge_add4(m, rec, run, n, e) < 0)
			return -1;
	return 0;
}

static int
read_policy(struct merge *m, const char *path, bool raw, struct err *e)
{
	struct policy_reader r;
	struct policy rec;
	enum stream_result res;
	int rc;

	if ((raw ? policy_open_any(&r, path, e)
		 : policy_open_sets(&r, path, e)) < 0)
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
		if (read_policy(m, *operands, opt.raw, e) < 0)
			return -1;
	if (read_lists(m, &opt.except, MERGE_EXCEPT, "except", e) < 0 ||
	    read_lists(m, &opt.never, MERGE_NEVER, "never", e) < 0)
		return -1;
	if (opt.never_class != NULL && read_classes(m, opt.never_class, e) < 0)
		return -1;
	return merge_finish(m, e);
}

static int
check_shrink(struct merge *m, struct err *e)
{
	const struct merge_opts how = {.now = m->opts.now};
	struct merge_cover before, after;
	struct merge previous;
	int rc;

	if (opt.previous == NULL)
		return 0;
	if (merge_init(&previous, &how, e) < 0)
		return -1;
	rc = read_policy(&previous, opt.previous, false, e);
	if (rc == 0)
		rc = merge_finish(&previous, e);
	if (rc == 0)
		rc = merge_measure(&previous, &before, e);
	merge_free(&previous);
	if (rc == 0)
		rc = merge_measure(m, &after, e);
	return rc < 0 ? -1
		      : merge_check_shrink(&before, &after, opt.max_shrink, e);
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

/* How so many names became that many records. */
static void
tell_names(const struct namemerge_counts *c)
{
	if (c->in == 0)
		return;
	msg(MSG_INFO, "names: %" PRIu64 " records in, %" PRIu64 " redundant, "
	    "%" PRIu64 " copies of a wildcard, %" PRIu64 " exceptions, %" PRIu64
	    " capped, %" PRIu64 " out", c->in, c->redundant, c->copies,
	    c->exceptions, c->capped_block + c->capped_allow,
	    c->block + c->allow);
	if (c->conflicts > 0)
		msg(MSG_INFO, "names: %" PRIu64 " records where one input decides "
		    "twice: allow goes first, then the earlier", c->conflicts);
}

static int
write_stream(struct merge *m, enum addrmerge_which which, struct out *o,
	     struct err *e)
{
	struct writer w = {.o = o};

	stream_begin(o, "policy", "order=canonical\t" POLICY_NAMES_RPZ);
	if (merge_emit(m, which, put_record, &w, e) < 0)
		return -1;
	stream_end(o, w.records);
	if (which != ADDRMERGE_RESULT)
		return 0;
	msg(MSG_INFO, "%" PRIu64 " records in, %" PRIu64 " expired, %" PRIu64
	    " out", addrmerge_counts(m->addr)->in +
	    namemerge_counts(m->names)->in, m->expired, w.records);
	tell_names(namemerge_counts(m->names));
	if (m->crossed > 0)
		msg(MSG_INFO, "%" PRIu64 " records of later zones go before those "
		    "of another kind in an earlier zone; see ts-merge(1)",
		    m->crossed);
	return 0;
}

static int
write_file(struct merge *m, enum addrmerge_which which, const char *path,
	   struct err *e)
{
	struct replace file;

	if (replace_open(&file, path, 0666, e) < 0)
		return -1;
	if (write_stream(m, which, &file.out, e) == 0)
		return replace_commit(&file, e);
	replace_abort(&file);
	return -1;
}

static int
write_stdout(struct merge *m, struct err *e)
{
	struct out o;

	if (out_stdout(&o, e) < 0)
		return -1;
	if (write_stream(m, ADDRMERGE_RESULT, &o, e) == 0)
		return out_close(&o, 0, e);
	out_drop(&o);
	return -1;
}

static int
write_all(struct merge *m, struct err *e)
{
	if (opt.entries != NULL &&
	    write_file(m, ADDRMERGE_ENTRIES, opt.entries, e) < 0)
		return -1;
	return opt.output != NULL
		       ? write_file(m, ADDRMERGE_RESULT, opt.output, e)
		       : write_stdout(m, e);
}

/* One record that a ceiling took out. */
static int
tell_capped(void *arg, const struct policy *rec, bool same, struct err *e)
{
	char text[CIDR_TEXT_MAX + 1];
	struct span value = rec->name;

	(void)arg;
	(void)same;
	(void)e;
	if (!kind_is_name(rec->kind))
		value = (struct span){text, cidr_format(&rec->cidr, text)};
	msg(MSG_INFO, "left out, weight %u: %s %s %.*s", rec->weight,
	    verdict_text(rec->verdict), kind_text(rec->kind), (int)value.n,
	    value.p);
	return 0;
}

static int
tell(struct merge *m, struct err *e)
{
	const uint64_t *const addr = addrmerge_counts(m->addr)->capped;
	const struct namemerge_counts *const names = namemerge_counts(m->names);
	const uint64_t block = addr[VERDICT_BLOCK] + names->capped_block;
	const uint64_t allow = addr[VERDICT_ALLOW] + names->capped_allow;

	if (block > 0)
		msg(MSG_WARN, "--max-block %" PRIu64 ": %" PRIu64 " records "
		    "left out, -v names them", opt.max_block, block);
	if (allow > 0)
		msg(MSG_WARN, "--max-allow %" PRIu64 ": %" PRIu64 " records "
		    "left out, -v names them", opt.max_allow, allow);
	return block + allow > 0 && msg_shown(MSG_INFO)
		       ? merge_emit(m, ADDRMERGE_CAPPED, tell_capped, NULL, e)
		       : 0;
}

int
main(int argc, char **argv)
{
	struct merge_opts how = {0};
	struct merge m = {.addr = NULL};
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc < 0)
		rc = parse_now(&how.now);
	if (rc < 0)
		rc = check_usage(argv + first);
	if (rc >= 0)
		return rc;
	how.max_block = opt.max_block;
	how.max_allow = opt.max_allow;
	how.entries = opt.entries != NULL;
	if (merge_init(&m, &how, &e) < 0)
		return msg_err(&e);
	if (read_all(&m, argv + first, &e) < 0 || check_shrink(&m, &e) < 0 ||
	    tell(&m, &e) < 0 || write_all(&m, &e) < 0)
		rc = msg_err(&e);
	else
		rc = EX_OK;
	merge_free(&m);
	return rc;
}
