/*
 * Prefixes with a rule each, for the longest that holds an address.
 *
 * A rule is a number whose meaning is the caller's; of two for one prefix an
 * odd one goes before an even one, else the one that came first. 32 bytes each.
 */
#ifndef TS_SENSE_CIDRTAB_H
#define TS_SENSE_CIDRTAB_H

#include "base/err.h"
#include "values/cidr.h"

#define CIDRTAB_NONE UINT32_MAX
#define CIDRTAB_MAX ((size_t)1 << 30)

struct cidr_rule {
	struct cidr cidr;
	uint32_t rule;
	uint32_t up; /* the next wider one around it, or CIDRTAB_NONE */
};

struct cidrtab {
	struct cidr_rule *v;
	size_t n, cap;
};

/* A zeroed one is empty. */
void cidrtab_free(struct cidrtab *t);
int cidrtab_add(struct cidrtab *t, const struct cidr *c, uint32_t rule,
		struct err *e);
/* Once, after the last was added and before the first is looked for. */
void cidrtab_finish(struct cidrtab *t);
/* The longest that holds all of c, or NULL. */
const struct cidr_rule *cidrtab_find(const struct cidrtab *t,
				     const struct cidr *c);
/* True where a longer one inside c has another rule's parity than the given. */
bool cidrtab_differs(const struct cidrtab *t, const struct cidr *c,
		     const struct cidr_rule *found);

#endif
