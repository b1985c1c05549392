#include "outside/aws.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
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
#define RUNDIR "/run/threatstop"

struct aws {
	struct awscred *cred;
	const struct awsprofile *profile; /* of cred */
	char region[40];
	char account[16];
	struct http *http;
	uint64_t total_s, attempts;
	int64_t skew; /* AWS's clock less ours, seconds */
	struct aws_stats stats;
	char note[160];
	void (*trace)(void *ctx, const char *line);
	void *trace_ctx;
};

static int
set_attempts(struct aws *a, struct err *e)
{
	const char *v = aws_variable("AWS_MAX_ATTEMPTS");
	char *end;

	if (v == NULL)
		v = awsprofile_get(a->profile, "max_attempts");
	a->attempts = ATTEMPTS;
	if (v == NULL)
		return 0;
	a->attempts = strtoull(v, &end, 10);
	if (*v < '0' || *v > '9' || *end != '\0' || a->attempts < 1 ||
	    a->attempts > ATTEMPTS_MAX)
		return err_set(e, EX_CONFIG, "AWS_MAX_ATTEMPTS is '%.40s', not "
			       "1 to %d", v, ATTEMPTS_MAX);
	return 0;
}

static int
set_region(struct aws *a, const char *given, struct err *e)
{
	const char *r = given != NULL ? given : aws_find_region(a->profile);

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
open_http(struct aws *a, struct err *e)
{
	const struct http_opts o = {
		.ca_file = aws_ca_file(a->profile),
		.connect_s = CONNECT_S,
		.idle_s = IDLE_S,
	};

	a->http = http_new(&o, e);
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
	a->total_s = o->total_s > 0 ? o->total_s : TOTAL_S;
	if (cred.region == NULL)
		cred.region = o->region;
	a->cred = awscred_new(&cred, e);
	if (a->cred == NULL)
		goto fail;
	a->profile = awscred_profile(a->cred);
	if (set_region(a, o->region, e) == 0 && set_attempts(a, e) == 0 &&
	    open_http(a, e) == 0)
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

void
aws_set_account(struct aws *a, const char *account)
{
	(void)snprintf(a->account, sizeof(a->account), "%s", account);
}

const struct aws_stats *
aws_stats(const struct aws *a)
{
	return &a->stats;
}

const char *
aws_note(const struct aws *a)
{
	return a->note;
}

void
aws_set_trace(struct aws *a, void (*trace)(void *ctx, const char *line),
	      void *ctx)
{
	a->trace = trace;
	a->trace_ctx = ctx;
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

static int
keep_pace(struct call *c, const struct sigv4_keys *k, struct err *e)
{
	struct aws *a = c->a;
	const char *dir = aws_variable("TS_RUNDIR");
	char name[256];

	if (c->pace == NULL)
		return 0;
	(void)snprintf(name, sizeof(name), "%s-%s-%s",
		       a->account[0] ? a->account : k->id, a->region,
		       c->pace->name);
	return pace_take(dir ? dir : RUNDIR, name, c->pace->interval_ms,
			 c->pace->burst, &a->stats.paced_ms, e);
}

/* One signed try. */
static int
send_once(struct call *c, const struct sigv4_keys *k, int64_t now,
	  struct err *e)
{
	const struct sigv4_pair pair[] = {
		{"Content-Type", "application/x-amz-json-1.1"},
		{"X-Amz-Target", c->target}};
	const char *header[SIGV4_LINES_MAX + 1];
	char digest[SHA256_HEX + 1], url[AWS_ENDPOINT_MAX + 2];
	const struct sigv4_request q = {
		.method = "POST", .host = c->at.host, .region = c->a->region,
		.service = c->s->name, .path = "/", .header = pair,
		.nheader = 2, .payload = digest, .now = now};
	struct http_request h = {
		.what = c->what, .method = "POST", .url = url, .header = header,
		.body = c->body, .body_n = c->n, .max_body = AWS_ANSWER_MAX};
	struct sigv4_signed s;
	int rc = -1;

	sigv4_init(&s);
	(void)snprintf(url, sizeof(url), "%s/", c->at.url);
	h.limit_ms = retry_left_ms(&c->retry);
	if (h.limit_ms <= 0 || h.limit_ms > TRY_LIMIT_MS)
		h.limit_ms = TRY_LIMIT_MS;
	if (sha256_bytes(c->body, c->n, digest, e) < 0 ||
	    sigv4_sign(&q, k, &s, e) < 0)
		goto out;
	sigv4_lines(&s, header);
	c->a->stats.calls++;
	c->a->stats.sent += c->n;
	rc = http_exchange(c->a->http, &h, &c->r, e);
	c->a->stats.received += c->r.body.n;
out:
	sigv4_free(&s);
	return rc;
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

/*
 * A refusal of the signature's time: learns the difference of the clocks from
 * the answer's Date. True where it was news, so that the call is worth repeating.
 */
static bool
learn_skew(struct call *c)
{
	const char *date = http_header(&c->r, "Date");
	struct aws *a = c->a;
	struct tm tm = {0};
	int64_t skew;

	if (!aws_is_skew(c->ae->code) || date == NULL ||
	    strptime(date, "%a, %d %b %Y %H:%M:%S", &tm) == NULL)
		return false;
	skew = (int64_t)timegm(&tm) - (int64_t)time(NULL);
	if (llabs(skew - a->skew) < AWS_SKEW_MIN)
		return false;
	a->skew = skew;
	(void)snprintf(a->note, sizeof(a->note), "this host's clock is %lld s "
		       "%s AWS's; corrected for", llabs(skew),
		       skew > 0 ? "behind" : "ahead of");
	return true;
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
	bool renewed = false, skewed = false;

	for (;;) {
		const int64_t start = clock_ms();
		const int64_t now = (int64_t)time(NULL) + c->a->skew;
		const struct sigv4_keys *k = awscred_keys(c->a->cred, now, e);
		int verdict;

		if (k == NULL || keep_pace(c, k, e) < 0)
			return -1;
		http_response_free(&c->r);
		c->r = (struct http_response){0};
		verdict = judge(c, send_once(c, k,
					     (int64_t)time(NULL) + c->a->skew,
					     e), e);
		trace(c, c->retry.tried, clock_ms() - start);
		if (verdict == 0)
			return 0;
		/* Once each: a clock that was wrong, keys that ran out. */
		if (!skewed && learn_skew(c)) {
			skewed = true;
			continue;
		}
		if (!renewed && aws_is_expired(c->ae->code)) {
			renewed = true;
			awscred_expire(c->a->cred);
			continue;
		}
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
	retry_begin(&c.retry, a->attempts - 1, a->total_s);
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
