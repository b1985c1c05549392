/*
 * ts-pipe: any other program inside a framed pipe.
 *
 * A feeder process checks the frame of standard input and writes the bare lines
 * to the command; this process frames what the command prints. The end record
 * is written last, after the feeder found the input whole and the command ended
 * as it should: whatever fails, the next reader sees a stream without an end.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cli.h"
#include "base/msg.h"
#include "values/stream.h"

#define SETS_MAX ((size_t)1 << 20) /* bytes of "#set" lines kept back */

static struct {
	uint64_t ok;
} opt;

static const struct cli_opt opts[] = {
	{"ok", 0, CLI_NUMBER, "STATUS", "an exit status of COMMAND that is fine, beside 0",
	 .to = &opt.ok, .max = 125},
	{0},
};

static const struct cli cli = {
	.name = "ts-pipe",
	.summary = "runs a command on the bare records of a framed stream and frames what it prints",
	.operands = "COMMAND [ARG...]",
	.example = "ts-merge a.policy | ts-pipe --ok 1 grep -v example | ts-shard -",
	.opts = opts,
	.min_operands = 1,
	.max_operands = -1,
	.command = true,
};

/* Header keys survive but for the order, which the command may have changed. */
static void
put_header(struct out *o, const struct stream *s)
{
	size_t i;

	out_fmt(o, "#ts-%s/1", s->found);
	for (i = 0; i < s->nkeys; i++)
		if (strcmp(s->key[i], "order") != 0)
			out_fmt(o, "\t%s=%s", s->key[i], s->value[i]);
	out_put(o, "\n", 1);
}

/* The feeder: the whole input is read and checked, also when the command has
 * stopped reading. "#set" lines go to the parent, after the command has got its
 * end of input, so that neither waits for the other. */
static int
feed(struct stream *s, int to_command, int to_parent)
{
	struct out command, parent;
	enum stream_result r;
	struct buf sets;
	struct err e;
	char *p;
	size_t n;

	buf_init(&sets, SETS_MAX);
	if (out_open(&command, to_command, "the command", &e) < 0 ||
	    out_open(&parent, to_parent, "the parent", &e) < 0)
		return msg_err(&e);
	while ((r = stream_next(s, &p, &n, &e)) > 0) {
		if (r == STREAM_SET) {
			(void)buf_addf(&sets, "#set\t%.*s\n", (int)n, p);
			continue;
		}
		out_put(&command, p, n);
		out_put(&command, "\n", 1);
	}
	if (r < 0 || buf_check(&sets, "the '#set' lines", &e) < 0)
		return msg_err(&e);
	/* A command that reads only the beginning is no fault. */
	if (out_flush(&command, &e) < 0 && command.error != EPIPE)
		return msg_err(&e);
	out_drop(&command);
	out_put(&parent, sets.p, sets.n);
	buf_free(&sets);
	return out_close(&parent, 0, &e) < 0 ? msg_err(&e) : EX_OK;
}

/* Copies the command's lines; returns an exit code. */
static int
frame(int from_command, struct out *o, uint64_t *records)
{
	enum in_result r;
	struct in in;
	struct err e;
	char *p;
	size_t n;
	int rc = EX_OK;

	if (in_open_fd(&in, from_command, "output of the command",
		       STREAM_LINE_MAX, &e) < 0)
		return msg_err(&e);
	while (rc == EX_OK && o->error == 0 &&
	       (r = in_line(&in, &p, &n, &e)) != IN_END) {
		if (r == IN_ERROR)
			rc = msg_err(&e);
		else if (r == IN_LONG || in.unended || memchr(p, '\0', n))
			rc = msg_fail(EX_DATAERR, "output of the command, line %"
				      PRIu64 ": %s", in.line,
				      r == IN_LONG ? "too long"
				      : in.unended ? "cut off" : "NUL byte");
		else if (n > 0 && *p == '#')
			rc = msg_fail(EX_DATAERR, "output of the command, line %"
				      PRIu64 ": a record never starts with '#'",
				      in.line);
		else {
			out_put(o, p, n);
			out_put(o, "\n", 1);
			(*records)++;
		}
	}
	in_close(&in);
	if (rc == EX_OK && out_flush(o, &e) < 0)
		rc = msg_err(&e);
	return rc;
}

