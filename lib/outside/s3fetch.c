#include "outside/s3fetch.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "outside/s3get.h"

#define VERSION_MAX 1024

/* A URL taken apart. */
struct place {
	char bucket[S3_BUCKET_MAX + 1];
	char key[S3_KEY_MAX + 1];
	char version[VERSION_MAX + 1]; /* "" for the current one */
};

/* n bytes of a URL as they are meant; no digit stands behind them. */
static int
decode(const char *p, size_t n, char *to, size_t size, const char *what,
       struct err *e)
{
	const char *const end = p + n;
	size_t used = 0;

	while (p < end) {
		int c = (unsigned char)*p++;

		if (c == '%') {
			c = hex_octet(p);
			if (c <= 0)
				return err_set(e, EX_USAGE, "the %s has a '%%' "
					       "that begins no byte; one that "
					       "stands for itself is '%%25'",
					       what);
			p += 2;
		}
		if (used + 1 >= size)
			return err_set(e, EX_USAGE, "the %s is longer than %zu "
				       "bytes", what, size - 1);
		to[used++] = (char)c;
	}
	to[used] = '\0';
	return 0;
}

/* "?versionId=…", or nothing. */
static int
take_query(const char *p, struct place *at, struct err *e)
{
	static const char name[] = "?versionId=";

	if (*p == '\0')
		return 0;
	if (strncmp(p, name, sizeof(name) - 1) != 0 || strpbrk(p, "&#") != NULL ||
	    p[sizeof(name) - 1] == '\0')
		return err_set(e, EX_USAGE, "behind the key may stand "
			       "'?versionId=ID' alone; in a key '?' is '%%3F', "
			       "'#' is '%%23'");
	p += sizeof(name) - 1;
	return decode(p, strlen(p), at->version, sizeof(at->version),
		      "version", e);
}

static int
take_url(const char *url, struct place *at, struct err *e)
{
	const char *p = strchr(url, ':');
	size_t n;

	if (p == NULL || strncmp(p, "://", 3) != 0)
		return err_set(e, EX_USAGE, "an S3 URL is s3://BUCKET/KEY");
	p += 3;
	n = strcspn(p, "/?#");
	if (n > S3_BUCKET_MAX || p[n] != '/' || strcspn(p + n + 1, "?#") == 0)
		return err_set(e, EX_USAGE, "an S3 URL is s3://BUCKET/KEY");
	memcpy(at->bucket, p, n);
	at->bucket[n] = '\0';
	p += n + 1;
	n = strcspn(p, "?#");
	if (decode(p, n, at->key, sizeof(at->key), "key", e) < 0)
		return -1;
	return take_query(p + n, at, e);
}

static void
make_note(const struct aws *a, const struct s3 *s, const struct s3_got *o,
	  struct fetch_got *got)
{
	(void)snprintf(got->note, sizeof(got->note),
		       "server=%.200s region=%s credentials='%.80s' status=%d "
		       "checked=%s tries=%u resumed=%s%s%.120s", s3_host(s),
		       s3_region(s), aws_source(a), o->status, o->checked,
		       o->tries, o->resumed ? "yes" : "no",
		       aws_note(a)[0] != '\0' ? "; " : "", aws_note(a));
}

static int
get(struct aws *a, const struct place *at, const struct fetch_req *req,
    const struct fetch_had *had, struct out *body, struct fetch_got *got,
    struct err *e)
{
	const struct s3_opts o = {.requester_pays = req->requester_pays};
	char shown[FETCH_URL_MAX + 1], what[FETCH_URL_MAX + 32];
	const struct s3_get q = {
		.what = what,
		.key = at->key,
		.version = at->version[0] != '\0' ? at->version : NULL,
		.had = had->body_fd >= 0 && had->etag[0] != '\0' ? had->etag
								 : NULL,
		.max_bytes = req->max_bytes,
		.opaque_etag = req->opaque_etag,
	};
	struct s3 *s = s3_open(a, at->bucket, &o, e);
	struct aws_error ae;
	struct s3_got done;
	int rc;

	if (s == NULL)
		return -1;
	fetch_url_shown(req->url, shown);
	(void)snprintf(what, sizeof(what), "cannot fetch '%s'", shown);
	rc = s3_get(s, &q, body, &done, &ae, e);
	if (rc == 0) {
		got->status = done.unchanged ? FETCH_UNCHANGED : FETCH_NEW;
		memcpy(got->etag, done.etag, sizeof(got->etag));
		memcpy(got->last_modified, done.last_modified,
		       sizeof(got->last_modified));
		make_note(a, s, &done, got);
	}
	s3_close(s);
	return rc;
}

int
s3_fetch(const struct fetch_req *req, const struct fetch_had *had,
	 struct out *body, struct fetch_got *got, struct err *e)
{
	const struct aws_opts o = {
		.cred.profile = req->profile,
		.region = req->region,
		.region_else = "us-east-1", /* which knows where buckets are */
		.total_s = req->total_s,
		.attempts = req->retries + 1,
		.ca_file = req->ca_file,
		.proxy = req->proxy,
		.connect_s = req->connect_s,
		.idle_s = req->idle_s,
	};
	struct place at = {0};
	struct aws *a;
	int rc;

	if (take_url(req->url, &at, e) < 0)
		return -1;
	a = aws_new(&o, e);
	if (a == NULL)
		return -1;
	rc = get(a, &at, req, had, body, got, e);
	aws_free(a);
	return rc;
}
