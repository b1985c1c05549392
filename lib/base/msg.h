/*
 * Messages of a tool on standard error, one line each:
 * "ts-shard: policy.tsv:1042: prefix length 33 is over 32".
 *
 * For tools alone: no library module calls this. Bytes outside printable
 * ASCII are written as \xHH, so that nothing from a feed reaches a terminal.
 * A message is one write(2) of at most MSG_LINE_MAX bytes.
 */
#ifndef TS_BASE_MSG_H
#define TS_BASE_MSG_H

#include "base/err.h"

#define MSG_LINE_MAX 4096

enum msg_level {
	MSG_ERROR = -1, /* always shown */
	MSG_WARN = 0,	/* hidden by -q */
	MSG_INFO = 1,	/* -v: one line a phase, with counts */
	MSG_DEBUG = 2,	/* -vv: one line a call */
};

/* The name in front of each line; borrowed for the life of the process. */
void msg_init(const char *prog);
/* Shows levels up to this one: 0, raised by each -v; -1 with -q. */
void msg_set_level(int level);
int msg_shown(int level);

void msg(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Prints an error and its hint, and returns its exit code. */
int msg_err(const struct err *e);
/* Prints the text as an error and returns the code. */
int msg_fail(int code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
