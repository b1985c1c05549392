/* Many names through the sort of ts-merge beside qsort, in shapes that are hard
 * on it: long common ends, few octets, one name many times. */
#include <stdlib.h>

#include "sense/namemerge.h"
#include "tap.h"

#define MANY 20000

struct key {
	size_t n;
	unsigned char octets[NAME_KEY_MAX];
	char text[NAME_TEXT_MAX];
	size_t len;
};

static struct key *keys;
static size_t next_key;
static unsigned wrong; /* records that are not the next key */

static unsigned
below(unsigned n)
{
	static uint64_t state = 7;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(state >> 33) % n;
}

static int
compare(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;
	const int c = memcmp(a->octets, b->octets, a->n < b->n ? a->n : b->n);

	return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

/* A number in these digits, most significant first. */
static size_t
number(char *to, unsigned v, const char *digits, unsigned ndigits, size_t width)
{
	size_t i;

	for (i = width; i-- > 0; v /= ndigits)
		to[i] = digits[v % ndigits];
	return width;
}

static void
make(struct key *k, const char *shape, unsigned v)
{
	const char *const end = strchr(shape, '|') + 1;
	size_t n = 0;

	for (; *shape != '|'; shape++) {
		if (*shape == '#')
			n += number(k->text + n, v, "ab", 2, 15);
		else if (*shape == '@')
			n += number(k->text + n, v, "0123456789-_abcdefgh", 20, 4);
		else if (*shape == '+')
			n += number(k->text + n, v, "z", 1, 1 + v % 60);
		else
			k->text[n++] = *shape;
	}
	memcpy(k->text + n, end, strlen(end));
	k->len = n + strlen(end);
	k->n = name_key(k->text, k->len, k->octets);
}

static int
check(void *ctx, const struct policy *rec, bool same, struct err *e)
{
	const struct key *k = &keys[next_key];

	(void)ctx;
	(void)same;
	(void)e;
	while (next_key + 1 < MANY && compare(k, k + 1) == 0) {
		k++;
		next_key++;
	}
	wrong += next_key >= MANY || rec->name.n != k->len ||
		 memcmp(rec->name.p, k->text, k->len) != 0;
	next_key++;
	return 0;
}

static void
try(const char *shape, unsigned different)
{
	struct policy rec = {.kind = KIND_NAME, .response = RESPONSE_NXDOMAIN,
			     .source = {"s", 1}, .expires = POLICY_NO_EXPIRY,
			     .weight = 1};
	struct namemerge *const m = namemerge_new();
	struct err e;
	size_t i;
	int rc = m == NULL ? -1
			   : namemerge_input(m, NAMES_LIST, NAMEMERGE_POLICY, &e);

	for (i = 0; rc == 0 && i < MANY; i++) {
		make(&keys[i], shape, below(different));
		rec.name = (struct span){keys[i].text, keys[i].len};
		rc = namemerge_add(m, &rec, false, &e);
	}
	qsort(keys, MANY, sizeof(*keys), compare);
	next_key = wrong = 0;
	ok(rc == 0 && namemerge_finish(m, &(struct namemerge_opts){0}, &e) == 0 &&
	   namemerge_emit(m, check, NULL, &e) == 0,
	   "'%s' goes through", shape);
	ok(wrong == 0 && next_key == MANY, "in order, each name once: %u wrong",
	   wrong);
	namemerge_free(m);
}

int
main(void)
{
	keys = calloc(MANY, sizeof(*keys));
	if (keys == NULL)
		return 1;
	try("#|.example.com", 1U << 15);
	try("@.@|.com", 160000);
	try("@|", 160000);
	try("w.#.x|.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
	    ".yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.net",
	    1U << 15);
	try("+|.com", 60);
	try("+.@|.\\001\\000\\255", 160000);
	try("same|.example", 2);
	try("#|", 3);
	free(keys);
	return done();
}
