#include "outside/awssts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "outside/awsendpoint.h"
#include "outside/awserror.h"
#include "outside/digest.h"
#include "outside/xmltext.h"

#define BODY_MAX ((size_t)64 * 1024)
#define LIMIT_MS 30000

bool
aws_parse_time(const char *s, int64_t *t)
{
	struct tm tm = {0};
	const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);

	if (end == NULL)
		return false;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") != 0 && strcmp(end, "+00:00") != 0)
		return false;
	*t = timegm(&tm);
	return true;
}

/* "&name=value", encoded as a form. */
static void
put_field(struct buf *b, const char *name, const char *value)
{
	(void)buf_addf(b, "&%s=", name);
	sigv4_encode(b, value, false);
}

static void
put_role(struct buf *b, const char *action, const struct sts_role *r)
{
	(void)buf_addf(b, "Action=%s&Version=2011-06-15", action);
	put_field(b, "RoleArn", r->arn);
	put_field(b, "RoleSessionName", r->session ? r->session : "ts-tools");
	if (r->duration != NULL)
		put_field(b, "DurationSeconds", r->duration);
}

/* What does not pass is for want of permission, whatever it is called. */
static int
refused(const struct sts_role *r, const struct http_response *res,
	struct aws_error *ae, struct err *e)
{
	static const struct aws_service service = {.name = "sts"};
	char what[160];
	struct xmltext want[] = {{"Code", ae->code, sizeof(ae->code)},
				 {"Message", ae->message, sizeof(ae->message)},
				 {NULL, NULL, 0}};

	*ae = (struct aws_error){.status = res->status};
	if (xmltext_read(res->body.p ? res->body.p : "", res->body.n, want,
			 e) < 0 || ae->code[0] == '\0')
		return http_refused("cannot assume a role", res, e);
	aws_request_id(res, ae);
	(void)snprintf(what, sizeof(what), "cannot assume the role '%.100s'",
		       r->arn);
	(void)aws_set_err(what, ae, &service, e);
	if (e->code == EX_UNAVAILABLE)
		e->code = EX_NOPERM;
	return -1;
}

static int
take_answer(const struct http_response *res, struct sigv4_keys *k,
	    int64_t *expires, struct err *e)
{
	char until[64];
	struct xmltext want[] = {{"AccessKeyId", k->id, sizeof(k->id)},
				 {"SecretAccessKey", k->secret,
				  sizeof(k->secret)},
				 {"SessionToken", k->token, sizeof(k->token)},
				 {"Expiration", until, sizeof(until)},
				 {NULL, NULL, 0}};

	if (xmltext_read(res->body.p ? res->body.p : "", res->body.n, want,
			 e) < 0)
		return -1;
	if (k->id[0] == '\0' || k->secret[0] == '\0' || k->token[0] == '\0' ||
	    !aws_parse_time(until, expires))
		return err_set(e, EX_DATAERR, "the answer of STS has no "
			       "credentials");
	return 0;
}

static int
post(struct http *h, const struct awsendpoint *at, const char *const *header,
     const struct buf *form, struct http_response *res, struct err *e)
{
	char url[AWS_ENDPOINT_MAX + 2];
	const struct http_request q = {
		.what = "cannot ask STS",
		.method = "POST",
		.url = url,
		.header = header,
		.body = form->p,
		.body_n = form->n,
		.limit_ms = LIMIT_MS,
		.max_body = BODY_MAX,
	};

	(void)snprintf(url, sizeof(url), "%s/", at->url);
	return http_exchange(h, &q, res, e);
}

/* Signed with keys of base, or not at all where that is NULL. */
static int
send_form(struct http *h, const struct sts_role *r, const struct awsprofile *p,
	  const struct sigv4_keys *base, const struct awsclock *clock,
	  const struct buf *form,
	  struct http_response *res, struct err *e)
{
	static const struct sigv4_pair type[] = {
		{"Content-Type", "application/x-www-form-urlencoded"}};
	const char *header[SIGV4_LINES_MAX + 1] = {
		"Content-Type: application/x-www-form-urlencoded"};
	char digest[SHA256_HEX + 1];
	struct awsendpoint at;
	struct sigv4_signed s;
	int rc = -1;

	sigv4_init(&s);
	if (buf_check(form, "a call of STS", e) < 0 ||
	    aws_endpoint("sts", "STS", r->region, p, &at, e) < 0 ||
	    sha256_bytes(form->p, form->n, digest, e) < 0)
		goto out;
	if (base != NULL) {
		const struct sigv4_request q = {
			.method = "POST", .host = at.host, .region = r->region,
			.service = "sts", .path = "/", .header = type,
			.nheader = 1, .payload = digest,
			.now = awsclock_now(clock)};

		if (sigv4_sign(&q, base, &s, e) < 0)
			goto out;
		sigv4_lines(&s, header);
	}
	rc = post(h, &at, header, form, res, e);
out:
	sigv4_free(&s);
	return rc;
}

static int
finish(struct http *h, const struct sts_role *r, const struct awsprofile *p,
       const struct sigv4_keys *base, struct awsclock *clock, struct buf *form,
       struct sigv4_keys *keys, int64_t *expires, struct err *e)
{
	struct http_response res = {0};
	struct aws_error ae = {0};
	int tries = 0, rc;

	do {
		http_response_free(&res);
		rc = send_form(h, r, p, base, clock, form, &res, e);
		if (rc == 0 && res.status != 200)
			rc = refused(r, &res, &ae, e);
		else if (rc == 0)
			rc = take_answer(&res, keys, expires, e);
	} while (rc < 0 && clock != NULL && tries++ == 0 &&
		 awsclock_learn(clock, &res, ae.code));
	if (res.body.p != NULL)
		explicit_bzero(res.body.p, res.body.n);
	http_response_free(&res);
	if (form->p != NULL)
		explicit_bzero(form->p, form->n);
	buf_free(form);
	return rc;
}

int
sts_assume_role(struct http *h, const struct sts_role *r,
		const struct awsprofile *p, const struct sigv4_keys *base,
		struct awsclock *clock, struct sigv4_keys *keys,
		int64_t *expires, struct err *e)
{
	struct buf form;

	buf_init(&form, BODY_MAX);
	put_role(&form, "AssumeRole", r);
	if (r->external_id != NULL)
		put_field(&form, "ExternalId", r->external_id);
	return finish(h, r, p, base, clock, &form, keys, expires, e);
}

int
sts_web_identity(struct http *h, const struct sts_role *r,
		 const struct awsprofile *p, const char *token_file,
		 struct sigv4_keys *keys, int64_t *expires, struct err *e)
{
	struct buf form, token;
	int rc = -1;

	buf_init(&form, BODY_MAX);
	buf_init(&token, BODY_MAX / 2);
	if (file_read(token_file, &token, e) < 0) {
		e->code = EX_NOPERM;
		goto out;
	}
	if (token.n == 0) {
		(void)err_set(e, EX_NOPERM, "'%.200s' holds no token",
			      token_file);
		goto out;
	}
	token.p[strcspn(token.p, "\r\n")] = '\0';
	put_role(&form, "AssumeRoleWithWebIdentity", r);
	put_field(&form, "WebIdentityToken", token.p);
	rc = finish(h, r, p, NULL, NULL, &form, keys, expires, e);
out:
	if (token.p != NULL)
		explicit_bzero(token.p, token.n);
	buf_free(&token);
	buf_free(&form);
	return rc;
}
