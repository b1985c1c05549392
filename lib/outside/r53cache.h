/*
 * What was in a domain list when it was last seen, in a file of a directory: so
 * that the list need not be read while AWS says the same time of modification
 * and number of names. A file may be deleted at any time; one that is damaged is
 * taken for none.
 */
#ifndef TS_OUTSIDE_R53CACHE_H
#define TS_OUTSIDE_R53CACHE_H

#include "outside/r53fw.h"

/* True where the file is of that list as it is: names is filled then. */
bool r53cache_load(const char *dir, const struct r53_list *l,
		   struct r53names *names);
int r53cache_save(const char *dir, const struct r53_list *l,
		  const struct r53names *names, struct err *e);
void r53cache_drop(const char *dir, const struct r53_list *l);

#endif
