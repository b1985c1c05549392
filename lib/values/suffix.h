/*
 * Public suffixes (publicsuffix.org): names under which a registry gives out
 * names. Blocking one blocks the domains of everybody there.
 *
 * The ICANN part is what registries do ("com", "co.uk"; a name of one label is
 * one in any case); the private part is what companies ask for ("github.io").
 * The list is libpsl's: the system's file where there is one, else the one that
 * is built into the library. A lookup in it costs a quarter of a microsecond;
 * with the file, a filter made from it answers for most names in a fortieth.
 */
#ifndef TS_VALUES_SUFFIX_H
#define TS_VALUES_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum suffix { SUFFIX_NONE, SUFFIX_PRIVATE, SUFFIX_ICANN };

struct suffix_list {
	void *psl;	  /* psl_ctx_t */
	uint64_t *filter; /* NULL: none */
};

/* EX_OSERR where there is no list. */
int suffix_open(struct suffix_list *l, struct err *e);
void suffix_close(struct suffix_list *l); /* accepts a zeroed one */
/* What the name is: canonical, NUL-ended text of n bytes; of a wildcard, the
 * name below which it is. "*" alone is SUFFIX_ICANN. */
enum suffix suffix_of(const struct suffix_list *l, const char *name, size_t n);

#endif
