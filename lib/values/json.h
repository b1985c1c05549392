/*
 * A pull reader for JSON (RFC 8259): one or more values, as events.
 *
 *	struct json j;
 *	json_init(&j, p, n);
 *	while ((ev = json_next(&j)) > JSON_END)
 *		...
 *
 * The text is one span of memory, or comes in blocks (json_stream); memory is
 * constant. Strings are borrowed until the next call and are given unescaped
 * and without a check of their UTF-8; a lone surrogate becomes U+FFFD. Of a
 * string or number over JSON_TEXT_MAX bytes only the beginning is kept and
 * j->cut is set. Nesting ends at JSON_DEPTH_MAX.
 */
#ifndef TS_VALUES_JSON_H
#define TS_VALUES_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define JSON_DEPTH_MAX 32
#define JSON_TEXT_MAX ((size_t)16384)

enum json_event {
	JSON_ERROR = -1, /* j->error says what; more calls give the same */
	JSON_END = 0,
	JSON_OBJECT, JSON_OBJECT_END, JSON_ARRAY, JSON_ARRAY_END,
	JSON_KEY, JSON_STRING, JSON_NUMBER, JSON_TRUE, JSON_FALSE, JSON_NULL
};

/* The next block: 1 and the span, 0 at the end, -1 on error. */
typedef int json_more_fn(void *ctx, const char **p, size_t *n, struct err *e);

struct json {
	const char *p, *end; /* unread bytes of the block */
	json_more_fn *more;
	void *ctx;
	struct err *e;	      /* of more; its error is told from j->error NULL */
	uint64_t line;	      /* of the last byte read, from 1 */
	unsigned depth;	      /* open objects and arrays */
	uint32_t objects;     /* bit N: at depth N an object is open */
	unsigned state;
	const char *error;
	/* of KEY, STRING, NUMBER */
	const char *text;
	size_t n;
	bool cut;
	char kept[JSON_TEXT_MAX]; /* a text that is not one span as it stands */
	size_t nkept;
};

void json_init(struct json *j, const char *p, size_t n);
void json_stream(struct json *j, json_more_fn *more, void *ctx, struct err *e);
enum json_event json_next(struct json *j);

#endif
