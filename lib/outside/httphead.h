/* What headers of an HTTP answer say, for those who keep or resume a body. */
#ifndef TS_OUTSIDE_HTTPHEAD_H
#define TS_OUTSIDE_HTTPHEAD_H

#include "outside/fetch.h"
#include "outside/http.h"

/* A validator that can be kept and sent again, or "". */
void http_validator(const struct http_response *r, const char *name,
		    char to[FETCH_VALIDATOR_MAX]);
/* "bytes 5-9/10" (RFC 9110 14.4) up to the end of the whole; else false. */
bool http_rest(const struct http_response *r, uint64_t *first,
	       uint64_t *whole);
/* Content-Length; false where there is none, or chunks take its place. */
bool http_length(const struct http_response *r, uint64_t *n);

#endif
