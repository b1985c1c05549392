/*
 * Buffered output to a descriptor, with a sticky error: write as much as you
 * like, ask once. out_close tells whether every byte arrived, closing of the
 * descriptor included (that is where NFS and a full disk speak).
 */
#ifndef TS_BASE_OUT_H
#define TS_BASE_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OUT_BLOCK ((size_t)128 * 1024)
/* The most that out_room gives: longer than any record of a stream. */
#define OUT_ROOM_MAX ((size_t)96 * 1024)

struct out {
	int fd;
	int error;	  /* errno of the first failed write; 0 while fine */
	const char *name; /* for messages, borrowed */
	char *buf;
	size_t n;
	uint64_t total; /* bytes given so far */
};

/* Owns fd from here on, standard output included. */
int out_open(struct out *o, int fd, const char *name, struct err *e);
/* Standard output by its usual name. */
int out_stdout(struct out *o, struct err *e);
void out_put(struct out *o, const void *p, size_t n);
void out_str(struct out *o, const char *s);
void out_u64(struct out *o, uint64_t v); /* decimal */
void out_fmt(struct out *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* At least n (at most OUT_ROOM_MAX) writable bytes, claimed by out_took. */
char *out_room(struct out *o, size_t n);
void out_took(struct out *o, size_t n);
/* The first n bytes of a regular file, by the kernel where it can; a shorter
 * file is an error. */
void out_file(struct out *o, int fd, uint64_t n);
/* Takes back all that was given; the descriptor is a file written from its
 * start. */
int out_rewind(struct out *o, struct err *e);
/* Writes what is held: EX_IOERR if anything so far could not be written. */
int out_flush(struct out *o, struct err *e);
/* Flush, fsync when asked and it is a file, close. Frees in any case. */
int out_close(struct out *o, int sync, struct err *e);
/* Frees without writing what is held; closes the descriptor. */
void out_drop(struct out *o);

#endif
