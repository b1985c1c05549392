#include "sense/nametab.h"

#include <string.h>
#include <sys/random.h>

#define NODES_MAX ((size_t)1 << 30)
#define TEXT_MAX ((size_t)UINT32_MAX)
#define SLOTS_MIN ((size_t)1 << 15) /* what the least bulk holds */

__extension__ typedef unsigned __int128 u128;

/* Folds a product of 64 bits by 64. */
static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	const u128 p = (u128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t v = 0;
	uint32_t a, b;

	if (n >= 8) {
		memcpy(&v, p, 8);
	} else if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
		v = (uint64_t)a << 32 | b;
	} else if (n > 0) {
		v = (uint64_t)(unsigned char)p[0] << 16 |
		    (uint64_t)(unsigned char)p[n / 2] << 8 |
		    (unsigned char)p[n - 1];
	}
	return v;
}

/* The hash of a name from that of the name above it and its own first label.
 * The seed is random, so that no list can be made to collide. */
static inline uint64_t
hash_label(const struct nametab *t, uint64_t above, const char *p, size_t n)
{
	uint64_t h = above ^ n;

	for (; n > 8; p += 8, n -= 8)
		h = mix(h ^ load(p, 8), t->seed);
	return mix(h ^ load(p, n), t->seed ^ 0x9e3779b97f4a7c15ULL);
}

/* Where the label that ends at end begins; escaped dots do not part labels. */
static inline const char *
label_start(const char *s, const char *end)
{
	const char *p = end;

	for (;;) {
		const char *q;

		while (p > s && p[-1] != '.')
			p--;
		if (p == s)
			return p;
		for (q = p - 1; q > s && q[-1] == '\\'; q--)
			;
		if ((p - 1 - q) % 2 == 0)
			return p;
		p--;
	}
}

/* Twice the slots; a slot's upper half says where it goes. */
static int
grow(struct nametab *t, struct err *e)
{
	const size_t n = t->nslots * 2, mask = n - 1;
	struct bulk slots = {0};
	uint64_t *slot;
	size_t i;

	if (bulk_grow(&slots, n * sizeof(*slot), e) < 0)
		return -1;
	slot = slots.p;
	for (i = 0; i < t->slots.size / sizeof(*slot); i++) {
		size_t k = (size_t)(t->slot[i] >> 32) & mask;

		if (t->slot[i] == 0)
			continue;
		while (slot[k] != 0)
			k = (k + 1) & mask;
		slot[k] = t->slot[i];
	}
	bulk_free(&t->slots);
	t->slots = slots;
	t->slot = slot;
	t->nslots = n;
	return 0;
}

/* True with room for one more name and all that is above it. */
static inline bool
has_room(const struct nametab *t, size_t text)
{
	const size_t n = t->n + NAME_LABELS_MAX;

	return n * sizeof(*t->node) <= t->nodes.size &&
	       n <= t->nslots / 4 * 3 && t->ntext + text <= t->texts.size;
}

static int
make_room(struct nametab *t, size_t text, struct err *e)
{
	if (t->n + NAME_LABELS_MAX > NODES_MAX || t->ntext + text > TEXT_MAX)
		return err_set(e, EX_DATAERR, "more than a billion names, or "
			       "more than 4 GiB of them");
	while (t->slot == NULL ||
	       t->n + NAME_LABELS_MAX > t->nslots / 4 * 3)
		if (grow(t, e) < 0)
			return -1;
	if (bulk_grow(&t->texts, t->ntext + text, e) < 0 ||
	    bulk_grow(&t->nodes, (t->n + NAME_LABELS_MAX) * sizeof(*t->node),
		      e) < 0)
		return -1;
	t->text = t->texts.p;
	t->node = t->nodes.p;
	return 0;
}

