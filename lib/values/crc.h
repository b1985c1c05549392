/*
 * The cyclic redundancy checks that S3 keeps with objects, by their reflected
 * polynomials, eight bytes a step.
 */
#ifndef TS_VALUES_CRC_H
#define TS_VALUES_CRC_H

#include <stddef.h>
#include <stdint.h>

#define CRC32_POLY UINT64_C(0xedb88320)		 /* ISO 3309, of gzip */
#define CRC32C_POLY UINT64_C(0x82f63b78)	 /* RFC 3720 appendix B.4 */
#define CRC64NVME_POLY UINT64_C(0x9a6c9329ac4bc9b5) /* NVM Command Set, PI */

struct crc {
	uint64_t table[8][256];
	uint64_t ones; /* as many as it has bits */
	uint64_t state;
};

/* bits: 32 or 64. */
void crc_begin(struct crc *c, uint64_t poly, int bits);
void crc_put(struct crc *c, const void *p, size_t n);
uint64_t crc_end(const struct crc *c);

#endif
