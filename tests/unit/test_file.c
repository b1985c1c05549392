/* Atomic replacement, locks and small files, in a directory of the test's own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tap.h"

/* The content of a file as text, in a static buffer; "-" when absent. */
static const char *
content(const char *path)
{
	static char text[1000];
	const int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return "-";
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	(void)close(fd);
	return text;
}

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode;
}

static void
test_replace(const char *what)
{
	struct replace r;
	struct err e;
	char name[256];
	const int before = entries(".");

	ok(replace_open(&r, "new", 0640, &e) == 0, "%s: opens", what);
	out_str(&r.out, "one");
	ok(strcmp(content("new"), "-") == 0, "%s: nothing yet", what);
	ok(replace_commit(&r, &e) == 0 && strcmp(content("new"), "one") == 0,
	   "%s: there", what);
	ok(mode_of("new") == (S_IFREG | 0640), "%s: mode", what);

	(void)umask(027);
	ok(file_write("new", "one", 3, 0666, &e) == 0 &&
		   mode_of("new") == (S_IFREG | 0640), "%s: umask", what);
	(void)umask(0);
	ok(file_write("new", "one", 3, 0600, &e) == 0 &&
		   mode_of("new") == (S_IFREG | 0600), "%s: a secret", what);
	(void)umask(022);

	ok(replace_open(&r, "new", 0600, &e) == 0, "%s: again", what);
	out_str(&r.out, "two");
	ok(out_flush(&r.out, &e) == 0 && strcmp(content("new"), "one") == 0,
	   "%s: the old one stands while it is written", what);
	replace_abort(&r);
	replace_abort(&r);
	ok(strcmp(content("new"), "one") == 0, "%s: and after giving up", what);
	ok(entries(".") == before + 1, "%s: nothing left", what);

	ok(file_write("./new", "", 0, 0644, &e) == 0 &&
		   strcmp(content("new"), "") == 0, "%s: empty", what);
	memset(name, 'n', 255);
	name[255] = '\0';
	ok(file_write(name, "x", 1, 0600, &e) == 0 &&
		   strcmp(content(name), "x") == 0, "%s: longest name", what);
	ok(entries(".") == before + 2, "%s: nothing left", what);
	(void)unlink(name);
	(void)unlink("new");
}

/* Without /proc a nameless file cannot get a name. */
static void
test_replace_by_name(void)
{
	int st;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("none", "/proc", "tmpfs", 0, NULL) < 0) {
			printf("# no namespace: named temporary not tested\n");
			exit(0);
		}
		test_replace("named");
		/* Without the leak check, which needs /proc too. */
		(void)fflush(stdout);
		_exit(tap_failed > 0);
	}
	ok(waitpid(pid, &st, 0) == pid && st == 0, "by a temporary name");
}

static void
test_links(void)
{
	struct err e;

	if (mkdir("d", 0755) < 0 || symlink("d/file", "one") < 0 ||
	    symlink("one", "two") < 0 || symlink("loop", "loop") < 0 ||
	    symlink("nodir/x", "dangling") < 0)
		abort();
	ok(file_write("two", "x", 1, 0644, &e) == 0 && S_ISLNK(mode_of("two")) &&
		   S_ISLNK(mode_of("one")) && strcmp(content("d/file"), "x") == 0,
	   "a link to what is still to be made");
	ok(file_write("two", "y", 1, 0644, &e) == 0 && S_ISLNK(mode_of("one")) &&
		   strcmp(content("d/file"), "y") == 0 && entries("d") == 1,
	   "a link to a file");
	ok(file_write("loop", "x", 1, 0644, &e) < 0 && e.code == EX_CANTCREAT,
	   "a loop: %s", e.msg);
	ok(file_write("dangling", "x", 1, 0644, &e) < 0 &&
		   e.code == EX_CANTCREAT, "no such directory: %s", e.msg);
}

