#include "sense/entries.h"

#include <string.h>

void
entries_init(struct entries *es, uint8_t family)
{
	*es = (struct entries){.set = {.family = family}};
}

void
entries_free(struct entries *es)
{
	addrset_free(&es->set);
	es->unsorted = false;
}

void
entries_clear(struct entries *es)
{
	es->set.n = 0;
	es->unsorted = false;
}

static int
check_room(const struct entries *es, size_t n, struct err *e)
{
	if (n <= ENTRIES_MAX - es->set.n)
		return 0;
	return err_set(e, EX_DATAERR, "more than %zu entries of one set",
		       ENTRIES_MAX);
}

/* Whether c, which comes next, is behind the last one. */
static void
check_order(struct entries *es, const struct cidr *c)
{
	if (es->set.n > 0 && !es->unsorted) {
		const struct cidr last = entries_cidr(es, es->set.n - 1);

		es->unsorted = cidr_cmp(&last, c) >= 0;
	}
}

int
entries_add(struct entries *es, const struct cidr *c, uint32_t ttl,
	    struct err *e)
{
	if (check_room(es, 1, e) < 0)
		return -1;
	check_order(es, c);
	return addrset_add(&es->set, c, ttl, e);
}

int
entries_add4(struct entries *es, const uint64_t *v, size_t n, uint32_t ttl,
	     struct err *e)
{
	size_t i;

	if (n == 0)
		return 0;
	if (check_room(es, n, e) < 0)
		return -1;
	check_order(es, &(struct cidr){v[0] >> 32 << 32, 0, CIDR_V4,
				       (uint8_t)v[0]});
	for (i = 1; i < n; i++)
		es->unsorted |= v[i - 1] >= v[i];
	return addrset_add4(&es->set, v, n, ttl, e);
}

int
entries_add_many(struct entries *es, const struct cidr *c, size_t n,
		 uint32_t ttl, struct err *e)
{
	size_t i;

	if (n == 0)
		return 0;
	if (check_room(es, n, e) < 0)
		return -1;
	check_order(es, &c[0]);
	for (i = 1; i < n && !es->unsorted; i++)
		es->unsorted = cidr_cmp(&c[i - 1], &c[i]) >= 0;
	return addrset_add_many(&es->set, c, n, ttl, e);
}

static void
set_ttl(struct entries *es, size_t i, uint32_t ttl)
{
	if (es->set.family == CIDR_V4)
		es->set.v4[i] = (es->set.v4[i] & ~(uint64_t)ENTRY_TTL_MAX) |
				ttl;
	else
		es->set.v6[i].tag = ttl;
}

static uint32_t
longer(uint32_t a, uint32_t b)
{
	return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

/* Moves n entries within the array. */
static void
move(struct entries *es, size_t to, size_t from, size_t n)
{
	if (n == 0)
		return;
	if (es->set.family == CIDR_V4)
		memmove(es->set.v4 + to, es->set.v4 + from,
			n * sizeof(*es->set.v4));
	else
		memmove(es->set.v6 + to, es->set.v6 + from,
			n * sizeof(*es->set.v6));
}

int
entries_sort(struct entries *es, struct err *e)
{
	size_t i, n = 0;

	if (!es->unsorted)
		return 0;
	if (addrset_sort(&es->set, e) < 0)
		return -1;
	for (i = 0; i < es->set.n; i++) {
		const struct addrset_entry x = addrset_get(&es->set, i);

		if (n > 0 && entries_is(es, n - 1, &x))
			set_ttl(es, n - 1, longer(entries_ttl(es, n - 1),
						  x.tag));
		else if (n++ != i)
			move(es, n - 1, i, 1);
	}
	es->set.n = n;
	es->unsorted = false;
	return 0;
}

/* True where entry i is before c. */
static inline bool
before(const struct entries *es, size_t i, addr128 addr, uint8_t len)
{
	const struct addrset_entry x = addrset_get(&es->set, i);

	return x.addr != addr ? x.addr < addr : x.len < len;
}

size_t
entries_lower(const struct entries *es, const struct cidr *c)
{
	const addr128 addr = addr128_of(c->hi, c->lo);
	size_t lo = 0, hi = es->set.n;

	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;

		if (before(es, mid, addr, c->len))
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

	if (i == es->set.n)
		return ENTRY_NONE;
	at = entries_cidr(es, i);
	return cidr_cmp(&at, c) == 0 ? i : ENTRY_NONE;
}

size_t
entries_holder(const struct entries *es, const struct cidr *c)
{
	unsigned len;

	for (len = 0; es->set.n > 0 && len <= c->len; len++) {
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
	move(es, i, i + n, es->set.n - i - n);
	es->set.n -= n;
}

int
entries_insert(struct entries *es, const struct cidr *c, uint32_t ttl,
	       struct err *e)
{
	const size_t i = entries_lower(es, c);
	struct cidr at;

	if (i < es->set.n) {
		at = entries_cidr(es, i);
		if (cidr_cmp(&at, c) == 0) {
			set_ttl(es, i, longer(entries_ttl(es, i), ttl));
			return 0;
		}
	}
	/* Added for its room, then put into its place. */
	if (addrset_add(&es->set, c, ttl, e) < 0)
		return -1;
	move(es, i + 1, i, es->set.n - 1 - i);
	if (es->set.family == CIDR_V4)
		es->set.v4[i] = c->hi | (uint64_t)c->len << ADDRSET_TAG_BITS |
				ttl;
	else
		es->set.v6[i] = (struct addrset_v6){c->hi, c->lo, ttl, c->len};
	return 0;
}

void
entries_keep_inside(struct entries *es, const struct entries *nets)
{
	struct cidr widest = {0}; /* prefixes nest or are apart */
	size_t i, j = 0, n = 0;

	for (i = 0; i < es->set.n; i++) {
		const struct cidr c = entries_cidr(es, i);

		for (; j < nets->set.n; j++) {
			const struct cidr net = entries_cidr(nets, j);

			if (cidr_cmp(&net, &c) > 0)
				break;
			if (!cidr_contains(&widest, &net))
				widest = net;
		}
		if (cidr_contains(&widest, &c))
			move(es, n++, i, 1);
	}
	es->set.n = n;
}
