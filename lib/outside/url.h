/*
 * HTTP URLs by libcurl's parser, so that what is judged here is what is
 * connected to there.
 */
#ifndef TS_OUTSIDE_URL_H
#define TS_OUTSIDE_URL_H

#include <stdbool.h>

#include "base/err.h"

#define URL_MAX 8192
#define URL_HOST_MAX 255
#define URL_USERINFO_MAX 1023

struct url {
	char text[URL_MAX + 1];	     /* normal form, without userinfo and
				      * fragment */
	char host[URL_HOST_MAX + 1]; /* IPv6 in brackets */
	unsigned port;
	bool https;
	char userinfo[URL_USERINFO_MAX + 1]; /* "user:password", decoded; "" */
};

/* http and https only. EX_USAGE, in words that do not repeat the URL. */
int url_parse(struct url *u, const char *text, struct err *e);
/* A Location header, which may be relative; EX_UNAVAILABLE. Userinfo in it is
 * left out. */
int url_follow(struct url *u, const struct url *from, const char *location,
	       struct err *e);
/* The same URL at another host. */
int url_set_host(struct url *u, const char *host, struct err *e);
/* Scheme, host and port (RFC 6454): where credentials may go. */
bool url_same_origin(const struct url *a, const struct url *b);

#endif