static void
test_refused(void)
{
	struct stat before, after;
	struct err e;

	if (mkfifo("fifo", 0600) < 0)
		abort();
	ok(file_write("fifo", "x", 1, 0644, &e) < 0 &&
		   e.code == EX_CANTCREAT && S_ISFIFO(mode_of("fifo")),
	   "a FIFO: %s (%s)", e.msg, e.hint);
	ok(stat("/dev/null", &before) == 0 &&
		   file_write("/dev/null", "x", 1, 0644, &e) < 0 &&
		   stat("/dev/null", &after) == 0 &&
		   before.st_ino == after.st_ino && S_ISCHR(after.st_mode),
	   "a device: %s", e.msg);
	ok(file_write(".", "x", 1, 0644, &e) < 0 && e.code == EX_CANTCREAT &&
		   e.hint[0] == '\0', "a directory: %s", e.msg);
	ok(file_write("nodir/x", "x", 1, 0644, &e) < 0 &&
		   e.code == EX_CANTCREAT, "no directory: %s", e.msg);
	ok(file_write("", "x", 1, 0644, &e) < 0 && e.code == EX_CANTCREAT,
	   "no name: %s", e.msg);
}

static void
test_lock(void)
{
	struct err e;
	int ready[2], go[2], fd, st;
	pid_t pid;

	if (pipe(ready) < 0 || pipe(go) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		fd = lock_take("lock", 0, &e);
		(void)close(go[1]);
		if (fd < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(go[0], &(char){0}, 1) == 1 ? 0 : 1);
	}
	ok(read(ready[0], &(char){0}, 1) == 1, "the other has it");
	ok(lock_take("lock", 0, &e) < 0 && e.code == EX_TEMPFAIL,
	   "held: %s", e.msg);
	ok(lock_take("lock", 60, &e) < 0 && e.code == EX_TEMPFAIL, "still held");
	ok(write(go[1], "", 1) == 1, "let it go");
	fd = lock_take("lock", 10000, &e);
	ok(fd >= 0, "waits for it");
	ok(waitpid(pid, &st, 0) == pid && st == 0, "the other is done");
	ok(lock_take("lock", 0, &e) < 0, "not even twice in one process");
	(void)close(fd);
	fd = lock_take("lock", 0, &e);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "free, close-on-exec");
	(void)close(fd);
	ok(lock_take("nodir/lock", 0, &e) < 0 && e.code == EX_CANTCREAT,
	   "no directory: %s", e.msg);
}

static void
test_read(void)
{
	struct buf b;
	struct err e;

	buf_init(&b, 5);
	if (file_write("five", "12345", 5, 0600, &e) < 0)
		abort();
	ok(file_read("five", &b, &e) == 0 && strcmp(b.p, "12345") == 0, "read");
	ok(file_read("five", &b, &e) < 0 && e.code == EX_DATAERR,
	   "over the ceiling: %s", e.msg);
	buf_free(&b);
	ok(file_read("/dev/zero", &b, &e) < 0 && e.code == EX_DATAERR,
	   "endless: %s", e.msg);
	buf_free(&b);
	ok(file_read("absent", &b, &e) < 0 && e.code == EX_NOINPUT, "%s", e.msg);
	ok(file_read(".", &b, &e) < 0 && e.code == EX_NOINPUT, "%s", e.msg);
	buf_free(&b);
}

static void
test_mkdirs(void)
{
	struct err e;

	ok(file_mkdirs("a/b//c/", 0700, &e) == 0 && S_ISDIR(mode_of("a/b/c")),
	   "several");
	ok(file_mkdirs("a/b/c", 0700, &e) == 0, "again");
	ok(file_mkdirs("/", 0700, &e) == 0, "the root");
	ok(file_mkdirs("five", 0700, &e) < 0 && e.code == EX_CANTCREAT,
	   "a file is none: %s", e.msg);
	ok(file_mkdirs("five/x", 0700, &e) < 0, "below a file: %s", e.msg);
	ok(file_mkdirs("", 0700, &e) < 0, "no name: %s", e.msg);
}

static void
in_dir(const char *parent)
{
	char dir[100], back[PATH_MAX], command[200];

	(void)snprintf(dir, sizeof(dir), "%s/ts-file-XXXXXX", parent);
	if (getcwd(back, sizeof(back)) == NULL || mkdtemp(dir) == NULL ||
	    chdir(dir) < 0) {
		printf("# no directory in %s\n", parent);
		return;
	}
	test_replace(parent);
	test_replace_by_name();
	test_links();
	test_refused();
	test_lock();
	test_read();
	test_mkdirs();
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (chdir(back) < 0 || system(command) != 0)
		abort();
}

int
main(void)
{
	in_dir("/tmp");
	in_dir("/dev/shm"); /* tmpfs */
	return done();
}
