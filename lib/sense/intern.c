#include "sense/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define HEAD sizeof(uint64_t)

void
intern_free(struct intern *in)
{
	free(in->bytes);
	free(in->at);
	free(in->slots);
	*in = (struct intern){0};
}

static size_t
hash(const unsigned char *p, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; n > 0; n--)
		h = (h ^ *p++) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

const void *
intern_get(const struct intern *in, uint32_t id, size_t *n)
{
	const unsigned char *p = in->bytes + in->at[id];
	uint64_t len;

	memcpy(&len, p, sizeof(len));
	*n = (size_t)len;
	return p + HEAD;
}

/* The slot that holds these bytes, or the free one where they belong. */
static uint32_t *
find(const struct intern *in, const void *p, size_t n)
{
	size_t i, len;

	for (i = hash(p, n);; i++) {
		uint32_t *slot = &in->slots[i & (in->nslots - 1)];
		const void *had;

		if (*slot == 0)
			return slot;
		had = intern_get(in, *slot - 1, &len);
		if (len == n && memcmp(had, p, n) == 0)
			return slot;
	}
}

/* Keeps a third of the slots free. */
static int
grow(struct intern *in, struct err *e)
{
	const size_t want = in->nslots == 0 ? 64 : in->nslots * 2;
	uint32_t *const old = in->slots;
	size_t i;

	if (in->n * 3 < in->nslots * 2)
		return 0;
	in->slots = calloc(want, sizeof(*in->slots));
	if (in->slots == NULL) {
		in->slots = old;
		return err_mem(e);
	}
	free(old);
	in->nslots = want;
	for (i = 0; i < in->n; i++) {
		size_t n;
		const void *p = intern_get(in, (uint32_t)i, &n);

		*find(in, p, n) = (uint32_t)i + 1;
	}
	return 0;
}

int
intern_add(struct intern *in, const void *p, size_t n, uint32_t *id,
	   struct err *e)
{
	const size_t room = (HEAD + n + 7) & ~(size_t)7;
	const uint64_t len = n;
	uint32_t *slot;

	if (n > INTERN_LEN_MAX)
		return err_set(e, EX_SOFTWARE, "%zu bytes to intern", n);
	if (grow(in, e) < 0)
		return -1;
	slot = find(in, p, n);
	if (*slot != 0) {
		*id = *slot - 1;
		return 0;
	}
	if (array_grow((void **)&in->bytes, &in->capbytes, in->nbytes + room, 1,
		       SIZE_MAX, "bytes", e) < 0 ||
	    array_grow((void **)&in->at, &in->cap, in->n + 1, sizeof(*in->at),
		       UINT32_MAX - 1, "different attributes", e) < 0)
		return -1;
	in->at[in->n] = in->nbytes;
	memcpy(in->bytes + in->nbytes, &len, sizeof(len));
	memcpy(in->bytes + in->nbytes + HEAD, p, n);
	in->nbytes += room;
	*id = (uint32_t)in->n++;
	*slot = *id + 1;
	return 0;
}
