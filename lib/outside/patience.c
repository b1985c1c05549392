#include "outside/patience.h"

#include "base/clock.h"

struct patience
patience_of(uint64_t whole_s, int64_t first_ms, int64_t most_ms)
{
	return (struct patience){.until = clock_ms() + (int64_t)whole_s * 1000,
				 .next = first_ms, .most = most_ms};
}

bool
patience_wait(struct patience *p)
{
	const int64_t left = p->until - clock_ms();

	if (left <= 0)
		return false;
	p->waits++;
	clock_sleep_ms(p->next < left ? p->next : left);
	p->next = p->next * 2 < p->most ? p->next * 2 : p->most;
	return true;
}
