#include "base/in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
make_buffer(struct in *in, struct err *e)
{
	in->cap = IN_BLOCK + in->max_line + 2;
	in->buf = malloc(in->cap);
	if (in->buf == NULL) {
		in_close(in);
		return err_mem(e);
	}
	return 0;
}

int
in_open_fd(struct in *in, int fd, const char *name, size_t max_line,
	   struct err *e)
{
	struct stat st;

	*in = (struct in){.fd = fd, .name = name, .max_line = max_line,
			  .left = IN_NO_LIMIT};
	errno = 0;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	if (errno != 0) {
		(void)err_sys(e, EX_NOINPUT, "cannot open '%s'", name);
		in_close(in);
		return -1;
	}
	/* A larger pipe halves the number of switches; refusal is harmless. */
	if (S_ISFIFO(st.st_mode))
		(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
	return make_buffer(in, e);
}

int
in_from(struct in *in, in_read_fn *fn, void *ctx, const char *name,
	size_t max_line, struct err *e)
{
	*in = (struct in){.fd = -1, .read = fn, .ctx = ctx, .name = name,
			  .max_line = max_line, .left = IN_NO_LIMIT};
	return make_buffer(in, e);
}

int
in_open(struct in *in, const char *path, size_t max_line, struct err *e)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return in_open_fd(in, STDIN_FILENO, "<stdin>", max_line, e);
	*in = (struct in){.fd = -1};
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, EX_NOINPUT, "cannot open '%s'", path);
	return in_open_fd(in, fd, path, max_line, e);
}

void
in_close(struct in *in)
{
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	free(in->buf);
	*in = (struct in){.fd = -1};
}

static ssize_t
read_fd(const struct in *in, size_t want, struct err *e)
{
	ssize_t got;

	while ((got = read(in->fd, in->buf + in->end, want)) < 0) {
		struct pollfd p = {.fd = in->fd, .events = POLLIN};

		/* Non-blocking by the doing of someone who shares it. */
		if (errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return got < 0 ? err_sys(e, EX_IOERR, "cannot read '%s'", in->name)
		       : got;
}

/* Reads one block behind what is unread. 1 got bytes, 0 end, -1 error. */
static int
fill(struct in *in, struct err *e)
{
	size_t want = IN_BLOCK;
	ssize_t got;

	if (in->start > 0 && in->cap - in->end < IN_BLOCK + 1) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (want > in->cap - 1 - in->end)
		want = in->cap - 1 - in->end;
	if (want > in->left)
		want = (size_t)in->left;
	if (want == 0) {
		in->eof = true;
		return 0;
	}
	got = in->read != NULL
		      ? in->read(in->ctx, in->buf + in->end, want, e)
		      : read_fd(in, want, e);
	if (got < 0)
		return -1;
	if (got == 0) {
		in->eof = true;
		return 0;
	}
	in->end += (size_t)got;
	if (in->left != IN_NO_LIMIT)
		in->left -= (uint64_t)got;
	return 1;
}

/* Drops the rest of a line that is over the ceiling. */
static enum in_result
skip_long(struct in *in, struct err *e)
{
	in->line++;
	for (;;) {
		char *nl = memchr(in->buf + in->start, '\n',
				  in->end - in->start);
		int r;

		if (nl != NULL) {
			in->start = (size_t)(nl + 1 - in->buf);
			return IN_LONG;
		}
		in->start = in->end = 0;
		r = fill(in, e);
		if (r < 0)
			return IN_ERROR;
		if (r == 0) {
			in->unended = true;
			return IN_LONG;
		}
	}
}

static enum in_result
hand_out(struct in *in, char *end, char **p, size_t *n)
{
	*p = in->buf + in->start;
	*n = (size_t)(end - *p);
	if (in->crlf && *n > 0 && end[-1] == '\r')
		(*n)--;
	(*p)[*n] = '\0';
	in->line++;
	return IN_LINE;
}

enum in_result
in_line(struct in *in, char **p, size_t *n, struct err *e)
{
	size_t seen = 0; /* unread bytes already searched for LF */

	in->unended = false;
	for (;;) {
		const size_t have = in->end - in->start;
		char *nl = NULL;
		int r;

		if (have > seen)
			nl = memchr(in->buf + in->start + seen, '\n',
				    have - seen);
		if (nl != NULL && nl - (in->buf + in->start) <=
		    (ptrdiff_t)in->max_line) {
			const enum in_result res = hand_out(in, nl, p, n);

			in->start = (size_t)(nl + 1 - in->buf);
			return res;
		}
		if (nl != NULL || have > in->max_line)
			return skip_long(in, e);
		seen = have;
		r = in->eof ? 0 : fill(in, e);
		if (r < 0)
			return IN_ERROR;
		if (r > 0)
			continue;
		if (have == 0)
			return IN_END;
		in->unended = true;
		(void)hand_out(in, in->buf + in->end, p, n);
		in->start = in->end;
		return IN_LINE;
	}
}

int
in_peek(struct in *in, char **p, size_t *n, size_t want, struct err *e)
{
	if (want > in->max_line)
		want = in->max_line;
	while (in->end - in->start < want && !in->eof)
		if (fill(in, e) < 0)
			return -1;
	*p = in->buf + in->start;
	*n = in->end - in->start;
	return 0;
}

int
in_begins(struct in *in, const char *what, size_t n, struct err *e)
{
	char *p;
	size_t got;

	if (in_peek(in, &p, &got, n, e) < 0)
		return -1;
	return got >= n && memcmp(p, what, n) == 0;
}

void
in_skip(struct in *in, size_t n)
{
	in->start += n;
}

void
in_skip_lines(struct in *in, size_t n, uint64_t lines)
{
	in->start += n;
	in->line += lines;
}

void
in_limit(struct in *in, uint64_t n)
{
	const uint64_t have = in->end - in->start;

	if (n < have) {
		/* What is behind the limit was read already: give it back
		 * as "more", which is all anyone asks of it. */
		in->end = in->start + (size_t)n;
		in->left = 0;
		in->eof = true;
		in->extra = true;
		return;
	}
	in->left = n - have;
}

int
in_more_after_limit(struct in *in, struct err *e)
{
	int r;

	if (in->extra)
		return 1;
	in->left = IN_NO_LIMIT;
	in->eof = false;
	in->start = in->end = 0;
	r = fill(in, e);
	return r;
}
