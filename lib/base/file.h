/*
 * Atomic replacement of a file, locks, and whole small files.
 *
 * A replacement is written to a file without a name (O_TMPFILE) where the file
 * system has that, else to a temporary name beside the target; commit makes
 * every byte durable before the target changes, and a target is either the old
 * file or the whole new one. A killed writer leaves the target as it was.
 * A target that is a symbolic link stays one: what it points to is replaced.
 * What is there and not a regular file (a device, a FIFO, a directory,
 * /dev/stdout) is refused, EX_CANTCREAT. Owner and mode are the writer's.
 */
#ifndef TS_BASE_FILE_H
#define TS_BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/out.h"

struct replace {
	struct out out;	 /* write here; its descriptor may be read, too */
	char *path;	 /* the target */
	char *temp;	 /* temporary name, or NULL while there is none */
	mode_t mode;
};

/* EX_CANTCREAT when the directory does not take it. mode: 0666 for what a
 * user is to have, 0600 for state and secrets; the umask cuts it. */
int replace_open(struct replace *r, const char *path, mode_t mode,
		 struct err *e);
/* The new file is in place and durable, or the old one still stands. */
int replace_commit(struct replace *r, struct err *e);
void replace_abort(struct replace *r); /* accepts a zeroed or finished one */

/*
 * Takes the lock file exclusively, creating it; the descriptor holds the lock
 * until closed or the process dies. Held by another: EX_TEMPFAIL, at once or
 * after wait_ms.
 */
int lock_take(const char *path, int wait_ms, struct err *e);

/* Adds the file's content to b, whose ceiling holds. EX_NOINPUT if absent. */
int file_read(const char *path, struct buf *b, struct err *e);
/* Whole small file replaced atomically. */
int file_write(const char *path, const void *p, size_t n, mode_t mode,
	       struct err *e);
/* A file without a name in dir, to write and to read; EX_CANTCREAT. */
int file_temp(const char *dir, struct err *e);
/* mkdir -p; an existing directory is fine. */
int file_mkdirs(const char *path, mode_t mode, struct err *e);

#endif
