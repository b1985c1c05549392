#include "base/fanout.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void *
fanout_memory(size_t size, struct err *e)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		(void)err_mem(e);
		return NULL;
	}
	return p;
}

/* Waits for one of the workers; a child that is none of them is passed over. */
static void
reap(const pid_t *pid, size_t started, int *code)
{
	for (;;) {
		int status;
		const pid_t ended = wait(&status);
		size_t i;

		if (ended < 0 && errno == EINTR)
			continue;
		if (ended < 0)
			return;
		for (i = 0; i < started; i++) {
			if (pid[i] != ended)
				continue;
			code[i] = WIFEXITED(status) ? WEXITSTATUS(status)
						    : EX_SOFTWARE;
			return;
		}
	}
}

static pid_t
start(fanout_fn *fn, void *ctx, size_t i)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EX_SOFTWARE);
	_exit(fn(ctx, i));
}

int
fanout(size_t n, size_t at_once, fanout_fn *fn, void *ctx, int *code,
       struct err *e)
{
	size_t i, running = 0;
	pid_t *pid;
	int rc = 0;

	if (n == 1) {
		code[0] = fn(ctx, 0);
		return 0;
	}
	pid = calloc(n + 1, sizeof(*pid));
	if (pid == NULL)
		return err_mem(e);
	for (i = 0; i < n; i++) {
		if (running == at_once) {
			reap(pid, i, code);
			running--;
		}
		pid[i] = start(fn, ctx, i);
		if (pid[i] < 0) {
			rc = err_sys(e, EX_OSERR, "cannot make a process");
			break;
		}
		running++;
	}
	for (; running > 0; running--)
		reap(pid, i, code);
	free(pid);
	return rc;
}

static int
weight(int code)
{
	return code == EX_OK		? 0
	       : code == EX_DIFFERS	? 1
	       : code == EX_TEMPFAIL	? 2
					: 3;
}

int
fanout_worst(const int *code, size_t n)
{
	int worst = EX_OK;
	size_t i;

	for (i = 0; i < n; i++)
		if (weight(code[i]) > weight(worst))
			worst = code[i];
	return worst;
}
