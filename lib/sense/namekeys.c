#include "sense/namekeys.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/buf.h"

#define BLOCKS_MAX ((size_t)1 << (32 - NAMEKEYS_BITS))

void
namekeys_free(struct namekeys *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		free(k->block[i]);
	free(k->block);
	*k = (struct namekeys){0};
}

static int
add_block(struct namekeys *k, struct err *e)
{
	void *block, *list = k->block;

	if (array_grow(&list, &k->cap, k->n + 1, sizeof(*k->block), BLOCKS_MAX,
		       "blocks of names", e) < 0)
		return -1;
	k->block = list;
	block = aligned_alloc(NAMEKEYS_BLOCK, NAMEKEYS_BLOCK);
	if (block == NULL)
		return err_mem(e);
	/* Only a wish, and none for what may stay small. */
	if (k->n > 0)
		(void)madvise(block, NAMEKEYS_BLOCK, MADV_HUGEPAGE);
	k->block[k->n++] = block;
	k->used = 0;
	return 0;
}

int
namekeys_add(struct namekeys *k, struct span name, uint32_t *at, struct err *e)
{
	unsigned char *head, *key;
	uint16_t len = 0;

	if ((k->n == 0 || NAMEKEYS_BLOCK - k->used < KEY_HEAD + NAME_KEY_MAX) &&
	    add_block(k, e) < 0)
		return -1;
	*at = (uint32_t)((k->n - 1) << NAMEKEYS_BITS | k->used);
	head = k->block[k->n - 1] + k->used;
	key = head + KEY_HEAD;
	if (name_is_wildcard(name.p, name.n)) {
		if (name.n > 2)
			len = (uint16_t)name_key(name.p + 2, name.n - 2, key);
		memcpy(key + len, WILD_LABEL, WILD_LEN);
		len = (uint16_t)(len + WILD_LEN);
	} else {
		len = (uint16_t)name_key(name.p, name.n, key);
	}
	memcpy(head, &len, sizeof(len));
	k->used += KEY_HEAD + len;
	return 0;
}
