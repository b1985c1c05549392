/*
 * Loaded in front of libc (LD_PRELOAD): lets one chosen call of a process fail.
 *
 *	INJECT_CALL   name of the function, as in the table below
 *	INJECT_NTH    which call of it fails, from 1
 *	INJECT_PROG   the program it is meant for; others run undisturbed
 *	INJECT_FIRED  a file that is created when the fault has happened
 *	INJECT_KILL   if set, the process is killed there instead
 *	INJECT_RUN    a command that is run there instead: what another program
 *	              does at just that moment. The call itself then goes well
 *
 * Counting goes on in a child from where its parent stood.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum call {
	READ, WRITE, CLOSE, OPEN, FSYNC, FCHMOD, RENAME, LINKAT, UNLINK, SENDFILE,
	PIPE2, FORK, SENDTO, RECVMSG,
	MALLOC, CALLOC, REALLOC, REALLOCARRAY, CALLS
};

static const struct {
	const char *name;
	int error;
} calls[CALLS] = {
	[READ] = {"read", EIO},		  [WRITE] = {"write", ENOSPC},
	[CLOSE] = {"close", EIO},	  [OPEN] = {"open", EMFILE},
	[FSYNC] = {"fsync", EIO},	  [FCHMOD] = {"fchmod", EPERM},
	[RENAME] = {"rename", EIO},	  [LINKAT] = {"linkat", ENOSPC},
	[UNLINK] = {"unlink", EIO},	  [SENDFILE] = {"sendfile", ENOSPC},
	[PIPE2] = {"pipe2", EMFILE},	  [FORK] = {"fork", EAGAIN},
	[SENDTO] = {"sendto", ENOBUFS},	  [RECVMSG] = {"recvmsg", ENOBUFS},
	[MALLOC] = {"malloc", ENOMEM},	  [CALLOC] = {"calloc", ENOMEM},
	[REALLOC] = {"realloc", ENOMEM},  [REALLOCARRAY] = {"reallocarray", ENOMEM},
};

static int chosen = CALLS; /* none */
static unsigned long left;

__attribute__((constructor)) static void
setup(void)
{
	const char *call = getenv("INJECT_CALL");
	const char *nth = getenv("INJECT_NTH");
	const char *prog = getenv("INJECT_PROG");
	int i;

	if (call == NULL || nth == NULL || prog == NULL ||
	    strcmp(prog, program_invocation_short_name) != 0)
		return;
	left = strtoul(nth, NULL, 10);
	for (i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, call) == 0)
			chosen = i;
}

/* Whether this call is the one; errno is set then. */
static bool
fails(enum call c)
{
	const char *fired;
	int fd;

	if ((int)c != chosen || left == 0 || --left > 0)
		return false;
	chosen = CALLS;
	fired = getenv("INJECT_FIRED");
	fd = fired != NULL ? openat(AT_FDCWD, fired, O_CREAT | O_WRONLY, 0600)
			   : -1;
	if (fd >= 0)
		(void)close(fd);
	if (getenv("INJECT_KILL") != NULL)
		(void)kill(getpid(), SIGKILL);
	if (getenv("INJECT_RUN") != NULL) {
		(void)!system(getenv("INJECT_RUN"));
		return false;
	}
	errno = calls[c].error;
	return true;
}

/* The function of that name in libc. */
#define REAL(type, name, ...) \
	(__extension__(type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t
read(int fd, void *p, size_t n)
{
	return fails(READ) ? -1
	       : REAL(ssize_t, "read", int, void *, size_t)(fd, p, n);
}

/* Half of what was asked arrives before the fault: a disk fills in the middle. */
ssize_t
write(int fd, const void *p, size_t n)
{
	static bool torn;
	ssize_t (*const real)(int, const void *, size_t) =
		REAL(ssize_t, "write", int, const void *, size_t);

	if (torn && fd != STDERR_FILENO) {
		errno = calls[WRITE].error;
		return -1;
	}
	if (fd == STDERR_FILENO || !fails(WRITE))
		return real(fd, p, n);
	torn = true;
	return n > 1 ? real(fd, p, n / 2) : -1;
}

/* The descriptor is gone all the same, as on Linux. */
int
close(int fd)
{
	const bool fail = fails(CLOSE);
	const int rc = REAL(int, "close", int)(fd);

	if (fail)
		errno = calls[CLOSE].error;
	return fail ? -1 : rc;
}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (fails(OPEN))
		return -1;
	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return REAL(int, "open", const char *, int, ...)(path, flags, mode);
}

int
fsync(int fd)
{
	return fails(FSYNC) ? -1 : REAL(int, "fsync", int)(fd);
}

int
fchmod(int fd, mode_t mode)
{
	return fails(FCHMOD) ? -1 : REAL(int, "fchmod", int, mode_t)(fd, mode);
}

int
rename(const char *from, const char *to)
{
	return fails(RENAME) ? -1
	       : REAL(int, "rename", const char *, const char *)(from, to);
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails(LINKAT) ? -1
	       : REAL(int, "linkat", int, const char *, int, const char *,
		      int)(a, from, b, to, flags);
}

int
unlink(const char *path)
{
	return fails(UNLINK) ? -1 : REAL(int, "unlink", const char *)(path);
}

ssize_t
sendfile(int to, int from, off_t *at, size_t n)
{
	return fails(SENDFILE) ? -1
	       : REAL(ssize_t, "sendfile", int, int, off_t *, size_t)(to, from,
								       at, n);
}

int
pipe2(int fd[2], int flags)
{
	return fails(PIPE2) ? -1 : REAL(int, "pipe2", int *, int)(fd, flags);
}

pid_t
fork(void)
{
	return fails(FORK) ? -1 : REAL(pid_t, "fork", void)();
}

ssize_t
sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG to,
       socklen_t len)
{
	return fails(SENDTO) ? -1
	       : REAL(ssize_t, "sendto", int, const void *, size_t, int,
		      __CONST_SOCKADDR_ARG, socklen_t)(fd, p, n, flags, to, len);
}

/* What came is lost, as when the socket's buffer has run over. */
ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	const bool fail = fails(RECVMSG);
	const ssize_t n = REAL(ssize_t, "recvmsg", int, struct msghdr *,
			       int)(fd, m, flags);

	if (fail)
		errno = calls[RECVMSG].error;
	return fail ? -1 : n;
}

#ifndef NO_ALLOC /* the sanitizer has its own */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t k, size_t n);
void *__libc_realloc(void *p, size_t n);

void *
malloc(size_t n)
{
	return fails(MALLOC) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t k, size_t n)
{
	return fails(CALLOC) ? NULL : __libc_calloc(k, n);
}

void *
realloc(void *p, size_t n)
{
	return fails(REALLOC) ? NULL : __libc_realloc(p, n);
}

void *
reallocarray(void *p, size_t k, size_t n)
{
	size_t all;

	if (fails(REALLOCARRAY))
		return NULL;
	if (__builtin_mul_overflow(k, n, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, all);
}

#endif
