#include "base/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/out.h"
#include "base/version.h"

#define OPTS_MAX 48
#define HELP_COLUMNS 80
enum { OPT_BASE = 256, OPT_HELP = 'h', OPT_VERSION = 'V' };

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)msg_fail(EX_USAGE, "%s", text);
	return msg_fail(EX_USAGE, "try '%s --help'", c->name);
}

/* "-s, --source NAME", its length being returned. */
static int
option_text(const struct cli_opt *p, char *text, size_t size)
{
	return snprintf(text, size, "%c%c%s --%s%s%s",
			p->letter ? '-' : ' ', p->letter ? p->letter : ' ',
			p->letter ? "," : " ", p->name, p->arg ? " " : "",
			p->arg ? p->arg : "");
}

/* Words up to the right edge, further lines behind the same indent. */
static void
print_wrapped(struct out *o, int indent, const char *text)
{
	int at = indent;

	while (*text != '\0') {
		const int n = (int)strcspn(text, " ");

		if (at > indent && at + 1 + n > HELP_COLUMNS) {
			out_fmt(o, "\n%*s", indent, "");
			at = indent;
		}
		out_fmt(o, "%s%.*s", at > indent ? " " : "", n, text);
		at += n + (at > indent);
		text += n + (text[n] == ' ');
	}
	out_put(o, "\n", 1);
}

static void
print_option(struct out *o, const struct cli_opt *p, int width)
{
	char left[64];

	(void)option_text(p, left, sizeof(left));
	out_fmt(o, "  %-*s  ", width, left);
	print_wrapped(o, width + 4, p->help);
}

/* The names of options that --help has no room to explain. */
static void
print_others(struct out *o, const struct cli *c)
{
	char text[OPTS_MAX * 24] = "";
	const struct cli_opt *p;
	size_t at = 0;

	for (p = c->opts; p->name != NULL && at < sizeof(text); p++)
		if (p->help == NULL)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "%s--%s", at > 0 ? " " : "",
					       p->name);
	if (at > 0) {
		out_str(o, "  also: ");
		print_wrapped(o, 8, text);
	}
}

static int
finish(struct out *o)
{
	struct err e;

	return out_close(o, 0, &e) < 0 ? msg_err(&e) : EX_OK;
}

static int
print_help(const struct cli *c)
{
	const struct cli_opt *p;
	int width = 0;
	struct out o;
	struct err e;

	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	for (p = c->opts; p->name != NULL; p++) {
		char left[64];
		const int n = p->help == NULL ? 0
			      : option_text(p, left, sizeof(left));

		width = n > width ? n : width;
	}
	out_fmt(&o, "usage: %s [options]%s%s\n", c->name,
		*c->operands ? " " : "", c->operands);
	print_wrapped(&o, 0, c->summary);
	out_put(&o, "\n", 1);
	for (p = c->opts; p->name != NULL; p++)
		if (p->help != NULL)
			print_option(&o, p, width);
	print_others(&o, c);
	out_str(&o, "  -q, --quiet   -v, --verbose   -h, --help   "
		    "-V, --version\n");
	out_fmt(&o, "\nexample: %s\nmore: man %s, man 7 threatstop\n",
		c->example, c->name);
	return finish(&o);
}

static int
print_version(const struct cli *c)
{
	struct out o;
	struct err e;

	if (out_stdout(&o, &e) < 0)
		return msg_err(&e);
	out_fmt(&o, "%s %s\n", c->name, TS_VERSION);
	return finish(&o);
}

/* Decimal digits and one optional unit letter; false when it is neither. */
static bool
scan_number(const char *s, const char *units, const uint64_t *factors,
	    uint64_t *v)
{
	const char *unit;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*v = strtoull(s, &end, 10);
	if (errno != 0)
		return false;
	if (*end == '\0')
		return true;
	unit = strchr(units, *end);
	if (unit == NULL || end[1] != '\0' ||
	    *v > UINT64_MAX / factors[unit - units])
		return false;
	*v *= factors[unit - units];
	return true;
}

