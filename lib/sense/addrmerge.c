#include "sense/addrmerge.h"

#include <stdlib.h>

#include "sense/addrcap.h"
#include "sense/addrcover.h"
#include "sense/addrkeep.h"
#include "sense/addrset.h"
#include "sense/addrsweep.h"

struct addrmerge {
	struct claims *cs;
	struct addrset set[KIND_COUNT];
	uint32_t inputs;
	enum claim_role role;
	uint32_t claim; /* of the last record */
	struct addrcap cap[2]; /* by enum verdict */
	struct addrmerge_counts counts;
};

struct addrmerge *
addrmerge_new(void)
{
	struct addrmerge *m = calloc(1, sizeof(*m));
	int k;

	if (m == NULL || (m->cs = claims_new()) == NULL) {
		free(m);
		return NULL;
	}
	for (k = 0; k < KIND_COUNT; k++)
		m->set[k].family = kind_family((enum kind)k);
	return m;
}

void
addrmerge_free(struct addrmerge *m)
{
	int k;

	if (m == NULL)
		return;
	for (k = 0; k < KIND_COUNT; k++)
		addrset_free(&m->set[k]);
	addrcap_free(&m->cap[VERDICT_BLOCK]);
	addrcap_free(&m->cap[VERDICT_ALLOW]);
	claims_free(m->cs);
	free(m);
}

int
addrmerge_input(struct addrmerge *m, enum claim_role role, struct err *e)
{
	if (m->inputs == UINT32_MAX)
		return err_set(e, EX_DATAERR, "too many inputs");
	m->inputs++;
	m->role = role;
	return 0;
}

static void
count_in(struct addrmerge *m, size_t n)
{
	if (m->role != CLAIM_NEVER)
		m->counts.in += n;
}

int
addrmerge_add(struct addrmerge *m, const struct policy *rec, bool same,
	      struct err *e)
{
	if (!same && claims_read(m->cs, rec, m->inputs, m->role, &m->claim, e) <
			     0)
		return -1;
	if (m->claim > ADDRSET_TAG_MAX)
		return err_set(e, EX_DATAERR, "more than %u different sources "
			       "and expiries", ADDRSET_TAG_MAX);
	count_in(m, 1);
	return addrset_add(&m->set[rec->kind], &rec->cidr, m->claim, e);
}

int
addrmerge_add4(struct addrmerge *m, const uint64_t *v, size_t n, struct err *e)
{
	count_in(m, n);
	return addrset_add4(&m->set[KIND_IP4], v, n, m->claim, e);
}

const struct addrmerge_counts *
addrmerge_counts(const struct addrmerge *m)
{
	return &m->counts;
}

/* The records of one kind on their way out. */
struct emit {
	struct addrmerge *m;
	enum kind kind;
	enum addrmerge_which which;
	addrmerge_put *put;
	void *ctx;
	struct policy rec;
	struct buf source;
	uint32_t ruling; /* that rec shows */
};

static struct addrcap *
cap_of(struct addrmerge *m, enum kind kind, const struct prefix *p,
       uint32_t ruling, struct addrcap_class *class)
{
	const struct ruling *const r = claims_ruling(m->cs, ruling);

	*class = (struct addrcap_class){
		r->weight, r->input, kind,
		cidr_max_len(kind_family(kind)) - p->len, 0};
	return &m->cap[claims_verdict(m->cs, r->action)];
}

static int
put_record(void *ctx, const struct prefix *p, uint32_t ruling, struct err *e)
{
	struct emit *const x = ctx;
	const bool same = ruling == x->ruling;

	if (!same) {
		if (claims_record(x->m->cs, ruling, &x->rec, &x->source, e) <
		    0)
			return -1;
		x->rec.kind = x->kind;
		x->ruling = ruling;
	}
	x->rec.cidr = prefix_cidr(p, kind_family(x->kind));
	return x->put(x->ctx, &x->rec, same, e);
}

/* Only those that are wanted; put is what they go to. */
struct filter {
	struct emit *x;
	addrcover_put *put;
	void *ctx;
};

