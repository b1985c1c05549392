#include "outside/aws.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/dirs.h"
#include "outside/awsendpoint.h"
#include "outside/awsprofile.h"
#include "outside/awserror.h"
#include "outside/digest.h"
#include "outside/http.h"
#include "outside/pace.h"
#include "outside/retry.h"

#define CONNECT_S 10
#define IDLE_S 60
#define TRY_LIMIT_MS 120000
#define TOTAL_S 300
#define ATTEMPTS 3
#define ATTEMPTS_MAX 100

struct aws {
	struct awscred *cred;
	const struct awsprofile *profile; /* of cred */
	char region[40];
	char account[16];
	char paced[256]; /* the last file of the pace, and when it let go */
	int64_t paced_at;
	struct http *http;
	uint64_t total_s, attempts;
	struct aws_stats stats;
	void (*trace)(void *ctx, const char *line);
	void *trace_ctx;
};

static int
set_attempts(struct aws *a, uint64_t given, struct err *e)
{
	const char *v = aws_variable("AWS_MAX_ATTEMPTS");
	char *end;

	if (v == NULL)
		v = awsprofile_get(a->profile, "max_attempts");
	a->attempts = given > 0 ? given : ATTEMPTS;
	if (given > 0 || v == NULL)
		return 0;
	a->attempts = strtoull(v, &end, 10);
	if (*v < '0' || *v > '9' || *end != '\0' || a->attempts < 1 ||
	    a->attempts > ATTEMPTS_MAX)
		return err_set(e, EX_CONFIG, "AWS_MAX_ATTEMPTS is '%.40s', not "
			       "1 to %d", v, ATTEMPTS_MAX);
	return 0;
}

static int
set_region(struct aws *a, const struct aws_opts *o, struct err *e)
{
	const char *r = o->region != NULL ? o->region
					  : aws_find_region(a->profile);

	if (r == NULL)
		r = o->region_else;
	if (r == NULL) {
		(void)err_set(e, EX_CONFIG, "no AWS region");
		return err_hint(e, "--region, AWS_REGION or the profile's "
				"'region'");
	}
	if (strlen(r) >= sizeof(a->region))
		return err_set(e, EX_CONFIG, "'%.40s…' is no region", r);
	memcpy(a->region, r, strlen(r) + 1);
	return 0;
}

static int
open_http(struct aws *a, const struct aws_opts *o, struct err *e)
{
	const struct http_opts h = {
		.ca_file = o->ca_file != NULL ? o->ca_file
					      : aws_ca_file(a->profile),
		.proxy = o->proxy,
		.connect_s = o->connect_s > 0 ? o->connect_s : CONNECT_S,
		.idle_s = o->idle_s > 0 ? o->idle_s : IDLE_S,
	};

	a->http = http_new(&h, e);
	return a->http != NULL ? 0 : -1;
}

