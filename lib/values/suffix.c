#include "values/suffix.h"

#include <libpsl.h>
#include <string.h>

#include "values/name.h"

int
suffix_open(struct suffix_list *l, struct err *e)
{
	l->psl = psl_latest(NULL);
	if (l->psl == NULL)
		return err_set(e, EX_OSERR, "there is no public suffix list");
	return 0;
}

void
suffix_close(struct suffix_list *l)
{
	psl_free(l->psl);
	l->psl = NULL;
}

enum suffix
suffix_of(const struct suffix_list *l, const char *name, size_t n)
{
	if (name_is_wildcard(name, n)) {
		if (n == 1)
			return SUFFIX_ICANN;
		name += 2;
	}
	if (!psl_is_public_suffix(l->psl, name))
		return SUFFIX_NONE;
	return psl_is_public_suffix2(l->psl, name, PSL_TYPE_ICANN)
		       ? SUFFIX_ICANN : SUFFIX_PRIVATE;
}
