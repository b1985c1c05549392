/*
 * The other way of layers.h: lists of a DNS firewall as a policy of RPZ meaning
 * that decides every name as they do, in canonical order. A name that is let
 * through by a list is "passthru", whatever made it so.
 */
#ifndef TS_SENSE_LAYERSBACK_H
#define TS_SENSE_LAYERSBACK_H

#include <stdint.h>

#include "base/out.h"
#include "values/policy.h"

struct layersback {
	int64_t position; /* the smaller is asked first */
	enum response response;
	const char *target; /* of RESPONSE_REDIRECT */
	/* Names "x" or "*.x", each ended by a NUL: where they begin in text. */
	const char *text;
	const uint32_t *at;
	size_t n;
};

/* A whole stream to o. */
int layersback(const struct layersback *v, size_t n, struct out *o,
	       struct err *e);

#endif
