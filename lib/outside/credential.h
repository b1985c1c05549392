/*
 * What makes an HTTP server know us, as the header line that says it. The line
 * is a secret: it is never shown, and wiped by credential_free.
 */
#ifndef TS_OUTSIDE_CREDENTIAL_H
#define TS_OUTSIDE_CREDENTIAL_H

#include <stddef.h>

#include "base/buf.h"

#define CREDENTIAL_MAX ((size_t)4096)	   /* bytes of a file, a password */
#define CREDENTIAL_LINE_MAX ((size_t)8192) /* ceiling to give to the buffer */

/* "user:password" as Authorization: Basic (RFC 7617). */
int credential_basic(struct buf *line, const char *userinfo, struct err *e);
/* A file of one line: USER:PASSWORD, or a header as it is, "Name: value".
 * EX_CONFIG for anything else (secretfile.h). */
int credential_read(struct buf *line, const char *path, struct err *e);
void credential_free(struct buf *line);

#endif
