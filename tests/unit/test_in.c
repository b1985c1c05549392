/* Lines: ceilings to the byte, limits, block borders, what is borrowed. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/in.h"
#include "tap.h"

#define MAX 10 /* ceiling of a line in most cases */

/* An input of these bytes, by way of a pipe. */
static struct in
input(const char *bytes, size_t n, size_t max)
{
	struct in in;
	struct err e;
	int fd[2];

	if (pipe(fd) < 0 || write(fd[1], bytes, n) != (ssize_t)n)
		abort();
	(void)close(fd[1]);
	if (in_open_fd(&in, fd[0], "pipe", max, &e) < 0)
		abort();
	return in;
}

static const struct {
	const char *text, *want; /* lines in [], too long ones as <>, ! unended */
	bool crlf;
} cases[] = {
	{"", "", false},
	{"\n", "[]", false},
	{"a\nb\n", "[a][b]", false},
	{"a\n\nb", "[a][][b]!", false},
	{"0123456789\nx\n", "[0123456789][x]", false},
	{"0123456789a\nx\n", "<>[x]", false},
	{"0123456789", "[0123456789]!", false},
	{"0123456789a", "<>!", false},
	{"x\n0123456789abcdefghijklmnop\ny\n", "[x]<>[y]", false},
	{"a\r\nb\r\n\r\n", "[a][b][]", true},
	{"a\rb\r", "[a\rb]!", true},
	{"a\r\n", "[a\r]", false},
};

static void
test_lines(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct in in = input(cases[i].text, strlen(cases[i].text), MAX);
		char got[200] = "";
		enum in_result r;
		uint64_t line = 0;
		struct err e;
		size_t n, at = 0;
		char *p;

		in.crlf = cases[i].crlf;
		while ((r = in_line(&in, &p, &n, &e)) > 0) {
			if (r == IN_LINE)
				ok(p[n] == '\0', "a NUL behind the line");
			at += (size_t)snprintf(got + at, sizeof(got) - at,
					       r == IN_LINE ? "[%s]" : "<>", p);
			if (in.unended)
				at += (size_t)snprintf(got + at,
						       sizeof(got) - at, "!");
			line++;
			ok(in.line == line, "line %d is counted", (int)line);
		}
		ok(r == IN_END && in_line(&in, &p, &n, &e) == IN_END,
		   "the end stays the end");
		ok(strcmp(got, cases[i].want) == 0, "'%s' gives '%s', not '%s'",
		   cases[i].text, got, cases[i].want);
		in_close(&in);
		in_close(&in);
	}
}

/* Lines of every length around the size of a block and of the ceiling, written
 * by a child in pieces of a size that fits neither. */
static void
test_blocks(void)
{
	static const size_t max = 300000;
	static const size_t len[] = {0, 1, IN_BLOCK - 1, IN_BLOCK, IN_BLOCK + 1,
				     299999, 300000, 300001, 0, 900000, 5};
	const size_t count = sizeof(len) / sizeof(*len);
	struct err e;
	struct in in;
	size_t i, k, n;
	int fd[2];
	char *p;
	pid_t pid;

	if (pipe(fd) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)close(fd[0]);
		for (i = 0; i < count; i++) {
			char *line = malloc(len[i] + 1);

			if (line == NULL)
				_exit(1);
			memset(line, 'a' + (int)i, len[i]);
			line[len[i]] = '\n';
			for (k = 0; k <= len[i]; k += n) {
				n = len[i] + 1 - k < 7777 ? len[i] + 1 - k : 7777;
				if (write(fd[1], line + k, n) != (ssize_t)n)
					_exit(1);
			}
			free(line);
		}
		_exit(0);
	}
	(void)close(fd[1]);
	if (in_open_fd(&in, fd[0], "pipe", max, &e) < 0)
		abort();
	for (i = 0; i < count; i++) {
		const enum in_result r = in_line(&in, &p, &n, &e);

		ok(r == (len[i] > max ? IN_LONG : IN_LINE), "length %zu: %d",
		   len[i], (int)r);
		if (r != IN_LINE)
			continue;
		ok(n == len[i] && (n == 0 || (p[0] == 'a' + (int)i &&
					      p[n - 1] == 'a' + (int)i &&
					      memcmp(p, p + 1, n - 1) == 0)),
		   "length %zu comes as %zu", len[i], n);
	}
	ok(in_line(&in, &p, &n, &e) == IN_END, "the end");
	in_close(&in);
	(void)waitpid(pid, NULL, 0);
}

