/*
 * Byte strings kept once each, known by small numbers in order of arrival.
 *
 * For what repeats from record to record: a source column, a decision. Pointers
 * that intern_get gives live until the next intern_add; they are aligned for
 * any struct of at most 8 byte members.
 */
#ifndef TS_SENSE_INTERN_H
#define TS_SENSE_INTERN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

#define INTERN_LEN_MAX 4096

struct intern_slot {
	uint32_t id; /* number + 1; 0 is free */
	uint32_t hash;
};

struct intern {
	unsigned char *bytes; /* of each: its length, then it, to 8 bytes */
	size_t nbytes, capbytes;
	uint64_t *at; /* by number: where in bytes */
	size_t n, cap;
	struct intern_slot *slots; /* open addressing */
	size_t nslots;	 /* a power of two */
};

/* A zeroed one is empty and needs no other start. */
void intern_free(struct intern *in);
/* The number of these n bytes (at most INTERN_LEN_MAX), old or new. */
int intern_add(struct intern *in, const void *p, size_t n, uint32_t *id,
	       struct err *e);

#define INTERN_HEAD sizeof(uint64_t)

static inline const void *
intern_get(const struct intern *in, uint32_t id, size_t *n)
{
	const unsigned char *const p = in->bytes + in->at[id];
	uint64_t len;

	memcpy(&len, p, sizeof(len));
	*n = (size_t)len;
	return p + INTERN_HEAD;
}

#endif
