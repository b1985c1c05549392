/*
 * gzip (RFC 1952) decoded as it is read: one or more members. What is pushed in
 * by another's loop has outside/httpgzip.h.
 *
 * A torn or damaged member, and bytes behind the last one that are no member,
 * are errors (EX_DATAERR), as is more than GUNZIP_RATIO_MAX times the bytes
 * that went in: no text of lines is like that, but a bomb is.
 */
#ifndef TS_VALUES_GUNZIP_H
#define TS_VALUES_GUNZIP_H

#include "base/in.h"

#define GUNZIP_MAGIC "\x1f\x8b" /* what a member begins with; 2 bytes */
#define GUNZIP_RATIO_MAX 256
#define GUNZIP_RATIO_FREE ((uint64_t)16 << 20) /* bytes without that limit */

struct gunzip {
	struct in *src;
	void *z;	/* z_stream */
	uint64_t in, out;
	bool between;	/* members */
	struct in text; /* what was decoded, to be read */
};

/* True where the next bytes of src start a member. */
bool gunzip_is_next(struct in *src, struct err *e);
/* src is borrowed, and so is its name; max_line is that of g->text. */
int gunzip_open(struct gunzip *g, struct in *src, size_t max_line,
		struct err *e);
void gunzip_close(struct gunzip *g); /* accepts a zeroed one */

#endif
