/*
 * A whole zone by AXFR (RFC 5936) or by IXFR from the saved one (RFC 1995), over
 * TCP or TLS (RFC 9103): the ways axfr, ixfr, axfr+tls and ixfr+tls of ts-fetch.
 *
 * The body is the zone as lines of a master file (rrtext.h) in the order of the
 * server, its SOA first and once. It counts only when this returns 0: then the
 * closing SOA has come, equal to the first, with nothing behind it, and under a
 * key every message is covered by a signature. A record outside of the zone or
 * of another class than IN is refused with the whole transfer.
 */
#ifndef TS_OUTSIDE_XFR_H
#define TS_OUTSIDE_XFR_H

#include "outside/fetch.h"

int xfr_fetch(const struct fetch_req *req, const struct fetch_had *had,
	      struct out *body, struct fetch_got *got, struct err *e);

#endif
