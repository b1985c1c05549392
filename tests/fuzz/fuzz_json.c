/* The JSON reader gives the same events whether the text comes whole or in
 * blocks, whose size the first byte tells. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "values/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct blocks {
	const char *p;
	size_t left, size;
	char *block; /* on its own, so that reading past it is seen */
};

static int
next_block(void *ctx, const char **p, size_t *n, struct err *e)
{
	struct blocks *b = ctx;

	(void)e;
	free(b->block);
	*n = b->left < b->size ? b->left : b->size;
	b->block = malloc(*n + !*n);
	if (b->block == NULL)
		abort();
	memcpy(b->block, b->p, *n);
	b->p += *n;
	b->left -= *n;
	*p = b->block;
	return *n > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct json whole, parts;
	struct blocks b = {0};
	enum json_event ev;
	struct err e;

	if (size == 0)
		return 0;
	b.p = (const char *)data + 1;
	b.left = size - 1;
	b.size = 1 + data[0] % 16;
	json_init(&whole, b.p, b.left);
	json_stream(&parts, next_block, &b, &e);
	do {
		ev = json_next(&whole);
		if (ev != json_next(&parts))
			abort();
		if (ev >= JSON_KEY && ev <= JSON_NUMBER &&
		    (whole.n != parts.n || whole.cut != parts.cut ||
		     memcmp(whole.text, parts.text, whole.n) != 0))
			abort();
		if (whole.depth != parts.depth || whole.line != parts.line)
			abort();
	} while (ev > JSON_END);
	if (ev == JSON_ERROR && strcmp(whole.error, parts.error) != 0)
		abort();
	free(b.block);
	return 0;
}
