#include "outside/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens the file and looks at who else can. */
static int
open_private(const char *path, struct err *e)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_sys(e, EX_CONFIG, "cannot open key file '%s'", path);
	if (fstat(fd, &st) < 0) {
		(void)err_sys(e, EX_CONFIG, "cannot read key file '%s'", path);
	} else if (S_ISREG(st.st_mode) &&
		   (st.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
		(void)err_set(e, EX_CONFIG, "key file '%s' has mode %04o: its "
			      "secret is open to others", path,
			      (unsigned)st.st_mode & 07777u);
		(void)err_hint(e, "chmod 600 '%s'", path);
	} else {
		return fd;
	}
	(void)close(fd);
	return -1;
}

int
secret_read(const char *path, char *text, size_t size, size_t *n,
	    struct err *e)
{
	const int fd = open_private(path, e);
	size_t have = 0;
	ssize_t r = 0;
	int rc = 0;

	*n = 0;
	if (fd < 0)
		return -1;
	while (have < size && ((r = read(fd, text + have, size - have)) > 0 ||
			       (r < 0 && errno == EINTR)))
		have += r > 0 ? (size_t)r : 0;
	if (r < 0)
		rc = err_sys(e, EX_CONFIG, "cannot read key file '%s'", path);
	else if (have == size)
		rc = err_set(e, EX_CONFIG, "key file '%s': it is too long",
			     path);
	else if (memchr(text, '\0', have) != NULL)
		rc = err_set(e, EX_CONFIG, "key file '%s': it is not text",
			     path);
	(void)close(fd);
	if (rc < 0)
		return -1;
	text[have] = '\0';
	*n = have;
	return 0;
}
