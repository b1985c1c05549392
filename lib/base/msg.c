#include "base/msg.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *msg_prog = "ts";
static int msg_top = MSG_WARN;

void
msg_init(const char *prog)
{
	msg_prog = prog;
}

void
msg_set_level(int level)
{
	msg_top = level;
}

int
msg_shown(int level)
{
	return level <= msg_top;
}

/* Printable ASCII as it is, anything else as \xHH; returns the new end. */
static size_t
put_escaped(char *dst, size_t at, size_t max, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s != '\0' && at + 4 < max; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x7f) {
			dst[at++] = (char)c;
			continue;
		}
		dst[at++] = '\\';
		dst[at++] = 'x';
		dst[at++] = hex[c >> 4];
		dst[at++] = hex[c & 15];
	}
	return at;
}

static void
put_line(const char *who, const char *text)
{
	char line[MSG_LINE_MAX];
	size_t n = 0;

	n = put_escaped(line, n, sizeof(line) - 2, who);
	n = put_escaped(line, n, sizeof(line) - 2, ": ");
	n = put_escaped(line, n, sizeof(line) - 2, text);
	line[n++] = '\n';
	/* Nobody is left to tell that standard error is gone. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

__attribute__((format(printf, 1, 0))) static void
put_fmt(const char *fmt, va_list ap)
{
	char text[MSG_LINE_MAX / 2];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	put_line(msg_prog, text);
}

void
msg(int level, const char *fmt, ...)
{
	va_list ap;

	if (!msg_shown(level))
		return;
	va_start(ap, fmt);
	put_fmt(fmt, ap);
	va_end(ap);
}

int
msg_err(const struct err *e)
{
	put_line(msg_prog, e->msg);
	if (e->hint[0] != '\0')
		put_line("hint", e->hint);
	return e->code;
}

int
msg_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_fmt(fmt, ap);
	va_end(ap);
	return code;
}
