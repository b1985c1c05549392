/*
 * From sorted records to the entries of lists.
 *
 * The tree of all names that have a record, or exist because one below does, is
 * walked in key order with a stack of the names that are open. Each knows what
 * the entries so far bring to all names below it, and of what level the one is
 * that does.
 */
#include "base/buf.h"
#include "sense/layers_priv.h"

/* The root, and what a key of the longest name has below it. */
#define DEPTH_MAX (NAME_LABELS_MAX + 2)
#define NO_LEVEL (-1)

struct open {
	uint32_t at, len; /* its key: the first len octets of the one at */
	uint32_t want;	  /* what all below it get */
	int level;	  /* of the entry they get it from, or NO_LEVEL */
	bool mute;	  /* the service takes no name here or below */
};

struct walk {
	struct layers *l;
	struct layers_priv *p;
	enum layers_walk what;
	size_t next, n; /* of the records, with those of before */
	struct open open[DEPTH_MAX];
	size_t depth;  /* open[depth - 1] is the innermost */
	size_t top;    /* open[top - 1] is where the group starts; 0: none */
	size_t ngroup; /* groups so far */
	struct layers_key last; /* the list of the entry before */
	uint32_t last_id;
	struct err *e;
};

/* An owner: a name that is open, or its wildcard, with its record if any. */
struct owner {
	const struct open *o;
	bool wild;
	const struct entry *rec;
};

/* --- telling ------------------------------------------------------------- */

static struct span
owner_text(const struct walk *w, const struct owner *it, char *text)
{
	size_t len, n = 0;
	const unsigned char *key = key_get(&w->p->tree, it->o->at, &len);

	if (it->wild) {
		memcpy(text, "*.", 3);
		n = it->o->len > 0 ? 2 : 1;
	}
	if (it->o->len > 0)
		n += name_from_key(key, it->o->len, text + n);
	return (struct span){text, n};
}

static int
tell(struct walk *w, enum layers_reason r, const struct owner *it)
{
	const struct layers_opts *const opts = w->p->opts;
	char text[NAME_TEXT_MAX + 2];

	if (w->what != LAYERS_FILL)
		return 0;
	w->l->left[r]++;
	return opts->left == NULL ? 0
	       : opts->left(opts->ctx, r, owner_text(w, it, text), w->e);
}

/* --- entries ------------------------------------------------------------- */

static int
list_of(struct walk *w, struct layers_key k, uint32_t *id)
{
	struct layers_priv *const p = w->p;
	const size_t before = p->keys.n;

	if (k.want == w->last.want && k.level == w->last.level &&
	    w->last_id != UINT32_MAX) {
		*id = w->last_id;
		return 0;
	}
	if (intern_add(&p->keys, &k, sizeof(k), id, w->e) < 0 ||
	    array_grow((void **)&p->count, &p->capcount, p->keys.n,
		       sizeof(*p->count), UINT32_MAX, "lists", w->e) < 0)
		return -1;
	if (p->keys.n > before)
		p->count[*id] = 0;
	w->last = k;
	w->last_id = *id;
	return 0;
}

/* The lowest level over the one given that such an entry can be of. */
static uint32_t
level_of(uint32_t want, int over)
{
	const int kind = (int)layers_kind_of(want);
	const int level = over == NO_LEVEL
				  ? kind : over - over % LAYERS_KINDS + kind;

	return (uint32_t)(level > over ? level : level + LAYERS_KINDS);
}

static int
write_entry(struct walk *w, const struct owner *it, uint32_t id)
{
	char text[NAME_TEXT_MAX + 2];
	uint32_t at;

	if (it->rec != NULL)
		at = it->rec->at;
	else if (namekeys_add(&w->p->tree.keys, owner_text(w, it, text), &at,
			      w->e) < 0)
		return -1;
	w->p->name[w->p->count[id]++] = at;
	return 0;
}

/* The group that an entry made now is of; a new one where it starts here. */
static int
group_of(struct walk *w, bool first, struct layers_group **g)
{
	struct layers_priv *const p = w->p;

	w->ngroup += first;
	*g = NULL;
	if (w->what == LAYERS_GROUP && first) {
		if (array_grow((void **)&p->group, &p->capgroups, w->ngroup,
			       sizeof(*p->group), UINT32_MAX, "names",
			       w->e) < 0)
			return -1;
		p->group[w->ngroup - 1] = (struct layers_group){.out = LAYERS_FITS};
		p->ngroups = w->ngroup;
	}
	if (p->group != NULL)
		*g = &p->group[w->ngroup - 1];
	return 0;
}

