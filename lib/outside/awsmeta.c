#include "outside/awsmeta.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "outside/awsprofile.h"
#include "outside/awsspawn.h"
#include "outside/awssts.h"

#define ANSWER_MAX ((size_t)64 * 1024)
#define LIMIT_MS 5000
#define URL_MAX 1024
#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST "http://169.254.169.254"
#define TOKEN_TTL "21600"

/* A text member into a field; false where it is absent or does not fit. */
static bool
take(const json_t *o, const char *name, char *to, size_t size)
{
	const char *v = json_string_value(json_object_get(o, name));

	if (v == NULL || strlen(v) >= size)
		return false;
	memcpy(to, v, strlen(v) + 1);
	return true;
}

/* The members that all three sources share. */
static int
take_keys(const char *what, const char *text, size_t n, const char *token,
	  struct sigv4_keys *k, int64_t *expires, struct err *e)
{
	json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	const char *until = json_string_value(json_object_get(o, "Expiration"));
	int rc = 1;

	*k = (struct sigv4_keys){0};
	*expires = AWS_NO_EXPIRY;
	if (!take(o, "AccessKeyId", k->id, sizeof(k->id)) ||
	    !take(o, "SecretAccessKey", k->secret, sizeof(k->secret)) ||
	    (json_object_get(o, token) != NULL &&
	     !take(o, token, k->token, sizeof(k->token))) ||
	    (until != NULL && !aws_parse_time(until, expires)))
		rc = err_set(e, EX_NOPERM, "%s gives no usable credentials",
			     what);
	json_decref(o);
	return rc;
}

static int
get(struct http *h, const char *what, const char *method, const char *url,
    const char *header, struct http_response *r, struct err *e)
{
	const char *const headers[] = {header, NULL};
	const struct http_request q = {
		.what = what,
		.method = method,
		.url = url,
		.header = headers,
		.limit_ms = LIMIT_MS,
		.max_body = ANSWER_MAX,
	};

	return http_exchange(h, &q, r, e);
}

/* http only to this machine and to the addresses of the agents. */
static int
check_full_uri(const char *uri, struct err *e)
{
	static const char *const hosts[] = {
		"127.", "localhost", "[::1]", "169.254.170.2",
		"169.254.170.23", "[fd00:ec2::23]"};
	size_t i, n;

	if (strncasecmp(uri, "https://", 8) == 0)
		return 0;
	if (strncasecmp(uri, "http://", 7) == 0)
		for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
			n = strlen(hosts[i]);
			if (strncasecmp(uri + 7, hosts[i], n) != 0)
				continue;
			/* A whole name, or an address of 127.0.0.0/8. */
			if (i == 0 ? strspn(uri + 7, "0123456789.") ==
					     strcspn(uri + 7, ":/?#")
				   : strchr(":/?#", uri[7 + n]) != NULL)
				return 0;
		}
	(void)err_set(e, EX_CONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI is "
		      "'%.200s'", uri);
	err_hint(e, "https, or http to loopback or the container's agent");
	return -1;
}

/* "Authorization: TOKEN" of the environment or a file; "" for none. */
static int
container_token(struct buf *b, struct err *e)
{
	const char *file = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");

	(void)buf_addstr(b, "Authorization: ");
	if (file != NULL && file_read(file, b, e) < 0) {
		e->code = EX_NOPERM;
		return -1;
	}
	if (file == NULL && token != NULL)
		(void)buf_addstr(b, token);
	if (buf_check(b, "the container's token", e) < 0)
		return -1;
	b->n = strcspn(b->p, "\r\n");
	b->p[b->n] = '\0';
	return 0;
}

int
awsmeta_container(struct http *h, struct sigv4_keys *keys, int64_t *expires,
		  struct err *e)
{
	static const char what[] = "cannot ask the container's agent for "
				   "credentials";
	const char *relative = aws_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = aws_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct http_response r = {0};
	struct buf token;
	char url[URL_MAX];
	int n, rc = -1;

