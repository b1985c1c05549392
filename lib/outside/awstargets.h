/*
 * The accounts and Regions that one run of an AWS applier works on: the command
 * line's --region, --profile, --role-arn and --external-id, as a list of
 * identities in Regions.
 *
 *	static struct aws_choice aws;
 *	static const struct cli_opt opts[] = {…, AWS_CLI_OPTS(aws), {0}};
 *
 * Each profile (without the option: the usual one) takes on each role (without
 * the option: none), in each Region (without the option: the usual one).
 */
#ifndef TS_OUTSIDE_AWSTARGETS_H
#define TS_OUTSIDE_AWSTARGETS_H

#include "base/cli.h"
#include "outside/aws.h"

#define AWS_TARGETS_MAX 256

struct aws_choice {
	struct cli_list regions, profiles, roles;
	const char *external_id;
};

#define AWS_CLI_OPTS(c)                                                   \
	{"region", 'r', CLI_LIST, "REGION", "where; may be repeated",     \
	 .to = &(c).regions},                                             \
	{"profile", 0, CLI_LIST, "NAME", "whose keys; may be repeated",   \
	 .to = &(c).profiles},                                            \
	{"role-arn", 0, CLI_LIST, "ARN", "role to assume; may be repeated", \
	 .to = &(c).roles},                                               \
	{"external-id", 0, CLI_TEXT, "ID", NULL, .to = &(c).external_id}

struct aws_target {
	struct aws_opts opts; /* its strings are borrowed from the choice */
	char label[160];      /* what parts it from the others, for messages:
			       * "eu-west-1, profile 'prod'"; "" for the one */
};

/* Fills t[0..*n); EX_USAGE where they are more than AWS_TARGETS_MAX or one is
 * named twice. */
int aws_targets(const struct aws_choice *c, struct aws_target *t, size_t *n,
		struct err *e);

#endif
