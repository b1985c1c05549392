/* Policy records: what is accepted, and that it is written as it was read. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "values/policy.h"

static const struct {
	const char *line;
	bool good;
} lines[] = {
	{"block\tip4\t192.0.2.0/24\t-\tx\t-\t1", true},
	{"allow\tip6\t2001:db8::/32\t-\ta,b\t1700000000\t65535", true},
	{"block\tname\t*.example.com\tnxdomain\trpz\t-\t1", true},
	{"block\tname\texample.com\tredirect=*.garden\trpz\t-\t2", true},
	{"allow\tname\tok.example.com\tpassthru\trpz\t-\t1", true},
	{"block\tclient4\t10.0.0.0/8\tdrop\trpz\t-\t1", true},
	{"block\tnsname\t*.ns.example\tnodata\trpz\t-\t1", true},
	{"block\tip4\t192.0.2.0/24\t-\t-\t-\t1\tlater column", true},
	{"block\tip4\t192.0.2.1/24\t-\tx\t-\t1", false},
	{"block\tip4\t192.0.2.1\t-\tx\t-\t1", false},
	{"block\tip4\t::/0\t-\tx\t-\t1", false},
	{"block\tip6\t2001:DB8::/32\t-\tx\t-\t1", false},
	{"block\tip4\t192.0.2.0/24\tnxdomain\tx\t-\t1", false},
	{"block\tname\texample.com\t-\tx\t-\t1", false},
	{"block\tname\tExample.com\tnxdomain\tx\t-\t1", false},
	{"block\tname\texample.com\tpassthru\tx\t-\t1", false},
	{"allow\tname\texample.com\tnxdomain\tx\t-\t1", false},
	{"block\tname\texample.com\tredirect\tx\t-\t1", false},
	{"block\tname\texample.com\tredirect=\tx\t-\t1", false},
	{"Block\tip4\t192.0.2.0/24\t-\tx\t-\t1", false},
	{"block\tip5\t192.0.2.0/24\t-\tx\t-\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\tx y\t-\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\tx,\t-\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\t\t-\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t-1\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t99999999999999\t1", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t-\t0", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t-\t65536", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t-\t", false},
	{"block\tip4\t192.0.2.0/24\t-\tx\t-", false},
	{"", false},
};

static void
test_line(size_t i)
{
	const size_t n = strlen(lines[i].line);
	char *copy = malloc(n + !n);
	struct policy rec;
	const char *why;

	if (copy == NULL)
		abort();
	memcpy(copy, lines[i].line, n);
	why = policy_parse(copy, n, &rec);
	ok((why == NULL) == lines[i].good, "'%s': %s", lines[i].line,
	   why != NULL ? why : "accepted");
	if (why == NULL) {
		int fd[2];
		struct out o;
		struct err e;
		char back[512];
		ssize_t got;

		if (pipe(fd) < 0 || out_open(&o, fd[1], "pipe", &e) < 0)
			abort();
		policy_put(&o, &rec);
		ok(out_close(&o, 0, &e) == 0, "it is written");
		got = read(fd[0], back, sizeof(back));
		(void)close(fd[0]);
		ok(got > 0 && back[got - 1] == '\n' &&
		   strncmp(back, lines[i].line, (size_t)got - 1) == 0,
		   "'%s' is written as '%.*s'", lines[i].line,
		   (int)(got > 0 ? got - 1 : 0), back);
	}
	free(copy);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		test_line(i);
	return done();
}
