/*
 * Queries and their answers on one connection: what every answer has to be
 * before anyone looks at its records. ID, QR, opcode, rcode and question are
 * checked, the message is well-formed to its last octet, and under a key it is
 * signed as tsig.h says.
 */
#ifndef TS_OUTSIDE_EXCHANGE_H
#define TS_OUTSIDE_EXCHANGE_H

#include "outside/dnsio.h"
#include "outside/tsig.h"

struct exchange {
	struct dnsio io;
	struct tsig tsig;
	const struct tsig_key *key; /* NULL: unsigned */
	struct dname name; /* of the last question */
	uint16_t type;
	uint16_t id;
	unsigned rcode;	   /* of the last message that passed the checks */
	bool closed;	   /* the server ended the connection unasked */
	uint64_t messages; /* of this answer */
};

/* key is borrowed. */
int exchange_open(struct exchange *x, const struct dnsurl *u,
		  const struct fetch_req *req, const struct tsig_key *key,
		  int64_t deadline, struct err *e);
void exchange_close(struct exchange *x); /* accepts a zeroed or closed one */

/* serial: of an IXFR, else NULL. */
int exchange_ask(struct exchange *x, const struct dname *name, uint16_t type,
		 const uint32_t *serial, struct err *e);
/*
 * The next message of the answer, borrowed until the next call, and where its
 * first answer record is; the records of that section can be read without fear.
 */
int exchange_next(struct exchange *x, struct dns_msg *m, size_t *at,
		  struct err *e);
/* After the last message. */
int exchange_end(struct exchange *x, struct err *e);

/* "server=… transport=… tsig=…" for a note. */
#define EXCHANGE_TEXT_MAX 256
void exchange_describe(const struct exchange *x, char text[EXCHANGE_TEXT_MAX]);

#endif
