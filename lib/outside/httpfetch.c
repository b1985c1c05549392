#include "outside/httpfetch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "outside/credential.h"
#include "outside/http.h"
#include "outside/httpgzip.h"
#include "outside/httphead.h"
#include "outside/retry.h"
#include "outside/url.h"

#define HEADERS_MAX 8
#define HEADER_LEN (FETCH_VALIDATOR_MAX + 32)
#define REFUSAL_MAX ((size_t)16 * 1024) /* of an error's page */

struct job {
	const struct fetch_req *req;
	const struct fetch_had *had;
	struct out *body;
	struct fetch_got *got;
	struct http *http;
	struct retry retry;
	struct url origin; /* the URL that was asked for */
	struct url at;	   /* where redirects have led */
	unsigned redirects;
	char what[FETCH_URL_MAX + 32];
	struct buf credential; /* a header line; empty for none */

	/* The transfer under way. */
	struct httpgzip gzip;
	bool zipped;
	uint64_t resume_at;	       /* bytes that the spool has already */
	uint64_t whole;		       /* length of the body; 0: unknown */
	char strong[FETCH_VALIDATOR_MAX]; /* entity tag to resume by; or "" */
	bool resumed;
	int status;

	/* The headers of a request. */
	char line[HEADERS_MAX][HEADER_LEN];
	const char *header[HEADERS_MAX + 2];
	size_t nheader;
};

static void __attribute__((format(printf, 2, 3)))
add_header(struct job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(j->line[j->nheader], HEADER_LEN, fmt, ap);
	va_end(ap);
	j->header[j->nheader] = j->line[j->nheader];
	j->nheader++;
}

static void
make_headers(struct job *j)
{
	const struct fetch_had *had = j->had;

	j->nheader = 0;
	if (j->resume_at > 0) {
		add_header(j, "Range: bytes=%" PRIu64 "-", j->resume_at);
		add_header(j, "If-Range: %s", j->strong);
		add_header(j, "Accept-Encoding: identity");
	} else {
		add_header(j, "Accept-Encoding: gzip");
		if (had->body_fd >= 0 && had->etag[0] != '\0')
			add_header(j, "If-None-Match: %s", had->etag);
		if (had->body_fd >= 0 && had->last_modified[0] != '\0')
			add_header(j, "If-Modified-Since: %s",
				   had->last_modified);
	}
	if (j->credential.n > 0 && url_same_origin(&j->origin, &j->at))
		j->header[j->nheader++] = j->credential.p;
	j->header[j->nheader] = NULL;
}

static void
take_validators(struct job *j, const struct http_response *r)
{
	http_validator(r, "etag", j->got->etag);
	http_validator(r, "last-modified", j->got->last_modified);
}

/* A whole body begins: how it is coded and how long it is. */
static int
head_whole(struct job *j, const struct http_response *r, struct err *e)
{
	const char *coding = http_header(r, "content-encoding");
	const char *length = http_header(r, "content-length");

	if (out_rewind(j->body, e) < 0)
		return -1;
	j->resume_at = j->whole = 0;
	j->resumed = false;
	j->strong[0] = '\0';
	take_validators(j, r);
	j->zipped = coding != NULL && (strcasecmp(coding, "gzip") == 0 ||
				       strcasecmp(coding, "x-gzip") == 0);
	if (coding != NULL && !j->zipped && strcasecmp(coding, "identity") != 0)
		return err_set(e, EX_DATAERR, "%s: the body is coded as '%.40s', "
			       "which was not asked for", j->what, coding);
	if (j->zipped) {
		httpgzip_free(&j->gzip);
		return httpgzip_begin(&j->gzip, j->req->max_bytes, e) < 0 ? -1
									  : 1;
	}
	if (!r->sized && !j->req->allow_unsized) {
		(void)err_set(e, EX_DATAERR, "%s: the server does not say where "
			      "the body ends, so it may be cut off", j->what);
		return err_hint(e, "--allow-unsized takes it as it comes");
	}
	if (length != NULL && r->sized)
		j->whole = strtoull(length, NULL, 10);
	if (j->whole > j->req->max_bytes) {
		(void)err_set(e, EX_DATAERR, "%s: %" PRIu64 " bytes are over the "
			      "limit of %" PRIu64, j->what, j->whole,
			      j->req->max_bytes);
		return err_hint(e, "--max-bytes raises it");
	}
	if (j->got->etag[0] == '"')
		memcpy(j->strong, j->got->etag, sizeof(j->strong));
	return 1;
}

