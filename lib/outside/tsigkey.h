/*
 * A TSIG key (RFC 8945) and the file it is kept in: the form that tsig-keygen
 * writes and that dig -k, nsupdate -k and named.conf read,
 *
 *	key "NAME" { algorithm hmac-sha256; secret "BASE64"; };
 *
 * with exactly one key in it.
 */
#ifndef TS_OUTSIDE_TSIGKEY_H
#define TS_OUTSIDE_TSIGKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "outside/dnswire.h"

#define TSIG_FILE_MAX 4096
#define TSIG_SECRET_MAX 512

struct tsig_alg {
	const char *text;   /* as in a key file */
	const char *digest; /* as OpenSSL calls it */
	size_t size;	    /* of the MAC */
	struct dname name;  /* on the wire */
};

struct tsig_key {
	struct dname name;
	char text[DNS_TEXT_MAX]; /* of the name, without its final dot */
	struct tsig_alg alg;
	uint8_t secret[TSIG_SECRET_MAX];
	size_t n;
};

/* EX_CONFIG and the reason; hmac-md5 only where it is allowed. */
int tsig_key_read(const char *path, bool allow_md5, struct tsig_key *k,
		  struct err *e);
void tsig_key_wipe(struct tsig_key *k);

#endif
