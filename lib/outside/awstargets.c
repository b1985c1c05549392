#include "outside/awstargets.h"

#include <stdio.h>
#include <string.h>

/* What was given of an option, or the one absent value. */
static size_t
count(const struct cli_list *l)
{
	return l->n > 0 ? l->n : 1;
}

static const char *
nth(const struct cli_list *l, size_t i)
{
	return l->n > 0 ? l->v[i] : NULL;
}

static int
no_repeats(const struct cli_list *l, const char *option, struct err *e)
{
	size_t i, j;

	for (i = 0; i < l->n; i++)
		for (j = 0; j < i; j++)
			if (strcmp(l->v[i], l->v[j]) == 0)
				return err_set(e, EX_USAGE, "%s '%s' is given "
					       "twice", option, l->v[i]);
	return 0;
}

/* Only what has more than one value tells targets apart. */
static void
set_label(const struct aws_choice *c, struct aws_target *t)
{
	const struct {
		const struct cli_list *l;
		const char *value, *word;
	} part[] = {{&c->regions, t->opts.region, ""},
		    {&c->profiles, t->opts.cred.profile, "profile "},
		    {&c->roles, t->opts.cred.role_arn, "role "}};
	size_t i, n = 0;

	t->label[0] = '\0';
	for (i = 0; i < sizeof(part) / sizeof(*part); i++) {
		if (part[i].l->n < 2 || n >= sizeof(t->label))
			continue;
		n += (size_t)snprintf(t->label + n, sizeof(t->label) - n,
				      "%s%s%s", n > 0 ? ", " : "",
				      part[i].word, part[i].value);
	}
}

int
aws_targets(const struct aws_choice *c, struct aws_target *t, size_t *n,
	    struct err *e)
{
	const size_t roles = count(&c->roles), regions = count(&c->regions);
	size_t i;

	*n = count(&c->profiles) * roles * regions;
	if (*n > AWS_TARGETS_MAX)
		return err_set(e, EX_USAGE, "%zu profiles, roles and Regions "
			       "together are over %d", *n, AWS_TARGETS_MAX);
	if (no_repeats(&c->regions, "--region", e) < 0 ||
	    no_repeats(&c->profiles, "--profile", e) < 0 ||
	    no_repeats(&c->roles, "--role-arn", e) < 0)
		return -1;
	for (i = 0; i < *n; i++) {
		t[i] = (struct aws_target){.opts = {
			.cred.profile = nth(&c->profiles,
					    i / (roles * regions)),
			.cred.role_arn = nth(&c->roles, i / regions % roles),
			.cred.external_id = c->external_id,
			.region = nth(&c->regions, i % regions)}};
		set_label(c, &t[i]);
	}
	return 0;
}
