/*
 * The records of one zone transfer in their order, AXFR (RFC 5936 2.2) or IXFR
 * (RFC 1995 4): what may come when, and when it is over.
 *
 * A whole zone is written as it comes. A difference is collected, and applied to
 * the saved zone when its end has come.
 */
#ifndef TS_OUTSIDE_XFRSTREAM_H
#define TS_OUTSIDE_XFRSTREAM_H

#include "outside/exchange.h"
#include "outside/rrtext.h"
#include "outside/zonedelta.h"

enum xfr_state {
	XFR_OPENING,  /* nothing has come */
	XFR_SECOND,   /* the SOA has; IXFR alone: what is this going to be? */
	XFR_WHOLE,    /* records of a whole zone */
	XFR_REMOVING, /* records of a difference */
	XFR_ADDING,
	XFR_DONE,
};

struct xfrstream {
	const struct fetch_req *req;
	const struct fetch_had *had; /* NULL for AXFR */
	const struct dnsurl *url;
	struct exchange *x;
	struct out *body;
	size_t zone_n; /* length of url->text */
	struct rrtext rr;
	struct zonedelta delta;
	struct buf soa, old_soa; /* lines */
	enum xfr_state state;
	bool unchanged; /* the server has the saved serial */
	bool rollback;	/* refused because it has an older one */
	unsigned deltas;
	uint32_t serial; /* of the new zone */
	uint32_t at;	 /* in a difference: the serial reached so far */
	uint64_t records; /* of the zone */
	uint64_t seen;	  /* records of the transfer, for messages */
};

/* All is borrowed. had: the saved zone, to ask for the difference. */
int xfrstream_open(struct xfrstream *s, const struct fetch_req *req,
		   const struct fetch_had *had, const struct dnsurl *url,
		   struct exchange *x, struct out *body, struct err *e);
void xfrstream_close(struct xfrstream *s); /* accepts a zeroed one */

/* Asks, and takes the answer to its end; the body is whole, or the zone is
 * unchanged and the body empty. */
int xfrstream_run(struct xfrstream *s, struct err *e);

/* Serial arithmetic, RFC 1982: a comes after b. */
static inline bool
serial_after(uint32_t a, uint32_t b)
{
	return a != b && a - b < (uint32_t)1 << 31;
}
/* EX_DATAERR: the server has an older zone than the saved one. */
int xfr_rollback(const char *zone, uint32_t server, uint32_t saved,
		 struct err *e);
/* The five numbers at the end of a well-formed SOA. */
static inline uint32_t
soa_serial(const struct dns_msg *m, const struct dns_rr *rr)
{
	return get32(m->p + rr->data + rr->len - 20);
}

#endif
