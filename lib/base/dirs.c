#include "base/dirs.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

#define PATH_SIZE 4096

static const char *
dir_of(const char *variable, const char *usual)
{
	const char *dir = getenv(variable);

	return dir != NULL && *dir != '\0' ? dir : usual;
}

const char *
rundir(void)
{
	return dir_of("TS_RUNDIR", "/run/threatstop");
}

const char *
statedir(void)
{
	return dir_of("TS_STATEDIR", "/var/lib/threatstop");
}

/* dir/NAME; false where it is too long. */
__attribute__((format(printf, 3, 0))) static bool
join(char path[PATH_SIZE], const char *dir, const char *fmt, va_list ap)
{
	const int n = snprintf(path, PATH_SIZE, "%s/", dir);

	return n < PATH_SIZE &&
	       vsnprintf(path + n, PATH_SIZE - (size_t)n, fmt, ap) <
		       PATH_SIZE - n;
}

const char *
statedir_path(const char *fmt, ...)
{
	static char path[PATH_SIZE];
	va_list ap;
	bool fits;

	va_start(ap, fmt);
	fits = join(path, statedir(), fmt, ap);
	va_end(ap);
	return fits && access(statedir(), W_OK) == 0 ? path : NULL;
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
	va_list ap;
	bool fits;
	int fd;

	va_start(ap, fmt);
	fits = join(path, rundir(), fmt, ap);
	va_end(ap);
	if (!fits)
		return err_set(e, EX_CONFIG, "TS_RUNDIR is too long");
	if (file_mkdirs(rundir(), 0755, e) < 0)
		return rundir_advise(e);
	fd = lock_take(path, 0, e);
	return fd < 0 ? rundir_advise(e) : fd;
}
