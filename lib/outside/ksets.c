#include "outside/ksets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Order of the array: allow before block, IPv4 before IPv6, addresses before
 * prefixes; ksets_apply relies on it. */
static size_t
place(enum verdict v, uint8_t family, enum nfset_type t)
{
	return (v == VERDICT_BLOCK ? 4u : 0u) + (family == CIDR_V6 ? 2u : 0u) +
	       (t == NFSET_NET ? 1u : 0u);
}

struct kset *
ksets_of(struct ksets *ks, enum verdict v, uint8_t family, enum nfset_type t)
{
	return &ks->set[place(v, family, t)];
}

const char *
ksets_prefix_check(const char *prefix)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	const size_t n = strlen(prefix);

	if (n == 0)
		return "it is empty";
	if (n > KSETS_PREFIX_MAX)
		return "it is over 21 characters (the kernel takes 31, and "
		       "'blockaddr6' is put behind it)";
	if (strspn(prefix, ok) != n || *prefix == '-')
		return "only letters, digits, '_', '.' and '-' may be in it, "
		       "and no '-' in front";
	return NULL;
}

/* "NAMEnew", or, where that is too long, the prefix with a shorter tail. */
static void
name_it(struct kset *s, const char *prefix)
{
	const char *const verdict = verdict_text(s->verdict);
	const char *const type = s->shape.type == NFSET_IP ? "addr" : "net";
	const char *const six = s->shape.family == CIDR_V6 ? "6" : "";

	(void)snprintf(s->name, sizeof(s->name), "%s%s%s%s", prefix, verdict,
		       type, six);
	if (strlen(s->name) + 3 <= NFSET_NAME_MAX)
		(void)snprintf(s->temp, sizeof(s->temp), "%.28snew", s->name);
	else
		(void)snprintf(s->temp, sizeof(s->temp), "%.21s%c%c%snew",
			       prefix, *verdict, *type, six);
}

void
ksets_init(struct ksets *ks, const char *prefix, int64_t now)
{
	size_t i;

	*ks = (struct ksets){.now = now};
	for (i = 0; i < KSETS; i++) {
		struct kset *s = &ks->set[i];

		s->verdict = i < 4 ? VERDICT_ALLOW : VERDICT_BLOCK;
		s->shape.family = i & 2 ? CIDR_V6 : CIDR_V4;
		s->shape.type = i & 1 ? NFSET_NET : NFSET_IP;
		entries_init(&s->want, s->shape.family);
		entries_init(&s->stale, s->shape.family);
		name_it(s, prefix);
	}
}

void
ksets_free(struct ksets *ks)
{
	size_t i;

	for (i = 0; i < KSETS; i++) {
		entries_free(&ks->set[i].want);
		entries_free(&ks->set[i].stale);
		free(ks->set[i].change);
		free(ks->set[i].hits);
	}
	*ks = (struct ksets){0};
}

size_t
ksets_wanted(const struct ksets *ks)
{
	size_t i, n = 0;

	for (i = 0; i < KSETS; i++)
		n += entries_count(&ks->set[i].want);
	return n;
}

/* What a prefix leaves beside c may be a single address, of the other set. */
static int
move_single(struct entries *wide, struct entries *single, const struct cidr *c,
	    struct err *e)
{
	struct cidr side = *c;
	uint32_t ttl;
	size_t i;

	if (c->len < cidr_max_len(c->family))
		return 0;
	*(c->family == CIDR_V4 ? &side.hi : &side.lo) ^=
		c->family == CIDR_V4 ? UINT64_C(1) << 32 : 1;
	i = entries_find(wide, &side);
	if (i == ENTRY_NONE)
		return 0;
	ttl = entries_ttl(wide, i);
	entries_remove(wide, i, 1);
	return entries_insert(single, &side, ttl, e);
}

int
ksets_hold_back(struct ksets *ks, const struct cidr *c, struct err *e)
{
	struct entries *const single = &ksets_of(ks, VERDICT_BLOCK, c->family,
						 NFSET_IP)->want;
	struct entries *const wide = &ksets_of(ks, VERDICT_BLOCK, c->family,
					       NFSET_NET)->want;
	size_t held = 0;

	if (entries_cut(single, c, &held, e) < 0 ||
	    entries_cut(wide, c, &held, e) < 0 ||
	    move_single(wide, single, c, e) < 0)
		return -1;
	return (int)held;
}
