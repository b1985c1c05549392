#include "outside/awscred.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outside/awsendpoint.h"
#include "outside/awsmeta.h"
#include "outside/awsprofile.h"
#include "outside/awssts.h"
#include "outside/http.h"

#define SOURCE_MAX 256
#define DEPTH_MAX 5 /* profiles that lead to one another */
#define CONNECT_S 5

/* What a source gave. */
struct found {
	struct sigv4_keys keys;
	int64_t expires;
	char source[SOURCE_MAX];
};

struct awscred {
	struct awscred_opts opts;
	const char *name; /* of the profile */
	bool named;	  /* it was asked for, so it has to be there */
	struct awsprofile profile;
	struct http *http;
	struct awsclock clock;
	struct found found;
	bool have;
};

static int
open_http(struct awscred *c, struct err *e)
{
	const struct http_opts o = {
		.ca_file = aws_ca_file(&c->profile),
		.connect_s = CONNECT_S,
		.idle_s = CONNECT_S,
	};

	c->http = http_new(&o, e);
	return c->http != NULL ? 0 : -1;
}

struct awscred *
awscred_new(const struct awscred_opts *o, struct err *e)
{
	struct awscred *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	c->opts = *o;
	c->name = o->profile != NULL ? o->profile : aws_variable("AWS_PROFILE");
	c->named = c->name != NULL;
	if (!c->named)
		c->name = "default";
	if (awsprofile_load(&c->profile, c->name, e) < 0)
		goto fail;
	if (c->named && !c->profile.found) {
		(void)err_set(e, EX_CONFIG, "there is no AWS profile '%.100s'",
			      c->name);
		goto fail;
	}
	if (open_http(c, e) == 0)
		return c;
fail:
	awscred_free(c);
	return NULL;
}

