#include "values/crc.h"

void
crc_begin(struct crc *c, uint64_t poly, int bits)
{
	unsigned i, k;

	c->ones = bits == 64 ? UINT64_MAX : UINT32_MAX;
	c->state = c->ones;
	for (i = 0; i < 256; i++) {
		uint64_t v = i;

		for (k = 0; k < 8; k++)
			v = (v & 1) != 0 ? v >> 1 ^ poly : v >> 1;
		c->table[0][i] = v;
	}
	/* table[k][i]: byte i, with k bytes of nothing behind it. */
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++) {
			const uint64_t v = c->table[k - 1][i];

			c->table[k][i] = v >> 8 ^ c->table[0][v & 0xff];
		}
}

void
crc_put(struct crc *c, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint64_t v = c->state;
	int k;

	for (; n >= 8; n -= 8, b += 8) {
		uint64_t next = 0;

		for (k = 0; k < 8; k++)
			next ^= c->table[7 - k][(v >> 8 * k ^ b[k]) & 0xff];
		v = next;
	}
	for (; n > 0; n--, b++)
		v = v >> 8 ^ c->table[0][(v ^ *b) & 0xff];
	c->state = v;
}

uint64_t
crc_end(const struct crc *c)
{
	return c->state ^ c->ones;
}
