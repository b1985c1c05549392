/* What is in force, for other tools and for people. */
#include "outside/ksets.h"

/* The next entry of all sets of a family, in canonical order; a set of each
 * verdict and type, allow behind block where a prefix is in both. */
static struct kset *
next_of(struct ksets *ks, uint8_t family, size_t *at, struct cidr *c)
{
	struct kset *best = NULL;
	size_t i;

	for (i = 0; i < KSETS; i++) {
		struct kset *s = &ks->set[(i + KSETS / 2) % KSETS];
		struct cidr head;

		if (s->shape.family != family || at[s - ks->set] == entries_count(&s->want))
			continue;
		head = entries_cidr(&s->want, at[s - ks->set]);
		if (best == NULL || cidr_cmp(&head, c) < 0) {
			best = s;
			*c = head;
		}
	}
	return best;
}

void
ksets_export(struct ksets *ks, struct out *o)
{
	static const uint8_t families[] = {CIDR_V4, CIDR_V6};
	size_t at[KSETS] = {0};
	uint64_t n = 0;
	size_t f;

	stream_begin(o, "policy", POLICY_NAMES_RPZ "\torder=canonical");
	for (f = 0; f < 2; f++) {
		struct policy rec = {
			.kind = families[f] == CIDR_V4 ? KIND_IP4 : KIND_IP6,
			.source = {"-", 1},
			.weight = 1,
		};
		struct kset *s;

		while ((s = next_of(ks, families[f], at, &rec.cidr)) != NULL) {
			const uint32_t ttl =
				entries_ttl(&s->want, at[s - ks->set]++);

			rec.verdict = s->verdict;
			rec.expires = ttl == 0 ? POLICY_NO_EXPIRY
					       : ks->now + ttl;
			policy_put(o, &rec);
			n++;
		}
	}
	stream_end(o, n);
}