void
awscred_free(struct awscred *c)
{
	if (c == NULL)
		return;
	awsprofile_free(&c->profile);
	http_free(c->http);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

const char *
awscred_source(const struct awscred *c)
{
	return c->have ? c->found.source : "none";
}

const struct awsprofile *
awscred_profile(const struct awscred *c)
{
	return &c->profile;
}

struct awsclock *
awscred_clock(struct awscred *c)
{
	return &c->clock;
}

void
awscred_expire(struct awscred *c)
{
	c->have = false;
}

static const char *
region_of(const struct awscred *c)
{
	const char *r = c->opts.region != NULL ? c->opts.region
					       : aws_find_region(&c->profile);

	return r != NULL ? r : "us-east-1";
}

/* A key and its secret, or neither. 1, 0, -1 as in awsmeta.h. */
static int
take_pair(const char *what, const char *id, const char *secret,
	  const char *token, struct found *f, struct err *e)
{
	if (id == NULL && secret == NULL)
		return 0;
	if (id == NULL || secret == NULL)
		return err_set(e, EX_NOPERM, "%s: the access key has no %s",
			       what, id == NULL ? "id" : "secret");
	if (strlen(id) >= sizeof(f->keys.id) ||
	    strlen(secret) >= sizeof(f->keys.secret) ||
	    (token != NULL && strlen(token) >= sizeof(f->keys.token)))
		return err_set(e, EX_NOPERM, "%s: the access key is too long",
			       what);
	f->keys = (struct sigv4_keys){0};
	memcpy(f->keys.id, id, strlen(id));
	memcpy(f->keys.secret, secret, strlen(secret));
	if (token != NULL)
		memcpy(f->keys.token, token, strlen(token));
	f->expires = AWS_NO_EXPIRY;
	(void)snprintf(f->source, sizeof(f->source), "%s", what);
	return 1;
}

static int
from_environment(struct found *f, struct err *e)
{
	return take_pair("environment", aws_variable("AWS_ACCESS_KEY_ID"),
			 aws_variable("AWS_SECRET_ACCESS_KEY"),
			 aws_variable("AWS_SESSION_TOKEN"), f, e);
}

static int
from_keys(const struct awsprofile *p, const char *name, struct found *f,
	  struct err *e)
{
	char what[160];

	(void)snprintf(what, sizeof(what), "profile '%.100s'", name);
	return take_pair(what, awsprofile_get(p, "aws_access_key_id"),
			 awsprofile_get(p, "aws_secret_access_key"),
			 awsprofile_get(p, "aws_session_token"), f, e);
}

static int
from_machine(struct awscred *c, bool container, struct found *f,
	     struct err *e)
{
	const int rc = container
			       ? awsmeta_container(c->http, &f->keys,
						   &f->expires, e)
			       : awsmeta_instance(c->http, &f->keys,
						  &f->expires, e);

	if (rc == 1)
		(void)snprintf(f->source, sizeof(f->source), "%s",
			       container ? "container" : "instance");
	return rc;
}

static int resolve(struct awscred *c, const struct awsprofile *p,
		   const char *name, int depth, struct found *f,
		   struct err *e);

/* The keys by which a profile's role is taken on. */
static int
role_base(struct awscred *c, const struct awsprofile *p, const char *name,
	  int depth, struct found *f, struct err *e)
{
	const char *other = awsprofile_get(p, "source_profile");
	const char *source = awsprofile_get(p, "credential_source");
	struct awsprofile q;
	int rc;

	if (other != NULL && source != NULL)
		return err_set(e, EX_CONFIG, "profile '%.100s' has both "
			       "source_profile and credential_source", name);
	if (other != NULL && strcmp(other, name) == 0)
		return from_keys(p, name, f, e);
	if (other != NULL) {
		if (awsprofile_load(&q, other, e) < 0)
			return -1;
		rc = q.found ? resolve(c, &q, other, depth + 1, f, e)
			     : err_set(e, EX_CONFIG, "profile '%.100s' names "
				       "the profile '%.100s', which is not "
				       "there", name, other);
		awsprofile_free(&q);
		return rc;
	}
	if (strcmp(source, "Environment") == 0)
		return from_environment(f, e);
	if (strcmp(source, "EcsContainer") == 0)
		return from_machine(c, true, f, e);
	if (strcmp(source, "Ec2InstanceMetadata") == 0)
		return from_machine(c, false, f, e);
	return err_set(e, EX_CONFIG, "profile '%.100s': unknown "
		       "credential_source '%.100s'", name, source);
}

static int
assume(struct awscred *c, const struct sts_role *role,
       const struct awsprofile *p, struct found *f,
       struct err *e)
{
	const struct sigv4_keys base = f->keys;
	char under[SOURCE_MAX];

	if (sts_assume_role(c->http, role, p, &base, &c->clock, &f->keys,
			    &f->expires, e) < 0)
		return -1;
	(void)snprintf(under, sizeof(under), "%s", f->source);
	(void)snprintf(f->source, sizeof(f->source), "role '%.120s' by %.100s",
		       role->arn, under);
	return 1;
}

static int
from_role(struct awscred *c, const struct awsprofile *p, const char *name,
	  int depth, struct found *f, struct err *e)
{
	const struct sts_role role = {
		.arn = awsprofile_get(p, "role_arn"),
		.session = awsprofile_get(p, "role_session_name"),
		.external_id = awsprofile_get(p, "external_id"),
		.duration = awsprofile_get(p, "duration_seconds"),
		.region = region_of(c),
	};
	int rc;

	if (role.arn == NULL ||
	    awsprofile_get(p, "web_identity_token_file") != NULL)
		return 0;
	if (awsprofile_get(p, "source_profile") == NULL &&
	    awsprofile_get(p, "credential_source") == NULL)
		return err_set(e, EX_CONFIG, "profile '%.100s' has a role_arn, "
			       "but neither source_profile nor "
			       "credential_source", name);
	if (depth >= DEPTH_MAX)
		return err_set(e, EX_CONFIG, "more than %d profiles lead to "
			       "one another", DEPTH_MAX);
	rc = role_base(c, p, name, depth, f, e);
	if (rc == 0)
		return err_set(e, EX_NOPERM, "profile '%.100s': its source has "
			       "no credentials", name);
	return rc < 0 ? -1 : assume(c, &role, p, f, e);
}

static int
from_web_identity(struct awscred *c, const struct awsprofile *p, bool env,
		  struct found *f, struct err *e)
{
	const char *file = env ? aws_variable("AWS_WEB_IDENTITY_TOKEN_FILE") : NULL;
	const bool by_env = file != NULL;
	const struct sts_role role = {
		.arn = by_env ? aws_variable("AWS_ROLE_ARN")
			      : awsprofile_get(p, "role_arn"),
		.session = by_env ? aws_variable("AWS_ROLE_SESSION_NAME")
				  : awsprofile_get(p, "role_session_name"),
		.region = region_of(c),
	};

	if (!by_env)
		file = awsprofile_get(p, "web_identity_token_file");
	if (file == NULL)
		return 0;
	if (role.arn == NULL)
		return err_set(e, EX_CONFIG, "a web identity token without the "
			       "role it is for");
	if (sts_web_identity(c->http, &role, p, file, &f->keys, &f->expires,
			     e) < 0)
		return -1;
	(void)snprintf(f->source, sizeof(f->source),
		       "role '%.120s' by web identity", role.arn);
	return 1;
}

static int
from_process(const struct awsprofile *p, const char *name, struct found *f,
	     struct err *e)
{
	const char *command = awsprofile_get(p, "credential_process");
	const int rc = command == NULL ? 0
				       : awsmeta_process(command, &f->keys,
							 &f->expires, e);

	if (rc == 1)
		(void)snprintf(f->source, sizeof(f->source),
			       "credential_process of profile '%.100s'", name);
	return rc;
}

/* The sources of one profile; the machine's only for the first of them. */
static int
resolve(struct awscred *c, const struct awsprofile *p, const char *name,
	int depth, struct found *f, struct err *e)
{
	int rc = from_role(c, p, name, depth, f, e);

	if (rc == 0)
		rc = from_web_identity(c, p, depth == 0, f, e);
	if (rc == 0)
		rc = from_keys(p, name, f, e);
	if (rc == 0)
		rc = from_process(p, name, f, e);
	if (rc == 0 && depth == 0)
		rc = from_machine(c, true, f, e);
	if (rc == 0 && depth == 0)
		rc = from_machine(c, false, f, e);
	return rc;
}

static int
find(struct awscred *c, struct err *e)
{
	const struct sts_role role = {
		.arn = c->opts.role_arn,
		.external_id = c->opts.external_id,
		.region = region_of(c),
	};
	int rc = c->opts.profile == NULL ? from_environment(&c->found, e) : 0;

	if (rc == 0)
		rc = resolve(c, &c->profile, c->name, 0, &c->found, e);
	if (rc == 0) {
		(void)err_set(e, EX_NOPERM, "no AWS credentials: neither in "
			      "the environment nor in a profile, nor from this "
			      "machine");
		return err_hint(e, "see CREDENTIALS in threatstop(7)");
	}
	if (rc > 0 && role.arn != NULL)
		rc = assume(c, &role, &c->profile, &c->found, e);
	return rc < 0 ? -1 : 0;
}

const struct sigv4_keys *
awscred_keys(struct awscred *c, struct err *e)
{
	if (c->have && c->found.expires - AWSCRED_REFRESH_S >
			       awsclock_now(&c->clock))
		return &c->found.keys;
	c->have = false;
	if (find(c, e) < 0)
		return NULL;
	c->have = true;
	return &c->found.keys;
}
