/*
 * Forced into every file (-include): functions that no code here may call,
 * because each has a better one beside it.
 */
#ifndef TS_BASE_BANNED_H
#define TS_BASE_BANNED_H

/* Their declarations first, so that poisoning does not meet them later. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef sprintf /* macros where clang is given _FORTIFY_SOURCE */
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok
#pragma GCC poison atoi atol atof gets gmtime localtime ctime asctime tmpnam

#endif
