/*
 * DNS messages as they come off the wire (RFC 1035 4): headers, names, resource
 * records and the few queries that ts-fetch asks. Nothing here trusts a byte:
 * every function tells a malformed message by returning false or NULL.
 *
 * A message is borrowed. Offsets count from its first octet. A compression
 * pointer must point before the name (or the part of it) that it ends, so a name
 * is read in at most NAME_WIRE_MAX steps and loops cannot be written.
 */
#ifndef TS_OUTSIDE_DNSWIRE_H
#define TS_OUTSIDE_DNSWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "values/name.h"

#define DNS_MSG_MAX 65535
#define DNS_HEADER 12
#define DNS_CLASS_IN 1
#define DNS_CLASS_ANY 255

#define DNS_QR 0x8000
#define DNS_OPCODE 0x7800
#define DNS_AA 0x0400
#define DNS_TC 0x0200
#define DNS_RD 0x0100
#define DNS_RCODE 0x000f

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_DNAME = 39,
	DNS_OPT = 41,
	DNS_APL = 42,
	DNS_TSIG = 250,
	DNS_IXFR = 251,
	DNS_AXFR = 252,
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_NOTAUTH = 9,
};

/* "NXDOMAIN"; "RCODE 11" is said as "an unknown rcode". */
const char *dns_rcode_text(unsigned rcode);

/* A name in uncompressed lower-case wire form, its root included. */
struct dname {
	uint8_t w[NAME_WIRE_MAX];
	uint8_t n;
};

/* From text in any case, with or without a final dot; "." is the root. */
enum name_result dname_parse(const char *s, size_t n, struct dname *d);
bool dname_equal(const struct dname *a, const struct dname *b);

struct dns_msg {
	const uint8_t *p;
	size_t n;
	uint16_t id, flags;
	uint16_t questions, answers, authorities, additionals;
};

struct dns_rr {
	size_t owner; /* offset of its name */
	uint16_t type, class;
	uint32_t ttl;
	size_t data, len; /* RDATA: within the message */
};

/* False where there is no whole header. */
bool dns_msg_open(struct dns_msg *m, const void *p, size_t n);
/* Each reads at *at and moves it behind what was read. */
bool dns_name_skip(const struct dns_msg *m, size_t *at);
bool dns_name_read(const struct dns_msg *m, size_t *at, struct dname *d);
bool dns_rr_read(const struct dns_msg *m, size_t *at, struct dns_rr *rr);

/*
 * The name at the offset as master-file text with its final dot, in lower case,
 * what RFC 1035 5.1 gives a meaning escaped: written at d (DNS_TEXT_MAX), the
 * end returned, no NUL. labels may be NULL.
 */
#define DNS_TEXT_MAX 1024
struct dns_labels {
	unsigned n;
	uint16_t at[NAME_LABELS_MAX + 1]; /* where in the text each begins */
};
char *dns_name_text(const struct dns_msg *m, size_t at, char *d,
		    struct dns_labels *labels);
/* The same of an uncompressed name. */
size_t dname_text(const struct dname *d, char *text /* DNS_TEXT_MAX */);

/* In network byte order. */
static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t
get48(const uint8_t *p)
{
	return (uint64_t)get16(p) << 32 | get32(p + 2);
}

static inline uint8_t *
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static inline uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static inline uint8_t *
put48(uint8_t *p, uint64_t v)
{
	return put32(put16(p, (unsigned)(v >> 32)), (uint32_t)v);
}

/*
 * Writes a query to p (DNS_QUERY_MAX) and returns its length. serial, for IXFR
 * alone, goes into the authority section (RFC 1995 3).
 */
#define DNS_QUERY_MAX 1024 /* room for a TSIG record included */
size_t dns_query(uint8_t *p, uint16_t id, unsigned flags,
		 const struct dname *name, uint16_t type,
		 const uint32_t *serial);

#endif
