#include "outside/dnsurl.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"

static const struct scheme {
	const char *text;
	enum dns_way way;
	bool tls;
} schemes[] = {
	{"axfr://", DNS_WAY_AXFR, false}, {"axfr+tls://", DNS_WAY_AXFR, true},
	{"ixfr://", DNS_WAY_IXFR, false}, {"ixfr+tls://", DNS_WAY_IXFR, true},
	{"dns://", DNS_WAY_LIST, false},  {"dns+tls://", DNS_WAY_LIST, true},
};

static int
bad(const char *why, struct err *e)
{
	return err_set(e, EX_USAGE, "malformed URL: %s", why);
}

static bool
is_port(const char *s, size_t n)
{
	unsigned v = 0;
	size_t i;

	for (i = 0; i < n && i < 6; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s[i] - '0');
	}
	return n > 0 && n < 6 && v > 0 && v <= 65535;
}

/* SERVER[:PORT] within s..end. */
static const char *
server(const char *s, const char *end, struct dnsurl *u)
{
	const bool bracket = *s == '[';
	const char *stop, *port;

	if (bracket)
		s++;
	stop = memchr(s, bracket ? ']' : ':', (size_t)(end - s));
	if (stop == NULL && bracket)
		return "no ']' closes the address";
	if (stop == NULL)
		stop = end;
	if (stop == s)
		return "no server";
	if ((size_t)(stop - s) >= sizeof(u->host))
		return "the server's name is too long";
	if (memchr(s, '@', (size_t)(end - s)) != NULL)
		return "a user name has no place here";
	memcpy(u->host, s, (size_t)(stop - s));
	port = stop + bracket;
	if (port == end) {
		memcpy(u->port, u->tls ? "853" : "53", u->tls ? 4 : 3);
		return NULL;
	}
	if (*port++ != ':' || !is_port(port, (size_t)(end - port)))
		return "the port is not 1..65535";
	memcpy(u->port, port, (size_t)(end - port));
	return NULL;
}

/* What is behind the scheme; NULL where it is none of these. */
static const char *
find_way(const char *url, struct dnsurl *u)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		const size_t n = strlen(schemes[i].text);

		if (strncasecmp(url, schemes[i].text, n) != 0)
			continue;
		u->way = schemes[i].way;
		u->tls = schemes[i].tls;
		return url + n;
	}
	return NULL;
}

/*
 * The name's text as a master file has it, RFC 4501 3: what %HH stands for is put
 * in its place, and escaped there where a master file wants that.
 */
static const char *
unfold_name(const char *s, const char *end, char *to, size_t *n)
{
	bool escaped = false; /* behind a backslash */
	int c;

	for (*n = 0; s < end; escaped = c == '\\' && !escaped) {
		if (*n + 5 > NAME_TEXT_MAX)
			return "the name is too long";
		c = (unsigned char)*s++;
		if (c == '%') {
			c = hex_octet(s);
			if (c < 0)
				return "a '%' in the name without two "
				       "hexadecimal digits";
			s += 2;
		}
		if (c > ' ' && c < 0x7f)
			to[(*n)++] = (char)c;
		else
			*n += (size_t)snprintf(to + *n, 5, "%s%03d",
					       escaped ? "" : "\\", c);
	}
	return NULL;
}

int
dnsurl_parse(const char *url, struct dnsurl *u, struct err *e)
{
	const char *s, *slash, *end, *why;
	char text[NAME_TEXT_MAX];
	enum name_result r;
	size_t n;

	*u = (struct dnsurl){.query = ""};
	s = find_way(url, u);
	if (s == NULL)
		return bad("not a way over DNS", e);
	slash = strchr(s, '/');
	if (slash == NULL || slash[1] == '\0' || slash[1] == '?')
		return bad("no name behind the server", e);
	why = server(s, slash, u);
	if (why != NULL)
		return bad(why, e);
	end = strchrnul(slash, '?');
	if (*end == '?')
		u->query = end + 1;
	if (*end == '?' && u->way != DNS_WAY_LIST)
		return bad("a transfer has no '?' part", e);
	why = unfold_name(slash + 1, end, text, &n);
	if (why != NULL)
		return bad(why, e);
	r = dname_parse(text, n, &u->name);
	if (r != NAME_OK)
		return bad(name_strerror(r), e);
	(void)dname_text(&u->name, u->text);
	return 0;
}
