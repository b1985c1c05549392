#include "values/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "values/stream.h"

void
plan_begin(struct plan *p, struct out *o)
{
	plan_part(p, o);
	stream_begin(o, "plan", "");
}

void
plan_part(struct plan *p, struct out *o)
{
	*p = (struct plan){.out = o};
}

static void
column(struct out *o, const char *s)
{
	if (s == NULL || *s == '\0')
		s = "-";
	out_put(o, "\t", 1);
	for (; *s != '\0'; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c < ' ' || c == 0x7f)
			out_fmt(o, "\\x%02X", c);
		else
			out_put(o, s, 1);
	}
}

void
plan_put(struct plan *p, enum plan_op op, const char *type, const char *name,
	 const char *detail, const char *note)
{
	const char c = (char)op;

	out_put(p->out, &c, 1);
	column(p->out, type);
	column(p->out, name);
	column(p->out, detail);
	column(p->out, note);
	out_put(p->out, "\n", 1);
	p->records++;
}

void
plan_putf(struct plan *p, enum plan_op op, const char *type, const char *name,
	  const char *note, const char *detail, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, detail);
	(void)vsnprintf(text, sizeof(text), detail, ap);
	va_end(ap);
	plan_put(p, op, type, name, text, note);
}

void
plan_join(struct plan *p, const char *part, size_t n)
{
	const char *end = part + n, *lf;

	out_put(p->out, part, n);
	while (part < end && (lf = memchr(part, '\n', (size_t)(end - part)))) {
		p->records++;
		part = lf + 1;
	}
}

int
plan_join_fd(struct plan *p, int fd, struct err *e)
{
	char block[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, block, sizeof(block), at)) > 0) {
		plan_join(p, block, (size_t)n);
		at += n;
	}
	return n < 0 ? err_sys(e, EX_IOERR, "cannot read a plan") : 0;
}

void
plan_end(struct plan *p)
{
	stream_end(p->out, p->records);
}
