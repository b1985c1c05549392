/*
 * From decided ranges of addresses, in ascending order, to the fewest records.
 *
 * Every address keeps its action, and its expiry as the longest of the records
 * that cover it. Under that condition their number is the least there can be
 * (a record may lie within a wider one only if it lasts longer), and each is
 * the smallest prefix around the addresses that it alone speaks for. Records
 * come out in canonical order.
 */
#ifndef TS_SENSE_ADDRCOVER_H
#define TS_SENSE_ADDRCOVER_H

#include "sense/claim.h"
#include "sense/prefix.h"

typedef int addrcover_put(void *ctx, const struct prefix *p, uint32_t ruling,
			  struct err *e);

struct addrcover_entry {
	addr128 addr;
	uint32_t ruling; /* RULING_NONE: gone */
	uint8_t len;
};

/* A prefix all of whose addresses have one action, and the entries of it. */
struct addrcover_node {
	addr128 addr;
	int64_t expires; /* the least within; open is the entry that has it */
	size_t start, open;
	uint32_t action;
	uint8_t len;
};

struct addrcover {
	struct claims *cs;
	addrcover_put *put;
	void *ctx;
	struct addrcover_entry *entry; /* of all nodes, in canonical order */
	size_t n, cap;
	struct addrcover_node node[130]; /* each within the sibling of the one
					  * before */
	size_t nodes;
	uint32_t known;	   /* the ruling whose fields are at hand: */
	uint32_t action;
	int64_t expires;
	addr128 first, last; /* the range that may still grow */
	uint32_t ruling;     /* its ruling, or RULING_NONE: there is none */
};

void addrcover_init(struct addrcover *c, struct claims *cs, addrcover_put *put,
		    void *ctx);
void addrcover_free(struct addrcover *c);
int addrcover_add(struct addrcover *c, addr128 first, addr128 last,
		  uint32_t ruling, struct err *e);
int addrcover_finish(struct addrcover *c, struct err *e);

#endif
