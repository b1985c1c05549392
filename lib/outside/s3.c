#include "outside/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "outside/awsendpoint.h"
#include "outside/awserror.h"
#include "outside/httphead.h"
#include "outside/retry.h"
#include "outside/xmltext.h"

#define REGION_MAX 40
#define MOVES_MAX 2 /* of a bucket within one request */
#define ANSWER_MAX ((size_t)64 * 1024)

struct s3 {
	struct aws *aws;
	char bucket[S3_BUCKET_MAX + 1];
	char region[REGION_MAX];
	struct awsendpoint at;
	bool in_host; /* the bucket's name is in the host's */
	bool payer;
};

/* No code of S3's means a quota. */
static const struct aws_service service = {.name = "s3"};

static int
check_bucket(const char *bucket, struct err *e)
{
	const size_t n = strlen(bucket);

	if (strncmp(bucket, "arn:", 4) == 0) {
		(void)err_set(e, EX_USAGE, "an ARN is no bucket");
		return err_hint(e, "an access point has an alias that is used "
				"as a bucket's name");
	}
	if (n < 3 || n > S3_BUCKET_MAX ||
	    bucket[strspn(bucket, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "abcdefghijklmnopqrstuvwxyz0123456789.-_")] != '\0')
		return err_set(e, EX_USAGE, "'%.80s' is no bucket: 3 to %d "
			       "letters, digits, dots, hyphens", bucket,
			       S3_BUCKET_MAX);
	if (n > 6 && strcmp(bucket + n - 6, "--x-s3") == 0)
		return err_set(e, EX_USAGE, "'%.80s' is a directory bucket, "
			       "which has sessions of its own", bucket);
	return 0;
}

static int
locate(struct s3 *s, const char *region, struct err *e)
{
	if (strlen(region) >= sizeof(s->region))
		return err_set(e, EX_CONFIG, "'%.40s' is no region", region);
	memmove(s->region, region, strlen(region) + 1);
	return aws_endpoint_s3(s->bucket, s->region, aws_profile(s->aws),
			       &s->at, &s->in_host, e);
}

struct s3 *
s3_open(struct aws *a, const char *bucket, const struct s3_opts *o,
	struct err *e)
{
	struct s3 *s;

	if (check_bucket(bucket, e) < 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	s->aws = a;
	s->payer = o != NULL && o->requester_pays;
	memcpy(s->bucket, bucket, strlen(bucket) + 1);
	if (locate(s, aws_region(a), e) == 0)
		return s;
	s3_close(s);
	return NULL;
}

void
s3_close(struct s3 *s)
{
	free(s);
}

const char *
s3_host(const struct s3 *s)
{
	return s->at.host;
}

const char *
s3_region(const struct s3 *s)
{
	return s->region;
}

struct aws *
s3_aws(const struct s3 *s)
{
	return s->aws;
}

/* What a refusal says beyond aws_error. */
struct refusal {
	char region[REGION_MAX];
	char class[40];
};

static void
read_refusal(const struct http_response *r, struct aws_error *ae,
	     struct refusal *f)
{
	const char *region = http_header(r, "x-amz-bucket-region");
	struct xmltext want[] = {{"Code", ae->code, sizeof(ae->code)},
				 {"Message", ae->message, sizeof(ae->message)},
				 {"Region", f->region, sizeof(f->region)},
				 {"StorageClass", f->class, sizeof(f->class)},
				 {NULL, NULL, 0}};
	struct err e;

	ae->status = r->status;
	aws_request_id(r, ae);
	/* Of a text that is too long the beginning will do; no XML, no code. */
	(void)xmltext_read(r->body.p != NULL ? r->body.p : "", r->body.n, want,
			   &e);
	if (region != NULL)
		(void)snprintf(f->region, sizeof(f->region), "%s", region);
	if (ae->code[0] == '\0' && r->status == 404)
		(void)snprintf(ae->code, sizeof(ae->code), "NotFound");
}

/* Advice, and what aws_set_err cannot know. */
static int
explain(const struct s3 *s, const struct s3_request *q, const struct refusal *f,
	const struct aws_error *ae, struct err *e)
{
	const char *code = ae->code;

	(void)aws_set_err(q->what, ae, &service, e);
	if (strcmp(code, "NoSuchBucket") == 0)
		return err_hint(e, "asked at '%.100s'; names of buckets are "
				"global, endpoints are not", s->at.host);
	if (strcmp(code, "NoSuchKey") == 0)
		return err_hint(e, "the key asked for is '%.150s'", q->key);
	if (strcmp(code, "MethodNotAllowed") == 0 && q->nparam > 0)
		return err_hint(e, "that version marks that the object was "
				"deleted");
	if (strcmp(code, "InvalidObjectState") == 0)
		return err_hint(e, "the object is archived%s%s: restore it "
				"first (aws s3api restore-object)",
				f->class[0] ? " as " : "", f->class);
	if (strcmp(code, "AccessDenied") == 0 || ae->status == 403) {
		e->code = EX_NOPERM;
		if (strcmp(code, "AccessDenied") == 0)
			return err_hint(e, "a key that is not there is denied "
					"too, unless s3:ListBucket is allowed; "
					"so is a bucket whose requester pays");
	}
	return -1;
}

static bool
has_moved(const struct s3 *s, const struct refusal *f)
{
	return f->region[0] != '\0' && strcmp(f->region, s->region) != 0;
}

static int
send_once(struct s3 *s, const struct s3_request *q, int64_t deadline,
	  struct http_response *r, struct err *e)
{
	struct sigv4_pair header[SIGV4_HEADERS_MAX];
	struct aws_request a = {
		.what = q->what, .service = service.name, .region = s->region,
		.at = &s->at, .method = q->method, .param = q->param,
		.nparam = q->nparam, .header = header, .body = q->body,
		.n = q->n, .s3 = true, .limit_ms = deadline - clock_ms(),
		.max_body = q->max_body, .head = q->head, .data = q->data,
		.ctx = q->ctx};
	char path[S3_BUCKET_MAX + S3_KEY_MAX + 3];
	size_t i;

