/* The command line: what is taken, what is refused, and where the rest starts.
 * Each case runs in a child, whose messages go to the parent. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/msg.h"
#include "tap.h"

static const char *const colours[] = {"red", "green", NULL};

static struct {
	bool flag;
	const char *text;
	struct cli_list list;
	uint64_t number, seconds, bytes;
	double percent;
	int choice;
} opt;

static const struct cli_opt opts[] = {
	{"flag", 'f', CLI_FLAG, NULL, "a flag", .to = &opt.flag},
	{"text", 't', CLI_TEXT, "T", "a text", .to = &opt.text},
	{"list", 'l', CLI_LIST, "L", "a list", .to = &opt.list},
	{"number", 'n', CLI_NUMBER, "N", "a number", .to = &opt.number,
	 .min = 2, .max = 9},
	{"time", 0, CLI_SECONDS, "S", "a time", .to = &opt.seconds},
	{"bytes", 0, CLI_BYTES, "B", "a size", .to = &opt.bytes},
	{"percent", 0, CLI_PERCENT, "P", "a share", .to = &opt.percent},
	{"choice", 'c', CLI_CHOICE, "C", "a choice that has a great deal of "
	 "explanation behind it, more than a line of it", .to = &opt.choice,
	 .choices = colours},
	{0}};

static struct cli cli = {
	.name = "test", .summary = "tests the command line", .operands = "[FILE]",
	.example = "test x", .opts = opts, .min_operands = 0, .max_operands = 1,
};

/* The command line of a case: words parted by blanks. */
static int
split(char *text, char **argv)
{
	int n = 0;

	for (char *p = text; (p = strtok_r(p, " ", &text)) != NULL; p = NULL)
		argv[n++] = p;
	argv[n] = NULL;
	return n;
}

/* Everything that was taken, as one line. */
static void
show(int argc, char **argv, int first)
{
	size_t i;

	if (opt.flag)
		printf(" flag");
	if (opt.text != NULL)
		printf(" text=%s", opt.text);
	for (i = 0; i < opt.list.n; i++)
		printf(" list=%s", opt.list.v[i]);
	if (opt.number)
		printf(" number=%" PRIu64, opt.number);
	if (opt.seconds)
		printf(" time=%" PRIu64, opt.seconds);
	if (opt.bytes)
		printf(" bytes=%" PRIu64, opt.bytes);
	if (opt.percent > 0)
		printf(" percent=%g", opt.percent);
	if (opt.choice)
		printf(" choice=%d", opt.choice);
	if (msg_shown(MSG_INFO))
		printf(" info");
	if (msg_shown(MSG_DEBUG))
		printf(" debug");
	if (!msg_shown(MSG_WARN))
		printf(" quiet");
	for (; first < argc; first++)
		printf(" %s", argv[first]);
}

/* Runs the case in a child; what it printed goes to got, its code is returned. */
static int
run(const char *line, char *got, size_t size)
{
	char copy[500], *argv[80];
	int fd[2], st, first = 0, rc, argc;
	ssize_t n, at = 0;
	pid_t pid;

	(void)snprintf(copy, sizeof(copy), "test %s", line);
	argc = split(copy, argv);
	(void)fflush(stdout);
	if (pipe(fd) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		if (dup2(fd[1], STDOUT_FILENO) < 0 ||
		    dup2(fd[1], STDERR_FILENO) < 0)
			_exit(99);
		rc = cli_parse(&cli, argc, argv, &first);
		if (rc < 0)
			show(argc, argv, first);
		(void)fflush(stdout);
		_exit(rc < 0 ? 0 : rc);
	}
	(void)close(fd[1]);
	while ((n = read(fd[0], got + at, size - 1 - (size_t)at)) > 0)
		at += n;
	got[at] = '\0';
	(void)close(fd[0]);
	if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st))
		return 99;
	return WEXITSTATUS(st);
}

