/*
 * Framed streams of lines, ts-stream(5): "#ts-KIND/1" TAB key=value …, records,
 * "#end" TAB "records=N".
 *
 * The reader refuses (EX_DATAERR) a missing or unknown header, a missing end, a
 * wrong count and bytes after the end; so STREAM_END is returned only for a
 * stream that arrived whole. Nothing may be acted upon before that.
 * The only other line that starts with '#' is "#set" TAB name, which some kinds
 * have (STREAM_SET); elsewhere it is an error.
 */
#ifndef TS_VALUES_STREAM_H
#define TS_VALUES_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/in.h"
#include "base/out.h"

#define STREAM_LINE_MAX 65536 /* bytes of a record, LF not counted */
#define STREAM_HEADER_MAX 1024
#define STREAM_KEYS_MAX 16

enum stream_result {
	STREAM_ERROR = -1,
	STREAM_END = 0,
	STREAM_RECORD = 1,
	STREAM_SET = 2, /* p, n are the set's name */
};

struct stream {
	struct in in;
	const char *kind; /* as asked for; NULL takes any */
	char found[32];	  /* the kind that came */
	bool raw;	/* bare records: no header, no end */
	bool has_sets;	/* "#set" lines belong to this kind */
	uint64_t records;
	char header[STREAM_HEADER_MAX]; /* keys and values, each NUL-ended */
	size_t nkeys;
	const char *key[STREAM_KEYS_MAX], *value[STREAM_KEYS_MAX];
};

/* Opens path ("-": standard input) and reads the header; kind NULL takes any
 * but source. */
int stream_open(struct stream *s, const char *path, const char *kind,
		struct err *e);
/* The same where the input begins with "#ts-". Else it is bare records, written
 * by hand; their empty lines and those that start with '#' are passed over. */
int stream_open_any(struct stream *s, const char *path, const char *kind,
		    struct err *e);
void stream_close(struct stream *s);
/* The value of a header key, or NULL. */
const char *stream_key(const struct stream *s, const char *key);
/* The next record, borrowed until the next call; without NUL bytes. */
enum stream_result stream_next(struct stream *s, char **p, size_t *n,
			       struct err *e);
/* "NAME:LINE: " + text, EX_DATAERR. */
int stream_error(const struct stream *s, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The header line; keys is "" or "key=value" columns parted by TAB. */
void stream_begin(struct out *o, const char *kind, const char *keys);
void stream_end(struct out *o, uint64_t records);

/* A column of a record. */
struct span {
	const char *p;
	size_t n;
};
/* Parts a line at its TABs: the number of columns, at most max of them filled;
 * further ones are ignored. */
size_t stream_columns(const char *p, size_t n, struct span *col, size_t max);
bool span_is(struct span s, const char *text);
/* Decimal digits only, up to max. */
bool span_u64(struct span s, uint64_t max, uint64_t *v);

#endif
