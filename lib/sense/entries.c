#include "sense/entries.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define META_BYTES 4 /* length and time to live */

void
entries_init(struct entries *es, uint8_t family)
{
	*es = (struct entries){.family = family};
	es->width = (family == CIDR_V4 ? 4 : 16) + META_BYTES;
}

void
entries_free(struct entries *es)
{
	free(es->p);
	entries_init(es, es->family);
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline uint32_t
load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline void
store64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
encode(const struct entries *es, uint8_t *p, const struct cidr *c, uint32_t ttl)
{
	const uint32_t meta = (uint32_t)c->len << 24 | ttl;

	if (es->family == CIDR_V4) {
		store64(p, c->hi | meta);
	} else {
		const uint32_t be = htobe32(meta);

		store64(p, c->hi);
		store64(p + 8, c->lo);
		memcpy(p + 16, &be, sizeof(be));
	}
}

static inline int
compare(const uint8_t *a, const uint8_t *b, uint8_t width)
{
	uint64_t x = load64(a), y = load64(b);

	if (x == y && width > 8) {
		x = load64(a + 8);
		y = load64(b + 8);
		if (x == y) {
			x = load32(a + 16);
			y = load32(b + 16);
		}
	}
	return (x > y) - (x < y);
}

int
entries_add(struct entries *es, const struct cidr *c, uint32_t ttl,
	    struct err *e)
{
	void *p = es->p;
	uint8_t *at;

	if (es->n == es->cap &&
	    array_grow(&p, &es->cap, es->n + 1, es->width, ENTRIES_MAX,
		       "entries of one set", e) < 0)
		return -1;
	es->p = p;
	at = es->p + es->n * es->width;
	encode(es, at, c, ttl);
	if (es->n > 0 && compare(at - es->width, at, es->width) >= 0)
		es->unsorted = true;
	/* A prefix that comes twice, with two times, is adjacent but for sort. */
	if (es->n > 0 &&
	    memcmp(at - es->width, at, (size_t)es->width - 3) == 0)
		es->unsorted = true;
	es->n++;
	return 0;
}

static int
compare4(const void *a, const void *b)
{
	return compare(a, b, 4 + META_BYTES);
}

static int
compare6(const void *a, const void *b)
{
	return compare(a, b, 16 + META_BYTES);
}

static inline uint32_t
ttl_of(const uint8_t *p, uint8_t width)
{
	return load32(p + width - META_BYTES) & ENTRY_TTL_MAX;
}

static void
set_ttl(uint8_t *p, uint8_t width, uint32_t ttl)
{
	p[width - 3] = (uint8_t)(ttl >> 16);
	p[width - 2] = (uint8_t)(ttl >> 8);
	p[width - 1] = (uint8_t)ttl;
}

static inline uint32_t
longer(uint32_t a, uint32_t b)
{
	return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

void
entries_sort(struct entries *es)
{
	const uint8_t w = es->width;
	size_t i, n = 0;

	if (!es->unsorted)
		return;
	qsort(es->p, es->n, w, es->family == CIDR_V4 ? compare4 : compare6);
	for (i = 0; i < es->n; i++) {
		uint8_t *const last = n > 0 ? es->p + (n - 1) * w : NULL;
		const uint8_t *const p = es->p + i * w;

		if (last != NULL && memcmp(last, p, w - 3u) == 0)
			set_ttl(last, w, longer(ttl_of(last, w), ttl_of(p, w)));
		else
			memmove(es->p + n++ * w, p, w);
	}
	es->n = n;
	es->unsorted = false;
}

struct cidr
entries_cidr(const struct entries *es, size_t i)
{
	const uint8_t *const p = es->p + i * es->width;
	struct cidr c = {load64(p), 0, es->family, p[es->width - META_BYTES]};

	if (es->family == CIDR_V4)
		c.hi &= UINT64_MAX << 32;
	else
		c.lo = load64(p + 8);
	return c;
}

uint32_t
entries_ttl(const struct entries *es, size_t i)
{
	return ttl_of(es->p + i * es->width, es->width);
}

size_t
entries_lower(const struct entries *es, const struct cidr *c)
{
	uint8_t key[16 + META_BYTES] = {0};
	size_t lo = 0, hi = es->n;

	encode(es, key, c, 0);
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (compare(es->p + mid * es->width, key, es->width) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t
entries_find(const struct entries *es, const struct cidr *c)
{
	const size_t i = entries_lower(es, c);
	struct cidr at;

	if (i == es->n)
		return ENTRY_NONE;
	at = entries_cidr(es, i);
	return cidr_cmp(&at, c) == 0 ? i : ENTRY_NONE;
}

size_t
entries_holder(const struct entries *es, const struct cidr *c)
{
	unsigned len;

	for (len = 1; es->n > 0 && len <= c->len; len++) {
		struct cidr wide = *c;
		size_t i;

		wide.len = (uint8_t)len;
		cidr_truncate(&wide);
		i = entries_find(es, &wide);
		if (i != ENTRY_NONE)
			return i;
	}
	return ENTRY_NONE;
}

void
entries_remove(struct entries *es, size_t i, size_t n)
{
	memmove(es->p + i * es->width, es->p + (i + n) * es->width,
		(es->n - i - n) * es->width);
	es->n -= n;
}

int
entries_insert(struct entries *es, const struct cidr *c, uint32_t ttl,
	       struct err *e)
{
	const size_t i = entries_lower(es, c), w = es->width;
	struct cidr at;

	if (i < es->n) {
		at = entries_cidr(es, i);
		if (cidr_cmp(&at, c) == 0) {
			set_ttl(es->p + i * w, es->width,
				longer(entries_ttl(es, i), ttl));
			return 0;
		}
	}
	if (entries_add(es, c, ttl, e) < 0)
		return -1;
	memmove(es->p + (i + 1) * w, es->p + i * w, (es->n - 1 - i) * w);
	encode(es, es->p + i * w, c, ttl);
	es->unsorted = false;
	return 0;
}
