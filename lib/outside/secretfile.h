/*
 * A small file that holds a secret. A regular file that others than its owner
 * can write, or that everybody can read, is refused: what it holds is none.
 */
#ifndef TS_OUTSIDE_SECRETFILE_H
#define TS_OUTSIDE_SECRETFILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Reads the whole into text, less than size bytes, and ends it by NUL; it has no
 * other. Anything wrong is EX_CONFIG and shows nothing of what is in there. The
 * caller wipes text in any case.
 */
int secret_read(const char *path, char *text, size_t size, size_t *n,
		struct err *e);

#endif
