/*
 * What the readers of the forms of lists share; for lib/values/feed*.c alone.
 *
 * A reader takes one line (or value) and calls, for each entry in it, one of
 * feed_cidr, feed_range, feed_name, feed_left_out.
 */
#ifndef TS_VALUES_FEED_PARTS_H
#define TS_VALUES_FEED_PARTS_H

#include "values/feed.h"

enum feed_scope {
	FEED_SELF = 1,	/* the name alone */
	FEED_BELOW = 2, /* every name below it */
	FEED_BOTH = 3,
};

/* feed_write.c: checks and output. An exception is an allow record; text is the
 * entry as it stands, to be reported. */
int feed_write_init(struct feed *f, struct err *e);
void feed_cidr(struct feed *f, struct cidr c, bool exception, unsigned weight,
	       struct span text);
void feed_range(struct feed *f, const struct cidr_range *r, bool exception,
		struct span text);
void feed_name(struct feed *f, struct span name, enum feed_scope scope,
	       bool exception, struct span text);
void feed_left_out(struct feed *f, enum feed_reason why, struct span text);

/* feed_host.c: a byte of a host name in lower case, 0 for any other; and a host
 * name out of untrusted text, as canonical text in dst (NAME_TEXT_MAX): FEED_OK
 * or what is wrong. */
extern const char feed_host_byte[256];
enum feed_reason feed_host(struct span s, char *dst, size_t *len);

/* feed_text.c */
struct span feed_trim(struct span s);
bool feed_starts(struct span s, const char *with);
/* What is behind the first n bytes. */
struct span feed_behind(struct span s, size_t n);
/* Without what follows the first '#' or ';'. */
struct span feed_uncomment(struct span s);
/* The next word parted by blanks, moving *rest behind it; n 0 at the end. */
struct span feed_word(struct span *rest);
/* An address or prefix; mapped IPv4 becomes IPv4. FEED_OK, FEED_HOST_BITS
 * (cleared in c) or what is wrong. */
enum feed_reason feed_parse_cidr(struct span s, struct cidr *c);
/* True for what names nothing: 0.0.0.0, 127.0.0.0/8, ::, ::1. */
bool feed_is_sink(struct span s);
bool feed_looks_like_address(struct span s);

/* feed_plain.c: one entry as plain lists have it, without comments. */
void feed_value(struct feed *f, struct span s, bool exception);

/* One file each. */
void feed_plain_line(struct feed *f, struct span line);
void feed_count_line(struct feed *f, struct span line);
void feed_hosts_line(struct feed *f, struct span line);
void feed_tor_line(struct feed *f, struct span line);
bool feed_is_tor_word(struct span w);
void feed_adblock_line(struct feed *f, struct span line);
bool feed_is_cosmetic(struct span s);
void feed_dnsmasq_line(struct feed *f, struct span line);
bool feed_is_dnsmasq(struct span s);
/* EX_DATAERR where a quote is never closed. */
int feed_csv_line(struct feed *f, struct span line, struct err *e);
int feed_csv_end(struct feed *f, struct err *e);
void feed_ndjson_line(struct feed *f, struct span line);
int feed_json(struct feed *f, struct err *e);
bool feed_is_own_host(const char *p, size_t n);
/* feed_fast.c: takes as many common lines off the input as come in a row, maybe
 * none. */
int feed_fast(struct feed *f, struct err *e);

/* feed_detect.c: fills f->format, sampled, agreed; EX_DATAERR for what is no
 * list at all. */
int feed_detect(struct feed *f, struct err *e);

#endif
