#include "outside/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "outside/digest.h"

#define DIGEST 32 /* bytes of SHA-256 */
#define ALGORITHM "AWS4-HMAC-SHA256"

/* What one signing needs on its way. */
struct work {
	const struct sigv4_request *r;
	char stamp[20];	 /* 20260131T235959Z */
	char scope[256]; /* 20260131/region/service/aws4_request */
	struct buf canonical;
	char names[1024]; /* of the signed headers, parted by ';' */
	struct sigv4_pair header[SIGV4_LINES_MAX];
	size_t nheader;
};

void
sigv4_init(struct sigv4_signed *s)
{
	buf_init(&s->target, SIGV4_TEXT_MAX);
	buf_init(&s->header, SIGV4_TEXT_MAX);
}

static void
wipe(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->cap);
	buf_free(b);
}

void
sigv4_free(struct sigv4_signed *s)
{
	buf_free(&s->target);
	wipe(&s->header);
}

void
sigv4_encode(struct buf *b, const char *s, bool keep_slash)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s != '\0'; s++)
		if (strchr(plain, *s) != NULL || (keep_slash && *s == '/'))
			(void)buf_add(b, s, 1);
		else
			(void)buf_addf(b, "%%%02X", (unsigned char)*s);
}

static void
hex(const unsigned char *p, char out[2 * DIGEST + 1])
{
	int i;

	for (i = 0; i < DIGEST; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static int
hmac(const void *key, size_t nkey, const char *text, unsigned char out[DIGEST],
     struct err *e)
{
	if (HMAC(EVP_sha256(), key, (int)nkey, (const unsigned char *)text,
		 strlen(text), out, NULL) == NULL)
		return err_set(e, EX_SOFTWARE, "HMAC-SHA256 failed");
	return 0;
}

/* Sorted by name, then value, both encoded: strings "name=value". */
static int
pair_cmp(const void *a, const void *b)
{
	const struct sigv4_pair *x = a, *y = b;
	const int c = strcmp(x->name, y->name);

	return c != 0 ? c : strcmp(x->value, y->value);
}

static int
put_query(struct buf *b, const struct sigv4_request *r, struct err *e)
{
	struct buf text[SIGV4_PARAMS_MAX][2];
	struct sigv4_pair pair[SIGV4_PARAMS_MAX];
	size_t i;
	int rc = 0;

	if (r->nparam > SIGV4_PARAMS_MAX)
		return err_set(e, EX_SOFTWARE, "too many query parameters");
	for (i = 0; i < r->nparam; i++) {
		buf_init(&text[i][0], SIGV4_TEXT_MAX);
		buf_init(&text[i][1], SIGV4_TEXT_MAX);
		sigv4_encode(&text[i][0], r->param[i].name, false);
		sigv4_encode(&text[i][1], r->param[i].value, false);
		if (text[i][0].failed || text[i][1].failed)
			rc = err_mem(e);
		pair[i] = (struct sigv4_pair){
			text[i][0].n > 0 ? text[i][0].p : "",
			text[i][1].n > 0 ? text[i][1].p : ""};
	}
	if (r->nparam > 0)
		qsort(pair, r->nparam, sizeof(*pair), pair_cmp);
	for (i = 0; i < r->nparam; i++)
		(void)buf_addf(b, "%s%s=%s", i > 0 ? "&" : "", pair[i].name,
			       pair[i].value);
	for (i = 0; i < r->nparam; i++) {
		buf_free(&text[i][0]);
		buf_free(&text[i][1]);
	}
	return rc;
}

static int
header_cmp(const void *a, const void *b)
{
	const struct sigv4_pair *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

/* The caller's headers and ours, in the order of the signature. */
static int
collect_headers(struct work *w, const struct sigv4_keys *k, struct err *e)
{
	const struct sigv4_request *r = w->r;
	size_t i, n = 0;

	if (r->nheader > SIGV4_HEADERS_MAX)
		return err_set(e, EX_SOFTWARE, "too many headers to sign");
	for (i = 0; i < r->nheader; i++)
		w->header[n++] = r->header[i];
	w->header[n++] = (struct sigv4_pair){"Host", r->host};
	w->header[n++] = (struct sigv4_pair){"X-Amz-Date", w->stamp};
	if (k->token[0] != '\0')
		w->header[n++] = (struct sigv4_pair){"X-Amz-Security-Token",
						     k->token};
	if (r->s3)
		w->header[n++] = (struct sigv4_pair){"X-Amz-Content-SHA256",
						     r->payload};
	qsort(w->header, n, sizeof(*w->header), header_cmp);
	w->nheader = n;
	return 0;
}

/* Leading and trailing spaces go, runs of them inside become one. */
static void
put_value(struct buf *b, const char *s)
{
	while (*s == ' ')
		s++;
	for (; *s != '\0'; s++)
		if (*s != ' ' || (s[1] != ' ' && s[1] != '\0'))
			(void)buf_add(b, s, 1);
}

static void
put_headers(struct work *w)
{
	size_t i, at = 0;

	for (i = 0; i < w->nheader; i++) {
		const char *p;
		const size_t from = at;

		if (i > 0 && at < sizeof(w->names) - 1)
			w->names[at++] = ';';
		for (p = w->header[i].name; *p && at < sizeof(w->names) - 1; p++)
			w->names[at++] = (char)(*p >= 'A' && *p <= 'Z'
							? *p + 32 : *p);
		(void)buf_add(&w->canonical, w->names + from + (i > 0),
			      at - from - (i > 0));
		(void)buf_add(&w->canonical, ":", 1);
		put_value(&w->canonical, w->header[i].value);
		(void)buf_add(&w->canonical, "\n", 1);
	}
	w->names[at] = '\0';
}

/* The canonical request, and the target that is sent. */
static int
canonicalise(struct work *w, struct buf *target, struct err *e)
{
	const struct sigv4_request *r = w->r;
	struct buf *c = &w->canonical;
	size_t path;

	sigv4_encode(target, r->path, true);
	(void)buf_addf(c, "%s\n", r->method);
	if (target->failed)
		return err_mem(e);
	if (r->s3)
		(void)buf_add(c, target->p, target->n);
	else
		sigv4_encode(c, target->p, true);
	(void)buf_add(c, "\n", 1);
	path = c->n;
	if (put_query(c, r, e) < 0)
		return -1;
	if (c->n > path) {
		(void)buf_add(target, "?", 1);
		(void)buf_add(target, c->p + path, c->n - path);
	}
	(void)buf_add(c, "\n", 1);
	put_headers(w);
	(void)buf_addf(c, "\n%s\n%s", w->names, r->payload);
	return buf_check(c, "a request to sign", e);
}

/* The signature of the canonical request, in hex. */
static int
sign(const struct work *w, const struct sigv4_keys *k, char out[2 * DIGEST + 1],
     struct err *e)
{
	unsigned char key[DIGEST], digest[DIGEST];
	char seed[4 + SIGV4_SECRET_MAX], date[9], text[512];
	int rc = -1;

	(void)snprintf(seed, sizeof(seed), "AWS4%s", k->secret);
	(void)snprintf(date, sizeof(date), "%.8s", w->stamp);
	if (sha256_bytes(w->canonical.p, w->canonical.n, out, e) < 0)
		goto out;
	(void)snprintf(text, sizeof(text), "%s\n%s\n%s\n%s", ALGORITHM,
		       w->stamp, w->scope, out);
	if (hmac(seed, strlen(seed), date, key, e) < 0 ||
	    hmac(key, DIGEST, w->r->region, key, e) < 0 ||
	    hmac(key, DIGEST, w->r->service, key, e) < 0 ||
	    hmac(key, DIGEST, "aws4_request", key, e) < 0 ||
	    hmac(key, DIGEST, text, digest, e) < 0)
		goto out;
	hex(digest, out);
	rc = 0;
out:
	explicit_bzero(seed, sizeof(seed));
	explicit_bzero(key, sizeof(key));
	return rc;
}

static int
set_times(struct work *w, struct err *e)
{
	const time_t t = (time_t)w->r->now;
	struct tm tm;
	int n;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(w->stamp, sizeof(w->stamp), "%Y%m%dT%H%M%SZ", &tm) == 0)
		return err_set(e, EX_SOFTWARE, "no such time to sign at");
	n = snprintf(w->scope, sizeof(w->scope), "%.8s/%s/%s/aws4_request",
		     w->stamp, w->r->region, w->r->service);
	if (n < 0 || (size_t)n >= sizeof(w->scope))
		return err_set(e, EX_CONFIG, "region or service too long");
	return 0;
}

/* Whether a header's text could break out of its line. */
static bool
has_break(const char *s)
{
	return strpbrk(s, "\r\n") != NULL;
}

int
sigv4_sign(const struct sigv4_request *r, const struct sigv4_keys *k,
	   struct sigv4_signed *s, struct err *e)
{
	struct work w = {.r = r};
	char signature[2 * DIGEST + 1];
	size_t i;
	int rc = -1;

	buf_init(&w.canonical, SIGV4_TEXT_MAX);
	if (set_times(&w, e) < 0 || collect_headers(&w, k, e) < 0 ||
	    canonicalise(&w, &s->target, e) < 0 || sign(&w, k, signature, e) < 0)
		goto out;
	for (i = 0; i < w.nheader; i++) {
		if (has_break(w.header[i].value)) {
			(void)err_set(e, EX_CONFIG, "a line break in header "
				      "'%s'", w.header[i].name);
			goto out;
		}
		(void)buf_addf(&s->header, "%s: %s", w.header[i].name,
			       w.header[i].value);
		(void)buf_add(&s->header, "", 1);
	}
	(void)buf_addf(&s->header, "Authorization: %s Credential=%s/%s, "
		       "SignedHeaders=%s, Signature=%s", ALGORITHM, k->id,
		       w.scope, w.names, signature);
	(void)buf_add(&s->header, "", 1);
	if (buf_check(&s->header, "headers", e) < 0 ||
	    buf_check(&s->target, "a request target", e) < 0)
		goto out;
	rc = 0;
out:
	wipe(&w.canonical);
	return rc;
}

void
sigv4_lines(const struct sigv4_signed *s, const char *line[SIGV4_LINES_MAX + 1])
{
	const char *p = s->header.p;
	size_t n;

	for (n = 0; n < SIGV4_LINES_MAX && p < s->header.p + s->header.n; n++) {
		line[n] = p;
		p += strlen(p) + 1;
	}
	line[n] = NULL;
}
