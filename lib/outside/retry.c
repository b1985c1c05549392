#include "outside/retry.h"

#include <sys/random.h>

#include "base/clock.h"

void
retry_begin(struct retry *r, uint64_t retries, uint64_t total_s)
{
	const uint64_t most = INT64_MAX / 4000;
	const uint64_t s = total_s < most ? total_s : most;

	*r = (struct retry){.deadline = clock_ms() + (int64_t)s * 1000,
			    .left = retries};
}

int64_t
retry_left_ms(const struct retry *r)
{
	const int64_t left = r->deadline - clock_ms();

	return left > 0 ? left : 0;
}

static int64_t
below(int64_t bound)
{
	uint64_t v;

	/* Without randomness, which Linux always has, the longest wait. */
	if (getrandom(&v, sizeof(v), GRND_NONBLOCK) != (ssize_t)sizeof(v))
		return bound;
	return (int64_t)(v % (uint64_t)bound);
}

bool
retry_wait(struct retry *r, uint64_t after_s)
{
	int64_t bound = RETRY_BASE_MS, wait;
	unsigned i;

	if (r->left == 0)
		return false;
	for (i = 0; i < r->tried && bound < RETRY_CAP_MS; i++)
		bound *= 2;
	wait = below(bound < RETRY_CAP_MS ? bound : RETRY_CAP_MS);
	if (after_s > (uint64_t)retry_left_ms(r) / 1000)
		return false;
	wait += (int64_t)after_s * 1000;
	if (wait >= retry_left_ms(r))
		return false;
	r->left--;
	r->tried++;
	clock_sleep_ms(wait);
	return true;
}
