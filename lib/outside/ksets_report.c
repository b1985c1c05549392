/* What is in force, for other tools and for people. */
#include "base/metrics.h"
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

		if (s->shape.family != family ||
		    at[s - ks->set] == entries_count(&s->want))
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

static void
per_set(const struct ksets *ks, struct metrics *m, const char *name,
	const char *help, uint64_t (*value)(const struct kset *))
{
	size_t i;

	metrics_family(m, name, "gauge", help);
	for (i = 0; i < KSETS; i++)
		metrics_u64(m, value(&ks->set[i]), "set", ks->set[i].name,
			    NULL);
}

static uint64_t
entries_in(const struct kset *s)
{
	return entries_count(&s->want);
}

static uint64_t
memory_of(const struct kset *s)
{
	return s->info.memory;
}

static uint64_t
packets_of(const struct kset *s)
{
	return s->packets;
}

static uint64_t
bytes_of(const struct kset *s)
{
	return s->bytes;
}

void
ksets_metrics(const struct ksets *ks, const char *prefix, uint64_t written,
	      struct out *o)
{
	struct metrics m = {.out = o, .stem = "ts_ipset"};
	int k;

	per_set(ks, &m, "entries", "Entries in the set.", entries_in);
	per_set(ks, &m, "memory_bytes", "Kernel memory of the set, as it says.",
		memory_of);
	per_set(ks, &m, "packets", "Packets that met the entries of the set.",
		packets_of);
	per_set(ks, &m, "bytes", "Bytes of these packets.", bytes_of);
	metrics_family(&m, "blocked_addresses", "gauge",
		       "Addresses that are blocked.");
	for (k = 0; k < 2; k++)
		metrics_real(&m, ks->sum[k].blocked, "prefix", prefix, "family",
			     k == 0 ? "ip4" : "ip6", NULL);
	metrics_family(&m, "written", "gauge",
		       "Entries that the last run wrote.");
	metrics_u64(&m, written, "prefix", prefix, NULL);
	metrics_family(&m, "held_back", "gauge", "Own addresses and the like "
		       "that the policy would have blocked.");
	metrics_u64(&m, ks->held_back, "prefix", prefix, NULL);
	metrics_family(&m, "left_out", "gauge",
		       "Records that no set holds, by kind.");
	for (k = 0; k < KIND_COUNT; k++)
		if (k != KIND_IP4 && k != KIND_IP6)
			metrics_u64(&m, ks->other[k], "prefix", prefix, "kind",
				    kind_text((enum kind)k), NULL);
	metrics_family(&m, "success_timestamp_seconds", "gauge",
		       "When a policy was last in force as wanted.");
	metrics_u64(&m, (uint64_t)ks->now, "prefix", prefix, NULL);
}
