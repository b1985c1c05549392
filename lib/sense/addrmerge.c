#include "sense/addrmerge.h"

#include <stdlib.h>

#include "sense/addrcover.h"
#include "sense/addrset.h"
#include "sense/addrsweep.h"

struct addrmerge {
	struct claims *cs;
	struct addrset set[KIND_COUNT];
	uint32_t inputs;
	enum claim_role role;
	uint32_t claim; /* of the last record */
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

int
addrmerge_add(struct addrmerge *m, const struct policy *rec, bool same,
	      struct err *e)
{
	if (!same && claims_read(m->cs, rec, m->inputs, m->role, &m->claim, e) <
			     0)
		return -1;
	return addrset_add(&m->set[rec->kind], &rec->cidr, m->claim, e);
}

int
addrmerge_add4(struct addrmerge *m, const uint64_t *v, size_t n, struct err *e)
{
	return addrset_add4(&m->set[KIND_IP4], v, n, m->claim, e);
}

struct emit {
	struct addrmerge *m;
	struct addrcover cover;
	addrmerge_put *put;
	void *ctx;
	struct policy rec;
	struct buf source;
	uint32_t ruling; /* that rec shows */
};

static int
put_record(void *ctx, const struct prefix *p, uint32_t ruling, struct err *e)
{
	struct emit *const x = ctx;
	const bool same = ruling == x->ruling;

	if (!same) {
		const enum kind kind = x->rec.kind;

		if (claims_record(x->m->cs, ruling, &x->rec, &x->source, e) <
		    0)
			return -1;
		x->rec.kind = kind;
		x->ruling = ruling;
	}
	x->rec.cidr = prefix_cidr(p, kind_family(x->rec.kind));
	return x->put(x->ctx, &x->rec, same, e);
}

static int
cover_range(void *ctx, addr128 first, addr128 last, uint32_t ruling,
	    struct err *e)
{
	return addrcover_add(ctx, first, last, ruling, e);
}

int
addrmerge_emit(struct addrmerge *m, enum kind kind, addrmerge_put *put,
	       void *ctx, struct err *e)
{
	struct emit x = {.m = m, .put = put, .ctx = ctx, .ruling = RULING_NONE,
			 .rec = {.kind = kind}};
	int rc;

	buf_init(&x.source, POLICY_SOURCE_MAX);
	addrcover_init(&x.cover, m->cs, put_record, &x);
	rc = addrset_sort(&m->set[kind], e);
	if (rc == 0)
		rc = addrsweep(m->cs, &m->set[kind], cover_range, &x.cover, e);
	if (rc == 0)
		rc = addrcover_finish(&x.cover, e);
	addrcover_free(&x.cover);
	buf_free(&x.source);
	return rc;
}
