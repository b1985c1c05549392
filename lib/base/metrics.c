#include "base/metrics.h"

#include <stdarg.h>

void
metrics_family(struct metrics *m, const char *name, const char *type,
	       const char *help)
{
	m->name = name;
	out_fmt(m->out, "# HELP %s_%s %s\n# TYPE %s_%s %s\n", m->stem, name,
		help, m->stem, name, type);
}

static void
label(struct out *o, const char *name, const char *value)
{
	out_str(o, name);
	out_put(o, "=\"", 2);
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			out_put(o, "\\n", 2);
			continue;
		}
		if (*value == '"' || *value == '\\')
			out_put(o, "\\", 1);
		out_put(o, value, 1);
	}
	out_put(o, "\"", 1);
}

static void
head(const struct metrics *m, va_list ap)
{
	const char *name, *before = "{";

	out_str(m->out, m->stem);
	out_put(m->out, "_", 1);
	out_str(m->out, m->name);
	while ((name = va_arg(ap, const char *)) != NULL) {
		out_str(m->out, before);
		label(m->out, name, va_arg(ap, const char *));
		before = ",";
	}
	out_str(m->out, *before == ',' ? "} " : " ");
}

void
metrics_u64(const struct metrics *m, uint64_t v, ...)
{
	va_list ap;

	va_start(ap, v);
	head(m, ap);
	va_end(ap);
	out_u64(m->out, v);
	out_put(m->out, "\n", 1);
}

void
metrics_real(const struct metrics *m, double v, ...)
{
	va_list ap;

	va_start(ap, v);
	head(m, ap);
	va_end(ap);
	out_fmt(m->out, "%.17g\n", v);
}
