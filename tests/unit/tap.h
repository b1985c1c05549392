/* What a table test needs: ok(), and done() as the value of main. */
#ifndef TS_TESTS_TAP_H
#define TS_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool
ok(bool good, const char *fmt, ...)
{
	va_list ap;

	tap_count++;
	if (good)
		return true;
	tap_failed++;
	printf("not ok %d - ", tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

/* A test of nothing is a failure too. */
static inline int
done(void)
{
	printf("1..%d\n# %d failed\n", tap_count, tap_failed);
	return tap_failed > 0 || tap_count == 0;
}

#endif
