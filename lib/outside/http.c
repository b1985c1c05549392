#include "outside/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/version.h"

struct http {
	CURL *curl;
	struct http_opts opts;
	struct buf pins; /* as libcurl wants them */
	char cause[CURL_ERROR_SIZE];
};

/* What the callbacks of an exchange share. */
struct exchange {
	const struct http_request *q;
	struct http_response *r;
	struct err *e;
	CURL *curl;
	size_t head_bytes;
	bool headed;  /* the head has been shown to the caller */
	bool by_data; /* who takes the body */
	bool enough;  /* the rest of an error's body is of no interest */
	bool failed;  /* e is set */
};

#define PINS_MAX ((size_t)2048) /* bytes of the joined list */
#define READ_SIZE (128 * 1024L) /* of recv(2) */

static int
join_pins(struct http *h, struct err *e)
{
	const char *const *p;

	buf_init(&h->pins, PINS_MAX);
	for (p = h->opts.pin; p != NULL && *p != NULL; p++)
		(void)buf_addf(&h->pins, "%ssha256//%s",
			       h->pins.n > 0 ? ";" : "", *p);
	h->opts.pin = NULL;
	return buf_check(&h->pins, "the list of pins", e);
}

struct http *
http_new(const struct http_opts *o, struct err *e)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		(void)err_mem(e);
		return NULL;
	}
	h->opts = *o;
	if (o->ca_file != NULL && access(o->ca_file, R_OK) < 0) {
		(void)err_sys(e, EX_CONFIG, "cannot read the CA file '%s'",
			      o->ca_file);
		goto fail;
	}
	if (join_pins(h, e) < 0)
		goto fail;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		h->curl = curl_easy_init();
	if (h->curl != NULL)
		return h;
	(void)err_set(e, EX_OSERR, "cannot start libcurl");
fail:
	http_free(h);
	return NULL;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	if (h->curl != NULL) {
		curl_easy_cleanup(h->curl);
		curl_global_cleanup();
	}
	buf_free(&h->pins);
	free(h);
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->head);
	buf_free(&r->body);
}

const char *
http_header(const struct http_response *r, const char *name)
{
	const size_t n = strlen(name);
	size_t at;

	for (at = 0; at < r->head.n; at += strlen(r->head.p + at) + 1) {
		const char *line = r->head.p + at;

		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		line += n + 1;
		return line + strspn(line, " \t");
	}
	return NULL;
}

/* The error of a callback; the exchange ends there. */
static size_t
stop(struct exchange *x)
{
	x->failed = true;
	return 0;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	struct buf *head = &x->r->head;
	const size_t all = size * n;

	n = all;
	x->head_bytes += n;
	if (x->head_bytes > HTTP_HEAD_MAX) {
		(void)err_set(x->e, EX_DATAERR, "%s: the headers are over %zu "
			      "bytes", x->q->what, HTTP_HEAD_MAX);
		return stop(x);
	}
	if (x->headed) /* trailers change nothing */
		return all;
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0) /* after 100 Continue */
		buf_free(head);
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	if (n > 0 && memchr(p, '\0', n) == NULL) {
		(void)buf_add(head, p, n);
		(void)buf_add(head, "", 1);
	}
	return buf_check(head, "the headers", x->e) < 0 ? stop(x) : all;
}

/* Two lengths that differ: nobody can tell where the body ends. */
static bool
lengths_differ(const struct http_response *r)
{
	static const char name[] = "content-length:";
	const char *first = http_header(r, "content-length");
	size_t at;

	for (at = 0; at < r->head.n; at += strlen(r->head.p + at) + 1) {
		const char *line = r->head.p + at;

		if (strncasecmp(line, name, sizeof(name) - 1) != 0)
			continue;
		line += sizeof(name) - 1;
		if (strcmp(line + strspn(line, " \t"), first) != 0)
			return true;
	}
	return false;
}

/* The headers are complete: judge them, and ask who takes the body. */
static int
show_head(struct exchange *x)
{
	struct http_response *r = x->r;
	const char *coding;
	curl_off_t wait = 0;
	long status = 0;
	int rc = 0;

	x->headed = true;
	(void)curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(x->curl, CURLINFO_RETRY_AFTER, &wait);
	r->status = (int)status;
	r->retry_after_s = wait > 0 ? (uint64_t)wait : 0;
	if (lengths_differ(r)) {
		(void)err_set(x->e, EX_DATAERR, "%s: two different lengths in "
			      "the answer", x->q->what);
		x->failed = true;
		return -1;
	}
	coding = http_header(r, "transfer-encoding");
	r->sized = coding != NULL ? strcasestr(coding, "chunked") != NULL
		   : http_header(r, "content-length") != NULL;
	if (x->q->head != NULL)
		rc = x->q->head(x->q->ctx, r, x->e);
	x->failed = rc < 0;
	x->by_data = rc > 0;
	return rc;
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;

	n *= size;
	if (!x->headed && show_head(x) < 0)
		return 0;
	if (x->by_data)
		return x->q->data(x->q->ctx, p, n, x->e) < 0 ? stop(x) : n;
	if (buf_add(&x->r->body, p, n) == 0)
		return n;
	x->enough = x->r->status >= 300 && x->r->body.over;
	if (!x->enough && buf_check(&x->r->body, "the answer", x->e) < 0)
		return stop(x);
	return 0;
}

/* The exit code for what libcurl says; EX_TEMPFAIL is worth another try. */
static int
code_of(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_OPERATION_TIMEDOUT:
		return EX_TEMPFAIL;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9 comes here, too */
	case CURLE_WEIRD_SERVER_REPLY:
		return EX_DATAERR;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_ISSUER_ERROR:
		return EX_NOPERM;
	case CURLE_SSL_CACERT_BADFILE:
		return EX_CONFIG;
	case CURLE_URL_MALFORMAT:
		return EX_USAGE;
	case CURLE_OUT_OF_MEMORY:
		return EX_OSERR;
	default:
		return EX_UNAVAILABLE;
	}
}

