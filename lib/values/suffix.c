#include "values/suffix.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "values/name.h"

/*
 * The filter is a set of hashes, one bit each: a name whose bit is not set is no
 * suffix. It is made by walking through all strings of libpsl's compiled file, a
 * DAFSA as Chromium has it:
 *
 * a list of nodes is one offset a node, each from the one before (the first from
 * the list itself), in 1 to 3 bytes, the last one with bit 7 set; a node is
 * characters, of which the last has bit 7 set and is followed by a list of
 * nodes, or ends in a byte 0x80..0x8f: a string ends here, and these are its
 * flags. A string with FLAG_WILDCARD makes a suffix of every child.
 */
#define MAGIC ".DAFSA@PSL_0   \n"
#define FLAG_WILDCARD 2
#define FILTER_BITS 19
#define FILE_MAX ((size_t)16 << 20)
#define STEPS_MAX ((size_t)4 << 20) /* nodes visited: more is a broken file */
#define STRING_MAX 255

struct dafsa {
	const unsigned char *graph, *end;
	uint64_t *filter;
	size_t steps;
	char text[STRING_MAX];
};

static uint64_t
hash(const char *p, size_t n, uint64_t seed)
{
	const uint64_t mul = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (2 * n + seed) * mul, w;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * mul;
		h ^= h >> 29;
	}
	if (n > 0) {
		w = 0;
		memcpy(&w, p, n);
		h = (h ^ w) * mul;
		h ^= h >> 29;
	}
	return h * mul >> (64 - FILTER_BITS);
}

enum { SELF = 0, CHILDREN = 1 }; /* seeds */

static void
insert(struct dafsa *d, size_t n, int flags)
{
	uint64_t h = hash(d->text, n, SELF);

	d->filter[h / 64] |= UINT64_C(1) << (h % 64);
	if (flags & FLAG_WILDCARD) {
		h = hash(d->text, n, CHILDREN);
		d->filter[h / 64] |= UINT64_C(1) << (h % 64);
	}
}

static bool walk_list(struct dafsa *d, const unsigned char *list, size_t n);

/* From one node on, with n characters before it. */
static bool
walk_node(struct dafsa *d, const unsigned char *p, size_t n)
{
	for (; p < d->end && n < STRING_MAX; p++) {
		if ((*p & 0xf0) == 0x80) {
			insert(d, n, *p & 0x0f);
			return true;
		}
		d->text[n++] = (char)(*p & 0x7f);
		if (*p & 0x80)
			return walk_list(d, p + 1, n);
	}
	return false;
}

static bool
walk_list(struct dafsa *d, const unsigned char *list, size_t n)
{
	const unsigned char *p = list, *node = list;
	bool last = false;

	while (!last) {
		if (d->end - p < 3 || ++d->steps > STEPS_MAX)
			return false;
		last = *p & 0x80;
		if ((*p & 0x60) == 0x60) {
			node += (p[0] & 0x1f) << 16 | p[1] << 8 | p[2];
			p += 3;
		} else if (*p & 0x40) {
			node += (p[0] & 0x1f) << 8 | p[1];
			p += 2;
		} else {
			node += *p++ & 0x3f;
		}
		if (node >= d->end || !walk_node(d, node, n))
			return false;
	}
	return true;
}

/* NULL where the file is not what it should be: then there is no filter. */
static uint64_t *
make_filter(const char *path)
{
	const size_t skip = sizeof(MAGIC) - 1;
	struct dafsa d = {0};
	struct err ignored;
	struct buf b;
	bool good;

	buf_init(&b, FILE_MAX);
	good = file_read(path, &b, &ignored) == 0 && b.n > skip &&
	       memcmp(b.p, MAGIC, skip) == 0;
	if (good)
		d.filter = calloc((size_t)1 << (FILTER_BITS - 6), 8);
	if (d.filter != NULL) {
		d.graph = (unsigned char *)b.p + skip;
		d.end = (unsigned char *)b.p + b.n;
		if (!walk_list(&d, d.graph, 0)) {
			free(d.filter);
			d.filter = NULL;
		}
	}
	buf_free(&b);
	return d.filter;
}

int
suffix_open(struct suffix_list *l, struct err *e)
{
	const char *path = psl_dist_filename();
	const psl_ctx_t *builtin = psl_builtin();

	*l = (struct suffix_list){0};
	if (path != NULL && *path != '\0')
		l->psl = psl_load_file(path);
	if (l->psl != NULL)
		l->filter = make_filter(path);
	else if (builtin != NULL)
		memcpy(&l->psl, &builtin, sizeof(l->psl)); /* drops const */
	return l->psl != NULL ? 0
			      : err_set(e, EX_OSERR,
					"there is no public suffix list");
}

void
suffix_close(struct suffix_list *l)
{
	psl_free(l->psl); /* passes over the built-in one */
	free(l->filter);
	*l = (struct suffix_list){0};
}

static bool
has(const uint64_t *filter, const char *p, size_t n, uint64_t seed)
{
	const uint64_t h = hash(p, n, seed);

	return filter[h / 64] >> (h % 64) & 1;
}

/* False only where the name is certainly no suffix. */
static bool
may_be(const struct suffix_list *l, const char *name, size_t n)
{
	const char *dot = memchr(name, '.', n);

	if (l->filter == NULL || dot == NULL)
		return true;
	return has(l->filter, name, n, SELF) ||
	       has(l->filter, dot + 1, n - (size_t)(dot + 1 - name), CHILDREN);
}

enum suffix
suffix_of(const struct suffix_list *l, const char *name, size_t n)
{
	if (name_is_wildcard(name, n)) {
		if (n == 1)
			return SUFFIX_ICANN;
		name += 2;
		n -= 2;
	}
	if (!may_be(l, name, n) || !psl_is_public_suffix(l->psl, name))
		return SUFFIX_NONE;
	return psl_is_public_suffix2(l->psl, name, PSL_TYPE_ICANN)
		       ? SUFFIX_ICANN : SUFFIX_PRIVATE;
}
