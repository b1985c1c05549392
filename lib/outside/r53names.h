/*
 * The names of a domain list: a set of short texts, sorted by bytes.
 *
 * Names are in lower case and without a final dot, however they were given.
 * They are added in any order; r53names_sort makes a set of them, and only then
 * may they be asked for or compared. Texts live as long as the set does and is
 * not added to.
 */
#ifndef TS_OUTSIDE_R53NAMES_H
#define TS_OUTSIDE_R53NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define R53_NAMES_MAX ((size_t)4 << 20) /* of one list */
#define R53_DOMAIN_MAX 255		/* characters that the service takes */

struct r53names {
	struct buf text; /* each with a NUL behind it */
	uint32_t *at;	 /* where in text they begin */
	size_t n, cap;
};

void r53names_init(struct r53names *s);
void r53names_free(struct r53names *s);
/* EX_DATAERR for an empty name, one over 255 characters, or one too many. */
int r53names_add(struct r53names *s, const char *p, size_t n, struct err *e);
void r53names_sort(struct r53names *s); /* and each once */

static inline const char *
r53names_get(const struct r53names *s, size_t i)
{
	return s->text.p + s->at[i];
}

/* A part of a set, or what two of them do not share. */
struct r53some {
	const char **v;
	size_t n;
};

void r53some_free(struct r53some *s);

/* What a has and b has not; the texts are a's. r53some_free. */
int r53names_minus(const struct r53names *a, const struct r53names *b,
		   struct r53some *out, struct err *e);
/* Whether b has all that a has. */
bool r53names_within(const struct r53names *a, const struct r53names *b);

#endif
