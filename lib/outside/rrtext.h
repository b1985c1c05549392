/*
 * A resource record off the wire as one line of a master file (RFC 1035 5.1):
 *
 *	OWNER. TAB TTL TAB IN TAB TYPE TAB RDATA LF
 *
 * Names are absolute. The types that policy zones are made of are written here,
 * with all their names in lower case, so that one record is always one text; the
 * data of all others is written by ldns.
 */
#ifndef TS_OUTSIDE_RRTEXT_H
#define TS_OUTSIDE_RRTEXT_H

#include "base/err.h"
#include "outside/dnswire.h"

/* The longest text is that of an NSEC record of all types. */
#define RRTEXT_MAX ((size_t)1 << 20)

struct rrtext {
	char *p; /* the line, no NUL behind it; lives until the next one */
	size_t n;
	struct dns_labels owner;
	size_t owner_n; /* length of the owner's text */
};

int rrtext_open(struct rrtext *t, struct err *e);
void rrtext_close(struct rrtext *t); /* accepts a zeroed one */

/* False where the record is malformed. */
bool rrtext_make(struct rrtext *t, const struct dns_msg *m,
		 const struct dns_rr *rr);
/* Whether the owner is the zone (text with a final dot) or below it. */
bool rrtext_within(const struct rrtext *t, const struct dname *zone,
		   const char *text, size_t n);

#endif