/* A limit inside, at and behind what is there; peeked at before or not. */
static void
test_limit(void)
{
	static const char text[] = "head\nbody\nmore\n"; /* 5 + 5 + 5 */
	static const struct {
		uint64_t limit; /* behind the first line */
		const char *want;
		int more;
	} limits[] = {
		{0, "", 1},
		{2, "[bo]!", 1},
		{5, "[body]", 1},
		{9, "[body][more]!", 1},
		{10, "[body][more]", 0},
		{11, "[body][more]", 0}, /* fewer bytes came than said */
	};
	size_t i;

	for (i = 0; i < 2 * sizeof(limits) / sizeof(*limits); i++) {
		struct in in = input(text, sizeof(text) - 1, MAX);
		char got[100] = "";
		struct err e;
		size_t n, at = 0;
		char *p;
		int more;

		if (i % 2 == 0)
			(void)in_peek(&in, &p, &n, 1, &e);
		(void)in_line(&in, &p, &n, &e);
		in_limit(&in, limits[i / 2].limit);
		while (in_line(&in, &p, &n, &e) == IN_LINE)
			at += (size_t)snprintf(got + at, sizeof(got) - at,
					       "[%s]%s", p,
					       in.unended ? "!" : "");
		ok(strcmp(got, limits[i / 2].want) == 0, "limit %d: '%s'",
		   (int)limits[i / 2].limit, got);
		more = in_more_after_limit(&in, &e);
		ok(more == limits[i / 2].more, "limit %d: more %d",
		   (int)limits[i / 2].limit, more);
		in_close(&in);
	}
}

static void
test_peek(void)
{
	struct in in = input("abcdef\nx\n", 9, MAX);
	struct err e;
	size_t n;
	char *p;

	ok(in_peek(&in, &p, &n, 4, &e) == 0 && n >= 4 && *p == 'a',
	   "peek shows");
	ok(in_peek(&in, &p, &n, 1000000, &e) == 0 && n == 9,
	   "and is content with what there is: %zu", n);
	in_skip(&in, 3);
	ok(in_line(&in, &p, &n, &e) == IN_LINE && strcmp(p, "def") == 0,
	   "skip consumes");
	ok(in_line(&in, &p, &n, &e) == IN_LINE && strcmp(p, "x") == 0,
	   "the next");
	ok(in_peek(&in, &p, &n, 1, &e) == 0 && n == 0, "nothing at the end");
	in_close(&in);
}

static void
test_open(void)
{
	struct in in = {.fd = -1};
	struct err e;
	size_t n;
	char *p;
	int fd[2];

	in_close(&in);
	ok(in_open(&in, "/nonexistent", MAX, &e) < 0 && e.code == EX_NOINPUT,
	   "absent: %s", e.msg);
	ok(in_open(&in, "/", MAX, &e) < 0 && e.code == EX_NOINPUT &&
		   strstr(e.msg, "Is a directory"), "a directory: %s", e.msg);
	ok(in_open_fd(&in, 99, "x", MAX, &e) < 0 && e.code == EX_NOINPUT,
	   "no descriptor: %s", e.msg);
	ok(in_open(&in, "/dev/null", MAX, &e) == 0 &&
		   in_line(&in, &p, &n, &e) == IN_END, "a device");
	in_close(&in);
	/* A descriptor that cannot be read. */
	if (pipe(fd) < 0)
		abort();
	ok(in_open_fd(&in, fd[1], "wrong end", MAX, &e) == 0 &&
		   in_line(&in, &p, &n, &e) == IN_ERROR && e.code == EX_IOERR,
	   "unreadable: %s", e.msg);
	in_close(&in);
	(void)close(fd[0]);
}

/* A non-blocking descriptor is waited for. */
static void
test_nonblocking(void)
{
	struct in in;
	struct err e;
	int fd[2], go[2];
	size_t n;
	char *p;
	pid_t pid;

	if (pipe2(fd, O_NONBLOCK) < 0 || pipe(go) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		(void)close(fd[0]);
		if (read(go[0], &(char){0}, 1) != 1 ||
		    write(fd[1], "late\n", 5) != 5)
			_exit(1);
		_exit(0);
	}
	(void)close(fd[1]);
	if (in_open_fd(&in, fd[0], "pipe", MAX, &e) < 0 ||
	    write(go[1], "", 1) != 1)
		abort();
	ok(in_line(&in, &p, &n, &e) == IN_LINE && strcmp(p, "late") == 0,
	   "what comes late comes");
	in_close(&in);
	(void)waitpid(pid, NULL, 0);
}

int
main(void)
{
	test_lines();
	test_blocks();
	test_limit();
	test_peek();
	test_open();
	test_nonblocking();
	return done();
}
