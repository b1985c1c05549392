/*
 * The kernel's address sets (ipset), over netlink: hash:ip for single
 * addresses, hash:net for prefixes. Needs CAP_NET_ADMIN in the network
 * namespace.
 *
 * Not by libipset: beside batches of 64 KiB, its session API takes 1.7 times the
 * CPU for adding a million entries, and 3.5 times for reading them, which it
 * hands out as text.
 *
 * Every set that is made here has counters and timeouts (0: for ever), so that
 * neither ever makes a rebuild necessary.
 *
 * Exit codes: no permission EX_NOPERM; the kernel has no ipset, or no such
 * type, EX_OSERR; a set of that name that is not what was asked for, or in use
 * by a rule, EX_CONFIG; full, busy or changed by somebody else meanwhile
 * EX_TEMPFAIL.
 */
#ifndef TS_OUTSIDE_NFSET_H
#define TS_OUTSIDE_NFSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "values/cidr.h"

#define NFSET_NAME_MAX 31
#define NFSET_TIMEOUT_MAX 2147483 /* seconds; the kernel's ceiling */

enum nfset_type { NFSET_IP, NFSET_NET };

struct nfset; /* a netlink socket and its buffers */

struct nfset_shape {
	enum nfset_type type;
	uint8_t family; /* enum cidr_family */
	uint32_t hashsize, maxelem;
};

struct nfset_info {
	struct nfset_shape shape;
	char typename[NFSET_NAME_MAX + 1];
	bool fits; /* type and family are those of an enum nfset_type */
	bool ours; /* and so is all else that was chosen when it was made */
	uint32_t entries, references, memory;
};

struct nfset_entry {
	struct cidr cidr;
	uint32_t timeout;	 /* seconds; 0 for ever */
	uint64_t packets, bytes; /* counted so far */
	bool nomatch;		 /* an exception; reading only */
};

const char *nfset_typename(enum nfset_type t);

struct nfset *nfset_open(struct err *e);
void nfset_close(struct nfset *ns); /* accepts NULL */

/* 1 and the set's header, 0 where there is no such set, -1. */
int nfset_info(struct nfset *ns, const char *name, struct nfset_info *info,
	       struct err *e);
int nfset_create(struct nfset *ns, const char *name,
		 const struct nfset_shape *shape, struct err *e);
/* A set that is not there is no error. */
int nfset_destroy(struct nfset *ns, const char *name, struct err *e);
int nfset_swap(struct nfset *ns, const char *a, const char *b, struct err *e);
/* to must not exist. */
int nfset_rename(struct nfset *ns, const char *from, const char *to,
		 struct err *e);

/*
 * As nfset_info, and all entries, in groups of up to NFSET_GROUP; the callback
 * returns -1 after filling its own err to end the reading. Of a set that does
 * not fit none is given. Entries that are added or deleted meanwhile may be
 * missed. The header comes with the entries, for the kernel counts what is in a
 * set to tell it, which takes a fifth of what reading takes.
 */
#define NFSET_GROUP 128
typedef int nfset_seen(void *arg, const struct nfset_entry *v, size_t n,
		       struct err *e);
int nfset_read(struct nfset *ns, const char *name, struct nfset_info *info,
	       nfset_seen *seen, void *arg, struct err *e);

/*
 * Writing, in batches: begin, any number of puts, end. Adding an entry that is
 * there sets its timeout and counters anew; deleting one that is not there is
 * no error. A failed put or end tells which entry it was; those before it have
 * been written.
 */
enum nfset_op { NFSET_ADD, NFSET_DEL };
void nfset_begin(struct nfset *ns, enum nfset_op op, const char *name,
		const struct nfset_shape *shape);
int nfset_put(struct nfset *ns, const struct nfset_entry *v, struct err *e);
int nfset_end(struct nfset *ns, struct err *e);
/* Entries and messages sent so far. */
uint64_t nfset_written(const struct nfset *ns);

#endif
