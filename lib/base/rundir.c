#include "base/rundir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define PATH_SIZE 4096

const char *
rundir(void)
{
	const char *dir = getenv("TS_RUNDIR");

	return dir != NULL && *dir != '\0' ? dir : "/run/threatstop";
}

int
rundir_advise(struct err *e)
{
	if (e->code == EX_CANTCREAT)
		(void)err_hint(e, "TS_RUNDIR names another directory for locks; "
			       "only runs that share it keep out of each "
			       "other's way");
	return -1;
}

int
rundir_lock(struct err *e, const char *fmt, ...)
{
	char path[PATH_SIZE];
	const int n = snprintf(path, sizeof(path), "%s/", rundir());
	va_list ap;
	int m, fd;

	if (n >= PATH_SIZE)
		return err_set(e, EX_CONFIG, "TS_RUNDIR is too long");
	va_start(ap, fmt);
	m = vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, ap);
	va_end(ap);
	if (n + m >= PATH_SIZE)
		return err_set(e, EX_CONFIG, "TS_RUNDIR is too long");
	if (file_mkdirs(rundir(), 0755, e) < 0)
		return rundir_advise(e);
	fd = lock_take(path, 0, e);
	return fd < 0 ? rundir_advise(e) : fd;
}
