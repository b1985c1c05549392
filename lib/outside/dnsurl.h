/*
 * The URLs of policy over DNS: WAY://SERVER[:PORT]/NAME[?KEY=VALUE&…], where
 * WAY is axfr, ixfr or dns, each also with "+tls". SERVER is a host name, an
 * IPv4 address, or an IPv6 address in brackets. NAME is a domain name as in a
 * master file, its final dot optional; %HH in it stands for a byte. The ports
 * are 53 and, with TLS, 853.
 */
#ifndef TS_OUTSIDE_DNSURL_H
#define TS_OUTSIDE_DNSURL_H

#include <stdbool.h>

#include "base/err.h"
#include "outside/dnswire.h"

#define DNSURL_HOST_MAX 254

enum dns_way { DNS_WAY_AXFR, DNS_WAY_IXFR, DNS_WAY_LIST };

struct dnsurl {
	enum dns_way way;
	bool tls;
	char host[DNSURL_HOST_MAX]; /* without brackets */
	char port[6];
	struct dname name;
	char text[DNS_TEXT_MAX]; /* of name, with its final dot */
	const char *query; /* behind the '?'; "" for none; borrowed */
};

/* EX_USAGE and the reason, which does not show the URL. */
int dnsurl_parse(const char *url, struct dnsurl *u, struct err *e);

#endif
