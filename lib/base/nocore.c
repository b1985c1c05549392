#include "base/nocore.h"

#include <sys/resource.h>

void
nocore(void)
{
	const struct rlimit none = {0};

	/* Lowering a limit is always allowed. */
	(void)setrlimit(RLIMIT_CORE, &none);
}