/* first: it starts a group. */
static int
add_entry(struct walk *w, const struct owner *it, uint32_t want, uint32_t level,
	  bool first)
{
	struct layers_group *g;
	uint32_t id;

	if (group_of(w, first, &g) < 0)
		return -1;
	if (g != NULL && w->what == LAYERS_GROUP) {
		const uint16_t weight = it->rec == NULL ? 0
			: layers_attr_get(w->p, it->rec->attr)->weight;

		g->names++;
		g->blocks |= layers_blocks(want);
		if (g->weight < weight)
			g->weight = weight;
		if (g->level < level)
			g->level = (uint16_t)level;
	} else if (g != NULL && g->out != LAYERS_FITS) {
		w->l->groups_left += first && w->what == LAYERS_FILL;
		return tell(w, g->out, it);
	}
	if (list_of(w, (struct layers_key){want, level}, &id) < 0)
		return -1;
	if (w->what == LAYERS_FILL)
		return write_entry(w, it, id);
	w->p->count[id]++;
	return 0;
}

/* --- what is wanted ------------------------------------------------------ */

/* What it comes to, where the wildcard above brings what cover says. */
static int
decide(struct walk *w, const struct owner *it, uint32_t cover, uint32_t *want)
{
	static const enum layers_reason reasons[] = {
		[WANT_DROP] = LAYERS_DROP,
		[WANT_TCP_ONLY] = LAYERS_TCP_ONLY,
		[WANT_DATA] = LAYERS_DATA,
		[WANT_WILD_TARGET] = LAYERS_WILD_TARGET,
		[WANT_TARGET] = LAYERS_TARGET,
	};
	enum layers_reason r;

	if (it->rec == NULL) {
		*want = w->p->meaning == NAMES_RPZ ? WANT_SILENT : cover;
		return 0;
	}
	*want = layers_attr_get(w->p, it->rec->attr)->want;
	if (it->wild && it->o->len == 0 && !w->p->opts->root)
		r = LAYERS_ROOT;
	else if (*want >= WANT_GARDEN)
		r = w->p->garden[*want - WANT_GARDEN].out ? LAYERS_GARDEN
							 : LAYERS_FITS;
	else
		r = reasons[*want < WANT_DROP ? WANT_SILENT : *want];
	if (r == LAYERS_FITS)
		return 0;
	*want = r == LAYERS_TCP_ONLY || cover == WANT_PASS ? WANT_SILENT
							    : cover;
	return tell(w, r, it);
}

/* The service takes no such name: it keeps what cover says. */
static int
tell_mute(struct walk *w, const struct owner *it, uint32_t cover, uint32_t want)
{
	if (layers_blocks(cover) && !layers_blocks(want))
		return tell(w, LAYERS_LOST, it);
	return want == WANT_SILENT ? 0 : tell(w, LAYERS_OCTETS, it);
}

/* True where a name can have another below it: the least label takes two octets,
 * the root one. Of names that the service takes, the key is as long as on the
 * wire less the root. */
static bool
has_below(const struct open *o)
{
	return o->len <= NAME_WIRE_MAX - 3;
}

static bool
takes_label(const unsigned char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return true;
}

/*
 * Makes an entry where what is wanted is not what the wildcard above brings:
 * 1 if so, 0 if not. first: it would start a group.
 */
static int
settle(struct walk *w, const struct open *up, const struct owner *it, bool first,
       uint32_t *want)
{
	if (decide(w, it, up->want, want) < 0)
		return -1;
	if (*want == up->want)
		return 0;
	if (it->o->mute)
		return tell_mute(w, it, up->want, *want);
	if (it->wild && !has_below(it->o))
		return 0;
	return add_entry(w, it, *want, level_of(*want, up->level), first) < 0
		       ? -1 : 1;
}

/* The records are of the name and its wildcard; either may be NULL. */
static int
open_name(struct walk *w, uint32_t at, size_t len, const struct entry *exact,
	  const struct entry *wild)
{
	static const struct open nothing = {.level = NO_LEVEL};
	const struct open *const up =
		w->depth > 0 ? &w->open[w->depth - 1] : &nothing;
	struct open *const o = &w->open[w->depth++];
	const struct owner own = {o, false, exact}, below = {o, true, wild};
	const bool first = w->top == 0;
	uint32_t want;
	int made = 0;
	size_t n;

	*o = *up;
	o->at = at;
	o->len = (uint32_t)len;
	if (len > 0) {
		const unsigned char *key = key_get(&w->p->tree, at, &n);

		o->mute |= !takes_label(key + up->len, len - up->len - 1);
		made = settle(w, up, &own, first, &want);
		if (made < 0)
			return -1;
	}
	made = settle(w, up, &below, first && made == 0, &want);
	if (made <= 0)
		return made;
	o->want = want;
	o->level = (int)level_of(want, up->level);
	if (first)
		w->top = w->depth;
	return 0;
}