/* Waits for a child; its exit status, or 128 + signal. */
static int
status_of(pid_t pid)
{
	int st;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

/* The command between two pipes, with SIGPIPE as it expects it. */
static int
start_command(char **argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t fds;
	posix_spawnattr_t attr;
	sigset_t set;
	int no;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	no = posix_spawn_file_actions_init(&fds);
	if (no != 0)
		return no;
	no = posix_spawnattr_init(&attr);
	if (no == 0) {
		(void)posix_spawnattr_setsigdefault(&attr, &set);
		(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		no = posix_spawn_file_actions_adddup2(&fds, in, STDIN_FILENO);
	}
	if (no == 0)
		no = posix_spawn_file_actions_adddup2(&fds, out, STDOUT_FILENO);
	if (no == 0)
		no = posix_spawnp(pid, argv[0], &fds, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fds);
	return no;
}

/* The feeder never outlives this process: it would go on reading. */
static pid_t
start_feeder(struct stream *s, const int *in, const int *out, const int *sets)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EX_OSERR);
	(void)close(in[0]);
	(void)close(out[0]);
	(void)close(out[1]);
	(void)close(sets[0]);
	_exit(feed(s, in[1], sets[1]));
}

/* Passes on the lines that the feeder kept back. */
static int
put_sets(int fd, struct out *o)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n > 0)
			out_put(o, block, (size_t)n);
		else if (errno != EINTR)
			return msg_fail(EX_IOERR, "cannot read from a pipe: %s",
					strerrordesc_np(errno));
	}
	return EX_OK;
}

/* How both children ended, as an exit code; rc is what is known already. */
static int
judge(int rc, pid_t feeder, pid_t command, const char *name)
{
	const int fed = status_of(feeder), st = status_of(command);

	if (rc == EX_OK && fed >= 128)
		rc = msg_fail(EX_OSERR, "the feeder was killed by signal %d",
			      fed - 128);
	if (rc == EX_OK)
		rc = fed;
	if (rc == EX_OK && st != 0 && (uint64_t)st != opt.ok)
		rc = st < 128 ? msg_fail(EX_DATAERR, "'%s' ended with status %d",
					 name, st)
			      : msg_fail(EX_DATAERR, "'%s' ended by signal %d",
					 name, st - 128);
	return rc;
}

/* Two children between three pipes: feeder -> command -> this process. */
static int
run(struct stream *s, char **argv, struct out *o)
{
	int in[2], out[2], sets[2], rc;
	uint64_t records = 0;
	pid_t feeder, command;
	struct err e;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(sets, O_CLOEXEC) < 0)
		return msg_fail(EX_OSERR, "cannot make a pipe: %s",
				strerrordesc_np(errno));
	rc = start_command(argv, in[0], out[1], &command);
	if (rc != 0)
		return msg_fail(rc == ENOMEM || rc == EAGAIN ? EX_OSERR
							     : EX_UNAVAILABLE,
				"cannot run '%s': %s", argv[0],
				strerrordesc_np(rc));
	feeder = start_feeder(s, in, out, sets);
	rc = errno;
	(void)close(in[0]);
	(void)close(in[1]);
	(void)close(out[1]);
	(void)close(sets[1]);
	if (feeder < 0) {
		(void)close(out[0]);
		(void)status_of(command);
		return msg_fail(EX_OSERR, "cannot fork: %s",
				strerrordesc_np(rc));
	}
	put_header(o, s);
	rc = frame(out[0], o, &records);
	if (rc == EX_OK)
		rc = put_sets(sets[0], o);
	if (rc != EX_OK) /* the rest of the input is of no use */
		(void)kill(feeder, SIGKILL);
	(void)close(sets[0]);
	rc = judge(rc, feeder, command, argv[0]);
	if (rc == EX_OK)
		stream_end(o, records);
	return out_close(o, 0, &e) < 0 && rc == EX_OK ? msg_err(&e) : rc;
}

int
main(int argc, char **argv)
{
	struct stream s;
	struct out o;
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	(void)signal(SIGPIPE, SIG_IGN);
	if (stream_open(&s, "-", NULL, &e) < 0 || out_stdout(&o, &e) < 0)
		return msg_err(&e);
	rc = run(&s, argv + first, &o);
	stream_close(&s);
	return rc;
}
