#include "sense/merge.h"

int
merge_init(struct merge *m, int64_t now, struct err *e)
{
	*m = (struct merge){.now = now, .addr = addrmerge_new(),
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
	} roles[] = {
		[MERGE_POLICY] = {CLAIM_POLICY, NAMEMERGE_POLICY},
		[MERGE_ALLOW] = {CLAIM_ALLOW, NAMEMERGE_ALLOW},
		[MERGE_EXCEPT] = {CLAIM_NEVER, NAMEMERGE_EXCEPT},
		[MERGE_NEVER] = {CLAIM_NEVER, NAMEMERGE_NEVER},
	};

	if (addrmerge_input(m->addr, roles[role].addr, e) < 0)
		return -1;
	return namemerge_input(m->names, meaning, roles[role].name, e);
}

int
merge_add(struct merge *m, const struct policy *rec, bool same, struct err *e)
{
	if (rec->expires <= m->now) {
		m->expired++;
		return 0;
	}
	return kind_is_name(rec->kind) ? namemerge_add(m->names, rec, e)
				       : addrmerge_add(m->addr, rec, same, e);
}

int
merge_add4(struct merge *m, const struct policy *rec, const uint64_t *v,
	   size_t n, struct err *e)
{
	if (rec->expires <= m->now) {
		m->expired += n;
		return 0;
	}
	return addrmerge_add4(m->addr, v, n, e);
}

/* The triggers on addresses stand between the two kinds of names. */
struct between {
	struct merge *m;
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
		if (addrmerge_emit(b->m->addr, k, b->put, b->ctx, b->e) < 0)
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
merge_emit(struct merge *m, addrmerge_put *put, void *ctx, struct err *e)
{
	const struct namemerge_opts opts = {0};
	struct between b = {m, put, ctx, e, false};

	if (namemerge_finish(m->names, &opts, e) < 0 ||
	    addrmerge_emit(m->addr, KIND_IP4, put, ctx, e) < 0 ||
	    addrmerge_emit(m->addr, KIND_IP6, put, ctx, e) < 0 ||
	    namemerge_emit(m->names, put_name, &b, e) < 0)
		return -1;
	return b.done ? 0 : put_triggers(&b);
}
