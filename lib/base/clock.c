#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define YEAR_10000 INT64_C(253402300800)

int64_t
clock_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
clock_sleep_ms(int64_t ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	while (ms > 0 &&
	       clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}

int
clock_now(int64_t *t, struct err *e)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	char *end;

	*t = time(NULL);
	if (given == NULL)
		return 0;
	errno = 0;
	*t = strtoll(given, &end, 10);
	if (*given < '0' || *given > '9' || *end != '\0' || errno != 0)
		return err_set(e, EX_CONFIG, "SOURCE_DATE_EPOCH is '%s', not a "
			       "number of seconds", given);
	return 0;
}

void
clock_rfc3339(int64_t t, char text[CLOCK_RFC3339])
{
	time_t sec = (time_t)(t < 0 ? 0 : t < YEAR_10000 ? t : YEAR_10000 - 1);
	struct tm tm = {0};

	(void)gmtime_r(&sec, &tm);
	(void)strftime(text, CLOCK_RFC3339, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
