/*
 * The bytes of a JSON text that make up one value, so that what came can be sent
 * on as it came: no number, escape, order or blank of it is written anew.
 *
 * The text must be well-formed JSON (a parser has accepted it); on any other
 * these functions end early, within its bounds.
 *
 *	size_t at = 0;
 *	while (jsonslice_member(object, &at, &key, &value))
 *		…
 */
#ifndef TS_VALUES_JSONSLICE_H
#define TS_VALUES_JSONSLICE_H

#include "values/stream.h"

/* The next member of an object: key without its quotes and as it is written,
 * value without blanks around it. *at begins with 0. */
bool jsonslice_member(struct span object, size_t *at, struct span *key,
		      struct span *value);
/* The next element of an array. */
bool jsonslice_item(struct span array, size_t *at, struct span *value);
/* The member of that key, which needs no escapes; false where there is none. */
bool jsonslice_find(struct span object, const char *key, struct span *value);
/* A string without escapes into dst; false for anything else, or too long. */
bool jsonslice_text(struct span value, char *dst, size_t size);

#endif