	*r = (struct http_response){0};
	if (strlen(q->key) > S3_KEY_MAX || q->nheader >= SIGV4_HEADERS_MAX)
		return err_set(e, EX_USAGE, "%s: a key has at most %d bytes",
			       q->what, S3_KEY_MAX);
	for (i = 0; i < q->nheader; i++)
		header[a.nheader++] = q->header[i];
	if (s->payer)
		header[a.nheader++] = (struct sigv4_pair){
			"X-Amz-Request-Payer", "requester"};
	(void)snprintf(path, sizeof(path), "%s%s/%s", s->in_host ? "" : "/",
		       s->in_host ? "" : s->bucket, q->key);
	a.path = path;
	return aws_send(s->aws, &a, r, e);
}

int
s3_exchange(struct s3 *s, const struct s3_request *q, struct http_response *r,
	    struct aws_error *ae, struct err *e)
{
	const int64_t deadline = clock_ms() + q->limit_ms;
	struct aws_mended mended = {0};
	int moves = 0;

	for (;;) {
		struct refusal f = {0};

		*ae = (struct aws_error){0};
		if (send_once(s, q, deadline, r, e) < 0)
			return -1;
		if ((r->status >= 200 && r->status < 300) || r->status == 304) {
			ae->status = r->status;
			aws_request_id(r, ae);
			return 0;
		}
		read_refusal(r, ae, &f);
		if (has_moved(s, &f) && moves++ < MOVES_MAX) {
			if (locate(s, f.region, e) < 0)
				return -1;
		} else if (!aws_mend(s->aws, r, ae->code, &mended)) {
			return explain(s, q, &f, ae, e);
		}
		http_response_free(r);
	}
}

/* Until it is done, refused, or too late. */
static int
exchange_until(struct s3 *s, struct s3_request *q, struct http_response *r,
	       struct aws_error *ae, struct err *e)
{
	struct retry retry;

	aws_retry_begin(s->aws, &retry);
	for (;;) {
		q->limit_ms = retry_left_ms(&retry);
		if (s3_exchange(s, q, r, ae, e) == 0)
			return 0;
		if (e->code != EX_TEMPFAIL ||
		    !retry_wait(&retry, r->retry_after_s))
			return -1;
		http_response_free(r);
	}
}

static void
set_what(char *what, size_t size, const char *verb, const struct s3 *s,
	 const char *key)
{
	(void)snprintf(what, size, "cannot %s 's3://%s/%.150s'", verb,
		       s->bucket, key);
}

int
s3_put(struct s3 *s, const char *key, const char *type, const void *p, size_t n,
       struct aws_error *ae, struct err *e)
{
	const struct sigv4_pair header[] = {{"Content-Type", type}};
	char what[S3_BUCKET_MAX + 200];
	struct s3_request q = {
		.what = what, .method = "PUT", .key = key, .header = header,
		.nheader = 1, .body = p != NULL ? p : "", .n = n,
		.max_body = ANSWER_MAX};
	struct http_response r = {0};
	int rc;

	*ae = (struct aws_error){0};
	set_what(what, sizeof(what), "store", s, key);
	if (n > S3_PUT_MAX)
		return err_set(e, EX_DATAERR, "%s: %zu bytes are over the "
			       "limit of %zu", what, n, S3_PUT_MAX);
	rc = exchange_until(s, &q, &r, ae, e);
	http_response_free(&r);
	return rc;
}

int
s3_head(struct s3 *s, const char *key, struct s3_info *info,
	struct aws_error *ae, struct err *e)
{
	char what[S3_BUCKET_MAX + 200];
	struct s3_request q = {.what = what, .method = "HEAD", .key = key,
			       .max_body = ANSWER_MAX};
	struct http_response r = {0};
	int rc;

	*info = (struct s3_info){0};
	set_what(what, sizeof(what), "look at", s, key);
	rc = exchange_until(s, &q, &r, ae, e);
	if (rc == 0) {
		if (!http_length(&r, &info->bytes))
			rc = err_set(e, EX_DATAERR, "%s: no length in the "
				     "answer", what);
		http_validator(&r, "etag", info->etag);
		http_validator(&r, "last-modified", info->last_modified);
	}
	http_response_free(&r);
	return rc;
}
