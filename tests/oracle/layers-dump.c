/*
 * Prints the lists that layers.h makes of a policy, for the tests and for
 * tests/oracle/layers.py:
 *
 *	list NAME LEVEL ACTION RESPONSE trust|inspect
 *	NAME...
 *	left REASON NUMBER
 *	out REASON NAME		(with -v, in front of all others)
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sense/layers.h"

static int
put_left(void *ctx, enum layers_reason r, struct span name, struct err *e)
{
	(void)ctx;
	(void)e;
	printf("out\t%s\t%.*s\n", layers_reason_word(r), (int)name.n, name.p);
	return 0;
}

static void
put_list(const struct layers *l, const struct layers_list *list)
{
	static const char *const actions[] = {"BLOCK", "ALERT", "ALLOW"};
	static const char *const responses[] = {"nxdomain", "nodata", "redirect",
						"hole", "pass"};
	size_t i;

	printf("list\t%s\t%u\t%s\t%s%s%s\t%s\n", list->name, list->level,
	       actions[list->action], responses[list->kind],
	       *list->target ? "=" : "", list->target,
	       list->trust ? "trust" : "inspect");
	for (i = 0; i < list->n; i++)
		puts(layers_name(l, list, i));
}

static void
put_all(const struct layers *l)
{
	size_t i;

	for (i = 0; i < l->nlists; i++)
		put_list(l, &l->list[i]);
	for (i = 0; i < LAYERS_REASONS; i++)
		if (l->left[i] > 0)
			printf("left\t%s\t%" PRIu64 "\n",
			       layers_reason_word((enum layers_reason)i),
			       l->left[i]);
	if (l->conflicts > 0)
		printf("conflicts\t%" PRIu64 "\n", l->conflicts);
	if (l->groups_left > 0)
		printf("groups\t%" PRIu64 "\n", l->groups_left);
	if (l->gardens_left > 0)
		printf("gardens\t%" PRIu64 "\n", l->gardens_left);
}

int
main(int argc, char **argv)
{
	struct layers_opts o = {.now = 0};
	struct layers l;
	struct err e = {0};
	bool quiet = false;
	int c;

	while ((c = getopt(argc, argv, "aeHmqrvl:n:t:")) != -1)
		switch (c) {
		case 'a':
			o.pass_quiet = true;
			break;
		case 'e':
			o.ignore_ent = true;
			break;
		case 'H':
			o.hole_alert = true;
			break;
		case 'm':
			o.monitor_only = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'r':
			o.root = true;
			break;
		case 'v':
			o.left = put_left;
			break;
		case 'l':
			o.max_lists = strtoull(optarg, NULL, 10);
			break;
		case 'n':
			o.max_names = strtoull(optarg, NULL, 10);
			break;
		case 't':
			o.now = strtoll(optarg, NULL, 10);
			break;
		default:
			return EX_USAGE;
		}
	if (layers_load(&l, optind < argc ? argv[optind] : "-", &o, &e) < 0) {
		fprintf(stderr, "layers-dump: %s\n", e.msg);
		return e.code;
	}
	if (quiet)
		printf("names\t%" PRIu64 "\n", l.names);
	else
		put_all(&l);
	layers_free(&l);
	return fflush(stdout) == 0 ? 0 : EX_IOERR;
}
