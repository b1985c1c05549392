/*
 * How much of an address space a list covers, counted while the list streams
 * by, in constant memory.
 *
 * Exact for prefixes up to /24 (IPv6 too), however they repeat and overlap; a
 * narrower one is counted each time it comes and so errs on the safe side: by
 * the size of what is narrow, which in ten million single IPv4 addresses is a
 * quarter of a per cent.
 */
#ifndef TS_VALUES_COVER_H
#define TS_VALUES_COVER_H

#include <stdint.h>

#include "base/err.h"
#include "values/cidr.h"

#define COVER_LEN 24 /* the longest prefix that is counted exactly */

struct cover {
	struct cover_map *map; /* of the /24 */
	uint64_t narrow[129];  /* number of longer prefixes, by length */
};

int cover_init(struct cover *c, struct err *e);
void cover_free(struct cover *c); /* accepts a zeroed one */
void cover_add(struct cover *c, const struct cidr *p);
/* Covered part of the unicast space, in per cent: 0.0.0.0 to 223.255.255.255,
 * or 2000::/3. What is narrow or no unicast never makes it more than 100. */
double cover_percent(const struct cover *c, uint8_t family);

#endif
