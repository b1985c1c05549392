/* Entries that packets have met, most first, with the source that listed them. */
#include "outside/ksets.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sense/intern.h"

#define NO_SOURCE UINT32_MAX

struct hit {
	struct cidr cidr;
	uint64_t packets, bytes;
	uint32_t source; /* interned, or NO_SOURCE */
	uint32_t timeout;
	uint8_t verdict;
	uint8_t listed; /* length of the record that named the source */
};

struct hits {
	struct hit *v;
	size_t n, cap;
	uint8_t verdict; /* of the set that is being read */
	struct intern sources;
};

static int
on_group(void *arg, const struct nfset_entry *v, size_t n, struct err *e)
{
	struct hits *h = arg;
	void *p = h->v;
	size_t i;

	if (array_grow(&p, &h->cap, h->n + n, sizeof(*h->v), ENTRIES_MAX,
		       "entries", e) < 0)
		return -1;
	h->v = p;
	for (i = 0; i < n; i++)
		if (v[i].packets > 0)
			h->v[h->n++] = (struct hit){
				.cidr = v[i].cidr,
				.packets = v[i].packets,
				.bytes = v[i].bytes,
				.source = NO_SOURCE,
				.timeout = v[i].timeout,
				.verdict = h->verdict,
			};
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	return cidr_cmp(&x->cidr, &y->cidr);
}

static int
by_packets(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return by_place(a, b);
}

/* The source of a record belongs to the hit entries inside it: the entry may be
 * a part of the record, where the rest was held back. */
static int
name_source(struct hits *h, const struct policy *rec, struct err *e)
{
	const struct hit key = {.cidr = rec->cidr,
				.verdict = (uint8_t)rec->verdict};
	size_t lo = 0, hi = h->n;
	uint32_t id;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (by_place(&h->v[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == h->n || h->v[lo].verdict != rec->verdict ||
	    !cidr_contains(&rec->cidr, &h->v[lo].cidr))
		return 0;
	if (intern_add(&h->sources, rec->source.p, rec->source.n, &id, e) < 0)
		return -1;
	for (; lo < h->n && h->v[lo].verdict == rec->verdict &&
	       cidr_contains(&rec->cidr, &h->v[lo].cidr); lo++)
		if (h->v[lo].source == NO_SOURCE ||
		    rec->cidr.len >= h->v[lo].listed) {
			h->v[lo].source = id;
			h->v[lo].listed = rec->cidr.len;
		}
	return 0;
}

static int
read_sources(struct hits *h, const char *path, struct err *e)
{
	struct policy_reader r;
	enum stream_result res;
	struct policy rec;

	if (policy_open(&r, path, e) < 0)
		return -1;
	while ((res = policy_next(&r, &rec, e)) > 0) {
		if ((rec.kind == KIND_IP4 || rec.kind == KIND_IP6) &&
		    name_source(h, &rec, e) < 0) {
			res = STREAM_ERROR;
			break;
		}
	}
	policy_close(&r);
	return res == STREAM_END ? 0 : -1;
}

static void
write_hits(const struct hits *h, int64_t now, struct out *o)
{
	size_t i, n;

	for (i = 0; i < h->n; i++) {
		const struct hit *x = &h->v[i];
		char text[CIDR_TEXT_MAX];
		const char *source = "-";

		n = 1;
		if (x->source != NO_SOURCE)
			source = intern_get(&h->sources, x->source, &n);
		out_u64(o, x->packets);
		out_put(o, "\t", 1);
		out_u64(o, x->bytes);
		out_fmt(o, "\t%s\t", verdict_text((enum verdict)x->verdict));
		out_put(o, text, cidr_format(&x->cidr, text));
		out_put(o, "\t", 1);
		out_put(o, source, n);
		if (x->timeout == 0)
			out_str(o, "\t-\n");
		else
			out_fmt(o, "\t%lld\n", (long long)now + x->timeout);
	}
}

int
ksets_hits(struct ksets *ks, struct nfset *ns, const char *policy,
	   struct out *o, struct err *e)
{
	struct hits h = {0};
	size_t i;
	int rc = 0;

	for (i = 0; i < KSETS && rc == 0; i++) {
		h.verdict = (uint8_t)ks->set[i].verdict;
		rc = ksets_scan(&ks->set[i], ns, on_group, &h, e);
	}
	if (rc == 0 && h.n > 0)
		qsort(h.v, h.n, sizeof(*h.v), by_place);
	if (rc == 0 && policy != NULL)
		rc = read_sources(&h, policy, e);
	if (rc == 0 && h.n > 0)
		qsort(h.v, h.n, sizeof(*h.v), by_packets);
	if (rc == 0)
		write_hits(&h, ks->now, o);
	free(h.v);
	intern_free(&h.sources);
	return rc;
}
