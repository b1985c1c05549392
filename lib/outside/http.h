/*
 * HTTP/1.1 by libcurl, and all that ts-tools need of it: one exchange at a time
 * over connections that are kept, within limits that are always set.
 *
 * An exchange is one request and its answer, of whatever status. It follows no
 * redirect and repeats nothing: what may be followed or repeated, and with
 * which credentials, its caller knows. Only http and https are spoken, TLS from
 * 1.2 up; an answer that ends before its length says so is an error. Proxies
 * are those of the environment unless given.
 *
 * Errors: EX_TEMPFAIL for the network, a limit of time, an answer cut off;
 * EX_NOPERM where the server is not who it should be, or the proxy wants a
 * password; EX_DATAERR for what is no HTTP, or over a ceiling; EX_CONFIG for a
 * CA file that cannot be read.
 */
#ifndef TS_OUTSIDE_HTTP_H
#define TS_OUTSIDE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define HTTP_HEAD_MAX ((size_t)64 * 1024) /* all headers of an exchange */
#define HTTP_IDLE_RATE 128 /* bytes a second: less is no progress */

struct http; /* a handle: its connections, and who is trusted */

/* All borrowed for the life of the handle, but for the list of pins. */
struct http_opts {
	const char *ca_file;	/* NULL: the system's */
	const char *const *pin; /* SPKI SHA-256 in base64, NULL-ended; or NULL */
	const char *proxy;	/* NULL: the environment; "": none */
	bool no_ca;		/* no check against a CA: pins alone */
	bool no_name;		/* no check of the certificate's name */
	uint64_t connect_s;
	uint64_t idle_s; /* limit under HTTP_IDLE_RATE */
};

struct http_response;

/* All borrowed for the exchange. */
struct http_request {
	const char *what; /* for errors, in front of the cause:
			   * "cannot fetch 'https://…'" */
	const char *method;
	const char *url;		/* without userinfo; sent as it is */
	const char *connect_host;	/* where to connect, if not URL's */
	const char *const *header;	/* "Name: value", NULL-ended; or NULL */
	const void *body;		/* of body_n bytes; NULL for none */
	size_t body_n;
	int64_t limit_ms; /* of the exchange; over 0 */
	size_t max_body;  /* ceiling of response.body */
	/*
	 * Called once the headers are there: 0 leaves the body to
	 * response.body, 1 asks for it by data, -1 ends the exchange with e.
	 * NULL is as 0.
	 */
	int (*head)(void *ctx, const struct http_response *r, struct err *e);
	int (*data)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
};

struct http_response {
	int status;
	struct buf head; /* header lines, each ended by NUL */
	struct buf body; /* of an error it may be only the beginning */
	bool sized;	 /* the end of the body is marked: length or chunks */
	uint64_t retry_after_s; /* 0 where not asked for */
};

/* EX_CONFIG for a CA file that is not there. */
struct http *http_new(const struct http_opts *o, struct err *e);
void http_free(struct http *h); /* accepts NULL */

/* Fills r (http_response_free it in any case) or e. */
int http_exchange(struct http *h, const struct http_request *q,
		  struct http_response *r, struct err *e);
/* The first header of that name, borrowed from r; NULL if absent. */
const char *http_header(const struct http_response *r, const char *name);
void http_response_free(struct http_response *r);

/* An answer that is no success as an error: 401, 403 and 407 EX_NOPERM; 408, 429
 * and 5xx (but for 501 and 505) EX_TEMPFAIL; the rest EX_UNAVAILABLE. */
int http_refused(const char *what, const struct http_response *r,
		 struct err *e);

#endif
