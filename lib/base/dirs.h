/*
 * The directories that tools use without being told: for locks and what else the
 * processes of a host share TS_RUNDIR or /run/threatstop, made where it is not
 * there; for what is kept between runs TS_STATEDIR or /var/lib/threatstop.
 */
#ifndef TS_BASE_DIRS_H
#define TS_BASE_DIRS_H

#include "base/err.h"

const char *rundir(void);
/*
 * The lock of that name, with a '/' in none of its parts: a descriptor that
 * holds it until it is closed. EX_TEMPFAIL while another run has it,
 * EX_CANTCREAT, with advice, where it cannot be made.
 */
int rundir_lock(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The advice alone, added to an error of EX_CANTCREAT; returns -1. */
int rundir_advise(struct err *e);

const char *statedir(void);
/* statedir()/NAME in memory of its own, good until the next call; NULL where
 * nobody has made room: statedir() cannot be written. */
const char *statedir_path(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
