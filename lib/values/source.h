/*
 * What ts-fetch hands on: the bytes of one source, bare or in a frame,
 * ts-stream(5): "#ts-source/1" TAB bytes=N TAB sha256=H TAB status=S …, then
 * exactly N bytes and nothing else.
 *
 * source_open tells the two apart and gives an input that ends where the source
 * does; source_finish refuses (EX_DATAERR) a frame whose bytes did not all come
 * or that has more behind them. Nothing may be acted upon before that. The
 * digest is for people and for state: a pipe loses its end, not its middle.
 */
#ifndef TS_VALUES_SOURCE_H
#define TS_VALUES_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/in.h"

#define SOURCE_HEADER_MAX 8192

struct source {
	struct in in;
	bool framed;
	uint64_t bytes; /* of the body, where framed */
	bool unchanged; /* status=unchanged */
	char url[SOURCE_HEADER_MAX]; /* "" where absent */
};

/* max_line as for in_open (at least SOURCE_HEADER_MAX). */
int source_open(struct source *s, const char *path, size_t max_line,
		struct err *e);
int source_finish(struct source *s, struct err *e);
void source_close(struct source *s);

#endif
