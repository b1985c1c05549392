/*
 * One profile of the shared AWS files: the settings of "[profile NAME]" in the
 * config file and of "[NAME]" in the credentials file, which wins for keys.
 *
 * The dialect: "key = value"; lines that start with '#' or ';' are comments, and
 * so is what follows white space and one of them; indented lines are settings
 * nested in the one above, which nothing here uses.
 * An absent file is an empty one; a line that is none of this is EX_CONFIG with
 * file and line.
 */
#ifndef TS_OUTSIDE_AWSPROFILE_H
#define TS_OUTSIDE_AWSPROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define AWSPROFILE_FILE_MAX ((size_t)1 << 20)
#define AWSPROFILE_SETTINGS_MAX 64

struct awsprofile {
	bool found; /* in either file */
	size_t n;
	struct {
		char *key, *value;
		bool credentials; /* from the credentials file */
	} setting[AWSPROFILE_SETTINGS_MAX];
};

int awsprofile_load(struct awsprofile *p, const char *name, struct err *e);
/* NULL where it is not set. */
const char *awsprofile_get(const struct awsprofile *p, const char *key);
void awsprofile_free(struct awsprofile *p); /* wipes */

/* A variable of the environment; an empty one counts as none: NULL. */
const char *aws_variable(const char *name);
/* AWS_CA_BUNDLE, else the profile's ca_bundle, else NULL: the system's. */
const char *aws_ca_file(const struct awsprofile *p);

#endif
