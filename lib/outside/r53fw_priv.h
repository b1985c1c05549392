/* What the files of r53fw share. */
#ifndef TS_OUTSIDE_R53FW_PRIV_H
#define TS_OUTSIDE_R53FW_PRIV_H

#include "outside/r53fw.h"

#define R53_PAGE 100 /* lists, rules */

/* Takes the reference to in; out may be NULL. */
int r53_call(struct r53 *r, const char *operation, json_t *in, json_t **out,
	     struct err *e);
/* A member that is text, or ""; false where it does not fit. */
bool r53_text(const json_t *o, const char *key, char *dst, size_t size);
int r53_strange(const char *operation, const char *what, struct err *e);

/* What is listed page by page. */
struct r53_paged {
	const char *operation, *key;
	json_int_t page;
	int (*read)(const json_t *o, void *to, struct err *e);
};

/* Reads each element, into to; takes the reference to in. */
int r53_each(struct r53 *r, const struct r53_paged *p, json_t *in, void *to,
	     struct err *e);
/* Reads each into one of an array of such a size; takes the reference to in, the
 * caller frees *v. */
int r53_all(struct r53 *r, const struct r53_paged *p, json_t *in, size_t size,
	    void **v, size_t *n, struct err *e);

#endif
