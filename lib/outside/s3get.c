#include "outside/s3get.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "outside/httphead.h"
#include "outside/retry.h"
#include "outside/s3sum.h"

#define HEADERS_MAX 4
#define REFUSAL_MAX ((size_t)64 * 1024) /* of an error's XML */

struct job {
	struct s3 *s3;
	const struct s3_get *q;
	struct out *body;
	struct s3_got *got;
	struct s3sum sum;
	uint64_t resume_at; /* bytes that the spool has already */
	uint64_t whole;
	bool sized;			 /* whole is known */
	char strong[FETCH_VALIDATOR_MAX]; /* to resume by; or "" */
};

/* A cause with what it stops in front; the advice stays. */
static int
wrap(const struct job *j, const struct err *why, struct err *e)
{
	(void)err_set(e, why->code, "%s: %s", j->q->what, why->msg);
	return why->hint[0] != '\0' ? err_hint(e, "%s", why->hint) : -1;
}

static int
over(const struct job *j, uint64_t n, struct err *e)
{
	(void)err_set(e, EX_DATAERR, "%s: %" PRIu64 " bytes are over the limit "
		      "of %" PRIu64, j->q->what, n, j->q->max_bytes);
	return err_hint(e, "--max-bytes raises it");
}

static int
head_whole(struct job *j, const struct http_response *r, struct err *e)
{
	struct err why = {0};

	if (out_rewind(j->body, e) < 0)
		return -1;
	j->resume_at = 0;
	j->got->resumed = false;
	j->strong[0] = '\0';
	http_validator(r, "etag", j->got->etag);
	http_validator(r, "last-modified", j->got->last_modified);
	j->sized = http_length(r, &j->whole);
	if (!r->sized)
		return err_set(e, EX_DATAERR, "%s: the server does not say "
			       "where the body ends", j->q->what);
	if (j->sized && j->whole > j->q->max_bytes)
		return over(j, j->whole, e);
	if (s3sum_begin(&j->sum, r, j->q->opaque_etag, &why) < 0)
		return wrap(j, &why, e);
	j->got->checked = j->sum.name;
	if (j->got->etag[0] == '"')
		memcpy(j->strong, j->got->etag, sizeof(j->strong));
	return 1;
}

/* Exactly what is missing, or nothing. */
static int
head_rest(struct job *j, const struct http_response *r, struct err *e)
{
	char etag[FETCH_VALIDATOR_MAX];
	uint64_t first, whole;

	http_validator(r, "etag", etag);
	if (j->resume_at > 0 && http_rest(r, &first, &whole) &&
	    first == j->resume_at && (!j->sized || whole == j->whole) &&
	    strcmp(etag, j->strong) == 0) {
		j->whole = whole;
		j->sized = j->got->resumed = true;
		return 1;
	}
	j->strong[0] = '\0';
	return err_set(e, j->resume_at > 0 ? EX_TEMPFAIL : EX_DATAERR,
		       "%s: the server sends another part than was asked for",
		       j->q->what);
}

static int
on_head(void *ctx, const struct http_response *r, struct err *e)
{
	struct job *j = ctx;

	if (r->status == 200)
		return head_whole(j, r, e);
	return r->status == 206 ? head_rest(j, r, e) : 0;
}

static int
on_data(void *ctx, const void *p, size_t n, struct err *e)
{
	struct job *j = ctx;

	out_put(j->body, p, n);
	if (j->body->error != 0)
		return out_flush(j->body, e);
	if (j->body->total > j->q->max_bytes)
		return over(j, j->body->total, e);
	return s3sum_put(&j->sum, p, n, e);
}

