/*
 * The ways http: and https: of ts-fetch (fetch.h), on http.h.
 *
 * Conditional by what the state has. gzip is asked for and decoded here, to the
 * ceiling and to its own end. A transfer that breaks is taken up where it
 * ended, when the answer had a strong entity tag and no coding (RFC 9110 14.2,
 * 13.1.5); else it begins anew. Redirects: at most HTTPFETCH_REDIRECTS, never
 * from https to http. Credentials come from the URL, or from req->key_file: one
 * line, "USER:PASSWORD" or a whole header "Name: value". They are sent to the
 * origin of the URL alone.
 */
#ifndef TS_OUTSIDE_HTTPFETCH_H
#define TS_OUTSIDE_HTTPFETCH_H

#include "outside/fetch.h"

#define HTTPFETCH_REDIRECTS 10

int http_fetch(const struct fetch_req *req, const struct fetch_had *had,
	       struct out *body, struct fetch_got *got, struct err *e);

#endif
