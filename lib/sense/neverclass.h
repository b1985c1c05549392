/*
 * Address blocks that belong to no one out there, by class: what --never-class
 * of ts-merge keeps out of block lists.
 *
 * Taken from the IANA IPv4 and IPv6 Special-Purpose Address Registries
 * (RFC 6890) as of 2024-10-22, the blocks that are not globally reachable, and
 * the multicast registries. Changes there are rare: NEVERCLASS_DATE says how old
 * the table is.
 */
#ifndef TS_SENSE_NEVERCLASS_H
#define TS_SENSE_NEVERCLASS_H

#include "values/policy.h"

#define NEVERCLASS_DATE "2024-10-22"
/* As they are written in messages and manual. */
#define NEVERCLASS_NAMES \
	"private, linklocal, loopback, multicast, documentation, reserved"

/* Calls put for each block of a class; 1 where there is no such class, -1 where
 * put says so. */
int neverclass_each(const char *name, size_t n,
		    int (*put)(void *ctx, const struct policy *rec,
			       struct err *e),
		    void *ctx, struct err *e);

#endif
