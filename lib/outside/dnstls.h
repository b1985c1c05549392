/*
 * The TLS of a DNS connection (RFC 7858, 8310, 9103) on a socket that never
 * blocks: what it takes to trust the server, and one step at a time of
 * handshake, read and write. dnsio.h waits between the steps.
 *
 * Who the server is, is judged as fetch.h says: CA, name, pins.
 */
#ifndef TS_OUTSIDE_DNSTLS_H
#define TS_OUTSIDE_DNSTLS_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "outside/dnsurl.h"
#include "outside/fetch.h"

#define DNSTLS_PIN 32 /* bytes of a SHA-256 */

struct dnstls {
	SSL_CTX *ctx;
	SSL *ssl;
	uint8_t pin[FETCH_PINS_MAX][DNSTLS_PIN];
	size_t pins;
	char name[DNSURL_HOST_MAX]; /* what to ask for */
	bool check_chain, check_name, require_alpn;
	bool unclean;	  /* the stream ended without a close_notify */
	const char *peer; /* for messages, borrowed */
};

/* For all connections of one fetch: EX_CONFIG for a bad CA file, EX_USAGE for a
 * pin that is none. */
int dnstls_open(struct dnstls *t, const struct dnsurl *u,
		const struct fetch_req *req, struct err *e);
void dnstls_close(struct dnstls *t); /* accepts a zeroed or closed one */

/* One connection on fd, which stays the caller's. */
int dnstls_begin(struct dnstls *t, int fd, const char *peer, struct err *e);
void dnstls_end(struct dnstls *t, bool notify);

/* A step: bytes, or 1 for the handshake; 0 at the end of the stream; the socket
 * must become readable or writable first; or an error. */
enum { DNSTLS_ERROR = -1, DNSTLS_READ = -2, DNSTLS_WRITE = -3 };
ssize_t dnstls_handshake(struct dnstls *t, struct err *e);
ssize_t dnstls_recv(struct dnstls *t, void *p, size_t n, struct err *e);
ssize_t dnstls_send(struct dnstls *t, const void *p, size_t n, struct err *e);

/* Behind the handshake and before any byte is sent: name, pins and ALPN. */
int dnstls_trust(const struct dnstls *t, struct err *e);
/* "TLSv1.3", and whether "dot" was agreed upon. */
const char *dnstls_version(const struct dnstls *t);
bool dnstls_alpn(const struct dnstls *t);

#endif