/* --- the walk ------------------------------------------------------------ */

static bool
is_below(const struct walk *w, const struct open *o, const unsigned char *key,
	 size_t n)
{
	size_t len;

	return o->len <= n &&
	       memcmp(key, key_get(&w->p->tree, o->at, &len), o->len) == 0;
}

static bool
ends_wild(const unsigned char *key, size_t n)
{
	return n >= WILD_LEN && key[n - 2] == *WILD_LABEL &&
	       (n == WILD_LEN || key[n - 3] == 0);
}

/* Closes what a key is not below. */
static void
close_others(struct walk *w, const unsigned char *key, size_t n)
{
	while (w->depth > 1 && !is_below(w, &w->open[w->depth - 1], key, n)) {
		if (w->top == w->depth)
			w->top = 0;
		w->depth--;
	}
}

/* The next record, where it is that of the name with this key, or of its
 * wildcard; else NULL. */
static const struct entry *
take(struct walk *w, const unsigned char *key, size_t n, bool wild)
{
	const struct entry *const rec = &w->p->tree.v[w->next];
	const size_t want = wild ? n + WILD_LEN : n;
	const unsigned char *k;
	size_t len;

	if (w->next == w->n || layers_attr_get(w->p, rec->attr)->self)
		return NULL;
	k = key_get(&w->p->tree, rec->at, &len);
	if (len != want || memcmp(k, key, n) != 0 ||
	    (wild && k[n] != *WILD_LABEL))
		return NULL;
	w->next++;
	return rec;
}

/*
 * A garden's own name, which a wildcard above redirects to itself: BIND lets it
 * through, and it does not come to exist by that.
 */
static int
take_self(struct walk *w, const unsigned char *key, size_t n)
{
	const struct entry *const rec = &w->p->tree.v[w->next++];
	const struct open *const up = &w->open[w->depth - 1];
	const struct open self = {.at = rec->at, .len = (uint32_t)n};
	const struct owner it = {&self, false, rec};
	const unsigned char *k;
	size_t len;

	if (up->want != layers_attr_get(w->p, rec->attr)->want)
		return 0;
	if (w->next < w->n) {
		k = key_get(&w->p->tree, w->p->tree.v[w->next].at, &len);
		if (len > n && memcmp(k, key, n) == 0)
			return 0;
	}
	return add_entry(w, &it, WANT_PASS, level_of(WANT_PASS, up->level),
			 false);
}

static int
step(struct walk *w)
{
	const struct entry *const rec = &w->p->tree.v[w->next];
	const uint32_t at = rec->at;
	const struct entry *exact = NULL, *wild = NULL;
	size_t n, len;
	const unsigned char *key = key_get(&w->p->tree, at, &n);

	if (w->next + LAYERS_AHEAD < w->n)
		namekeys_prefetch(&w->p->tree.keys, rec[LAYERS_AHEAD].at, 0);
	if (ends_wild(key, n))
		n -= WILD_LEN;
	close_others(w, key, n);
	if (layers_attr_get(w->p, rec->attr)->self)
		return take_self(w, key, n);
	for (len = w->open[w->depth - 1].len; len < n;) {
		const unsigned char *end = memchr(key + len, 0, n - len);

		len = (size_t)(end + 1 - key);
		if (len == n) {
			exact = take(w, key, n, false);
			wild = take(w, key, n, true);
		}
		if (open_name(w, at, len, exact, wild) < 0)
			return -1;
	}
	return 0;
}

int
layers_walk(struct layers *l, enum layers_walk what, struct err *e)
{
	struct layers_priv *const p = l->priv;
	struct walk w = {.l = l, .p = p, .what = what, .n = p->tree.n,
			 .last_id = UINT32_MAX, .e = e};
	const unsigned char root[1] = "";

	if (p->tree.n == 0)
		return 0;
	if (open_name(&w, p->tree.v[0].at, 0, NULL, take(&w, root, 0, true)) < 0)
		return -1;
	while (w.next < w.n)
		if (step(&w) < 0)
			return -1;
	return 0;
}
