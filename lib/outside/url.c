#include "outside/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

/* One part as text; false where it is longer than its place. */
static bool
get(CURLU *h, CURLUPart part, unsigned flags, char *to, size_t size)
{
	char *p = NULL;
	bool fits = true;

	*to = '\0';
	if (curl_url_get(h, part, &p, flags) == CURLUE_OK)
		fits = (size_t)snprintf(to, size, "%s", p) < size;
	curl_free(p);
	return fits;
}

static bool
get_userinfo(CURLU *h, struct url *u)
{
	char user[URL_USERINFO_MAX + 1], password[URL_USERINFO_MAX + 1];
	char all[2 * URL_USERINFO_MAX + 2];

	u->userinfo[0] = '\0';
	if (!get(h, CURLUPART_USER, CURLU_URLDECODE, user, sizeof(user)) ||
	    !get(h, CURLUPART_PASSWORD, CURLU_URLDECODE, password,
		 sizeof(password)))
		return false;
	if (*user == '\0' && *password == '\0')
		return true;
	(void)snprintf(all, sizeof(all), "%s:%s", user, password);
	return (size_t)snprintf(u->userinfo, sizeof(u->userinfo), "%s", all) <
	       sizeof(u->userinfo);
}

/* Takes the handle apart; NULL or why it is no URL of ours. */
static const char *
take(CURLU *h, struct url *u)
{
	char scheme[16], port[8];

	if (!get(h, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)))
		return "its scheme is neither http nor https";
	u->https = strcasecmp(scheme, "https") == 0;
	if (!u->https && strcasecmp(scheme, "http") != 0)
		return "its scheme is neither http nor https";
	if (!get_userinfo(h, u))
		return "its user or password is malformed or too long";
	(void)curl_url_set(h, CURLUPART_USER, NULL, 0);
	(void)curl_url_set(h, CURLUPART_PASSWORD, NULL, 0);
	(void)curl_url_set(h, CURLUPART_FRAGMENT, NULL, 0);
	if (!get(h, CURLUPART_HOST, 0, u->host, sizeof(u->host)) ||
	    u->host[0] == '\0')
		return "it names no host";
	if (!get(h, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)))
		return "its port is malformed";
	u->port = (unsigned)strtoul(port, NULL, 10);
	if (!get(h, CURLUPART_URL, 0, u->text, sizeof(u->text)))
		return "it is too long";
	return NULL;
}

/* Sets text, relative to base unless that is NULL. */
static const char *
parse(struct url *u, const char *base, const char *text)
{
	CURLU *h = curl_url();
	const char *why;
	CURLUcode rc = CURLUE_OK;

	if (h == NULL)
		return "out of memory";
	if (base != NULL)
		rc = curl_url_set(h, CURLUPART_URL, base, 0);
	if (rc == CURLUE_OK)
		rc = curl_url_set(h, CURLUPART_URL, text, 0);
	why = rc == CURLUE_OK ? take(h, u) : curl_url_strerror(rc);
	curl_url_cleanup(h);
	return why;
}

int
url_parse(struct url *u, const char *text, struct err *e)
{
	const char *why = "it begins neither with http:// nor with https://";
	const char *host = strstr(text, "://");

	/* libcurl takes fewer slashes and more, and finds a password there that
	 * nobody else would hide. */
	if (host != NULL && host[3] != '/')
		why = parse(u, NULL, text);
	return why == NULL ? 0 : err_set(e, EX_USAGE, "malformed URL: %s", why);
}

int
url_follow(struct url *u, const struct url *from, const char *location,
	   struct err *e)
{
	const char *why = parse(u, from->text, location);

	u->userinfo[0] = '\0';
	return why == NULL ? 0
	       : err_set(e, EX_UNAVAILABLE, "redirect to a malformed URL: %s",
			 why);
}

int
url_set_host(struct url *u, const char *host, struct err *e)
{
	CURLU *h = curl_url();
	const char *why = NULL;
	char userinfo[URL_USERINFO_MAX + 1];

	if (h == NULL)
		return err_mem(e);
	memcpy(userinfo, u->userinfo, sizeof(userinfo));
	if (curl_url_set(h, CURLUPART_URL, u->text, 0) != CURLUE_OK ||
	    curl_url_set(h, CURLUPART_HOST, host, 0) != CURLUE_OK)
		why = "it is no name of a host";
	else
		why = take(h, u);
	memcpy(u->userinfo, userinfo, sizeof(userinfo));
	curl_url_cleanup(h);
	return why == NULL ? 0
	       : err_set(e, EX_USAGE, "malformed host '%s': %s", host, why);
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	       strcasecmp(a->host, b->host) == 0;
}
