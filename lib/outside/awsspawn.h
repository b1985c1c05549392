/* What a command prints: for credential_process of the AWS files. */
#ifndef TS_OUTSIDE_AWSSPAWN_H
#define TS_OUTSIDE_AWSSPAWN_H

#include "base/buf.h"

#define AWSSPAWN_LIMIT_MS 60000
#define AWSSPAWN_WORDS_MAX 64

/* Adds its standard output to out, whose ceiling holds. EX_CONFIG for a command
 * that cannot be parted or run, EX_NOPERM where it fails, EX_TEMPFAIL where it
 * takes over a minute. */
int awsspawn_read(const char *command, struct buf *out, struct err *e);

#endif
