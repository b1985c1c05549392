/*
 * Objects of S3, and of servers that speak as it does, on the identity of aws.h.
 *
 * Where a bucket is: under a host name of its own where its name can be one
 * (AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT as for the rest), else
 * the first part of the path: with a dot or a capital in it, or at an endpoint
 * that AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile's endpoint_url
 * gives. Its region is the identity's until S3 says another one (301, 400 or 403
 * with x-amz-bucket-region, or <Region>); that is followed, at a given endpoint
 * in the signature alone.
 *
 * A key is the bytes of the name: encoded once, and never normalised, so that
 * "a//b" and "../x" are keys like any other.
 *
 * Errors: those of aws.h, with advice where something can be done. What the
 * service said is in ae, code "" where it did not answer in words.
 */
#ifndef TS_OUTSIDE_S3_H
#define TS_OUTSIDE_S3_H

#include "outside/aws.h"
#include "outside/fetch.h"
#include "outside/http.h"

#define S3_BUCKET_MAX 255 /* of old ones; 63 today */
#define S3_KEY_MAX 1024	  /* bytes */
#define S3_PUT_MAX ((size_t)1 << 30) /* of S3 itself: 5 GiB */

struct s3; /* a bucket as one identity sees it */

struct s3_opts {
	bool requester_pays; /* agree to pay for what is asked of the bucket */
};

/* EX_USAGE for what is no bucket. a is borrowed; o may be NULL. */
struct s3 *s3_open(struct aws *a, const char *bucket, const struct s3_opts *o,
		   struct err *e);
void s3_close(struct s3 *s); /* accepts NULL */
const char *s3_host(const struct s3 *s);
const char *s3_region(const struct s3 *s);
struct aws *s3_aws(const struct s3 *s);

/* The whole object, from memory (map a file), its SHA-256 signed with it. The
 * type is its Content-Type. Tries as aws_call does. */
int s3_put(struct s3 *s, const char *key, const char *type, const void *p,
	   size_t n, struct aws_error *ae, struct err *e);

struct s3_info {
	uint64_t bytes;
	char etag[FETCH_VALIDATOR_MAX]; /* with its quotes */
	char last_modified[FETCH_VALIDATOR_MAX];
};

/* EX_UNAVAILABLE and ae->status 404 for what is not there. */
int s3_head(struct s3 *s, const char *key, struct s3_info *info,
	    struct aws_error *ae, struct err *e);

/*
 * What the calls above are made of, for others like them (a listing is a GET
 * of key "" with parameters). All borrowed.
 */
struct s3_request {
	const char *what; /* for errors, in front of the cause */
	const char *method, *key;
	const struct sigv4_pair *param, *header;
	size_t nparam, nheader;
	const void *body; /* NULL for none */
	size_t n;
	int64_t limit_ms; /* of all that it takes */
	size_t max_body;  /* this and the rest: struct http_request */
	int (*head)(void *ctx, const struct http_response *r, struct err *e);
	int (*data)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
};

/*
 * One request; sent again at once only where region, clock or keys had to be
 * mended. 0 for an answer of 200 to 299 or 304. Fills r (http_response_free it
 * in any case).
 */
int s3_exchange(struct s3 *s, const struct s3_request *q,
		struct http_response *r, struct aws_error *ae, struct err *e);

#endif
