#include "sense/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
intern_free(struct intern *in)
{
	free(in->bytes);
	free(in->at);
	free(in->slots);
	*in = (struct intern){0};
}

/* By words, each mixed into all bits of the next. */
static uint32_t
hash(const unsigned char *p, size_t n)
{
	const uint64_t k = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = n, w;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = (h ^ w) * k;
		h ^= h >> 32;
	}
	w = 0;
	if (n > 0)
		memcpy(&w, p, n);
	h = (h ^ w) * k;
	return (uint32_t)(h >> 32);
}

/* The slot that holds these bytes, or the free one where they belong. */
static struct intern_slot *
find(const struct intern *in, const void *p, size_t n, uint32_t h)
{
	size_t i, len;

	for (i = h;; i++) {
		struct intern_slot *slot = &in->slots[i & (in->nslots - 1)];
		const void *had;

		if (slot->id == 0)
			return slot;
		if (slot->hash != h)
			continue;
		had = intern_get(in, slot->id - 1, &len);
		if (len == n && memcmp(had, p, n) == 0)
			return slot;
	}
}

/* Keeps a third of the slots free. */
static int
grow(struct intern *in, struct err *e)
{
	const size_t want = in->nslots == 0 ? 64 : in->nslots * 2;
	struct intern_slot *slots;
	size_t i, k;

	if (in->n * 3 < in->nslots * 2)
		return 0;
	slots = calloc(want, sizeof(*slots));
	if (slots == NULL)
		return err_mem(e);
	for (i = 0; i < in->nslots; i++) {
		if (in->slots[i].id == 0)
			continue;
		for (k = in->slots[i].hash; slots[k & (want - 1)].id != 0; k++)
			;
		slots[k & (want - 1)] = in->slots[i];
	}
	free(in->slots);
	in->slots = slots;
	in->nslots = want;
	return 0;
}

int
intern_add(struct intern *in, const void *p, size_t n, uint32_t *id,
	   struct err *e)
{
	const size_t room = (INTERN_HEAD + n + 7) & ~(size_t)7;
	const uint64_t len = n;
	const uint32_t h = hash(p, n);
	struct intern_slot *slot;

	if (n > INTERN_LEN_MAX)
		return err_set(e, EX_SOFTWARE, "%zu bytes to intern", n);
	if (grow(in, e) < 0)
		return -1;
	slot = find(in, p, n, h);
	if (slot->id != 0) {
		*id = slot->id - 1;
		return 0;
	}
	if (array_grow((void **)&in->bytes, &in->capbytes, in->nbytes + room, 1,
		       SIZE_MAX, "bytes", e) < 0 ||
	    array_grow((void **)&in->at, &in->cap, in->n + 1, sizeof(*in->at),
		       UINT32_MAX - 1, "different attributes", e) < 0)
		return -1;
	in->at[in->n] = in->nbytes;
	memcpy(in->bytes + in->nbytes, &len, sizeof(len));
	memcpy(in->bytes + in->nbytes + INTERN_HEAD, p, n);
	in->nbytes += room;
	*id = (uint32_t)in->n++;
	*slot = (struct intern_slot){*id + 1, h};
	return 0;
}