static const struct {
	const char *line;
	int code;
	const char *want; /* all of it for 0, else part of the message */
} cases[] = {
	{"", 0, ""},
	{"x", 0, " x"},
	{"x --flag", 0, " flag x"},
	{"-f -- -t", 0, " flag -t"},
	{"-", 0, " -"},
	{"-ft a", 0, " flag text=a"},
	{"-fta", 0, " flag text=a"},
	{"--text=a --text b", 0, " text=b"},
	{"--text=", 0, " text="},
	{"--text --flag", 0, " text=--flag"},
	{"-l a --list b -lc", 0, " list=a list=b list=c"},
	{"-n 2", 0, " number=2"},
	{"-n 9", 0, " number=9"},
	{"-n 1", 64, "--number: 1 is not within 2 to 9"},
	{"-n 10", 64, "not within"},
	{"-n -3", 64, "'-3' is not a number"},
	{"-n 3x", 64, "'3x' is not a number"},
	{"-n 3K", 64, "'3K' is not a number"},
	{"--number=", 64, "'' is not a number"},
	{"-n 99999999999999999999", 64, "is not a number"},
	{"--time 90", 0, " time=90"},
	{"--time 2m", 0, " time=120"},
	{"--time 7d", 0, " time=604800"},
	{"--time 2w", 64, "'2w' is not a number with one of 'smhd' behind it"},
	{"--time 999999999999999999d", 64, "is not a number"},
	{"--bytes 18446744073709551615", 0, " bytes=18446744073709551615"},
	{"--bytes 1K", 0, " bytes=1024"},
	{"--bytes 1G", 0, " bytes=1073741824"},
	{"--bytes 1k", 64, "'1k' is not a number"},
	{"--bytes 1Kb", 64, "is not a number"},
	{"--percent 12.5", 0, " percent=12.5"},
	{"--percent 100", 0, " percent=100"},
	{"--percent 100.1", 64, "'100.1' is not a percentage"},
	{"--percent -1", 64, "is not a percentage"},
	{"--percent nan", 64, "is not a percentage"},
	{"--percent 1e1", 64, "is not a percentage"},
	{"--percent .", 64, "is not a percentage"},
	{"-c green", 0, " choice=1"},
	{"-c blue", 64, "--choice: 'blue' is not one of red, green"},
	{"-v", 0, " info"},
	{"-vv", 0, " info debug"},
	{"-q", 0, " quiet"},
	{"-vvq", 0, " quiet"},
	{"-qv", 0, " info"},
	{"-V", 0, "test " TS_VERSION "\n"},
	{"--no-such", 64, "test: unknown option '--no-such'\n"
			  "test: try 'test --help'\n"},
	{"-Z", 64, "unknown option '-Z'"},
	{"-fZ", 64, "unknown option '-Z'"},
	{"--flag=yes", 64, "'--flag=yes': the option takes no argument"},
	{"--help=yes", 64, "'--help=yes': the option takes no argument"},
	{"--text", 64, "'--text' needs an argument"},
	{"-t", 64, "'-t' needs an argument"},
	{"--fla", 64, "unknown option '--fla'; '--flag'?"},
	{"--tex a", 64, "'--text'?"},
	{"--tex=a", 64, "'--text'?"},
	{"--verb", 64, "'--verbose'?"},
	{"--t", 64, "unknown option '--t'"},
	{"x y", 64, "too many operands"},
};

static void
test_cases(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char got[2000];
		const int code = run(cases[i].line, got, sizeof(got));

		ok(code == cases[i].code &&
			   (code == 0 ? strcmp(got, cases[i].want) == 0
				      : strstr(got, cases[i].want) != NULL),
		   "'%s': %d, '%s'", cases[i].line, code, got);
	}
}

static void
test_help(void)
{
	static const char want[] =
		"usage: test [options] [FILE]\n"
		"tests the command line\n\n"
		"  -f, --flag       a flag\n"
		"  -t, --text T     a text\n"
		"  -l, --list L     a list\n"
		"  -n, --number N   a number\n"
		"      --time S     a time\n"
		"      --bytes B    a size\n"
		"      --percent P  a share\n"
		"  -c, --choice C   a choice that has a great deal of "
		"explanation behind it, more\n"
		"                   than a line of it\n"
		"  -q, --quiet   -v, --verbose   -h, --help   -V, --version\n\n"
		"example: test x\nmore: man test, man 7 threatstop\n";
	char got[4000];

	ok(run("--help", got, sizeof(got)) == 0 && strcmp(got, want) == 0,
	   "help: %s", got);
}

static void
test_operands(void)
{
	char got[2000], line[2000];
	size_t i, at = 0;

	cli.min_operands = 1;
	ok(run("", got, sizeof(got)) == 64 &&
		   strstr(got, "missing operand: [FILE]"), "missing: %s", got);
	cli.max_operands = -1;
	ok(run("a b c d", got, sizeof(got)) == 0, "any number");
	cli.command = true;
	ok(run("-f cmd -f --flag x", got, sizeof(got)) == 0 &&
		   strcmp(got, " flag cmd -f --flag x") == 0,
	   "a command keeps its options: %s", got);
	ok(run("-t", got, sizeof(got)) == 64 && strstr(got, "needs an argument"),
	   "and ours still need theirs: %s", got);
	cli.command = false;
	for (i = 0; i <= CLI_LIST_MAX; i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "-lx ");
	ok( run(line, got, sizeof(got)) == 64 &&
		   strstr(got, "more than 64 times --list"), "a full list");
}

/* What is opened next gets none of the standard descriptors. */
static void
test_closed_descriptors(void)
{
	static char name[] = "test";
	char *argv[] = {name, NULL};
	int fd, first, st;
	pid_t pid;

	(void)fflush(stdout);
	for (fd = 0; fd < 3; fd++) {
		pid = fork();
		if (pid == 0) {
			(void)close(fd);
			cli.min_operands = 0;
			if (cli_parse(&cli, 1, argv, &first) >= 0)
				_exit(2);
			if (open("/dev/null", O_RDWR) < 3)
				_exit(3);
			_exit(fd == 0 ? read(fd, name, 1) >= 0
				      : write(fd, name, 1) >= 0);
		}
		ok(waitpid(pid, &st, 0) == pid && st == 0, "%d closed: %d", fd,
		   st);
	}
}

int
main(void)
{
	test_cases();
	test_help();
	test_operands();
	test_closed_descriptors();
	return done();
}
