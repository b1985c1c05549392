#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */

/* The directory that path stands in, as heap text. */
static char *
parent_of(const char *path)
{
	char *copy = strdup(path);
	char *dir;

	if (copy == NULL)
		return NULL;
	dir = strdup(dirname(copy));
	free(copy);
	return dir;
}

static char *
temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	char *name;

	/* Cut, so that the longest name a directory takes can be replaced. */
	if (asprintf(&name, "%.*s.%.200s.tmp-XXXXXX", (int)(base - path), path,
		     base) < 0)
		return NULL;
	return name;
}

static int
open_temp(struct replace *r, const char *dir)
{
	int fd = -1;

	/* It is through /proc that a nameless file gets its name. */
	if (access("/proc/self/fd", X_OK) == 0) {
		fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR &&
				errno != EINVAL && errno != ENOENT))
			return fd;
	}
	r->temp = temp_name(r->path);
	if (r->temp == NULL)
		return -1;
	fd = mkostemp(r->temp, O_CLOEXEC);
	if (fd < 0) {
		free(r->temp);
		r->temp = NULL;
	}
	return fd;
}

/* The text of a symbolic link as a path of its own; NULL with errno EINVAL for
 * what is no link, ENOENT for what is not there. */
static char *
link_target(const char *path)
{
	const char *slash = strrchr(path, '/');
	char text[PATH_MAX];
	const ssize_t n = readlink(path, text, sizeof(text) - 1);
	char *target;

	if (n < 0)
		return NULL;
	text[n] = '\0';
	if (text[0] == '/' || slash == NULL)
		return strdup(text);
	return asprintf(&target, "%.*s/%s", (int)(slash - path), path, text) < 0
		? NULL : target;
}

/* Follows links by their text, so that one to a file that is still to be made
 * works too: it is the file that is replaced, never the link. */
static char *
follow(const char *path)
{
	char *at = strdup(path);
	int i;

	for (i = 0; at != NULL && i < LINKS_MAX; i++) {
		char *next = link_target(at);

		if (next == NULL && (errno == EINVAL || errno == ENOENT))
			return at;
		free(at);
		at = next;
	}
	if (at != NULL)
		errno = ELOOP;
	free(at);
	return NULL;
}

/* Replacing a device, a FIFO or /dev/stdout would put a file in its place, and
 * writing to it cannot be undone. */
static int
check_target(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0; /* what else is wrong shows when it is opened */
	(void)err_set(e, EX_CANTCREAT, "cannot replace '%s': not a regular file",
		      path);
	return S_ISDIR(st.st_mode) ? -1
	       : err_hint(e, "redirect standard output to it");
}

int
replace_open(struct replace *r, const char *path, mode_t mode, struct err *e)
{
	const mode_t mask = umask(0); /* there is no other way to know it */
	char *dir = NULL;
	int fd = -1;

	(void)umask(mask);
	*r = (struct replace){.out = {.fd = -1}, .mode = mode & ~mask};
	if (check_target(path, e) < 0)
		return -1;
	r->path = follow(path);
	if (r->path == NULL)
		return err_sys(e, EX_CANTCREAT, "cannot create '%s'", path);
	dir = parent_of(r->path);
	if (dir == NULL) {
		(void)err_mem(e);
		goto fail;
	}
	fd = open_temp(r, dir);
	if (fd < 0) {
		(void)err_sys(e, EX_CANTCREAT, "cannot create '%s'", path);
		goto fail;
	}
	if (out_open(&r->out, fd, r->path, e) < 0) {
		(void)close(fd);
		goto fail;
	}
	free(dir); /* NOLINT(clang-analyzer-unix.Malloc): the path is r's */
	return 0;
fail:
	free(dir);
	replace_abort(r);
	return -1;
}

