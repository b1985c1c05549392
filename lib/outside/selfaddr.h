/*
 * The addresses that this host must not be cut off from: its own, its default
 * gateways, its name servers, and the peer of the SSH connection by which
 * whoever runs this is logged in.
 */
#ifndef TS_OUTSIDE_SELFADDR_H
#define TS_OUTSIDE_SELFADDR_H

#include <stddef.h>

#include "base/err.h"
#include "values/cidr.h"

#define SELFADDR_MAX 4096

struct selfaddr {
	struct cidr cidr;
	const char *what; /* "own address" and the like; static */
};

struct selfaddrs {
	struct selfaddr *v;
	size_t n, cap;
};

int selfaddr_collect(struct selfaddrs *sa, struct err *e);
void selfaddr_free(struct selfaddrs *sa);

#endif
