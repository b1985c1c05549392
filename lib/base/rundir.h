/*
 * Where locks are, and what the processes of this host share: the directory
 * TS_RUNDIR, else /run/threatstop. It is made where it is not there.
 */
#ifndef TS_BASE_RUNDIR_H
#define TS_BASE_RUNDIR_H

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

#endif