/* Gives the nameless file a temporary name, from which rename can move it. */
static int
name_it(struct replace *r)
{
	char proc[64];
	int tries;

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", r->out.fd);
	for (tries = 0; tries < 100; tries++) {
		char *temp = temp_name(r->path);
		struct timespec ts;

		if (temp == NULL)
			return -1;
		(void)clock_gettime(CLOCK_MONOTONIC, &ts);
		(void)snprintf(temp + strlen(temp) - 6, 7, "%06lx",
			       ((unsigned long)ts.tv_nsec ^
				(unsigned long)getpid() << 8) & 0xffffff);
		if (linkat(AT_FDCWD, proc, AT_FDCWD, temp,
			   AT_SYMLINK_FOLLOW) == 0) {
			r->temp = temp;
			return 0;
		}
		free(temp);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static int
sync_dir(const char *path)
{
	char *dir = parent_of(path);
	int fd = dir != NULL ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			     : -1;
	int rc = fd < 0 ? -1 : fsync(fd);

	/* A directory that may be written but not read cannot be synced. */
	if (rc < 0 && (fd >= 0 ? errno == EINVAL || errno == EROFS
			       : errno == EACCES))
		rc = 0;
	if (fd >= 0)
		(void)close(fd);
	free(dir);
	return rc;
}

int
replace_commit(struct replace *r, struct err *e)
{
	int rc = -1;

	if (out_flush(&r->out, e) < 0)
		goto out;
	if (fchmod(r->out.fd, r->mode) < 0 || fsync(r->out.fd) < 0 ||
	    (r->temp == NULL && name_it(r) < 0)) {
		(void)err_sys(e, EX_IOERR, "cannot write '%s'", r->path);
		goto out;
	}
	if (out_close(&r->out, 0, e) < 0)
		goto out;
	if (rename(r->temp, r->path) < 0) {
		(void)err_sys(e, EX_CANTCREAT, "cannot replace '%s'", r->path);
		goto out;
	}
	free(r->temp);
	r->temp = NULL;
	if (sync_dir(r->path) < 0) {
		(void)err_sys(e, EX_IOERR, "cannot write the directory of '%s'",
			      r->path);
		goto out;
	}
	rc = 0;
out:
	replace_abort(r);
	return rc;
}

void
replace_abort(struct replace *r)
{
	if (r->out.buf != NULL)
		out_drop(&r->out);
	if (r->temp != NULL)
		(void)unlink(r->temp);
	free(r->temp);
	free(r->path);
	*r = (struct replace){.out = {.fd = -1}};
}

int
lock_take(const char *path, int wait_ms, struct err *e)
{
	const struct timespec nap = {.tv_nsec = 50 * 1000 * 1000};
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, EX_CANTCREAT, "cannot open lock '%s'", path);
	for (;; wait_ms -= 50) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR) {
			(void)err_sys(e, EX_OSERR, "cannot lock '%s'", path);
			break;
		}
		if (wait_ms <= 0) {
			(void)err_set(e, EX_TEMPFAIL,
				      "'%s' is locked by another run", path);
			break;
		}
		(void)nanosleep(&nap, NULL);
	}
	(void)close(fd);
	return -1;
}

int
file_read(const char *path, struct buf *b, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_sys(e, EX_NOINPUT, "cannot open '%s'", path);
	while (n > 0) {
		char block[16384];

		n = read(fd, block, sizeof(block));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0 && buf_add(b, block, (size_t)n) < 0)
			break;
	}
	if (n < 0)
		(void)err_sys(e, errno == EISDIR ? EX_NOINPUT : EX_IOERR,
			      "cannot read '%s'", path);
	(void)close(fd);
	return n < 0 ? -1 : buf_check(b, path, e);
}

int
file_write(const char *path, const void *p, size_t n, mode_t mode,
	   struct err *e)
{
	struct replace r;

	if (replace_open(&r, path, mode, e) < 0)
		return -1;
	out_put(&r.out, p, n);
	return replace_commit(&r, e);
}

static int
make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST || stat(path, &st) < 0 || S_ISDIR(st.st_mode))
		return errno == EEXIST ? 0 : -1;
	errno = ENOTDIR;
	return -1;
}

int
file_temp(const char *dir, struct err *e)
{
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	char *name = NULL;

	/* A file system without O_TMPFILE: the name goes at once. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		if (asprintf(&name, "%s/ts-XXXXXX", dir) < 0)
			return err_mem(e);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			(void)unlink(name);
		free(name);
	}
	if (fd < 0)
		return err_sys(e, EX_CANTCREAT, "cannot create a file in '%s'",
			       dir);
	return fd;
}

int
file_mkdirs(const char *path, mode_t mode, struct err *e)
{
	char *copy = strdup(path);
	char *p;
	int rc = 0;

	if (copy == NULL)
		return err_mem(e);
	for (p = copy + (*copy == '/'); rc == 0; p++) {
		const char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (make_dir(copy, mode) < 0)
			rc = err_sys(e, EX_CANTCREAT,
				     "cannot create directory '%s'", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return rc;
}