static size_t
make_headers(const struct job *j, struct sigv4_pair h[HEADERS_MAX],
	     char range[40])
{
	size_t n = 0;

	h[n++] = (struct sigv4_pair){"X-Amz-Checksum-Mode", "ENABLED"};
	if (j->resume_at > 0) {
		(void)snprintf(range, 40, "bytes=%" PRIu64 "-", j->resume_at);
		h[n++] = (struct sigv4_pair){"Range", range};
		h[n++] = (struct sigv4_pair){"If-Match", j->strong};
		return n;
	}
	if (j->q->had != NULL)
		h[n++] = (struct sigv4_pair){"If-None-Match", j->q->had};
	if (j->q->only != NULL)
		h[n++] = (struct sigv4_pair){"If-Match", j->q->only};
	return n;
}

/* The body is there: is it whole? */
static int
finish(struct job *j, struct err *e)
{
	struct err why = {0};

	if (j->sized && j->body->total != j->whole)
		return err_set(e, EX_DATAERR, "%s: %" PRIu64 " bytes came, not "
			       "%" PRIu64, j->q->what, j->body->total,
			       j->whole);
	return s3sum_end(&j->sum, &why) < 0 ? wrap(j, &why, e) : 0;
}

static int
judge(struct job *j, const struct http_response *r, struct err *e)
{
	j->got->status = r->status;
	if (r->status == 200 || r->status == 206)
		return finish(j, e);
	if (r->status == 304 && j->q->had != NULL && j->resume_at == 0) {
		j->got->unchanged = true;
		http_validator(r, "etag", j->got->etag);
		http_validator(r, "last-modified", j->got->last_modified);
		return 0;
	}
	return err_set(e, EX_DATAERR, "%s: the server answers %d, which makes "
		       "no sense here", j->q->what, r->status);
}

static int
ask(struct job *j, const struct retry *retry, uint64_t *pause_s,
    struct aws_error *ae, struct err *e)
{
	const struct sigv4_pair version = {"versionId", j->q->version};
	struct sigv4_pair header[HEADERS_MAX];
	char range[40];
	const struct s3_request q = {
		.what = j->q->what, .method = "GET", .key = j->q->key,
		.param = &version, .nparam = j->q->version != NULL,
		.header = header, .nheader = make_headers(j, header, range),
		.limit_ms = retry_left_ms(retry), .max_body = REFUSAL_MAX,
		.head = on_head, .data = on_data, .ctx = j};
	struct http_response r = {0};
	int rc;

	rc = s3_exchange(j->s3, &q, &r, ae, e);
	if (rc == 0)
		rc = judge(j, &r, e);
	else if (j->resume_at > 0 && (ae->status == 412 || ae->status == 416)) {
		/* Replaced meanwhile: from its beginning, then. */
		e->code = EX_TEMPFAIL;
		j->strong[0] = '\0';
	}
	*pause_s = r.retry_after_s;
	http_response_free(&r);
	return rc;
}

static int
transfer(struct job *j, struct aws_error *ae, struct err *e)
{
	struct retry retry;
	uint64_t pause_s;

	aws_retry_begin(s3_aws(j->s3), &retry);
	while (ask(j, &retry, &pause_s, ae, e) < 0) {
		if (e->code != EX_TEMPFAIL || !retry_wait(&retry, pause_s))
			return -1;
		j->resume_at = j->strong[0] != '\0' ? j->body->total : 0;
		if (j->resume_at == 0 && out_rewind(j->body, e) < 0)
			return -1;
	}
	j->got->tries = retry.tried + 1;
	return 0;
}

int
s3_get(struct s3 *s, const struct s3_get *q, struct out *body,
       struct s3_got *got, struct aws_error *ae, struct err *e)
{
	struct job *j = calloc(1, sizeof(*j));
	int rc;

	if (j == NULL)
		return err_mem(e);
	*got = (struct s3_got){.checked = "none"};
	*ae = (struct aws_error){0};
	j->s3 = s;
	j->q = q;
	j->body = body;
	j->got = got;
	rc = transfer(j, ae, e);
	s3sum_free(&j->sum);
	free(j);
	return rc;
}
