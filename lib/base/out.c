#include "base/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

int
out_open(struct out *o, int fd, const char *name, struct err *e)
{
	*o = (struct out){.fd = fd, .name = name};
	o->buf = malloc(OUT_BLOCK);
	if (o->buf == NULL)
		return err_mem(e);
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	return 0;
}

int
out_stdout(struct out *o, struct err *e)
{
	return out_open(o, STDOUT_FILENO, "<stdout>", e);
}

/* Someone who shares the descriptor may have made it non-blocking. */
static void
wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	(void)poll(&p, 1, -1);
}

static void
write_all(struct out *o, const char *p, size_t n)
{
	while (n > 0 && o->error == 0) {
		const ssize_t w = write(o->fd, p, n);

		if (w > 0) {
			p += w;
			n -= (size_t)w;
		} else if (w < 0 && errno == EAGAIN) {
			wait_for(o->fd);
		} else if (w == 0 || errno != EINTR) {
			o->error = w == 0 ? EIO : errno;
		}
	}
}

static void
drain(struct out *o)
{
	write_all(o, o->buf, o->n);
	o->n = 0;
}

char *
out_room(struct out *o, size_t n)
{
	if (n > OUT_BLOCK - o->n)
		drain(o);
	return o->buf + o->n;
}

void
out_took(struct out *o, size_t n)
{
	o->n += n;
	o->total += n;
}

void
out_put(struct out *o, const void *p, size_t n)
{
	if (n > OUT_ROOM_MAX) {
		drain(o);
		write_all(o, p, n);
		o->total += n;
		return;
	}
	if (n == 0)
		return;
	memcpy(out_room(o, n), p, n);
	out_took(o, n);
}

void
out_str(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void
out_u64(struct out *o, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	out_put(o, digits + n, sizeof(digits) - n);
}

void
out_fmt(struct out *o, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		/* Never cut a record in silence. */
		if (o->error == 0)
			o->error = EOVERFLOW;
		return;
	}
	out_put(o, text, (size_t)n);
}

/* What sendfile(2) does not do: a target opened with O_APPEND, for one. */
static void
copy_file(struct out *o, int fd, off_t at, uint64_t n)
{
	while (n > 0 && o->error == 0) {
		const size_t want = n < OUT_ROOM_MAX ? (size_t)n : OUT_ROOM_MAX;
		const ssize_t r = pread(fd, out_room(o, want), want, at);

		if (r > 0) {
			out_took(o, (size_t)r);
			at += r;
			n -= (uint64_t)r;
		} else if (r == 0 || errno != EINTR) {
			o->error = r == 0 ? EIO : errno;
		}
	}
}

void
out_file(struct out *o, int fd, uint64_t n)
{
	const size_t max = (size_t)1 << 30;
	off_t at = 0;

	drain(o);
	while (n > 0 && o->error == 0) {
		const ssize_t r = sendfile(o->fd, fd, &at,
					   n < max ? (size_t)n : max);

		if (r > 0) {
			o->total += (uint64_t)r;
			n -= (uint64_t)r;
		} else if (r < 0 && (errno == EINVAL || errno == ENOSYS)) {
			copy_file(o, fd, at, n);
			return;
		} else if (r == 0 || errno != EINTR) {
			o->error = r == 0 ? EIO : errno;
		}
	}
}

int
out_rewind(struct out *o, struct err *e)
{
	o->n = 0;
	o->total = 0;
	o->error = 0;
	if (lseek(o->fd, 0, SEEK_SET) < 0 || ftruncate(o->fd, 0) < 0)
		return err_sys(e, EX_IOERR, "cannot rewind '%s'", o->name);
	return 0;
}

int
out_flush(struct out *o, struct err *e)
{
	drain(o);
	if (o->error == 0)
		return 0;
	errno = o->error;
	return err_sys(e, EX_IOERR, "cannot write '%s'", o->name);
}

int
out_close(struct out *o, int sync, struct err *e)
{
	int rc = out_flush(o, e);

	if (rc == 0 && sync && fsync(o->fd) < 0 && errno != EINVAL &&
	    errno != EROFS)
		rc = err_sys(e, EX_IOERR, "cannot write '%s'", o->name);
	if (close(o->fd) < 0 && rc == 0)
		rc = err_sys(e, EX_IOERR, "cannot write '%s'", o->name);
	free(o->buf);
	*o = (struct out){.fd = -1};
	return rc;
}

void
out_drop(struct out *o)
{
	if (o->buf != NULL && o->fd >= 0)
		(void)close(o->fd);
	free(o->buf);
	*o = (struct out){.fd = -1};
}
