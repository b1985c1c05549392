/*
 * Input by lines: a file or standard input, read in blocks, lines handed out
 * without copying.
 *
 * A line is borrowed until the next call; it has no LF, and a byte may be
 * written behind its end (in_line puts a NUL there). NUL bytes inside a line
 * are the caller's to judge: n counts them.
 * A line longer than the ceiling is skipped whole and reported as IN_LONG; the
 * caller decides whether that is one bad line or the end.
 */
#ifndef TS_BASE_IN_H
#define TS_BASE_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define IN_BLOCK ((size_t)256 * 1024) /* read(2) size; fits the L2 cache */
#define IN_NO_LIMIT UINT64_MAX

enum in_result { IN_ERROR = -1, IN_END = 0, IN_LINE = 1, IN_LONG = 2 };

/* Where bytes come from instead of a descriptor: at most n of them to p; their
 * number, 0 at the end, -1 on error. */
typedef ssize_t in_read_fn(void *ctx, char *p, size_t n, struct err *e);

struct in {
	int fd;
	in_read_fn *read; /* NULL: read(2) */
	void *ctx;
	const char *name; /* for messages; "<stdin>" for "-" */
	char *buf;
	size_t cap, start, end; /* unread bytes are buf[start..end) */
	size_t max_line;
	uint64_t line;	/* number of the line last handed out, from 1 */
	uint64_t left;	/* bytes still to be read before the limit */
	bool eof;	/* no more bytes will come */
	bool unended;	/* the line last handed out had no LF */
	bool crlf;	/* hand out lines without a CR at their end */
	bool extra;	/* bytes behind a limit have been read */
};

/* Opens path, "-" being standard input; path is borrowed as the name.
 * EX_NOINPUT if it cannot be opened or is a directory. */
int in_open(struct in *in, const char *path, size_t max_line, struct err *e);
/* The same for an open descriptor, which is the input's from here on, also
 * when this fails; name is borrowed. */
int in_open_fd(struct in *in, int fd, const char *name, size_t max_line,
	       struct err *e);
/* The same for bytes that a function gives, such as a decoder's. */
int in_from(struct in *in, in_read_fn *fn, void *ctx, const char *name,
	    size_t max_line, struct err *e);
void in_close(struct in *in); /* accepts one that was never opened and zeroed */

enum in_result in_line(struct in *in, char **p, size_t *n, struct err *e);
/* Some unread bytes, at least one unless at the end, without consuming them. */
int in_peek(struct in *in, char **p, size_t *n, size_t want, struct err *e);
/* 1 where the next n bytes are these, 0 where not, -1; none is consumed. */
int in_begins(struct in *in, const char *what, size_t n, struct err *e);
void in_skip(struct in *in, size_t n); /* at most what in_peek showed */
/* The same for whole lines, which are counted. */
void in_skip_lines(struct in *in, size_t n, uint64_t lines);
/* From here on the input ends after n more bytes. */
void in_limit(struct in *in, uint64_t n);
/* Lifts the limit: 1 when a byte follows it, 0 at the end, -1 on error. */
int in_more_after_limit(struct in *in, struct err *e);

#endif
