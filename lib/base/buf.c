#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_free(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap;
	char *p;

	if (b->failed)
		return NULL;
	if (n > b->max || b->n > b->max - n) {
		b->failed = b->over = true;
		return NULL;
	}
	if (b->n + n + 1 <= cap)
		return b->p + b->n;
	if (cap < 64)
		cap = 64;
	while (cap < b->n + n + 1)
		cap = cap > SIZE_MAX / 2 ? b->n + n + 1 : cap * 2;
	p = realloc(b->p, cap);
	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (to == NULL)
		return -1;
	if (n > 0)
		memcpy(to, p, n);
	b->n += n;
	b->p[b->n] = '\0';
	return 0;
}

int
buf_addstr(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (to = buf_room(b, (size_t)n)) == NULL) {
		b->failed = true;
		return -1;
	}
	va_start(ap, fmt);
	(void)vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
	return 0;
}

int
buf_check(const struct buf *b, const char *what, struct err *e)
{
	if (!b->failed)
		return 0;
	if (b->over)
		return err_set(e, EX_DATAERR, "%s is over the limit of %zu bytes",
			       what, b->max);
	return err_mem(e);
}

/* First touch of a large array costs less in large pages; only a wish. It is for
 * the whole mapping: mremap, which realloc lives by, moves no part of one. */
static void
wish_large_pages(void *p, size_t n)
{
	const uintptr_t page = 4096, at = (uintptr_t)p;
	const uintptr_t start = at & ~(page - 1);

	if (n > (size_t)4 << 20)
		(void)madvise((void *)start,
			      (at + n - start + page - 1) & ~(page - 1),
			      MADV_HUGEPAGE);
}

int
array_grow(void **array, size_t *cap, size_t need, size_t size, size_t max,
	   const char *what, struct err *e)
{
	size_t n = *cap < 16 ? 16 : *cap;
	void *p;

	if (need <= *cap)
		return 0;
	if (need > max)
		return err_set(e, EX_DATAERR, "more than %zu %s", max, what);
	while (n < need)
		n *= 2;
	if (n > max)
		n = max;
	p = reallocarray(*array, n, size);
	if (p == NULL)
		return err_mem(e);
	wish_large_pages(p, n * size);
	*array = p;
	*cap = n;
	return 0;
}