/* The rest of a body: exactly what is missing of it, or nothing. */
static int
head_rest(struct job *j, const struct http_response *r, struct err *e)
{
	const bool tagged = http_header(r, "etag") != NULL;
	const char *coding = http_header(r, "content-encoding");
	uint64_t first, whole;
	char etag[FETCH_VALIDATOR_MAX];

	http_validator(r, "etag", etag);
	if (j->resume_at > 0 && r->sized && http_rest(r, &first, &whole) &&
	    first == j->resume_at && (j->whole == 0 || whole == j->whole) &&
	    (!tagged || strcmp(etag, j->strong) == 0) &&
	    (coding == NULL || strcasecmp(coding, "identity") == 0)) {
		j->whole = whole;
		j->resumed = true;
		return 1;
	}
	j->strong[0] = '\0';
	return err_set(e, j->resume_at > 0 ? EX_TEMPFAIL : EX_DATAERR,
		       "%s: the server sends another part than was asked for",
		       j->what);
}

static int
on_head(void *ctx, const struct http_response *r, struct err *e)
{
	struct job *j = ctx;

	if (r->status == 200)
		return head_whole(j, r, e);
	if (r->status == 206)
		return head_rest(j, r, e);
	return 0;
}

static int
on_data(void *ctx, const void *p, size_t n, struct err *e)
{
	struct job *j = ctx;
	struct err why;

	if (j->zipped) {
		if (httpgzip_put(&j->gzip, p, n, j->body, &why) == 0)
			return 0;
		return err_set(e, why.code, "%s: %s", j->what, why.msg);
	}
	out_put(j->body, p, n);
	if (j->body->error != 0)
		return out_flush(j->body, e);
	if (j->body->total > j->req->max_bytes) {
		(void)err_set(e, EX_DATAERR, "%s: the body is over the limit of %"
			      PRIu64 " bytes", j->what, j->req->max_bytes);
		return err_hint(e, "--max-bytes raises it");
	}
	return 0;
}

/* The body is there: is it whole? */
static int
finish(struct job *j, struct err *e)
{
	struct err why;

	if (j->zipped && httpgzip_end(&j->gzip, &why) < 0)
		return err_set(e, why.code, "%s: %s", j->what, why.msg);
	if (!j->zipped && j->whole != 0 && j->body->total != j->whole)
		return err_set(e, EX_DATAERR, "%s: %" PRIu64 " bytes came, not %"
			       PRIu64, j->what, j->body->total, j->whole);
	j->got->status = FETCH_NEW;
	return 0;
}

static void
set_what(struct job *j)
{
	char shown[FETCH_URL_MAX + 1];

	fetch_url_shown(j->req->url, shown);
	(void)snprintf(j->what, sizeof(j->what), "cannot fetch '%s'", shown);
}

