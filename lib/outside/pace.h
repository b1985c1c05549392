/*
 * A rate of calls that all processes of a host keep together: a token bucket in
 * a small file, taken under a lock. The file may be deleted at any time; what is
 * lost is the memory of the last moments.
 */
#ifndef TS_OUTSIDE_PACE_H
#define TS_OUTSIDE_PACE_H

#include <stdint.h>

#include "base/err.h"

/*
 * Waits until one more call may be made where one is allowed each interval_ms,
 * and up to burst of them at once after a rest. name is made part of a file's
 * name in dir, which is created; bytes that do not fit there become '_'.
 * *waited_ms is increased by the time it took. A directory that cannot be used
 * is EX_CANTCREAT: pace is not given up in silence.
 */
int pace_take(const char *dir, const char *name, unsigned interval_ms,
	      unsigned burst, int64_t *waited_ms, struct err *e);

#endif
