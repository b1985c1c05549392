/*
 * The way file: of ts-fetch (fetch.h): "file:///path", "file://localhost/path",
 * or "file:path" from the working directory; %HH stands for a byte.
 *
 * A regular file or a FIFO, nothing else. A file that changes while it is read
 * is EX_TEMPFAIL: half of one version is no body. Whether it is unchanged is
 * left to the digest of its bytes, since a time stamp may lie.
 */
#ifndef TS_OUTSIDE_LOCALFILE_H
#define TS_OUTSIDE_LOCALFILE_H

#include "outside/fetch.h"

int localfile_fetch(const struct fetch_req *req, const struct fetch_had *had,
		    struct out *body, struct fetch_got *got, struct err *e);

#endif