static int
take_number(const struct cli *c, const struct cli_opt *p, const char *arg)
{
	static const uint64_t times[] = {1, 60, 3600, 86400};
	static const uint64_t sizes[] = {1 << 10, 1 << 20, 1 << 30};
	const char *units = p->type == CLI_SECONDS ? "smhd"
			    : p->type == CLI_BYTES ? "KMG" : "";
	uint64_t *to = p->to;

	if (!scan_number(arg, units, p->type == CLI_SECONDS ? times : sizes,
			 to))
		return cli_usage(c, "--%s: '%s' is not a number%s%s%s",
				 p->name, arg, *units ? " with one of '" : "",
				 units, *units ? "' behind it" : "");
	if (*to < p->min || (p->max != 0 && *to > p->max))
		return cli_usage(c, "--%s: %s is not within %llu to %llu",
				 p->name, arg, (unsigned long long)p->min,
				 (unsigned long long)(p->max ? p->max
							     : UINT64_MAX));
	return -1;
}

static int
take_percent(const struct cli *c, const struct cli_opt *p, const char *arg)
{
	char *end;
	const double v = strtod(arg, &end);

	if (end == arg || strspn(arg, "0123456789.") != strlen(arg) ||
	    *end != '\0' || !(v >= 0 && v <= 100))
		return cli_usage(c, "--%s: '%s' is not a percentage", p->name,
				 arg);
	*(double *)p->to = v;
	return -1;
}

static int
take_choice(const struct cli *c, const struct cli_opt *p, const char *arg)
{
	char all[ERR_MSG_MAX] = "";
	int i;

	for (i = 0; p->choices[i] != NULL; i++) {
		const size_t n = strlen(all);

		if (strcmp(p->choices[i], arg) == 0) {
			*(int *)p->to = i;
			return -1;
		}
		(void)snprintf(all + n, sizeof(all) - n, "%s%s",
			       i > 0 ? ", " : "", p->choices[i]);
	}
	return cli_usage(c, "--%s: '%s' is not one of %s", p->name, arg, all);
}

static int
take(const struct cli *c, const struct cli_opt *p, const char *arg)
{
	struct cli_list *list = p->to;

	switch (p->type) {
	case CLI_FLAG:
		*(bool *)p->to = true;
		return -1;
	case CLI_TEXT:
		*(const char **)p->to = arg;
		return -1;
	case CLI_LIST:
		if (list->n == CLI_LIST_MAX)
			return cli_usage(c, "more than %d times --%s",
					 CLI_LIST_MAX, p->name);
		list->v[list->n++] = arg;
		return -1;
	case CLI_NUMBER:
	case CLI_SECONDS:
	case CLI_BYTES:
		return take_number(c, p, arg);
	case CLI_PERCENT:
		return take_percent(c, p, arg);
	case CLI_CHOICE:
		return take_choice(c, p, arg);
	}
	return EX_SOFTWARE;
}

static int
check_operands(const struct cli *c, int argc, const bool *given, int first)
{
	const int n = argc - first;
	int i;

	for (i = 0; c->opts[i].name != NULL; i++)
		if (c->opts[i].required && !given[i])
			return cli_usage(c, "--%s is required",
					 c->opts[i].name);
	if (n < c->min_operands)
		return cli_usage(c, "missing operand: %s", c->operands);
	if (c->max_operands >= 0 && n > c->max_operands)
		return cli_usage(c, "too many operands");
	return -1;
}

/* A descriptor that the caller closed would be given to the next file opened,
 * and output or messages would go into that. It is taken by /dev/null instead,
 * opened so that reading it, or writing to it, still fails. */
static int
hold_standard_fds(void)
{
	static const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			return -1;
	return 0;
}

