#include "outside/awsprofile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *
aws_variable(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

const char *
aws_ca_file(const struct awsprofile *p)
{
	const char *v = aws_variable("AWS_CA_BUNDLE");

	return v != NULL ? v : awsprofile_get(p, "ca_bundle");
}

static void
wipe(char *s)
{
	if (s != NULL)
		explicit_bzero(s, strlen(s));
	free(s);
}

void
awsprofile_free(struct awsprofile *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->setting[i].key);
		wipe(p->setting[i].value);
	}
	*p = (struct awsprofile){0};
}

const char *
awsprofile_get(const struct awsprofile *p, const char *key)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->setting[i].key, key) == 0)
			return p->setting[i].value;
	return NULL;
}

/* A later setting replaces an earlier one; keys of either file keep to it. */
static int
set(struct awsprofile *p, const char *key, const char *value, bool credentials,
    struct err *e)
{
	size_t i;

	for (i = 0; i < p->n && strcmp(p->setting[i].key, key) != 0; i++)
		;
	if (i == AWSPROFILE_SETTINGS_MAX)
		return err_set(e, EX_CONFIG, "more than %d settings in a "
			       "profile", AWSPROFILE_SETTINGS_MAX);
	if (i == p->n) {
		p->setting[i].value = NULL;
		p->setting[i].key = strdup(key);
		if (p->setting[i].key == NULL)
			return err_mem(e);
		p->n++;
	}
	wipe(p->setting[i].value);
	p->setting[i].value = strdup(value);
	p->setting[i].credentials = credentials;
	return p->setting[i].value == NULL ? err_mem(e) : 0;
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r", s[n - 1]) != NULL)
		s[--n] = '\0';
	return s;
}

/* Cuts a comment behind white space. */
static void
cut_comment(char *s)
{
	for (; *s != '\0'; s++)
		if ((*s == ' ' || *s == '\t') && (s[1] == '#' || s[1] == ';')) {
			*s = '\0';
			return;
		}
}

/* The name in "[NAME]" or "[profile NAME]", or NULL for another section. */
static char *
section_name(char *line, bool credentials)
{
	char *end = strchr(line, ']');
	char *name;

	if (end == NULL)
		return NULL;
	*end = '\0';
	name = trim(line + 1);
	if (credentials || strcmp(name, "default") == 0)
		return name;
	if (strncmp(name, "profile", 7) != 0 || strchr(" \t", name[7]) == NULL)
		return NULL;
	name = trim(name + 7);
	if (*name == '"' && name[1] != '\0' && name[strlen(name) - 1] == '"') {
		name[strlen(name) - 1] = '\0';
		name++;
	}
	return name;
}

static int
bad_line(const char *path, size_t line, struct err *e)
{
	return err_set(e, EX_CONFIG, "%s:%zu: neither a section nor 'key = "
		       "value'", path, line);
}

/* One line that is not indented; *in tells whether it is the profile's. */
static int
take_line(struct awsprofile *p, const char *name, char *line, bool credentials,
	  bool *in, struct err *e)
{
	char *eq, *section;

	if (*line == '[') {
		section = section_name(line, credentials);
		*in = section != NULL && strcmp(section, name) == 0;
		p->found = p->found || *in;
		return 0;
	}
	eq = strchr(line, '=');
	if (eq == NULL || eq == line)
		return 1;
	*eq = '\0';
	cut_comment(eq + 1);
	return *in ? set(p, trim(line), trim(eq + 1), credentials, e) : 0;
}

static int
read_file(struct awsprofile *p, const char *path, const char *name,
	  bool credentials, struct err *e)
{
	struct buf b;
	char *next, *line;
	size_t number = 0;
	bool in = false;
	int rc = 0;

	if (access(path, F_OK) < 0)
		return 0;
	buf_init(&b, AWSPROFILE_FILE_MAX);
	if (file_read(path, &b, e) < 0) {
		buf_free(&b);
		e->code = EX_CONFIG;
		return -1;
	}
	next = b.p;
	while (rc == 0 && next != NULL && (line = strsep(&next, "\n")) != NULL) {
		number++;
		/* Blank, a comment, or nested. */
		if (line[strspn(line, " \t\r")] == '\0' ||
		    strchr("#; \t", *line) != NULL)
			continue;
		rc = take_line(p, name, line, credentials, &in, e);
		if (rc > 0)
			rc = bad_line(path, number, e);
	}
	if (b.p != NULL)
		explicit_bzero(b.p, b.n);
	buf_free(&b);
	return rc;
}

/* The file that the variable names, else the one in ~/.aws; heap. */
static char *
path_of(const char *variable, const char *base)
{
	const char *given = aws_variable(variable);
	const char *home = getenv("HOME");
	char *path;

	if (given != NULL) {
		if (strncmp(given, "~/", 2) != 0 || home == NULL)
			return strdup(given);
		return asprintf(&path, "%s%s", home, given + 1) < 0 ? NULL
								    : path;
	}
	if (home == NULL)
		return strdup("");
	return asprintf(&path, "%s/.aws/%s", home, base) < 0 ? NULL : path;
}

int
awsprofile_load(struct awsprofile *p, const char *name, struct err *e)
{
	char *config = path_of("AWS_CONFIG_FILE", "config");
	char *credentials = path_of("AWS_SHARED_CREDENTIALS_FILE",
				    "credentials");
	int rc = -1;

	*p = (struct awsprofile){0};
	if (config == NULL || credentials == NULL)
		(void)err_mem(e);
	else if (read_file(p, config, name, false, e) == 0 &&
		 read_file(p, credentials, name, true, e) == 0)
		rc = 0;
	free(config);
	free(credentials);
	if (rc < 0)
		awsprofile_free(p);
	return rc;
}
