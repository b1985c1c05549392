/* Time: one clock that never goes back, one that says what day it is. */
#ifndef TS_BASE_CLOCK_H
#define TS_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define CLOCK_RFC3339 21 /* "2026-11-24T05:55:12Z" and its NUL */

/* Milliseconds from some moment; for limits and waits. */
int64_t clock_ms(void);
/* Sleeps for that long, signals notwithstanding; not at all for 0 and less. */
void clock_sleep_ms(int64_t ms);
/* Seconds since 1970 UTC, or SOURCE_DATE_EPOCH where that is set, which makes
 * an output that carries the time repeatable. EX_CONFIG where it is no number. */
int clock_now(int64_t *t, struct err *e);
/* UTC; years over 9999 are written as the last second of 9999. */
void clock_rfc3339(int64_t t, char text[CLOCK_RFC3339]);

#endif