struct table {
	struct option longs[OPTS_MAX + 5];
	char letters[2 * OPTS_MAX + 16];
	size_t n; /* options of the tool itself, in front */
};

static void
make_table(const struct cli *c, struct table *t)
{
	size_t at = 0, n;

	memset(t, 0, sizeof(*t));
	if (c->command)
		t->letters[at++] = '+';
	t->letters[at++] = ':';
	for (n = 0; n < OPTS_MAX && c->opts[n].name != NULL; n++) {
		const struct cli_opt *p = &c->opts[n];

		t->longs[n] = (struct option){p->name, p->arg != NULL, NULL,
					      OPT_BASE + (int)n};
		if (p->letter != 0)
			t->letters[at++] = p->letter;
		if (p->letter != 0 && p->arg != NULL)
			t->letters[at++] = ':';
	}
	t->n = n;
	t->longs[n] = (struct option){"help", 0, NULL, OPT_HELP};
	t->longs[n + 1] = (struct option){"version", 0, NULL, OPT_VERSION};
	t->longs[n + 2] = (struct option){"verbose", 0, NULL, 'v'};
	t->longs[n + 3] = (struct option){"quiet", 0, NULL, 'q'};
	memcpy(t->letters + at, "hVvq", 5);
}

/* getopt_long takes "--sou" for "--source", which would turn into an error, or
 * into something else, when a later version adds "--sound". */
static bool
abbreviated(const struct option *o, char **argv)
{
	const char *word = argv[optind - 1];

	if (o->has_arg && optarg == word)
		word = argv[optind - 2];
	return strcspn(word + 2, "=") != strlen(o->name);
}

/* What getopt_long did not like. */
static int
bad_option(const struct cli *c, int ch, char **argv)
{
	const char *word = argv[optind - 1];

	if (ch == ':')
		return cli_usage(c, "'%s' needs an argument", word);
	if (optopt >= OPT_BASE || (optopt > 0 && strchr("hVvq", optopt)))
		return cli_usage(c, "'%s': the option takes no argument", word);
	if (optopt > 0)
		return cli_usage(c, "unknown option '-%c'", optopt);
	return cli_usage(c, "unknown option '%s'", word);
}

/* The option of the tool's own table that ch stands for. */
static size_t
index_of(const struct cli *c, size_t n, int ch)
{
	size_t i = 0;

	if (ch >= OPT_BASE)
		return (size_t)(ch - OPT_BASE);
	while (i < n && c->opts[i].letter != ch)
		i++;
	return i;
}

int
cli_parse(const struct cli *c, int argc, char **argv, int *first)
{
	bool given[OPTS_MAX] = {false};
	int ch, rc, at = -1, level = MSG_WARN;
	struct table t;

	msg_init(c->name);
	if (hold_standard_fds() < 0)
		return msg_fail(EX_OSERR, "cannot open '/dev/null'");
	make_table(c, &t);
	opterr = 0;
	while ((ch = getopt_long(argc, argv, t.letters, t.longs, &at)) != -1) {
		size_t i;

		if (ch == '?' || ch == ':')
			return bad_option(c, ch, argv);
		if (at >= 0 && abbreviated(&t.longs[at], argv))
			return cli_usage(c, "unknown option '%s'; '--%s'?",
					 argv[optind - 1], t.longs[at].name);
		at = -1;
		if (ch == OPT_HELP)
			return print_help(c);
		if (ch == OPT_VERSION)
			return print_version(c);
		if (ch == 'v' || ch == 'q') {
			level = ch == 'q' ? MSG_ERROR : level < 0 ? 1 : level + 1;
			continue;
		}
		i = index_of(c, t.n, ch);
		given[i] = true;
		rc = take(c, &c->opts[i], optarg);
		if (rc >= 0)
			return rc;
	}
	msg_set_level(level);
	*first = optind;
	return check_operands(c, argc, given, optind);
}
