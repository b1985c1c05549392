/* A policy's names in order, and one record of each. */
#include <stdlib.h>

#include "base/buf.h"
#include "sense/layers_priv.h"

static bool
takes_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' &&
		    s.p[i] != '.')
			return false;
	return true;
}

static int
want_redirect(struct layers_priv *p, struct span target, uint32_t *want,
	      struct err *e)
{
	const size_t before = p->targets.n;
	uint32_t id;

	if (name_is_wildcard(target.p, target.n)) {
		*want = WANT_WILD_TARGET;
		return 0;
	}
	if (!takes_name(target)) {
		*want = WANT_TARGET;
		return 0;
	}
	if (intern_add(&p->targets, target.p, target.n, &id, e) < 0 ||
	    array_grow((void **)&p->garden, &p->capgardens, p->targets.n,
		       sizeof(*p->garden), UINT32_MAX - WANT_GARDEN,
		       "redirects", e) < 0)
		return -1;
	if (p->targets.n > before)
		p->garden[id] = (struct layers_garden){.records = 0};
	*want = WANT_GARDEN + id;
	return 0;
}

static int
want_of(struct layers_priv *p, const struct policy *rec, uint32_t *want,
	struct err *e)
{
	static const uint32_t wants[RESPONSE_COUNT] = {
		[RESPONSE_NXDOMAIN] = WANT_NXDOMAIN,
		[RESPONSE_NODATA] = WANT_NODATA,
		[RESPONSE_DROP] = WANT_DROP,
		[RESPONSE_TCP_ONLY] = WANT_TCP_ONLY,
		[RESPONSE_DATA] = WANT_DATA,
		[RESPONSE_PASSTHRU] = WANT_PASS,
	};

	if (rec->response == RESPONSE_REDIRECT)
		return want_redirect(p, rec->target, want, e);
	*want = rec->verdict == VERDICT_ALLOW ? (uint32_t)WANT_PASS
					      : wants[rec->response];
	return 0;
}

static int
add_name(struct layers_priv *p, struct span name, struct layers_attr a,
	 struct err *e)
{
	struct nametree *const t = &p->tree;
	struct entry en;
	size_t n, nlast;
	const unsigned char *key, *last;

	if (intern_add(&p->attrs, &a, sizeof(a), &en.attr, e) < 0 ||
	    namekeys_add(&t->keys, name, &en.at, e) < 0 ||
	    array_grow((void **)&t->v, &t->cap, t->n + 1, sizeof(*t->v),
		       NAMETREE_MAX, "names", e) < 0)
		return -1;
	t->v[t->n++] = en;
	if (t->n == 1 || !p->sorted)
		return 0;
	key = key_get(t, en.at, &n);
	last = key_get(t, t->v[t->n - 2].at, &nlast);
	if (nlast <= n)
		p->sorted = memcmp(last, key, nlast) <= 0;
	else
		p->sorted = memcmp(last, key, n) < 0;
	return 0;
}

/* True where the name is the owner, or is one that its wildcard holds. */
static bool
is_of_owner(struct span name, struct span owner)
{
	size_t n = owner.n;

	if (!name_is_wildcard(owner.p, owner.n))
		return n == name.n && memcmp(name.p, owner.p, n) == 0;
	n -= 1;
	return n == 0 || (name.n > n && memcmp(name.p + name.n - n,
					       owner.p + 1, n) == 0);
}

static int
add_record(struct layers_priv *p, const struct policy *rec, struct err *e)
{
	struct layers_attr a = {.weight = rec->weight};
	bool self;

	if (want_of(p, rec, &a.want, e) < 0)
		return -1;
	self = a.want >= WANT_GARDEN && is_of_owner(rec->target, rec->name);
	if (self && !name_is_wildcard(rec->name.p, rec->name.n)) {
		a.want = WANT_PASS;
		self = false;
	}
	if (add_name(p, rec->name, a, e) < 0)
		return -1;
	if (a.want >= WANT_GARDEN)
		p->garden[a.want - WANT_GARDEN].records++;
	a.self = 1;
	return self ? add_name(p, rec->target, a, e) : 0;
}

static int
read_records(struct layers *l, struct policy_reader *r, struct err *e)
{
	static const enum layers_reason reasons[KIND_COUNT] = {
		[KIND_IP4] = LAYERS_ADDRESS,	  [KIND_IP6] = LAYERS_ADDRESS,
		[KIND_CLIENT4] = LAYERS_CLIENT,	  [KIND_CLIENT6] = LAYERS_CLIENT,
		[KIND_NSIP4] = LAYERS_NSADDRESS,  [KIND_NSIP6] = LAYERS_NSADDRESS,
		[KIND_NSNAME] = LAYERS_NSNAME,
	};
	enum stream_result res;
	struct policy rec;

	while ((res = policy_next(r, &rec, e)) == STREAM_RECORD) {
		l->records++;
		if (rec.kind != KIND_NAME)
			l->left[reasons[rec.kind]]++;
		else if (rec.expires <= l->priv->opts->now)
			l->left[LAYERS_EXPIRED]++;
		else if (add_record(l->priv, &rec, e) < 0)
			return -1;
	}
	return res < 0 ? -1 : 0;
}

/* --- one record of an owner ---------------------------------------------- */

/* b came later. True where it is dropped; else it takes a's place. */
static bool
is_lesser(struct layers *l, const struct entry *a, const struct entry *b)
{
	const struct layers_attr *const x = layers_attr_get(l->priv, a->attr);
	const struct layers_attr *const y = layers_attr_get(l->priv, b->attr);

	if (x->self || y->self)
		return y->self;
	l->conflicts += x->want != y->want;
	if (x->want == y->want)
		return y->weight <= x->weight;
	return y->want != WANT_PASS;
}

static void
sort_records(struct layers *l)
{
	struct nametree *const t = &l->priv->tree;
	size_t i, n = 0, na, nb;
	const unsigned char *a, *b;

	if (!l->priv->sorted)
		nametree_sort(NULL, t);
	for (i = 0; i < t->n; i++) {
		if (i + LAYERS_AHEAD < t->n)
			namekeys_prefetch(&t->keys, t->v[i + LAYERS_AHEAD].at, 0);
		if (n > 0) {
			a = key_get(t, t->v[n - 1].at, &na);
			b = key_get(t, t->v[i].at, &nb);
			if (na == nb && memcmp(a, b, na) == 0) {
				if (!is_lesser(l, &t->v[n - 1], &t->v[i]))
					t->v[n - 1] = t->v[i];
				continue;
			}
		}
		t->v[n++] = t->v[i];
	}
	t->n = n;
}

int
layers_read(struct layers *l, const char *path, struct err *e)
{
	struct policy_reader *const r = malloc(sizeof(*r));
	int rc;

	if (r == NULL)
		return err_mem(e);
	rc = policy_open(r, path, e);
	if (rc == 0) {
		l->priv->meaning = l->priv->opts->ignore_ent ? NAMES_LIST
							     : r->names;
		rc = read_records(l, r, e);
		policy_close(r);
	}
	free(r);
	if (rc == 0)
		sort_records(l);
	return rc;
}
