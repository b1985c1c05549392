#include "sense/layers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "sense/layers_priv.h"

#define LISTS_MAX ((size_t)1 << 16)

/* --- lists --------------------------------------------------------------- */

static uint64_t
hash(const char *s, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	while (n-- > 0)
		h = (h ^ (unsigned char)*s++) * UINT64_C(0x100000001b3);
	return h;
}

static const char *const words[LAYERS_KINDS] = {
	[LAYERS_NXDOMAIN] = "nxdomain", [LAYERS_NODATA] = "nodata",
	[LAYERS_REDIRECT] = "redirect", [LAYERS_HOLE] = "hole",
	[LAYERS_PASS] = "pass",
};

/* A target has no "_" and no upper case: only two that are too long can come to
 * have one name. */
static void
set_name(struct layers_list *list)
{
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

bool
layers_name_read(const char *name, enum layers_kind *kind, struct span *target)
{
	const size_t n = strcspn(name, "-");
	const char *const level = strrchr(name, '-');

	if (level == NULL || level[1] == '\0' ||
	    level[1 + strspn(level + 1, "0123456789")] != '\0')
		return false;
	*target = (struct span){level, 0};
	if (level > name + n)
		*target = (struct span){name + n + 1,
					(size_t)(level - name) - n - 1};
	for (*kind = LAYERS_NXDOMAIN; *kind < LAYERS_KINDS; ++*kind)
		if (span_is((struct span){name, n}, words[*kind]))
			return (target->n > 0) == (*kind == LAYERS_REDIRECT);
	return false;
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

		if (i + LAYERS_AHEAD < l->names)
			namekeys_prefetch(keys, l->priv->name[i + LAYERS_AHEAD],
					  0);
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

	if (layers_read(l, path, e) < 0 || layers_cut(l, e) < 0 ||
	    make_lists(l, e) < 0 || layers_walk(l, LAYERS_FILL, e) < 0)
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