	if (relative == NULL && full == NULL)
		return 0;
	buf_init(&token, SIGV4_TOKEN_MAX);
	n = relative != NULL
		    ? snprintf(url, sizeof(url), CONTAINER_HOST "%s", relative)
		    : snprintf(url, sizeof(url), "%s", full);
	if (n < 0 || (size_t)n >= sizeof(url) ||
	    (relative != NULL && *relative != '/')) {
		(void)err_set(e, EX_CONFIG, "the URI of the container's "
			      "credentials is not usable");
		goto out;
	}
	if ((relative == NULL && check_full_uri(full, e) < 0) ||
	    container_token(&token, e) < 0)
		goto out;
	if (get(h, what, "GET", url,
		token.n > sizeof("Authorization:") ? token.p : NULL, &r, e) < 0)
		goto out;
	rc = r.status != 200
		     ? http_refused(what, &r, e)
		     : take_keys("the container's agent", r.body.p, r.body.n,
				 "Token", keys, expires, e);
out:
	if (token.p != NULL)
		explicit_bzero(token.p, token.n);
	buf_free(&token);
	if (r.body.p != NULL)
		explicit_bzero(r.body.p, r.body.n);
	http_response_free(&r);
	return rc;
}

/* The body of a GET with the session's token, as text of one line. */
static int
instance_get(struct http *h, const char *base, const char *path,
	     const char *header, struct buf *text, struct err *e)
{
	static const char what[] = "cannot ask the instance's metadata for "
				   "credentials";
	struct http_response r = {0};
	char url[URL_MAX];
	int rc;

	(void)snprintf(url, sizeof(url), "%s/latest/meta-data/iam/"
		       "security-credentials/%s", base, path);
	rc = get(h, what, "GET", url, header, &r, e);
	if (rc == 0 && r.status != 200)
		rc = http_refused(what, &r, e);
	if (rc == 0) {
		(void)buf_add(text, r.body.p, r.body.n);
		rc = buf_check(text, "the instance's answer", e);
	}
	http_response_free(&r);
	return rc;
}

static int
instance_keys(struct http *h, const char *base, const char *token,
	      struct sigv4_keys *keys, int64_t *expires, struct err *e)
{
	char header[SIGV4_TOKEN_MAX];
	struct buf role, answer;
	int rc = -1;

	buf_init(&role, 256);
	buf_init(&answer, ANSWER_MAX);
	(void)snprintf(header, sizeof(header), "X-aws-ec2-metadata-token: %s",
		       token);
	if (instance_get(h, base, "", header, &role, e) < 0)
		goto out;
	role.p[strcspn(role.p, "\r\n")] = '\0';
	if (role.p[0] == '\0' || strpbrk(role.p, " /?#") != NULL) {
		(void)err_set(e, EX_NOPERM, "the instance has no role");
		goto out;
	}
	if (instance_get(h, base, role.p, header, &answer, e) == 0)
		rc = take_keys("the instance's metadata", answer.p, answer.n,
			       "Token", keys, expires, e);
out:
	buf_free(&role);
	if (answer.p != NULL)
		explicit_bzero(answer.p, answer.n);
	buf_free(&answer);
	return rc;
}

int
awsmeta_instance(struct http *h, struct sigv4_keys *keys, int64_t *expires,
		 struct err *e)
{
	const char *off = aws_variable("AWS_EC2_METADATA_DISABLED");
	const char *base = aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	struct http_response r = {0};
	char url[URL_MAX], where[URL_MAX / 2];
	int rc;

	if (off != NULL && strcasecmp(off, "true") == 0)
		return 0;
	(void)snprintf(where, sizeof(where), "%s", base ? base : INSTANCE_HOST);
	where[strlen(where) - (where[strlen(where) - 1] == '/')] = '\0';
	(void)snprintf(url, sizeof(url), "%s/latest/api/token", where);
	rc = get(h, "cannot ask the instance's metadata", "PUT", url,
		 "X-aws-ec2-metadata-token-ttl-seconds: " TOKEN_TTL, &r, e);
	/* Nobody there: this is no instance, unless it was said to be one. */
	if (rc < 0 && base == NULL)
		rc = 0;
	else if (rc == 0 && (r.status != 200 || r.body.n == 0))
		rc = http_refused("no token of the instance's metadata", &r, e);
	else if (rc == 0)
		rc = instance_keys(h, where, r.body.p, keys, expires, e);
	http_response_free(&r);
	return rc;
}

int
awsmeta_process(const char *command, struct sigv4_keys *keys,
		int64_t *expires, struct err *e)
{
	struct buf out;
	int rc = -1;

	buf_init(&out, ANSWER_MAX);
	if (awsspawn_read(command, &out, e) == 0)
		rc = take_keys("credential_process", out.p ? out.p : "", out.n,
			       "SessionToken", keys, expires, e);
	if (out.p != NULL)
		explicit_bzero(out.p, out.n);
	buf_free(&out);
	return rc;
}
