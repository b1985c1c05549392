/*
 * The entries of a master file as tokens, RFC 1035 5.1: comments gone, lines
 * joined inside parentheses, quoted strings whole.
 *
 * One malformed entry costs one line: a parenthesis that is never closed gives
 * back the lines it swallowed. A token is as it was written, escapes included
 * ("\ " and the like as \DDD, so that no token has a blank); a quoted string
 * keeps its opening quote and loses its closing one.
 */
#ifndef TS_VALUES_ZONELEX_H
#define TS_VALUES_ZONELEX_H

#include "base/buf.h"
#include "values/source.h"
#include "values/stream.h"

#define ZONE_LINE_MAX 65536	      /* bytes of a line */
#define ZONE_ENTRY_MAX (256 * 1024)   /* bytes of an entry in parentheses */
#define ZONE_ENTRY_LINES 512	      /* and its lines */
#define ZONE_TOKENS_MAX 16	      /* tokens kept; more are counted */

enum zone_result {
	ZONE_ERROR = -1,
	ZONE_END = 0,
	ZONE_RECORD = 1,
	ZONE_BAD = 2, /* one entry was no good; go on with the next */
};

struct zone_entry {
	uint64_t line;	/* of its beginning */
	uint64_t lines; /* how many it has */
	bool inherits;	/* starts with a blank: the owner is the last one */
	size_t n;	/* tokens, also those over ZONE_TOKENS_MAX */
	struct span tok[ZONE_TOKENS_MAX]; /* borrowed until the next call */
	struct span rest; /* what is behind the first token on a line without
			   * quotes, parentheses and escapes; else n 0 */
	const char *why; /* what is wrong, with ZONE_BAD */
};

struct zonelex {
	struct source src;
	struct buf text;   /* tokens of an entry that needed copying */
	struct buf held;   /* lines read ahead, each ended by a NUL */
	size_t at;	   /* the next unread one */
	uint64_t nheld;	   /* how many are unread */
	bool cut;	   /* the input did not end with a LF */
};

/* Opens a master file, bare or in the frame of a source. */
int zonelex_open(struct zonelex *l, const char *path, struct err *e);
/* ZONE_END only when the input ended well. */
enum zone_result zonelex_next(struct zonelex *l, struct zone_entry *ent,
			      struct err *e);
void zonelex_close(struct zonelex *l);

#endif