struct aws *
aws_new(const struct aws_opts *o, struct err *e)
{
	struct aws *a = calloc(1, sizeof(*a));
	struct awscred_opts cred = o->cred;

	if (a == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	(void)snprintf(a->account, sizeof(a->account), "unknown");
	a->total_s = o->total_s > 0 ? o->total_s : TOTAL_S;
	if (cred.region == NULL)
		cred.region = o->region;
	a->cred = awscred_new(&cred, e);
	if (a->cred == NULL)
		goto fail;
	a->profile = awscred_profile(a->cred);
	aws_take_account(a, cred.role_arn != NULL
				    ? cred.role_arn
				    : awsprofile_get(a->profile, "role_arn"));
	if (set_region(a, o, e) == 0 && set_attempts(a, o->attempts, e) == 0 &&
	    open_http(a, o, e) == 0)
		return a;
fail:
	aws_free(a);
	return NULL;
}

void
aws_free(struct aws *a)
{
	if (a == NULL)
		return;
	awscred_free(a->cred);
	http_free(a->http);
	free(a);
}

const char *
aws_region(const struct aws *a)
{
	return a->region;
}

/* The fifth part. */
void
aws_take_account(struct aws *a, const char *arn)
{
	size_t n;
	int i;

	for (i = 0; i < 4 && arn != NULL; i++) {
		arn = strchr(arn, ':');
		arn = arn != NULL ? arn + 1 : NULL;
	}
	n = arn != NULL ? strspn(arn, "0123456789") : 0;
	if (n > 0 && n < sizeof(a->account))
		(void)snprintf(a->account, sizeof(a->account), "%.*s", (int)n,
			       arn);
}

const char *
aws_account(const struct aws *a)
{
	return a->account;
}

const struct aws_stats *
aws_stats(const struct aws *a)
{
	return &a->stats;
}

const char *
aws_note(const struct aws *a)
{
	return awscred_clock(a->cred)->note;
}

const struct awsprofile *
aws_profile(const struct aws *a)
{
	return a->profile;
}

const char *
aws_source(const struct aws *a)
{
	return awscred_source(a->cred);
}

void
aws_retry_begin(const struct aws *a, struct retry *r)
{
	retry_begin(r, a->attempts - 1, a->total_s);
}

void
aws_set_trace(struct aws *a, void (*trace)(void *ctx, const char *line),
	      void *ctx)
{
	a->trace = trace;
	a->trace_ctx = ctx;
}

int
aws_send(struct aws *a, const struct aws_request *q, struct http_response *r,
	 struct err *e)
{
	const int64_t start = clock_ms();
	const struct sigv4_keys *k = awscred_keys(a->cred, e);
	const char *header[SIGV4_LINES_MAX + 1];
	char digest[SHA256_HEX + 1];
	const struct sigv4_request sig = {
		.method = q->method, .host = q->at->host, .region = q->region,
		.service = q->service, .path = q->path, .param = q->param,
		.nparam = q->nparam, .header = q->header,
		.nheader = q->nheader, .payload = digest,
		.now = awsclock_now(awscred_clock(a->cred)), .s3 = q->s3};
	struct http_request h = {
		.what = q->what, .method = q->method, .header = header,
		.body = q->body, .body_n = q->n,
		.limit_ms = q->limit_ms - (clock_ms() - start),
		.max_body = q->max_body, .head = q->head, .data = q->data,
		.ctx = q->ctx};
	struct sigv4_signed s;
	struct buf url;
	int rc = -1;

	*r = (struct http_response){0};
	if (k == NULL)
		return -1;
	if (h.limit_ms <= 0)
		return err_set(e, EX_TEMPFAIL, "%s: no time is left for it",
			       q->what);
	sigv4_init(&s);
	buf_init(&url, SIGV4_TEXT_MAX + AWS_ENDPOINT_MAX);
	if (sha256_bytes(q->body != NULL ? q->body : "", q->n, digest, e) < 0 ||
	    sigv4_sign(&sig, k, &s, e) < 0)
		goto out;
	sigv4_lines(&s, header);
	(void)buf_addf(&url, "%s%s", q->at->url, s.target.p);
	if (buf_check(&url, "a URL", e) < 0)
		goto out;
	h.url = url.p;
	a->stats.calls++;
	a->stats.sent += q->n;
	rc = http_exchange(a->http, &h, r, e);
	a->stats.received += r->body.n;
out:
	buf_free(&url);
	sigv4_free(&s);
	return rc;
}

bool
aws_mend(struct aws *a, const struct http_response *r, const char *code,
	 struct aws_mended *m)
{
	if (!m->clock && awsclock_learn(awscred_clock(a->cred), r, code)) {
		m->clock = true;
		return true;
	}
	if (!m->keys && aws_is_expired(code)) {
		m->keys = true;
		awscred_expire(a->cred);
		return true;
	}
	return false;
}

/* One call on its way. */
struct call {
	struct aws *a;
	const struct aws_service *s;
	const struct aws_pace *pace;
	const char *operation;
	const char *body;
	size_t n;
	char what[160], target[128];
	struct awsendpoint at;
	struct retry retry;
	struct http_response r;
	struct aws_error *ae;
};

/* Of one class, though not of one account. */
static bool
ends_alike(const char *a, const char *b)
{
	const char *const x = strchr(a, '-'), *const y = strchr(b, '-');

	return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static int
keep_pace(struct call *c, struct err *e)
{
	struct aws *a = c->a;
	char name[sizeof(a->paced)];

	if (c->pace == NULL)
		return 0;
	(void)snprintf(name, sizeof(name), "%s-%s-%s",
		       a->account, a->region, c->pace->name);
	/* The account has just become known: its file knows of no call yet. */
	if (strcmp(name, a->paced) != 0 && ends_alike(name, a->paced))
		clock_sleep_ms(a->paced_at + c->pace->interval_ms - clock_ms());
	if (pace_take(rundir(), name, c->pace->interval_ms, c->pace->burst,
		      &a->stats.paced_ms, e) < 0)
		return rundir_advise(e);
	memcpy(a->paced, name, strlen(name) + 1);
	a->paced_at = clock_ms();
	return 0;
}

/* One signed try. */
static int
send_once(struct call *c, struct err *e)
{
	const struct sigv4_pair pair[] = {
		{"Content-Type", "application/x-amz-json-1.1"},
		{"X-Amz-Target", c->target}};
	struct aws_request q = {
		.what = c->what, .service = c->s->name, .region = c->a->region,
		.at = &c->at, .method = "POST", .path = "/", .header = pair,
		.nheader = 2, .body = c->body, .n = c->n,
		.limit_ms = retry_left_ms(&c->retry),
		.max_body = AWS_ANSWER_MAX};

	if (q.limit_ms <= 0 || q.limit_ms > TRY_LIMIT_MS)
		q.limit_ms = TRY_LIMIT_MS;
	return aws_send(c->a, &q, &c->r, e);
}

static void
trace(const struct call *c, unsigned tried, int64_t ms)
{
	char line[320];

	if (c->a->trace == NULL)
		return;
	(void)snprintf(line, sizeof(line), "%s try %u: %d %s%s%" PRId64
		       " ms, request %s", c->operation, tried + 1,
		       c->ae->status, c->ae->code, c->ae->code[0] ? ", " : "",
		       ms, c->ae->request_id[0] ? c->ae->request_id : "-");
	c->a->trace(c->a->trace_ctx, line);
}

/* The try's outcome: 0 well, 1 worth another one, -1 final; e is set but for 0. */
static int
judge(struct call *c, int rc, struct err *e)
{
	*c->ae = (struct aws_error){0};
	if (rc < 0)
		return e->code == EX_TEMPFAIL ? 1 : -1;
	if (c->r.status == 200) {
		c->ae->status = 200;
		aws_request_id(&c->r, c->ae);
		return 0;
	}
	aws_read_error(&c->r, c->ae);
	if (aws_error_is(c->ae, AWS_ERROR_THROTTLED, c->s))
		c->a->stats.throttled++;
	(void)aws_set_err(c->what, c->ae, c->s, e);
	return e->code == EX_TEMPFAIL ? 1 : -1;
}

static int
try_until(struct call *c, struct err *e)
{
	struct aws_mended mended = {0};

	for (;;) {
		const int64_t start = clock_ms();
		int verdict;

		if (keep_pace(c, e) < 0)
			return -1;
		http_response_free(&c->r);
		verdict = judge(c, send_once(c, e), e);
		trace(c, c->retry.tried, clock_ms() - start);
		if (verdict == 0)
			return 0;
		if (aws_mend(c->a, &c->r, c->ae->code, &mended))
			continue;
		if (verdict < 0 ||
		    !retry_wait(&c->retry, c->r.retry_after_s))
			return -1;
		c->a->stats.retries++;
	}
}

int
aws_call_text(struct aws *a, const struct aws_service *s,
	      const struct aws_pace *pace, const char *operation,
	      const char *body, size_t n, struct buf *out,
	      struct aws_error *ae, struct err *e)
{
	struct call c = {.a = a, .s = s, .pace = pace, .operation = operation,
			 .body = body, .n = n, .ae = ae};
	int rc;

	*ae = (struct aws_error){0};
	(void)snprintf(c.what, sizeof(c.what), "%s %s in %s", s->name,
		       operation, a->region);
	(void)snprintf(c.target, sizeof(c.target), "%s.%s", s->target,
		       operation);
	if (aws_endpoint(s->name, s->env, a->region, a->profile, &c.at, e) < 0)
		return -1;
	aws_retry_begin(a, &c.retry);
	rc = try_until(&c, e);
	if (rc == 0) {
		(void)buf_add(out, c.r.body.p, c.r.body.n);
		rc = buf_check(out, "an answer of AWS", e);
	}
	http_response_free(&c.r);
	return rc;
}

int
aws_call(struct aws *a, const struct aws_service *s,
	 const struct aws_pace *pace, const char *operation, const json_t *in,
	 json_t **out, struct aws_error *ae, struct err *e)
{
	char *text = json_dumps(in, JSON_COMPACT);
	json_error_t why;
	struct buf b;
	int rc;

	*out = NULL;
	if (text == NULL)
		return err_mem(e);
	buf_init(&b, AWS_ANSWER_MAX);
	rc = aws_call_text(a, s, pace, operation, text, strlen(text), &b, ae,
			   e);
	free(text);
	if (rc == 0) {
		/* An operation without output may answer with nothing. */
		*out = b.n == 0 ? json_object()
				: json_loadb(b.p, b.n, 0, &why);
		if (*out == NULL)
			rc = err_set(e, EX_DATAERR, "%s %s: the answer is no "
				     "JSON: %s", s->name, operation,
				     b.n == 0 ? "out of memory" : why.text);
	}
	buf_free(&b);
	return rc;
}
