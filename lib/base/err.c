#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* By way of a copy: an argument may be e->msg itself, which is to be put behind
 * the name of what it is about. */
__attribute__((format(printf, 3, 0))) static void
fill(struct err *e, int code, const char *fmt, va_list ap)
{
	char text[sizeof(e->msg)];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(e->msg, text, sizeof(text));
	e->code = code;
	e->hint[0] = '\0';
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, int code, const char *fmt, ...)
{
	const int cause = errno;
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s",
		       strerrordesc_np(cause) ? strerrordesc_np(cause)
					      : "unknown error");
	return -1;
}

int
err_mem(struct err *e)
{
	return err_set(e, EX_OSERR, "out of memory");
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return -1;
}
