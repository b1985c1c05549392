/* Addresses out of a sorted array, exactly. */
#include "sense/entries.h"

/* The prefixes that are wide without hole, which lies in it. */
static int
put_around(struct entries *es, const struct cidr *wide, const struct cidr *hole,
	   uint32_t ttl, struct err *e)
{
	unsigned len;

	for (len = wide->len + 1U; len <= hole->len; len++) {
		struct cidr part = *hole;

		/* The sibling of the part that leads to the hole. */
		part.len = (uint8_t)len;
		cidr_truncate(&part);
		if (len <= 64)
			part.hi ^= (uint64_t)1 << (64 - len);
		else
			part.lo ^= (uint64_t)1 << (128 - len);
		if (entries_insert(es, &part, ttl, e) < 0)
			return -1;
	}
	return 0;
}

int
entries_cut(struct entries *es, const struct cidr *c, size_t *touched,
	    struct err *e)
{
	const size_t from = entries_lower(es, c);
	size_t to = from, i;

	while (to < entries_count(es)) {
		const struct cidr in = entries_cidr(es, to);

		if (!cidr_contains(c, &in))
			break;
		to++;
	}
	*touched += to - from;
	entries_remove(es, from, to - from);
	while ((i = entries_holder(es, c)) != ENTRY_NONE) {
		const struct cidr wide = entries_cidr(es, i);
		const uint32_t ttl = entries_ttl(es, i);

		++*touched;
		entries_remove(es, i, 1);
		if (put_around(es, &wide, c, ttl, e) < 0)
			return -1;
	}
	return 0;
}
