/*
 * The text of a few elements of a small XML answer, by expat.
 *
 * Of each name the first element's own text is taken, wherever it stands; a
 * document type declaration is refused, so that no entity is ever defined.
 */
#ifndef TS_OUTSIDE_XMLTEXT_H
#define TS_OUTSIDE_XMLTEXT_H

#include <stddef.h>

#include "base/err.h"

struct xmltext {
	const char *name; /* of the element, without a namespace's prefix */
	char *value;	  /* its text, NUL-ended; "" where there is none */
	size_t size;	  /* bytes of value; longer text is EX_DATAERR */
};

/* The last of want has name NULL. */
int xmltext_read(const char *xml, size_t n, struct xmltext *want,
		 struct err *e);

#endif