/* What CONNECT was answered, where a proxy did not open the tunnel. */
static int
refused_by_proxy(const struct exchange *x)
{
	long status = 0;

	(void)curl_easy_getinfo(x->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status == 401 || status == 403 || status == 407)
		return EX_NOPERM;
	return status >= 400 && status < 500 ? EX_UNAVAILABLE : 0;
}

static int
fail(struct http *h, struct exchange *x, CURLcode rc)
{
	const int proxy = refused_by_proxy(x);
	const int code = proxy != 0 ? proxy : code_of(rc);
	struct err *e = x->e;

	/* What libcurl says of a line over its limit of 100 KiB. */
	if (rc == CURLE_OUT_OF_MEMORY && !x->headed)
		return err_set(e, EX_DATAERR, "%s: a header is too long, or "
			       "memory too short", x->q->what);
	(void)err_set(e, code, "%s: %s%s", x->q->what,
		      proxy != 0 ? "the proxy says: " : "",
		      h->cause[0] != '\0' ? h->cause : curl_easy_strerror(rc));
	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		(void)err_hint(e, "--ca-file names another CA, --pin the "
			       "server's own key, --tls-name its name");
	if (rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		(void)err_hint(e, "a server that was given a new key needs a "
			       "new --pin");
	return -1;
}

static void
set_trust(struct http *h)
{
	CURL *c = h->curl;

	(void)curl_easy_setopt(c, CURLOPT_SSLVERSION,
			       (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER,
			       h->opts.no_ca ? 0L : 1L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST,
			       h->opts.no_name ? 0L : 2L);
	if (h->opts.ca_file != NULL) {
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, h->opts.ca_file);
		(void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (h->pins.n > 0)
		(void)curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, h->pins.p);
}

static void
set_limits(struct http *h, const struct http_request *q)
{
	CURL *c = h->curl;

	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_BUFFERSIZE, READ_SIZE);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)q->limit_ms);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT,
			       (long)h->opts.connect_s);
	(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT,
			       (long)HTTP_IDLE_RATE);
	(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
			       (long)h->opts.idle_s);
}

static void
set_request(struct http *h, const struct http_request *q)
{
	CURL *c = h->curl;

	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
			       (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_USERAGENT, "ts-tools/" TS_VERSION);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->cause);
	if (h->opts.proxy != NULL)
		(void)curl_easy_setopt(c, CURLOPT_PROXY, h->opts.proxy);
	(void)curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(c, CURLOPT_URL, q->url);
	if (q->body != NULL) {
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				       (curl_off_t)q->body_n);
	}
	(void)curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	if (strcmp(q->method, "HEAD") == 0)
		(void)curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
}

static bool
append(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

/* The lists that libcurl borrows until the exchange is over. */
static int
set_lists(struct http *h, const struct http_request *q,
	  struct curl_slist **header, struct curl_slist **connect,
	  struct err *e)
{
	const char *const *p;
	char to[300];

	for (p = q->header; p != NULL && *p != NULL; p++)
		if (!append(header, *p))
			return err_mem(e);
	if (q->connect_host != NULL) {
		if ((size_t)snprintf(to, sizeof(to), "::%s:", q->connect_host) >=
		    sizeof(to))
			return err_set(e, EX_USAGE, "the name of the server is "
				       "too long");
		if (!append(connect, to))
			return err_mem(e);
	}
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, *header);
	(void)curl_easy_setopt(h->curl, CURLOPT_CONNECT_TO, *connect);
	return 0;
}

static int
perform(struct http *h, struct exchange *x)
{
	CURLcode rc;

	(void)curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, x);
	(void)curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, x);
	rc = curl_easy_perform(h->curl);
	if (x->failed)
		return -1;
	/* Of a refusal the status is what counts, not how its page ends. */
	if (rc != CURLE_OK && !x->enough &&
	    !(x->headed && !x->by_data && x->r->status >= 300))
		return fail(h, x, rc);
	if (!x->headed && show_head(x) < 0)
		return -1;
	return 0;
}

int
http_exchange(struct http *h, const struct http_request *q,
	      struct http_response *r, struct err *e)
{
	struct exchange x = {.q = q, .r = r, .e = e, .curl = h->curl};
	struct curl_slist *header = NULL, *connect = NULL;
	int rc;

	*r = (struct http_response){0};
	buf_init(&r->head, HTTP_HEAD_MAX);
	buf_init(&r->body, q->max_body);
	h->cause[0] = '\0';
	curl_easy_reset(h->curl);
	set_trust(h);
	set_limits(h, q);
	set_request(h, q);
	rc = set_lists(h, q, &header, &connect, e);
	if (rc == 0)
		rc = perform(h, &x);
	curl_easy_reset(h->curl);
	curl_slist_free_all(header);
	curl_slist_free_all(connect);
	return rc;
}

int
http_refused(const char *what, const struct http_response *r, struct err *e)
{
	const char *line = r->head.p != NULL ? strchr(r->head.p, ' ') : NULL;
	int code = EX_UNAVAILABLE;

	switch (r->status) {
	case 401:
	case 403:
	case 407:
		code = EX_NOPERM;
		break;
	case 408:
	case 429:
		code = EX_TEMPFAIL;
		break;
	default:
		if (r->status >= 500 && r->status != 501 && r->status != 505)
			code = EX_TEMPFAIL;
	}
	return err_set(e, code, "%s: the server answers '%.80s'", what,
		       line != NULL ? line + 1 : "");
}
