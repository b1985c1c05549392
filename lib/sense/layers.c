#include "sense/layers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "sense/layers_priv.h"

#define LISTS_MAX ((size_t)1 << 20)

/* --- reading ------------------------------------------------------------- */

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

static int
read_policy(struct layers *l, const char *path, struct err *e)
{
	struct policy_reader *const r = malloc(sizeof(*r));
	int rc;

	if (r == NULL)
		return err_mem(e);
	rc = policy_open(r, path, false, e);
	if (rc == 0) {
		l->priv->meaning = l->priv->opts->ignore_ent ? NAMES_LIST
							     : r->names;
		rc = read_records(l, r, e);
		policy_close(r);
	}
	free(r);
	return rc;
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

/* --- lists --------------------------------------------------------------- */

static uint64_t
hash(const char *s, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	while (n-- > 0)
		h = (h ^ (unsigned char)*s++) * UINT64_C(0x100000001b3);
	return h;
}

/* A target has no "_" and no upper case: only two that are too long can come to
 * have one name. */
static void
set_name(struct layers_list *list)
{
	static const char *const words[LAYERS_KINDS] = {
		[LAYERS_NXDOMAIN] = "nxdomain", [LAYERS_NODATA] = "nodata",
		[LAYERS_REDIRECT] = "redirect", [LAYERS_HOLE] = "hole",
		[LAYERS_PASS] = "pass",
	};
	char tail[24], *s = list->name, *end;
	const size_t n = (size_t)snprintf(tail, sizeof(tail), "-%u",
					  list->level / LAYERS_KINDS);
	const size_t room = LAYERS_NAME_MAX - n;
	const size_t len = strlen(list->target);
	int head = snprintf(s, room + 1, "%s%s%s", words[list->kind],
			    len > 0 ? "-" : "", list->target);

	if ((size_t)head > room) {
		(void)snprintf(s + room - 17, 18, "H%016llX",
			       (unsigned long long)hash(list->target, len));
		head = (int)room;
	}
	for (end = s + head; s < end; s++)
		if (*s == '.')
			*s = '_';
	memcpy(end, tail, n + 1);
}

static void
set_list(const struct layers_priv *p, const struct layers_key *k,
	 struct layers_list *list)
{
	const struct layers_opts *const o = p->opts;
	const char *target;
	size_t n;

	list->level = k->level;
	list->kind = layers_kind_of(k->want);
	list->trust = list->kind == LAYERS_PASS;
	if (list->kind == LAYERS_REDIRECT) {
		target = intern_get(&p->targets, k->want - WANT_GARDEN, &n);
		memcpy(list->target, target, n);
	}
	if (list->kind == LAYERS_PASS)
		list->action = o->pass_quiet ? LAYERS_ALLOW : LAYERS_ALERT;
	else if (list->kind == LAYERS_HOLE)
		list->action = o->hole_alert ? LAYERS_ALERT : LAYERS_ALLOW;
	else
		list->action = o->monitor_only ? LAYERS_ALERT : LAYERS_BLOCK;
	set_name(list);
}

static int
compare_lists(const void *pa, const void *pb)
{
	const struct layers_list *const a = pa, *const b = pb;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* From what was counted to where each list has its names. */
static int
make_lists(struct layers *l, struct err *e)
{
	struct layers_priv *const p = l->priv;
	struct layers_list *list;
	size_t i;

	for (i = 0; i < p->keys.n; i++)
		l->nlists += p->count[i] > 0;
	if (l->nlists > LISTS_MAX)
		return err_set(e, EX_DATAERR, "more than %zu lists", LISTS_MAX);
	l->list = calloc(l->nlists + 1, sizeof(*l->list));
	if (l->list == NULL)
		return err_mem(e);
	for (list = l->list, i = 0; i < p->keys.n; i++) {
		if (p->count[i] == 0)
			continue;
		set_list(p, layers_key_get(p, i), list);
		list->first = l->names;
		list->n = p->count[i];
		l->names += list->n;
		p->count[i] = list->first;
		list++;
	}
	qsort(l->list, l->nlists, sizeof(*l->list), compare_lists);
	for (i = 1; i < l->nlists; i++)
		if (strcmp(l->list[i - 1].name, l->list[i].name) == 0)
			return err_set(e, EX_DATAERR,
				       "redirects to '%s' and '%s' have one hash",
				       l->list[i - 1].target, l->list[i].target);
	p->name = calloc(l->names + 1, sizeof(*p->name));
	return p->name != NULL ? 0 : err_mem(e);
}

/* Keys become texts in their places: as long as they are, with a NUL. Of names
 * that are in a list the texts are plain. */
static void
keys_to_texts(struct layers *l)
{
	const struct namekeys *const keys = &l->priv->tree.keys;
	char text[NAME_TEXT_MAX + 2];
	unsigned char *to;
	size_t i, n, len;

	for (i = 0; i < l->names; i++) {
		const uint32_t at = l->priv->name[i];
		const unsigned char *const key = namekeys_get(keys, at, &n);

		if (i + 16 < l->names)
			namekeys_prefetch(keys, l->priv->name[i + 16], 0);
		len = 0;
		if (n >= WILD_LEN && key[n - 2] == *WILD_LABEL) {
			n -= WILD_LEN;
			memcpy(text, "*.", 2);
			len = n > 0 ? 2 : 1;
		}
		if (n > 0)
			len += name_from_key(key, n, text + len);
		text[len] = '\0';
		to = keys->block[at >> NAMEKEYS_BITS] +
		     (at & (NAMEKEYS_BLOCK - 1)) + KEY_HEAD;
		memcpy(to, text, len + 1);
	}
}

static int
build(struct layers *l, const char *path, struct err *e)
{
	struct layers_priv *const p = l->priv;

	if (read_policy(l, path, e) < 0)
		return -1;
	sort_records(l);
	if (layers_cut(l, e) < 0 || make_lists(l, e) < 0 ||
	    layers_walk(l, LAYERS_FILL, e) < 0)
		return -1;
	keys_to_texts(l);
	free(p->tree.v);
	p->tree.v = NULL;
	return 0;
}

int
layers_load(struct layers *l, const char *path, const struct layers_opts *opts,
	    struct err *e)
{
	*l = (struct layers){.priv = calloc(1, sizeof(*l->priv))};
	if (l->priv == NULL)
		return err_mem(e);
	l->priv->opts = opts;
	l->priv->sorted = true;
	if (build(l, path, e) == 0)
		return 0;
	layers_free(l);
	return -1;
}

void
layers_free(struct layers *l)
{
	struct layers_priv *const p = l->priv;

	if (p != NULL) {
		namekeys_free(&p->tree.keys);
		free(p->tree.v);
		intern_free(&p->attrs);
		intern_free(&p->targets);
		intern_free(&p->keys);
		free(p->garden);
		free(p->group);
		free(p->count);
		free(p->name);
	}
	free(p);
	free(l->list);
	*l = (struct layers){.names = 0};
}

const char *
layers_name(const struct layers *l, const struct layers_list *list, size_t i)
{
	const uint32_t at = l->priv->name[list->first + i];

	return (const char *)namekeys_head(&l->priv->tree.keys, at) + KEY_HEAD;
}

/* --- words --------------------------------------------------------------- */

static const struct {
	const char *word, *text;
} reasons[LAYERS_REASONS] = {
	[LAYERS_ADDRESS] = {"address", "answers are not looked into"},
	[LAYERS_CLIENT] = {"client", "clients are not told apart"},
	[LAYERS_NSADDRESS] = {"nsaddress", "name servers are not looked at"},
	[LAYERS_NSNAME] = {"nsname", "name servers are not looked at"},
	[LAYERS_EXPIRED] = {"expired", "it has expired"},
	[LAYERS_DROP] = {"drop", "there is no such response"},
	[LAYERS_TCP_ONLY] = {"tcp-only", "there is no such response"},
	[LAYERS_DATA] = {"data", "there is no such response"},
	[LAYERS_WILD_TARGET] = {"wild-target", "a redirect goes to one name"},
	[LAYERS_TARGET] = {"target", "no redirect goes to such a name"},
	[LAYERS_GARDEN] = {"garden", "no rule is left for its redirect"},
	[LAYERS_OCTETS] = {"octets", "no list holds a name with such octets"},
	[LAYERS_ROOT] = {"root", "a wildcard of every name was not asked for"},
	[LAYERS_LOST] = {"lost", "no list holds such a name: what is blocked "
				 "above it blocks it too"},
	[LAYERS_LISTS] = {"lists", "no rule is left for so many levels"},
	[LAYERS_NAMES] = {"names", "no room is left in the lists"},
};

const char *
layers_reason_text(enum layers_reason r)
{
	return reasons[r].text;
}

const char *
layers_reason_word(enum layers_reason r)
{
	return reasons[r].word;
}
