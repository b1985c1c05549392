/*
 * What went wrong, carried upwards: the exit code it leads to, one line of
 * text, and at most one line of advice.
 *
 * A function that can fail takes a struct err and returns -1 (or NULL) after
 * filling it; on success it leaves it alone. Only a tool prints it (msg.h).
 * Text may hold untrusted bytes: whoever prints escapes them.
 *
 * Exit codes are those of <sysexits.h> that threatstop(7) lists, and
 * EX_DIFFERS. EX_TEMPFAIL (75) alone means that trying again may help.
 */
#ifndef TS_BASE_ERR_H
#define TS_BASE_ERR_H

#include <sysexits.h>

#define EX_DIFFERS 1 /* --check only: target and policy differ */

#define ERR_MSG_MAX 512
#define ERR_HINT_MAX 256

struct err {
	int code; /* EX_OK while nothing is wrong */
	char msg[ERR_MSG_MAX];
	char hint[ERR_HINT_MAX]; /* "" where there is nothing to do */
};

/* All return -1, so that "return err_set(…)" serves; text is cut at the end. */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with ": " and the text of errno behind it. */
int err_sys(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Out of memory: EX_OSERR. */
int err_mem(struct err *e);

/* Adds the advice; returns -1. */
int err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
