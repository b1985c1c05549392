/* Carrying it out; the order is explained in ksets.h. */
#include "outside/ksets.h"

#include <string.h>

/* Writes wanted entries: all of them, or those that are not there as wanted.
 * The counters of those that are there go with them. */
static int
put_wanted(const struct kset *s, struct nfset *ns, const char *name, bool all,
	   struct err *e)
{
	const size_t n = all ? entries_count(&s->want) : s->nchange;
	size_t i, k, h = 0;

	nfset_begin(ns, NFSET_ADD, name, &s->shape);
	for (k = 0; k < n; k++) {
		struct nfset_entry v = {0};

		i = all ? k : s->change[k] & ~KSET_RETIME;
		v.cidr = entries_cidr(&s->want, i);
		v.timeout = entries_ttl(&s->want, i);
		while (h < s->nhits && s->hits[h].i < i)
			h++;
		if (h < s->nhits && s->hits[h].i == i) {
			v.packets = s->hits[h].packets;
			v.bytes = s->hits[h].bytes;
		}
		if (nfset_put(ns, &v, e) < 0)
			return -1;
	}
	return nfset_end(ns, e);
}

static int
put_stale(const struct kset *s, struct nfset *ns, const char *name,
	  enum nfset_op op, struct err *e)
{
	size_t i;

	nfset_begin(ns, op, name, &s->shape);
	for (i = 0; i < entries_count(&s->stale); i++) {
		const struct nfset_entry v = {
			.cidr = entries_cidr(&s->stale, i),
			.timeout = entries_ttl(&s->stale, i),
		};

		if (nfset_put(ns, &v, e) < 0)
			return -1;
	}
	return nfset_end(ns, e);
}

/* Leaves in s->stale what a set that is swapped in keeps until the end: what a
 * set that comes later takes over. An allow set keeps all, so that nothing is
 * blocked for a moment that neither policy blocks. */
static void
choose_held(struct ksets *ks, struct kset *s)
{
	if (s->verdict == VERDICT_ALLOW)
		return;
	if (s->shape.type == NFSET_NET)
		entries_clear(&s->stale);
	else
		entries_keep_inside(&s->stale, &ksets_of(ks, VERDICT_BLOCK,
						 s->shape.family,
						 NFSET_NET)->want);
}

static int
fill_and_swap(struct ksets *ks, struct kset *s, struct nfset *ns,
	      struct err *e)
{
	struct err ignored;

	choose_held(ks, s);
	while (s->shape.maxelem < entries_count(&s->want) + entries_count(&s->stale) &&
	       s->shape.maxelem <= UINT32_MAX / 2)
		s->shape.maxelem *= 2;
	if (nfset_create(ns, s->temp, &s->shape, e) < 0)
		return -1;
	if (put_stale(s, ns, s->temp, NFSET_ADD, e) < 0 ||
	    put_wanted(s, ns, s->temp, true, e) < 0 ||
	    (s->exists ? nfset_swap(ns, s->temp, s->name, e)
		       : nfset_rename(ns, s->temp, s->name, e)) < 0) {
		(void)nfset_destroy(ns, s->temp, &ignored);
		return -1;
	}
	return s->exists ? nfset_destroy(ns, s->temp, e) : 0;
}

static int
gain(struct ksets *ks, struct kset *s, struct nfset *ns, struct err *e)
{
	switch (s->todo) {
	case KSET_KEEP:
		return 0;
	case KSET_CHANGE:
		return put_wanted(s, ns, s->name, false, e);
	case KSET_REBUILD:
	case KSET_CREATE:
		break;
	}
	return fill_and_swap(ks, s, ns, e);
}

/* What a run that was killed has left. */
static int
clear_temporaries(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	for (i = 0; i < KSETS; i++)
		if (nfset_destroy(ns, ks->set[i].temp, e) < 0)
			return -1;
	return 0;
}

int
ksets_apply(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	if (clear_temporaries(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++)
		if (gain(ks, &ks->set[i], ns, e) < 0)
			return -1;
	/* The block sets lose first; see the order of the array. */
	for (i = 0; i < KSETS; i++) {
		const struct kset *s = &ks->set[(i + KSETS / 2) % KSETS];

		if (s->todo != KSET_KEEP &&
		    put_stale(s, ns, s->name, NFSET_DEL, e) < 0)
			return -1;
	}
	return 0;
}

int
ksets_create(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	if (ksets_find(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++) {
		struct kset *s = &ks->set[i];

		s->shape.hashsize = KSETS_HASHSIZE_MIN;
		s->shape.maxelem = KSETS_MAXELEM_MIN;
		if (!s->exists && nfset_create(ns, s->name, &s->shape, e) < 0)
			return -1;
	}
	return 0;
}

int
ksets_destroy(struct ksets *ks, struct nfset *ns, struct err *e)
{
	size_t i;

	if (ksets_find(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++) {
		if (ks->set[i].info.references == 0)
			continue;
		(void)err_set(e, EX_CONFIG, "set '%s' is used by a rule",
			      ks->set[i].name);
		return err_hint(e, "take the rules out first: ts-iptables "
				"remove");
	}
	if (clear_temporaries(ks, ns, e) < 0)
		return -1;
	for (i = 0; i < KSETS; i++)
		if (nfset_destroy(ns, ks->set[i].name, e) < 0)
			return -1;
	return 0;
}
