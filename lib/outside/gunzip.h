/*
 * A gzip stream, piece by piece as it arrives (RFC 1952, several members
 * included), to a ceiling. Nothing is taken for whole before gunzip_end has
 * seen the end of the last member: length and CRC are checked by zlib.
 */
#ifndef TS_OUTSIDE_GUNZIP_H
#define TS_OUTSIDE_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/err.h"
#include "base/out.h"

struct gunzip {
	z_stream z;
	bool open;	/* gunzip_free has something to do */
	bool in_member; /* the end of a member has not come */
	uint64_t max;	/* ceiling of what is written */
};

int gunzip_begin(struct gunzip *g, uint64_t max, struct err *e);
/* EX_DATAERR for what is no gzip, or over the ceiling of o->total. */
int gunzip_put(struct gunzip *g, const void *p, size_t n, struct out *o,
	       struct err *e);
/* EX_DATAERR when the end has not come. */
int gunzip_end(const struct gunzip *g, struct err *e);
void gunzip_free(struct gunzip *g); /* accepts a zeroed one */

#endif
