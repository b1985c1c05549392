/* What the files of selfaddr share. */
#ifndef TS_OUTSIDE_SELFADDR_PRIV_H
#define TS_OUTSIDE_SELFADDR_PRIV_H

#include "outside/selfaddr.h"

/* Unless it is there already. */
int selfaddr_add(struct selfaddrs *sa, const struct cidr *c, const char *what,
		 struct err *e);
int selfaddr_gateways(struct selfaddrs *sa, struct err *e);

#endif
