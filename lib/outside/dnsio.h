/*
 * One connection that carries DNS messages, over TCP or TLS (RFC 7766, 7858).
 *
 * Time: everything ends at one absolute deadline. Before that, connecting may
 * take connect_s for each address, and whatever comes slower than
 * DNSIO_RATE_MIN on the average of idle_s is given up: a peer that sends a byte
 * a second is as bad as a silent one. All of these are EX_TEMPFAIL.
 */
#ifndef TS_OUTSIDE_DNSIO_H
#define TS_OUTSIDE_DNSIO_H

#include "outside/dnstls.h"

#define DNSIO_RATE_MIN 128 /* bytes a second */
#define DNSIO_PEER_MAX 64

struct dnsio {
	int fd;
	struct dnstls tls; /* tls.ssl is NULL on plain TCP */
	int64_t deadline, idle; /* ms */
	int64_t mark;	  /* the current window of idle ms began then */
	size_t since;	  /* bytes that came within it */
	bool given_up;	  /* for want of progress: not worth a further try */
	uint64_t bytes;	  /* received in all, framing included */
	uint8_t *buf;	  /* unread: buf[start..end) */
	size_t start, end;
	char peer[DNSIO_PEER_MAX]; /* "192.0.2.1:53" */
};

/* Tries each address of the server in turn. deadline is of clock_ms. */
int dnsio_open(struct dnsio *io, const struct dnsurl *u,
	       const struct fetch_req *req, int64_t deadline, struct err *e);
void dnsio_close(struct dnsio *io); /* accepts a zeroed or closed one */

/* One message, its length in front, in one write. */
int dnsio_send(struct dnsio *io, const uint8_t *msg, size_t n, struct err *e);
/*
 * The next message, borrowed until the next call: 1; 0 where the peer ended the
 * connection between two messages; -1 where it did so within one.
 */
int dnsio_recv(struct dnsio *io, const uint8_t **msg, size_t *n, struct err *e);

#endif
