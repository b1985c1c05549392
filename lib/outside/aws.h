/*
 * Calls of AWS services that speak JSON 1.1 (wafv2, route53resolver, events,
 * athena): endpoint, signature, retries, pace, clock.
 *
 * Endpoint: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's
 * endpoint_url, else by service, region and partition (AWS_USE_FIPS_ENDPOINT,
 * AWS_USE_DUALSTACK_ENDPOINT and the profile's settings of those names).
 *
 * Retries as the SDKs' standard mode: AWS_MAX_ATTEMPTS (3) tries with full
 * jitter (retry.h), for network trouble, 500, 502, 503, 504 and throttling;
 * never for a quota (LimitExceededException and the like), never for what the
 * service refuses. A clock that is wrong by minutes is told from the service's
 * Date, said in note, corrected for, and the call repeated.
 *
 * Pace: calls of one class (below) from all processes on this host for one
 * account and region are kept apart by a time stamp in a locked file under
 * TS_RUNDIR, which may be deleted at any time. Until the account is known, all
 * of a region count as one.
 *
 * Errors: aws_error tells what the service said; err.code is EX_TEMPFAIL for
 * throttling and network, EX_NOPERM for credentials and permission, EX_CONFIG for
 * a missing region, EX_DATAERR for an answer that is no JSON, EX_UNAVAILABLE for
 * what is refused for good. Messages carry code and request id.
 */
#ifndef TS_OUTSIDE_AWS_H
#define TS_OUTSIDE_AWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/awscred.h"

#define AWS_ANSWER_MAX ((size_t)16 << 20) /* bytes of an answer */

struct awsendpoint;
struct http_response;
struct retry;
struct aws; /* one identity in one region, its connections kept */

struct aws_service {
	const char *name;     /* "wafv2": endpoint prefix and signing name */
	const char *target;   /* "AWSWAF_20190729": in front of the operation */
	const char *env;      /* "WAFV2": AWS_ENDPOINT_URL_WAFV2 */
	/* NULL-ended codes that mean a quota or a conflict, not throttling,
	 * whatever the common lists say. */
	const char *const *no_retry;
};

/* What is zero or NULL is as the environment, the profile or the SDKs have it. */
struct aws_opts {
	struct awscred_opts cred;
	const char *region; /* NULL: AWS_REGION, AWS_DEFAULT_REGION, profile */
	const char *region_else; /* where none of these says one; NULL: error */
	uint64_t total_s;   /* limit of a call with its retries; 0: 300 */
	uint64_t attempts;  /* 0: AWS_MAX_ATTEMPTS */
	const char *ca_file, *proxy; /* of calls, not of the way to credentials */
	uint64_t connect_s, idle_s;
};

/* A class of calls that share a rate: interval between two of them. */
struct aws_pace {
	const char *name;     /* part of a file's name: "wafv2-read" */
	unsigned interval_ms; /* 0: no pace */
	unsigned burst;	      /* calls that may come at once after a rest; 1.. */
};

struct aws_error {
	int status;	   /* of HTTP; 0 where there was no answer */
	char code[128];	   /* "WAFOptimisticLockException"; "" for none */
	char message[256]; /* what the service wrote */
	char request_id[64];
};

struct aws_stats {
	uint64_t calls, retries, throttled;
	int64_t paced_ms; /* time spent keeping the pace */
	uint64_t sent, received; /* bytes of bodies */
};

struct aws *aws_new(const struct aws_opts *o, struct err *e);
void aws_free(struct aws *a); /* accepts NULL */
const char *aws_region(const struct aws *a);
/* The account is that of an ARN, unless the ARN has none. It is "unknown" until
 * one is taken; the first is that of the role that is assumed, if one is. */
void aws_take_account(struct aws *a, const char *arn);
const char *aws_account(const struct aws *a);

/*
 * One operation. in is borrowed; *out is a new reference, or NULL on failure.
 * ae is filled on failure (code "" where the service did not answer).
 */
int aws_call(struct aws *a, const struct aws_service *s,
	     const struct aws_pace *pace, const char *operation,
	     const json_t *in, json_t **out, struct aws_error *ae,
	     struct err *e);
/* The same with a body that is JSON text already, sent as it is; the answer's
 * text is added to out when that is given, else parsed by the caller's choice. */
int aws_call_text(struct aws *a, const struct aws_service *s,
		  const struct aws_pace *pace, const char *operation,
		  const char *body, size_t n, struct buf *out,
		  struct aws_error *ae, struct err *e);

/*
 * One signed exchange of any kind, for services that do not speak JSON. It
 * repeats nothing; all is borrowed for its time.
 */
struct aws_request {
	const char *what; /* for errors, in front of the cause */
	const char *service, *region; /* of the signature */
	const struct awsendpoint *at;
	const char *method, *path; /* not encoded */
	const struct sigv4_pair *param, *header;
	size_t nparam, nheader;
	const void *body; /* NULL for none */
	size_t n;
	bool s3;	  /* signed as S3 wants it */
	int64_t limit_ms; /* that of getting credentials included */
	size_t max_body;  /* this and the rest: struct http_request */
	int (*head)(void *ctx, const struct http_response *r, struct err *e);
	int (*data)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
};

/* Fills r (http_response_free it in any case) or e. */
int aws_send(struct aws *a, const struct aws_request *q,
	     struct http_response *r, struct err *e);
/* After a refusal with that code: true where a wrong clock or keys that ran out
 * were mended, each once, so that the same request may be sent again at once. */
struct aws_mended {
	bool clock, keys;
};
bool aws_mend(struct aws *a, const struct http_response *r, const char *code,
	      struct aws_mended *m);
/* For a loop of tries: as many, and as long, as calls have. */
void aws_retry_begin(const struct aws *a, struct retry *r);
const struct awsprofile *aws_profile(const struct aws *a);
const char *aws_source(const struct aws *a); /* as awscred_source */

const struct aws_stats *aws_stats(const struct aws *a);
/* What was odd and mended (a wrong clock), for -v; "" for nothing. */
const char *aws_note(const struct aws *a);
/* Called before each try, for -vv: operation, try, and after it status and ms. */
void aws_set_trace(struct aws *a,
		   void (*trace)(void *ctx, const char *line), void *ctx);

#endif
