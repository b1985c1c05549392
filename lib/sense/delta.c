#include "sense/delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TABLES 3
#define CELL_BITS 10
#define CELLS ((size_t)1 << CELL_BITS) /* of each table */
#define WORDS_MAX 4

/*
 * A cell is the sum of the words of what is in it. The last word is the hash;
 * before it stand for IPv4 the address with the length in its low half, for
 * IPv6 the halves of the address and the length.
 */
struct delta {
	uint8_t family;
	unsigned words; /* of a cell */
	uint64_t key[3];
	uint64_t cell[]; /* [TABLES][CELLS][words] */
};

struct delta *
delta_new(uint8_t family, struct err *e)
{
	const unsigned words = family == CIDR_V4 ? 2 : WORDS_MAX;
	struct delta *d = calloc(1, sizeof(*d) + TABLES * CELLS * words *
				 sizeof(*d->cell));

	if (d == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	d->family = family;
	d->words = words;
	if (getrandom(d->key, sizeof(d->key), 0) != sizeof(d->key)) {
		(void)err_set(e, EX_OSERR, "no random numbers: %s",
			      strerror(errno));
		free(d);
		return NULL;
	}
	return d;
}

void
delta_free(struct delta *d)
{
	free(d);
}

static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	const addr128 p = (addr128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* Twice, since the first product alone hardly mixes what is added up. */
static inline uint64_t
hash(const struct delta *d, uint64_t a, uint64_t b, uint64_t len)
{
	return fold(fold(a ^ d->key[0], b ^ d->key[1]) ^ d->key[2],
		    UINT64_C(0x9e3779b97f4a7c15) ^ len);
}

static inline uint64_t *
cell_of(struct delta *d, unsigned table, uint64_t h, unsigned words)
{
	return d->cell + ((size_t)table * CELLS +
			  (h >> (CELL_BITS * table) & (CELLS - 1))) * words;
}

/* Adds a prefix once, or -1 times. */
static inline void
add4(struct delta *d, const struct cidr *c, uint64_t times)
{
	const uint64_t a = c->hi | c->len, h = hash(d, a, 0, 0);
	unsigned t;

	for (t = 0; t < TABLES; t++) {
		uint64_t *const w = cell_of(d, t, h, 2);

		w[0] += times * a;
		w[1] += times * h;
	}
}

static inline void
add6(struct delta *d, const struct cidr *c, uint64_t times)
{
	const uint64_t h = hash(d, c->hi, c->lo, c->len);
	unsigned t;

	for (t = 0; t < TABLES; t++) {
		uint64_t *const w = cell_of(d, t, h, WORDS_MAX);

		w[0] += times * c->hi;
		w[1] += times * c->lo;
		w[2] += times * c->len;
		w[3] += times * h;
	}
}

static inline void
add(struct delta *d, const struct cidr *c, size_t n, uint64_t times)
{
	size_t i;

	if (d->family == CIDR_V4)
		for (i = 0; i < n; i++)
			add4(d, &c[i], times);
	else
		for (i = 0; i < n; i++)
			add6(d, &c[i], times);
}

void
delta_put(struct delta *d, const struct cidr *c, size_t n)
{
	add(d, c, n, 1);
}

void
delta_take(struct delta *d, const struct cidr *c, size_t n)
{
	add(d, c, n, UINT64_MAX);
}

static bool
is_empty(const uint64_t *w, unsigned words)
{
	uint64_t any = 0;
	unsigned i;

	for (i = 0; i < words; i++)
		any |= w[i];
	return any == 0;
}

/* True where the cell's words, so many times, are those of one prefix. */
static bool
is_alone(const struct delta *d, const uint64_t *w, uint64_t times,
	 struct cidr *c)
{
	const uint64_t a = times * w[0], h = times * w[d->words - 1];

	if (d->family == CIDR_V4) {
		*c = (struct cidr){a >> 32 << 32, 0, CIDR_V4, (uint8_t)a};
		return hash(d, a, 0, 0) == h && (a & UINT32_MAX) <= 32;
	}
	*c = (struct cidr){a, times * w[1], CIDR_V6, (uint8_t)(times * w[2])};
	return hash(d, a, times * w[1], times * w[2]) == h &&
	       times * w[2] <= 128;
}

/* Takes out what stands alone in a cell: 1, or 0 where nothing does. */
static int
open_cell(struct delta *d, const uint64_t *w, struct entries *put,
	  struct entries *taken, struct err *e)
{
	struct cidr c;

	if (is_empty(w, d->words))
		return 0;
	if (is_alone(d, w, 1, &c)) {
		delta_take(d, &c, 1);
		return entries_add(put, &c, 0, e) < 0 ? -1 : 1;
	}
	if (is_alone(d, w, UINT64_MAX, &c)) {
		delta_put(d, &c, 1);
		return entries_add(taken, &c, 0, e) < 0 ? -1 : 1;
	}
	return 0;
}

int
delta_solve(struct delta *d, struct entries *put, struct entries *taken,
	    struct err *e)
{
	const size_t most = TABLES * CELLS, words = d->words;
	size_t i, opened, all = 0;
	int r;

	do {
		for (i = opened = 0; i < most; i++) {
			r = open_cell(d, d->cell + i * words, put, taken, e);
			if (r < 0)
				return -1;
			opened += (size_t)r;
		}
		all += opened;
	} while (opened > 0 && all <= most);
	return is_empty(d->cell, (unsigned)(most * words));
}
