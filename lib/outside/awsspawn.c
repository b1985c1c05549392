#include "outside/awsspawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* Words in place: quotes go, what they enclose stays one word. */
static int
split(char *s, char *word[AWSSPAWN_WORDS_MAX + 1])
{
	int n = 0;

	for (;;) {
		char *d, quote = '\0';

		s += strspn(s, " \t");
		if (*s == '\0')
			break;
		if (n == AWSSPAWN_WORDS_MAX)
			return -1;
		word[n++] = d = s;
		for (; *s != '\0' && (quote || strchr(" \t", *s) == NULL); s++)
			if (quote == '\0' && (*s == '"' || *s == '\''))
				quote = *s;
			else if (*s == quote)
				quote = '\0';
			else
				*d++ = *s;
		if (quote != '\0')
			return -1;
		if (*s != '\0')
			s++;
		*d = '\0';
	}
	word[n] = NULL;
	return n > 0 ? 0 : -1;
}

static int
start(char *const *word, int to, pid_t *pid)
{
	extern char **environ;
	posix_spawn_file_actions_t fa;
	int rc;

	if (posix_spawn_file_actions_init(&fa) != 0)
		return ENOMEM;
	rc = posix_spawn_file_actions_adddup2(&fa, to, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawnp(pid, word[0], &fa, NULL, word, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	return rc;
}

/* Until its end; 0 at the end, -1 with errno (ETIMEDOUT, EFBIG). */
static int
read_all(int fd, struct buf *out)
{
	const int64_t deadline = clock_ms() + AWSSPAWN_LIMIT_MS;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		const int64_t left = deadline - clock_ms();
		char block[4096];
		ssize_t n;
		int ready;

		ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0)
			return -1;
		n = read(fd, block, sizeof(block));
		if (n == 0)
			return 0;
		if (n > 0 && buf_add(out, block, (size_t)n) < 0) {
			errno = EFBIG;
			return -1;
		}
		explicit_bzero(block, sizeof(block));
		if (n < 0 && errno != EINTR)
			return -1;
	}
}

static int
run(char *const *word, struct buf *out, struct err *e)
{
	int fd[2], st = 0, rc, cause;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_sys(e, EX_OSERR, "cannot make a pipe");
	rc = start(word, fd[1], &pid);
	(void)close(fd[1]);
	if (rc != 0) {
		(void)close(fd[0]);
		errno = rc;
		return err_sys(e, EX_CONFIG, "cannot run credential_process "
			       "'%.200s'", word[0]);
	}
	rc = read_all(fd[0], out);
	cause = errno;
	(void)close(fd[0]);
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	errno = cause;
	if (rc < 0)
		return err_sys(e, cause == ETIMEDOUT ? EX_TEMPFAIL : EX_NOPERM,
			       "credential_process '%.200s'", word[0]);
	if (st != 0)
		return err_set(e, EX_NOPERM, "credential_process '%.200s' "
			       "failed with status %d", word[0],
			       WIFEXITED(st) ? WEXITSTATUS(st)
					     : 128 + WTERMSIG(st));
	return 0;
}

int
awsspawn_read(const char *command, struct buf *out, struct err *e)
{
	char *word[AWSSPAWN_WORDS_MAX + 1];
	char *copy = strdup(command);
	int rc;

	if (copy == NULL)
		return err_mem(e);
	if (split(copy, word) < 0)
		rc = err_set(e, EX_CONFIG, "credential_process is no command");
	else
		rc = run(word, out, e);
	free(copy);
	return rc;
}
