/*
 * The command line of a tool, declared once as a table: parsing, --help,
 * --version, -v and -q all follow from it, and so does the completion script.
 *
 *	static struct { const char *source; unsigned long long max; } opt;
 *	static const struct cli_opt opts[] = {
 *		{"source", 's', CLI_TEXT, "NAME", "what the records are from",
 *		 .to = &opt.source, .required = true},
 *		{"max-bad", 0, CLI_PERCENT, "PCT", "...", .to = &opt.bad},
 *		{0}};
 *	static const struct cli cli = {...};
 *	int rc = cli_parse(&cli, argc, argv, &first);
 *	if (rc >= 0)
 *		return rc;
 *
 * A bad command line prints the reason and "try 'X --help'", exit EX_USAGE.
 */
#ifndef TS_BASE_CLI_H
#define TS_BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_type {
	CLI_FLAG,    /* bool: set to true */
	CLI_TEXT,    /* const char *: borrowed from argv */
	CLI_LIST,    /* struct cli_list: every use adds one */
	CLI_NUMBER,  /* uint64_t within min..max */
	CLI_SECONDS, /* uint64_t seconds; "90", "15m", "24h", "7d" */
	CLI_BYTES,   /* uint64_t bytes; "100", "64K", "2M", "1G" */
	CLI_PERCENT, /* double within 0..100 */
	CLI_CHOICE,  /* int: index into choices */
};

#define CLI_LIST_MAX 64

struct cli_list {
	const char *v[CLI_LIST_MAX];
	size_t n;
};

struct cli_opt {
	const char *name; /* long name without dashes; NULL ends the table */
	char letter;	  /* short form, or 0 */
	enum cli_type type;
	const char *arg;  /* placeholder of the argument; NULL for a flag */
	const char *help; /* one line, lower case; NULL: manual page only */
	void *to;
	uint64_t min, max;	    /* CLI_NUMBER, _SECONDS, _BYTES; max 0: none */
	const char *const *choices; /* CLI_CHOICE: NULL-terminated */
	bool required;
};

struct cli {
	const char *name;
	const char *summary;  /* one sentence, lower case, no full stop */
	const char *operands; /* "[FILE|-]" and the like; "" for none */
	const char *example;  /* one whole command line */
	const struct cli_opt *opts;
	int min_operands, max_operands; /* max -1: any number */
	bool command; /* operands are a command: stop at the first of them */
};

/*
 * Fills the options and initialises msg.h. Returns -1 to go on, with *first the
 * index in argv of the first operand (options and operands may be mixed unless
 * cli.command), else the exit code to end with.
 */
int cli_parse(const struct cli *c, int argc, char **argv, int *first);
/* EX_USAGE with the message and the pointer to --help. */
int cli_usage(const struct cli *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