int
nametab_init(struct nametab *t, struct err *e)
{
	*t = (struct nametab){.n = 1, .nslots = SLOTS_MIN / 2};
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = 0;
	t->seed |= 1;
	if (make_room(t, 0, e) < 0) {
		nametab_free(t);
		return -1;
	}
	t->node[0] = (struct name_node){0, 0, NAMETAB_NONE, 0, 0};
	return 0;
}

void
nametab_free(struct nametab *t)
{
	bulk_free(&t->texts);
	bulk_free(&t->nodes);
	bulk_free(&t->slots);
	*t = (struct nametab){.n = 0};
}

/* A name from its end: where each label begins, and the hash from there. */
struct labels {
	size_t n;
	const char *start[NAME_LABELS_MAX];
	uint64_t hash[NAME_LABELS_MAX];
};

/* Also fetches the slots into the cache, all at once: each is a miss. */
static void
split(const struct nametab *t, struct span name, struct labels *l)
{
	const char *p, *end = name.p + name.n;
	uint64_t hash = t->seed;

	for (l->n = 0; l->n < NAME_LABELS_MAX; end = p - 1) {
		p = label_start(name.p, end);
		hash = hash_label(t, hash, p, (size_t)(end - p));
		__builtin_prefetch(&t->slot[hash >> 32 & (t->nslots - 1)]);
		l->start[l->n] = p;
		l->hash[l->n++] = hash;
		if (p == name.p)
			break;
	}
}

/* The slot of a name, or the empty one where it would be. */
static uint64_t *
find_slot(const struct nametab *t, uint64_t hash, const char *p, size_t n)
{
	const size_t mask = t->nslots - 1;
	size_t i = (size_t)(hash >> 32) & mask;

	for (;; i = (i + 1) & mask) {
		const struct name_node *node;
		uint64_t *const slot = &t->slot[i];

		if (*slot == 0)
			return slot;
		if (*slot >> 32 != hash >> 32)
			continue;
		node = &t->node[(uint32_t)*slot - 1];
		if (node->len == n &&
		    memcmp(t->text + node->text, p, n) == 0)
			return slot;
	}
}

int64_t
nametab_add(struct nametab *t, struct span name, struct err *e)
{
	const char *const end = name.p + name.n;
	const size_t at = t->ntext;
	uint32_t node = 0;
	struct labels l;
	size_t i;

	if (!has_room(t, name.n) && make_room(t, name.n, e) < 0)
		return -1;
	split(t, name, &l);
	for (i = 0; i < l.n; i++) {
		const char *const p = l.start[i];
		uint64_t *const slot = find_slot(t, l.hash[i], p,
						 (size_t)(end - p));
		const uint32_t above = node;

		node = (uint32_t)*slot - 1;
		if (*slot != 0)
			continue;
		/* Its text goes where the whole name's will be. */
		if (t->ntext == at) {
			memcpy(t->text + at, name.p, name.n);
			t->ntext += name.n;
		}
		node = (uint32_t)t->n++;
		t->node[node] = (struct name_node){
			(uint32_t)(at + (size_t)(p - name.p)), 0, NAMETAB_NONE,
			above, (uint16_t)(end - p)};
		*slot = l.hash[i] >> 32 << 32 | (node + 1);
		if (*p == '*' && (p + 1 == end || p[1] == '.'))
			t->node[above].star = node;
	}
	return node;
}

void
nametab_find(const struct nametab *t, struct span name, struct name_found *f)
{
	const char *const end = name.p + name.n;
	struct labels l;
	size_t i;

	*f = (struct name_found){0, false, NAMETAB_NONE};
	split(t, name, &l);
	for (i = 0; i < l.n; i++) {
		const char *const p = l.start[i];
		const uint32_t star = t->node[f->node].star;
		const uint64_t *slot;

		if (star != NAMETAB_NONE && t->node[star].rule != 0)
			f->star = star;
		slot = find_slot(t, l.hash[i], p, (size_t)(end - p));
		if (*slot == 0)
			return;
		f->node = (uint32_t)*slot - 1;
	}
	f->exact = true;
}
