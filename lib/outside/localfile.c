#include "outside/localfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"

static int
path_of(const char *url, char path[FETCH_URL_MAX + 1], struct err *e)
{
	const char *p = url + strlen("file:");
	size_t n = 0;

	if (strncmp(p, "//", 2) == 0) {
		p += 2;
		if (strncasecmp(p, "localhost/", 10) == 0)
			p += 9;
		if (*p != '/')
			return err_set(e, EX_USAGE, "'%s' names a host: only "
				       "file:///PATH or file:PATH", url);
	}
	while (*p != '\0' && n < FETCH_URL_MAX) {
		int c = (unsigned char)*p;

		if (c == '%') {
			c = hex_octet(p + 1);
			if (c <= 0)
				return err_set(e, EX_USAGE, "'%s' has a '%%' "
					       "without two hex digits", url);
			p += 2;
		}
		path[n++] = (char)c;
		p++;
	}
	path[n] = '\0';
	return n > 0 ? 0 : err_set(e, EX_USAGE, "'%s' names no file", url);
}

/* Without O_NONBLOCK a FIFO would be waited for in open(2), past any limit. */
static int
open_file(const char *path, struct stat *st, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, EX_NOINPUT, "cannot open '%s'", path);
	if (fstat(fd, st) < 0)
		(void)err_sys(e, EX_NOINPUT, "cannot open '%s'", path);
	else if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		(void)err_set(e, EX_NOINPUT, "'%s' is neither a regular file "
			      "nor a FIFO", path);
	else
		return fd;
	(void)close(fd);
	return -1;
}

/* Waits until the FIFO has bytes or its end, within both limits. */
static int
wait_input(int fd, const struct fetch_req *req, int64_t start, const char *path,
	   struct err *e)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left = start + (int64_t)req->total_s * 1000 - clock_ms();
	int rc;

	if (left > (int64_t)req->idle_s * 1000)
		left = (int64_t)req->idle_s * 1000;
	if (left > INT32_MAX)
		left = INT32_MAX;
	do
		rc = left > 0 ? poll(&p, 1, (int)left) : 0;
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return err_sys(e, EX_IOERR, "cannot read '%s'", path);
	if (rc == 0)
		return err_set(e, EX_TEMPFAIL, "cannot read '%s': nothing came "
			       "in time", path);
	return 0;
}

static int
copy(int fd, bool fifo, const char *path, const struct fetch_req *req,
     struct out *body, struct err *e)
{
	const int64_t start = clock_ms();

	for (;;) {
		ssize_t n;

		if (fifo && wait_input(fd, req, start, path, e) < 0)
			return -1;
		n = read(fd, out_room(body, OUT_ROOM_MAX), OUT_ROOM_MAX);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_sys(e, EX_IOERR, "cannot read '%s'", path);
		if (n > 0)
			out_took(body, (size_t)n);
		if (body->error != 0)
			return out_flush(body, e);
		if (body->total > req->max_bytes)
			return err_set(e, EX_DATAERR, "'%s' is over the limit of %"
				       PRIu64 " bytes", path, req->max_bytes);
	}
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
localfile_fetch(const struct fetch_req *req, const struct fetch_had *had,
		struct out *body, struct fetch_got *got, struct err *e)
{
	char path[FETCH_URL_MAX + 1];
	struct stat before = {0}, after;
	int fd, rc;

	(void)had;
	(void)got;
	if (path_of(req->url, path, e) < 0)
		return -1;
	fd = open_file(path, &before, e);
	if (fd < 0)
		return -1;
	rc = copy(fd, S_ISFIFO(before.st_mode), path, req, body, e);
	if (rc == 0 && S_ISREG(before.st_mode) &&
	    (fstat(fd, &after) < 0 || !same(&before, &after)))
		rc = err_set(e, EX_TEMPFAIL, "'%s' changed while it was read",
			     path);
	(void)close(fd);
	return rc;
}
