/*
 * TSIG on one exchange of messages (RFC 8945): the query is signed, and every
 * message of the answer is taken in its order.
 *
 * The MAC runs over each signed message and over the gap of unsigned ones before
 * it (5.3.1: at most 99, and neither the first nor the last of an answer).
 * Nothing of an answer is to be believed before tsig_end has returned 0.
 */
#ifndef TS_OUTSIDE_TSIG_H
#define TS_OUTSIDE_TSIG_H

#include <openssl/evp.h>

#include "outside/tsigkey.h"

#define TSIG_FUDGE 300 /* seconds that the clocks may differ: RFC 8945 10 */
#define TSIG_GAP_MAX 99

struct tsig {
	const struct tsig_key *key; /* borrowed */
	EVP_MAC_CTX *mac; /* has digested all since the last signature */
	const char *peer; /* for messages, borrowed */
	uint64_t messages;
	unsigned gap; /* unsigned messages since the last signature */
};

int tsig_open(struct tsig *t, const struct tsig_key *key, const char *peer,
	      struct err *e);
void tsig_close(struct tsig *t); /* accepts a zeroed or closed one */

/* Appends the signature to the query of *n octets, DNS_QUERY_MAX being there. */
int tsig_sign(struct tsig *t, uint8_t *msg, size_t *n, uint64_t now,
	      struct err *e);
/*
 * Takes the next message of the answer, whose TSIG record is at the offset, 0
 * where it has none. Key and signature refused by either side, and clocks too
 * far apart: EX_NOPERM; what a sound server does not send: EX_DATAERR.
 */
int tsig_take(struct tsig *t, const struct dns_msg *m, size_t tsig_at,
	      uint64_t now, struct err *e);
/* The answer is over: was its last message signed? */
int tsig_end(const struct tsig *t, struct err *e);

#endif