static int
put_filtered(void *ctx, const struct prefix *p, uint32_t ruling, struct err *e)
{
	const struct filter *const f = ctx;
	struct emit *const x = f->x;
	struct addrcap_class class;
	struct addrcap *const cap = cap_of(x->m, x->kind, p, ruling, &class);
	const int keeps = cap->dropped == 0 ? 1 : addrcap_keeps(cap, &class, e);

	if (keeps < 0)
		return -1;
	if (keeps != (x->which != ADDRMERGE_CAPPED))
		return 0;
	return f->put(f->ctx, p, ruling, e);
}

static int
count_record(void *ctx, const struct prefix *p, uint32_t ruling, struct err *e)
{
	struct emit *const x = ctx;
	struct addrcap_class class;

	return addrcap_count(cap_of(x->m, x->kind, p, ruling, &class), &class,
			     e);
}

static int
cover_range(void *ctx, addr128 first, addr128 last, uint32_t ruling,
	    struct err *e)
{
	return addrcover_add(ctx, first, last, ruling, e);
}

static int
cover(struct addrmerge *m, enum kind kind, addrcover_put *put, void *ctx,
      struct err *e)
{
	struct addrcover c;
	int rc;

	addrcover_init(&c, m->cs, put, ctx);
	rc = addrsweep(m->cs, &m->set[kind], cover_range, NULL, &c, e);
	if (rc == 0)
		rc = addrcover_finish(&c, e);
	addrcover_free(&c);
	return rc;
}

int
addrmerge_finish(struct addrmerge *m, uint64_t max_block, uint64_t max_allow,
		 struct err *e)
{
	struct emit x = {.m = m};
	int k, v;

	m->cap[VERDICT_BLOCK].max = max_block;
	m->cap[VERDICT_ALLOW].max = max_allow;
	for (k = 0; k < KIND_COUNT; k++) {
		x.kind = (enum kind)k;
		if (addrset_sort(&m->set[k], e) < 0)
			return -1;
		if ((max_block > 0 || max_allow > 0) &&
		    cover(m, x.kind, count_record, &x, e) < 0)
			return -1;
	}
	for (v = 0; v < 2; v++) {
		if (m->cap[v].max > 0 && addrcap_decide(&m->cap[v], e) < 0)
			return -1;
		m->counts.capped[v] = m->cap[v].dropped;
	}
	return 0;
}

/* What the ceilings leave of the result, or what they took. */
static int
cover_filtered(struct emit *x, addrcover_put *put, void *ctx, struct err *e)
{
	struct addrmerge *const m = x->m;
	struct filter f = {x, put, ctx};

	if (m->cap[VERDICT_BLOCK].dropped > 0 ||
	    m->cap[VERDICT_ALLOW].dropped > 0)
		return cover(m, x->kind, put_filtered, &f, e);
	return x->which == ADDRMERGE_CAPPED ? 0
					    : cover(m, x->kind, put, ctx, e);
}

static int
emit_entries(struct emit *x, struct err *e)
{
	struct addrkeep k;
	int rc;

	addrkeep_init(&k, x->m->cs);
	rc = cover_filtered(x, addrkeep_result, &k, e);
	if (rc == 0)
		rc = addrkeep_put(&k, &x->m->set[x->kind], put_record, x, e);
	addrkeep_free(&k);
	return rc;
}

int
addrmerge_emit(struct addrmerge *m, enum kind kind, enum addrmerge_which which,
	       addrmerge_put *put, void *ctx, struct err *e)
{
	struct emit x = {.m = m, .kind = kind, .which = which, .put = put,
			 .ctx = ctx, .ruling = RULING_NONE};
	int rc;

	buf_init(&x.source, POLICY_SOURCE_MAX);
	addrcap_rewind(&m->cap[VERDICT_BLOCK]);
	addrcap_rewind(&m->cap[VERDICT_ALLOW]);
	if (which == ADDRMERGE_ENTRIES)
		rc = emit_entries(&x, e);
	else
		rc = cover_filtered(&x, put_record, &x, e);
	buf_free(&x.source);
	return rc;
}
