/* Output: order through the buffer, sticky errors, what the end tells. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/out.h"
#include "tap.h"

static int
temp_file(void)
{
	char name[] = "/tmp/ts-out-XXXXXX";
	const int fd = mkstemp(name);

	if (fd < 0 || unlink(name) < 0)
		abort();
	return fd;
}

/* Pieces of all sizes come out in order and whole. */
static void
test_order(void)
{
	static const size_t len[] = {1, 0, 100, OUT_ROOM_MAX, OUT_ROOM_MAX + 1,
				     OUT_BLOCK, 7, OUT_BLOCK * 3 + 5, 2};
	const int fd = temp_file(), copy = dup(fd);
	size_t i, k, total = 0;
	struct out o;
	struct err e;
	char *back;

	ok(out_open(&o, fd, "x", &e) == 0, "opens");
	for (i = 0; i < sizeof(len) / sizeof(*len); i++) {
		char *piece = malloc(len[i] + 1);

		memset(piece, 'a' + (int)i, len[i]);
		out_put(&o, piece, len[i]);
		free(piece);
		total += len[i];
	}
	ok(o.total == total, "total counts all of it");
	ok(out_close(&o, 1, &e) == 0, "closes");
	back = malloc(total + 1);
	ok(pread(copy, back, total + 1, 0) == (ssize_t)total, "all is there");
	for (i = k = 0; i < sizeof(len) / sizeof(*len); k += len[i++])
		ok(len[i] == 0 || (back[k] == 'a' + (int)i &&
				   memcmp(back + k, back + k + 1,
					  len[i] - 1) == 0),
		   "piece %zu in its place", i);
	free(back);
	(void)close(copy);
}

static void
test_text(void)
{
	const int fd = temp_file(), copy = dup(fd);
	char long_text[5000], back[200] = "";
	struct out o;
	struct err e;
	char *room;

	if (out_open(&o, fd, "x", &e) < 0)
		abort();
	out_u64(&o, 0);
	out_str(&o, " ");
	out_u64(&o, UINT64_MAX);
	out_fmt(&o, " %s-%d ", "f", 7);
	room = out_room(&o, OUT_ROOM_MAX);
	memcpy(room, "room", 4);
	out_took(&o, 4);
	ok(out_flush(&o, &e) == 0, "flushes");
	ok(pread(copy, back, sizeof(back) - 1, 0) > 0 &&
		   strcmp(back, "0 18446744073709551615 f-7 room") == 0,
	   "written: '%s'", back);
	/* A record is never cut in silence. */
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	out_fmt(&o, "%s", long_text);
	ok(out_flush(&o, &e) < 0 && e.code == EX_IOERR, "too long: %s", e.msg);
	ok(out_close(&o, 0, &e) < 0, "and it stays an error");
	(void)close(copy);
}

static void
test_errors(void)
{
	struct out o;
	struct err e;
	int fd[2], i;

	if (out_open(&o, open("/dev/full", O_WRONLY), "full", &e) < 0)
		abort();
	out_str(&o, "x");
	ok(o.error == 0, "nothing is known while it is held");
	ok(out_flush(&o, &e) < 0 && e.code == EX_IOERR &&
		   strcmp(e.msg, "cannot write 'full': "
				 "No space left on device") == 0,
	   "a full disk: %s", e.msg);
	for (i = 0; i < 3 * (int)OUT_BLOCK; i++)
		out_put(&o, "y", 1); /* goes nowhere, and does no harm */
	ok(out_flush(&o, &e) < 0 && o.error == ENOSPC, "the error is sticky");
	ok(out_close(&o, 0, &e) < 0 && e.code == EX_IOERR, "close tells");
	out_drop(&o);

	(void)signal(SIGPIPE, SIG_IGN);
	if (pipe(fd) < 0 || out_open(&o, fd[1], "pipe", &e) < 0)
		abort();
	(void)close(fd[0]);
	out_str(&o, "x");
	ok(out_flush(&o, &e) < 0 && o.error == EPIPE, "no reader: %s", e.msg);
	out_drop(&o);
	ok(close(fd[1]) < 0 && errno == EBADF, "out_drop closes");

	if (out_open(&o, open("/dev/null", O_RDONLY), "ro", &e) < 0)
		abort();
	out_str(&o, "x");
	ok(out_close(&o, 0, &e) < 0, "read-only: %s", e.msg);
	/* A descriptor that is closed behind its back. */
	fd[0] = open("/dev/null", O_WRONLY);
	if (out_open(&o, fd[0], "gone", &e) < 0)
		abort();
	(void)close(fd[0]);
	ok(out_close(&o, 0, &e) < 0, "close itself fails: %s", e.msg);
}

/* More than a pipe holds, non-blocking, to a reader that starts late. */
static void
test_nonblocking(void)
{
	static char block[OUT_BLOCK];
	struct out o;
	struct err e;
	int fd[2], i, st;
	pid_t pid;

	if (pipe(fd) < 0 || fcntl(fd[1], F_SETFL, O_NONBLOCK) < 0 ||
	    (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		ssize_t n, total = 0;

		(void)close(fd[1]);
		while ((n = read(fd[0], block, 1000)) > 0)
			total += n;
		_exit(total == 40 * (ssize_t)sizeof(block) ? 0 : 1);
	}
	(void)close(fd[0]);
	if (out_open(&o, fd[1], "pipe", &e) < 0)
		abort();
	for (i = 0; i < 40; i++)
		out_put(&o, block, sizeof(block));
	ok(out_close(&o, 0, &e) == 0, "waits for room");
	ok(waitpid(pid, &st, 0) == pid && st == 0, "all of it arrives");
}

int
main(void)
{
	test_order();
	test_text();
	test_errors();
	test_nonblocking();
	return done();
}