/* 1: there is another place to ask. */
static int
follow(struct job *j, const struct http_response *r, struct err *e)
{
	const char *location = http_header(r, "location");
	struct url *to;
	struct err why;
	int rc = -1;

	if (location == NULL)
		return http_refused(j->what, r, e);
	if (++j->redirects > HTTPFETCH_REDIRECTS)
		return err_set(e, EX_UNAVAILABLE, "%s: more than %d redirects",
			       j->what, HTTPFETCH_REDIRECTS);
	to = malloc(sizeof(*to));
	if (to == NULL)
		return err_mem(e);
	if (url_follow(to, &j->at, location, &why) < 0) {
		(void)err_set(e, why.code, "%s: %s", j->what, why.msg);
	} else if (j->at.https && !to->https) {
		(void)err_set(e, EX_UNAVAILABLE, "%s: redirect from https to "
			      "http, to host '%s'", j->what, to->host);
	} else {
		j->at = *to;
		rc = 1;
	}
	free(to);
	return rc;
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* 0: done, 1: ask again at j->at, -1: e. */
static int
judge(struct job *j, const struct http_response *r, struct err *e)
{
	j->status = r->status;
	if (r->status == 200 || r->status == 206)
		return finish(j, e);
	if (r->status == 304 && j->had->body_fd >= 0 && j->resume_at == 0) {
		take_validators(j, r);
		j->got->status = FETCH_UNCHANGED;
		return 0;
	}
	if (is_redirect(r->status))
		return follow(j, r, e);
	if (r->status == 416 && j->resume_at > 0) {
		j->strong[0] = '\0';
		return err_set(e, EX_TEMPFAIL, "%s: the server does not resume",
			       j->what);
	}
	(void)http_refused(j->what, r, e);
	if (r->status == 401 && j->credential.n == 0)
		(void)err_hint(e, "-k FILE gives the password or the header "
			       "that the server wants");
	if (r->retry_after_s > 0 && e->code == EX_TEMPFAIL)
		(void)err_hint(e, "the server asks for a pause of %" PRIu64
			       " s", r->retry_after_s);
	return -1;
}

/* One request; the same results as judge. */
static int
ask(struct job *j, uint64_t *pause_s, struct err *e)
{
	struct http_request q = {
		.what = j->what, .method = "GET", .header = j->header,
		.limit_ms = retry_left_ms(&j->retry),
		.max_body = REFUSAL_MAX, .head = on_head, .data = on_data,
		.ctx = j,
	};
	struct http_response r;
	struct url named;
	int rc = 0;

	*pause_s = 0;
	if (q.limit_ms == 0)
		return err_set(e, EX_TEMPFAIL, "%s: no end within %" PRIu64
			       " s", j->what, j->req->total_s);
	make_headers(j);
	named = j->at;
	if (j->req->tls_name != NULL && url_same_origin(&j->origin, &j->at)) {
		rc = url_set_host(&named, j->req->tls_name, e);
		q.connect_host = j->at.host;
	}
	q.url = named.text;
	if (rc < 0)
		return -1;
	rc = http_exchange(j->http, &q, &r, e);
	if (rc == 0)
		rc = judge(j, &r, e);
	*pause_s = r.retry_after_s;
	http_response_free(&r);
	return rc;
}

/* After a try that failed: what of the body can be kept. */
static int
prepare(struct job *j, struct err *e)
{
	j->at = j->origin;
	j->redirects = 0;
	j->resume_at = 0;
	if (!j->zipped && j->strong[0] != '\0' && j->body->total > 0) {
		j->resume_at = j->body->total;
		return 0;
	}
	j->zipped = false;
	return out_rewind(j->body, e);
}

static int
transfer(struct job *j, struct err *e)
{
	uint64_t pause_s;
	int rc;

	for (;;) {
		rc = ask(j, &pause_s, e);
		if (rc == 0)
			return 0;
		if (rc > 0)
			continue;
		if (e->code != EX_TEMPFAIL || !retry_wait(&j->retry, pause_s))
			return -1;
		if (prepare(j, e) < 0)
			return -1;
	}
}

/* From the file if there is one, else from the URL, which forgets it. */
static int
set_credential(struct job *j, struct err *e)
{
	char *userinfo = j->origin.userinfo;
	int rc = 0;

	if (j->req->key_file != NULL)
		rc = credential_read(&j->credential, j->req->key_file, e);
	else if (*userinfo != '\0')
		rc = credential_basic(&j->credential, userinfo, e);
	explicit_bzero(userinfo, sizeof(j->origin.userinfo));
	return rc;
}

static struct http *
open_http(const struct fetch_req *req, struct err *e)
{
	const char *pin[FETCH_PINS_MAX + 1] = {NULL};
	const bool pinned = req->pin[0] != NULL;
	const struct http_opts o = {
		.ca_file = req->ca_file,
		.pin = pin,
		.proxy = req->proxy,
		.no_ca = pinned && req->ca_file == NULL,
		.no_name = pinned && req->ca_file == NULL &&
			   req->tls_name == NULL,
		.connect_s = req->connect_s,
		.idle_s = req->idle_s,
	};

	memcpy(pin, req->pin, sizeof(req->pin));
	return http_new(&o, e);
}

static void
make_note(struct job *j)
{
	(void)snprintf(j->got->note, sizeof(j->got->note),
		       "server=%s:%u transport=%s status=%d coding=%s tries=%u "
		       "redirects=%u resumed=%s", j->at.host, j->at.port,
		       j->at.https ? "tls" : "tcp", j->status,
		       j->zipped ? "gzip" : "none", j->retry.tried + 1,
		       j->redirects, j->resumed ? "yes" : "no");
}

int
http_fetch(const struct fetch_req *req, const struct fetch_had *had,
	   struct out *body, struct fetch_got *got, struct err *e)
{
	struct job *j = calloc(1, sizeof(*j));
	int rc = -1;

	if (j == NULL)
		return err_mem(e);
	j->req = req;
	j->had = had;
	j->body = body;
	j->got = got;
	buf_init(&j->credential, CREDENTIAL_LINE_MAX);
	set_what(j);
	retry_begin(&j->retry, req->retries, req->total_s);
	if (url_parse(&j->origin, req->url, e) < 0)
		goto out;
	if (set_credential(j, e) < 0)
		goto out;
	j->at = j->origin;
	j->http = open_http(req, e);
	if (j->http == NULL)
		goto out;
	rc = transfer(j, e);
	if (rc == 0)
		make_note(j);
out:
	http_free(j->http);
	httpgzip_free(&j->gzip);
	credential_free(&j->credential);
	free(j);
	return rc;
}
