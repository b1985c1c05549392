/*
 * Growable bytes with a mandatory ceiling.
 *
 * buf_init needs no memory; b.p is NULL until something is added, and is
 * always followed by a NUL that b.n does not count. The bytes belong to the
 * buffer; pointers into it live until the next call that adds.
 * Failing to add sets b.failed and leaves what was there; later adds fail too,
 * so that a sequence of adds can be checked once, at its end.
 */
#ifndef TS_BASE_BUF_H
#define TS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* ceiling of n */
	bool failed;
	bool over; /* failed because of max, not for want of memory */
};

void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b); /* leaves it as after buf_init */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_addstr(struct buf *b, const char *s);
int buf_addf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for n more bytes at the end, to be claimed by adding to b.n; or NULL. */
char *buf_room(struct buf *b, size_t n);
/* -1 and the reason where an add has failed: over the ceiling is EX_DATAERR. */
int buf_check(const struct buf *b, const char *what, struct err *e);

/*
 * Makes room for need elements of the given size in a heap array, doubling;
 * *cap counts elements. Over max elements is EX_DATAERR, naming what.
 */
int array_grow(void **array, size_t *cap, size_t need, size_t size, size_t max,
	       const char *what, struct err *e);

#endif
