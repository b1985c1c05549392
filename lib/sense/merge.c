#include "sense/merge.h"

#include <math.h>

/* In which order a resolver asks one zone: who asks, for what, what the answer
 * is, and who gave it. */
static const signed char order[KIND_COUNT] = {
	[KIND_CLIENT4] = 0, [KIND_CLIENT6] = 0, [KIND_NAME] = 1,
	[KIND_IP4] = 2,	    [KIND_IP6] = 2,	[KIND_NSNAME] = 3,
	[KIND_NSIP4] = 4,   [KIND_NSIP6] = 4,
};

int
merge_init(struct merge *m, const struct merge_opts *opts, struct err *e)
{
	*m = (struct merge){.opts = *opts, .addr = addrmerge_new(),
			    .names = namemerge_new()};
	if (m->addr != NULL && m->names != NULL)
		return 0;
	merge_free(m);
	return err_mem(e);
}

void
merge_free(struct merge *m)
{
	addrmerge_free(m->addr);
	namemerge_free(m->names);
	m->addr = NULL;
	m->names = NULL;
}

int
merge_input(struct merge *m, enum merge_role role, enum names_meaning meaning,
	    struct err *e)
{
	static const struct {
		enum claim_role addr;
		enum namemerge_role name;
	} roles[MERGE_ROLES] = {
		[MERGE_POLICY] = {CLAIM_POLICY, NAMEMERGE_POLICY},
		[MERGE_ALLOW] = {CLAIM_ALLOW, NAMEMERGE_ALLOW},
		[MERGE_EXCEPT] = {CLAIM_NEVER, NAMEMERGE_EXCEPT},
		[MERGE_NEVER] = {CLAIM_NEVER, NAMEMERGE_NEVER},
	};

	m->role = role;
	m->zone = role == MERGE_POLICY && meaning == NAMES_RPZ;
	if (m->last > m->last_before)
		m->last_before = m->last;
	if (addrmerge_input(m->addr, roles[role].addr, e) < 0)
		return -1;
	return namemerge_input(m->names, meaning, roles[role].name, e);
}

static bool
expired(struct merge *m, const struct policy *rec, size_t n)
{
	if (rec->expires <= m->opts.now) {
		m->expired += n;
		return true;
	}
	if (m->role == MERGE_ALLOW && rec->verdict == VERDICT_BLOCK)
		m->turned += n;
	if (m->zone) {
		if (order[rec->kind] > m->last)
			m->last = order[rec->kind];
		if (order[rec->kind] < m->last_before)
			m->crossed += n;
	}
	return false;
}

int
merge_add(struct merge *m, const struct policy *rec, bool same, struct err *e)
{
	if (expired(m, rec, 1))
		return 0;
	return kind_is_name(rec->kind) ? namemerge_add(m->names, rec, same, e)
				       : addrmerge_add(m->addr, rec, same, e);
}

int
merge_add4(struct merge *m, const struct policy *rec, const uint64_t *v,
	   size_t n, struct err *e)
{
	return expired(m, rec, n) ? 0 : addrmerge_add4(m->addr, v, n, e);
}

int
merge_finish(struct merge *m, struct err *e)
{
	const struct namemerge_opts names = {
		m->opts.max_block, m->opts.max_allow, m->opts.entries};

	if (addrmerge_finish(m->addr, m->opts.max_block, m->opts.max_allow,
			     e) < 0)
		return -1;
	return namemerge_finish(m->names, &names, e);
}

/* The triggers on addresses stand between the two kinds of names. */
struct between {
	struct merge *m;
	enum addrmerge_which which;
	addrmerge_put *put;
	void *ctx;
	struct err *e;
	bool done;
};

static int
put_triggers(struct between *b)
{
	enum kind k;

	b->done = true;
	for (k = KIND_CLIENT4; k <= KIND_NSIP6; k++)
		if (addrmerge_emit(b->m->addr, k, b->which, b->put, b->ctx,
				   b->e) < 0)
			return -1;
	return 0;
}

static int
put_name(void *between, const struct policy *rec, bool same, struct err *e)
{
	struct between *const b = between;

	if (rec->kind == KIND_NSNAME && !b->done && put_triggers(b) < 0)
		return -1;
	return b->put(b->ctx, rec, same, e);
}

int
merge_emit(struct merge *m, enum addrmerge_which which, addrmerge_put *put,
	   void *ctx, struct err *e)
{
	static int (*const names[])(struct namemerge *, namemerge_put *, void *,
				    struct err *) = {
		[ADDRMERGE_RESULT] = namemerge_emit,
		[ADDRMERGE_CAPPED] = namemerge_emit_capped,
		[ADDRMERGE_ENTRIES] = namemerge_emit_entries,
	};
	struct between b = {m, which, put, ctx, e, false};

	if (addrmerge_emit(m->addr, KIND_IP4, which, put, ctx, e) < 0 ||
	    addrmerge_emit(m->addr, KIND_IP6, which, put, ctx, e) < 0)
		return -1;
	if (names[which](m->names, put_name, &b, e) < 0)
		return -1;
	return b.done ? 0 : put_triggers(&b);
}

struct measure {
	struct merge_cover *c;
	struct cidr outer; /* the last that lies in no other */
};

static int
measure_record(void *measure, const struct policy *rec, bool same,
	       struct err *e)
{
	struct measure *const x = measure;
	double *const sum = rec->kind == KIND_IP4 ? &x->c->ip4 : &x->c->ip6;

	(void)same;
	(void)e;
	if (rec->verdict != VERDICT_BLOCK)
		return 0;
	if (rec->kind == KIND_NAME)
		x->c->names++;
	if ((rec->kind != KIND_IP4 && rec->kind != KIND_IP6) ||
	    cidr_contains(&x->outer, &rec->cidr))
		return 0;
	x->outer = rec->cidr;
	*sum += ldexp(1, (int)(cidr_max_len(rec->cidr.family) - rec->cidr.len));
	return 0;
}

int
merge_measure(struct merge *m, struct merge_cover *c, struct err *e)
{
	struct measure x = {.c = c};

	*c = (struct merge_cover){0};
	return merge_emit(m, ADDRMERGE_RESULT, measure_record, &x, e);
}

static int
check(const char *what, double before, double after, double pct, struct err *e)
{
	if (after >= before * (1 - pct / 100))
		return 0;
	(void)err_set(e, EX_DATAERR, "%s went from %.0f to %.0f, which is over "
		      "%g %% less", what, before, after, pct);
	return err_hint(e, "if that is right, run once without --max-shrink");
}

int
merge_check_shrink(const struct merge_cover *before,
		   const struct merge_cover *after, double pct, struct err *e)
{
	if (check("blocked IPv4 addresses", before->ip4, after->ip4, pct, e) <
		    0 ||
	    check("blocked IPv6 addresses", before->ip6, after->ip6, pct, e) <
		    0)
		return -1;
	return check("blocked names", (double)before->names,
		     (double)after->names, pct, e);
}
