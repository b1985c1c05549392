#include "outside/pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define PATH_SIZE 4096
#define TEXT 32

static void
make_path(char path[PATH_SIZE], const char *dir, const char *name)
{
	char *p;
	const int n = snprintf(path, PATH_SIZE, "%s/pace-", dir);

	if (n < 0 || n >= PATH_SIZE - 1)
		return;
	p = path + n;
	for (; *name != '\0' && p < path + PATH_SIZE - 1; name++)
		*p++ = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
			      "uvwxyz0123456789-", *name) != NULL ? *name : '_';
	*p = '\0';
}

/*
 * The file holds the moment (clock_ms) at which the bucket is full again. One
 * from another boot, or damaged, lies in no plausible future: then it is full.
 */
static int64_t
read_full_at(int fd, int64_t now, int64_t most)
{
	char text[TEXT] = "";
	int64_t v;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return now;
	v = strtoll(text, NULL, 10);
	return v < now || v > now + most ? now : v;
}

/* Takes a token: the time to wait before the call may be made. */
static int
take(int fd, unsigned interval_ms, unsigned burst, int64_t *wait,
     struct err *e)
{
	const int64_t now = clock_ms();
	/* More callers than this at once would wait for minutes anyway. */
	const int64_t most = (int64_t)interval_ms * 10000;
	const int64_t full = read_full_at(fd, now, most) + interval_ms;
	char text[TEXT];
	int n;

	*wait = full - now - (int64_t)interval_ms * burst;
	if (*wait < 0)
		*wait = 0;
	n = snprintf(text, sizeof(text), "%20lld\n", (long long)full);
	if (pwrite(fd, text, (size_t)n, 0) != n)
		return err_sys(e, EX_IOERR, "cannot write the file of the pace");
	return 0;
}

int
pace_take(const char *dir, const char *name, unsigned interval_ms,
	  unsigned burst, int64_t *waited_ms, struct err *e)
{
	char path[PATH_SIZE];
	int64_t wait;
	int fd, rc;

	if (interval_ms == 0)
		return 0;
	make_path(path, dir, name);
	if (file_mkdirs(dir, 0755, e) < 0 ||
	    (fd = lock_take(path, 60000, e)) < 0)
		return -1;
	rc = take(fd, interval_ms, burst, &wait, e);
	(void)close(fd);
	if (rc < 0)
		return -1;
	clock_sleep_ms(wait);
	*waited_ms += wait;
	return 0;
}
