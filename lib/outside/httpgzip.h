/*
 * The gzip coding of HTTP, piece by piece as it arrives (RFC 1952, several
 * members included), to a ceiling. Nothing is taken for whole before
 * httpgzip_end has seen the end of the last member: length and CRC are checked
 * by zlib.
 *
 * Here libcurl pushes the pieces in; values/gunzip.h pulls them from a reader,
 * where lines are wanted.
 */
#ifndef TS_OUTSIDE_HTTPGZIP_H
#define TS_OUTSIDE_HTTPGZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/err.h"
#include "base/out.h"

struct httpgzip {
	z_stream z;
	bool open;	/* httpgzip_free has something to do */
	bool in_member; /* the end of a member has not come */
	uint64_t max;	/* ceiling of what is written */
};

int httpgzip_begin(struct httpgzip *g, uint64_t max, struct err *e);
/* EX_DATAERR for what is no gzip, or over the ceiling of o->total. */
int httpgzip_put(struct httpgzip *g, const void *p, size_t n, struct out *o,
	       struct err *e);
/* EX_DATAERR when the end has not come. */
int httpgzip_end(const struct httpgzip *g, struct err *e);
void httpgzip_free(struct httpgzip *g); /* accepts a zeroed one */

#endif
