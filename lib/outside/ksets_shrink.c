/* The check of --max-shrink, and whatever is both blocked and allowed. */
#include "outside/ksets.h"

#include <math.h>
#include <string.h>

static void
sum_of(struct ksets *ks, uint8_t family, struct entries_sum *sum)
{
	const struct entries *es[2][2];
	int v, t;

	for (v = 0; v < 2; v++)
		for (t = 0; t < 2; t++)
			es[v][t] = &ksets_of(ks, v == 0 ? VERDICT_BLOCK
							: VERDICT_ALLOW,
					     family, (enum nfset_type)t)->want;
	entries_sum(es[0], es[1], sum);
}

void
ksets_ready(struct ksets *ks)
{
	sum_of(ks, CIDR_V4, &ks->sum[0]);
	sum_of(ks, CIDR_V6, &ks->sum[1]);
}

/* Addresses of all entries that were read, as though none overlapped. */
static double
at_most(struct ksets *ks, uint8_t family)
{
	double n = 0;
	unsigned len;
	int t;

	for (t = NFSET_IP; t <= NFSET_NET; t++) {
		const struct kset *s = ksets_of(ks, VERDICT_BLOCK, family,
						(enum nfset_type)t);

		for (len = 0; len <= cidr_max_len(family); len++)
			n += ldexp((double)s->lens[len],
				   (int)(cidr_max_len(family) - len));
	}
	return n;
}

/* Exactly what is blocked now. */
static int
blocked_now(const struct ksets *ks, struct nfset *ns, uint8_t family,
	    double *n, struct err *e)
{
	struct entries_sum sum;
	struct ksets now;
	size_t i;
	int rc;

	ksets_init(&now, "", ks->now);
	for (i = 0; i < KSETS; i++)
		memcpy(now.set[i].name, ks->set[i].name,
		       sizeof(now.set[i].name));
	rc = ksets_adopt(&now, ns, e);
	if (rc == 0) {
		sum_of(&now, family, &sum);
		*n = sum.blocked;
	}
	ksets_free(&now);
	return rc;
}

static int
check_family(struct ksets *ks, struct nfset *ns, uint8_t family, double pct,
	     struct err *e)
{
	const double want = ks->sum[family == CIDR_V6].blocked;
	const double part = 1 - pct / 100;
	double had = at_most(ks, family);

	/* Only where the cheap count does not settle it are the sets read
	 * again. */
	if (want >= had * part)
		return 0;
	if (blocked_now(ks, ns, family, &had, e) < 0)
		return -1;
	if (want >= had * part)
		return 0;
	(void)err_set(e, EX_DATAERR, "refused: %.0f IPv%d addresses would be "
		      "blocked, %.0f are now: %.1f %% fewer, over the "
		      "--max-shrink of %g %%", want, family, had,
		      100 * (1 - want / had), pct);
	return err_hint(e, "if that is meant, say --max-shrink 100");
}

int
ksets_check_shrink(struct ksets *ks, struct nfset *ns, double pct,
		   struct err *e)
{
	if (check_family(ks, ns, CIDR_V4, pct, e) < 0)
		return -1;
	return check_family(ks, ns, CIDR_V6, pct, e);
}
