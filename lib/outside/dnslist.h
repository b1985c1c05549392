/*
 * Lists and settings published in DNS: the ways dns and dns+tls of ts-fetch,
 *
 *	dns://SERVER[:PORT]/NAME[?type=A,AAAA,APL,TXT][&continue=HOW]
 *
 * over TCP or TLS at once; dnsentry.h says what is written. Types not named: A
 * and AAAA. What does not fit one message is continued under other names:
 *
 *	ptr	each target of a PTR record at a name is a further name of the
 *		list (the default)
 *	number	NAME1, NAME2, … until one does not exist
 *	none	there are none
 *
 * A list is never empty: each name has to have a record of one of the types, or
 * lead to further names. An alias is followed within its answer.
 */
#ifndef TS_OUTSIDE_DNSLIST_H
#define TS_OUTSIDE_DNSLIST_H

#include "outside/fetch.h"

#define DNSLIST_NAMES_MAX 1024
#define DNSLIST_ALIASES_MAX 16

int dnslist_fetch(const struct fetch_req *req, const struct fetch_had *had,
		  struct out *body, struct fetch_got *got, struct err *e);

#endif
