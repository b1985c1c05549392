#include "values/suffix.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes8.h"
#include "base/file.h"
#include "values/name.h"

/*
 * The filter is a set of hashes, two bits of a word each: a name that has not
 * both is no suffix. A hash is of both ends of a name and its length, cheap, for
 * nearly every name that is asked for is no suffix. It is made by walking through
 * all strings of libpsl's compiled file, a DAFSA as Chromium has it:
 *
 * a list of nodes is one offset a node, each from the one before (the first from
 * the list itself), in 1 to 3 bytes, the last one with bit 7 set; a node is
 * characters, of which the last has bit 7 set and is followed by a list of
 * nodes, or ends in a byte 0x80..0x8f: a string ends here, and these are its
 * flags. A string with FLAG_WILDCARD makes a suffix of every child.
 */
#define MAGIC ".DAFSA@PSL_0   \n"
#define FLAG_WILDCARD 2
#define SELF_BITS 13 /* 2^ words that suffixes are marked in, */
#define ABOVE_BITS 7 /* and those whose children are all suffixes */
#define FILE_MAX ((size_t)16 << 20)
#define STEPS_MAX ((size_t)4 << 20) /* nodes visited: more is a broken file */
#define STRING_MAX 255

struct dafsa {
	const unsigned char *graph, *end;
	uint64_t *filter;
	size_t steps;
	char text[STRING_MAX];
};

/* Eight bytes at p, or the n there are. */
static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t v = 0;

	if (n >= 8)
		return bytes8_load(p);
	for (; n > 0; n--)
		v = v << 8 | (unsigned char)*p++;
	return v;
}

static inline uint64_t
hash(const char *p, size_t n)
{
	const uint64_t mul = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = (load(p, n) ^ n) * mul;

	if (n > 8)
		h = (h ^ h >> 32 ^ bytes8_load(p + n - 8)) * mul;
	return h ^ h >> 29;
}

/* Two bits of the word of a filter that a hash finds. */
static inline uint64_t
bits(uint64_t h)
{
	return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63);
}

static inline uint64_t *
self_word(uint64_t *filter, uint64_t h)
{
	return filter + (h >> (64 - SELF_BITS));
}

static inline uint64_t *
above_word(uint64_t *filter, uint64_t h)
{
	return filter + ((size_t)1 << SELF_BITS) + (h >> (64 - ABOVE_BITS));
}

static bool walk_list(struct dafsa *d, const unsigned char *list, size_t n);

/* From one node on, with n characters before it. */
static bool
walk_node(struct dafsa *d, const unsigned char *p, size_t n)
{
	uint64_t h;

	for (; p < d->end && n < STRING_MAX; p++) {
		if ((*p & 0xf0) == 0x80) {
			h = hash(d->text, n);
			*self_word(d->filter, h) |= bits(h);
			if (*p & FLAG_WILDCARD)
				*above_word(d->filter, h) |= bits(h);
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
		d.filter = calloc(((size_t)1 << SELF_BITS) +
				  ((size_t)1 << ABOVE_BITS), 8);
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

/* The length of the first label. */
static inline size_t
first_label(const char *name, size_t n)
{
	const char *dot;
	uint64_t dots;

	if (n >= 8) {
		dots = bytes8_is(bytes8_load(name), '.');
		if (dots != 0)
			return bytes8_first(dots);
	}
	dot = memchr(name, '.', n);
	return dot != NULL ? (size_t)(dot - name) : n;
}

/* False only where the name is certainly no suffix. */
static bool
may_be(const struct suffix_list *l, const char *name, size_t n)
{
	const size_t dot = first_label(name, n);
	uint64_t h;

	if (l->filter == NULL || n - dot < 2)
		return true;
	h = hash(name, n);
	if ((~*self_word(l->filter, h) & bits(h)) == 0)
		return true;
	h = hash(name + dot + 1, n - dot - 1);
	return (~*above_word(l->filter, h) & bits(h)) == 0;
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
