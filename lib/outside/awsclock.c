#include "outside/awsclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "outside/awserror.h"

int64_t
awsclock_now(const struct awsclock *k)
{
	return (int64_t)time(NULL) + k->skew;
}

bool
awsclock_learn(struct awsclock *k, const struct http_response *r,
	       const char *code)
{
	const char *date = http_header(r, "Date");
	struct tm tm = {0};
	int64_t skew;

	if (!aws_is_skew(code) || date == NULL ||
	    strptime(date, "%a, %d %b %Y %H:%M:%S", &tm) == NULL)
		return false;
	skew = (int64_t)timegm(&tm) - (int64_t)time(NULL);
	if (llabs(skew - k->skew) < AWSCLOCK_SKEW_MIN)
		return false;
	k->skew = skew;
	(void)snprintf(k->note, sizeof(k->note), "this host's clock is %lld s "
		       "%s AWS's; corrected for", llabs(skew),
		       skew > 0 ? "behind" : "ahead of");
	return true;
}
