/* What the two files of nfset share. */
#ifndef TS_OUTSIDE_NFSET_PRIV_H
#define TS_OUTSIDE_NFSET_PRIV_H

#include <libmnl/libmnl.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>

#include "outside/nfset.h"
#include "outside/nlattr.h"

/* A message's nested attribute must stay under 64 KiB. */
#define NFSET_BATCH ((size_t)64 * 1024)
/* Answers: the kernel fills up to 32 KiB, and quotes a failed batch whole. */
#define NFSET_RECV ((size_t)160 * 1024)
#define NFSET_HASH_FULL IPSET_ERR_TYPE_SPECIFIC

struct nfset {
	struct mnl_socket *sock;
	unsigned port;
	uint32_t seq;
	uint8_t revision[2][2]; /* by type and family, + 1; 0 not yet asked */
	uint64_t written;
	char name[NFSET_NAME_MAX + 1]; /* the set that is being written */
	uint8_t family;
	bool nets;
	struct nlattr *adt; /* the open batch's nest, or NULL */
	uint32_t line;	    /* entries in the open batch */
	uint8_t cmd;
	_Alignas(8) char out[NFSET_BATCH + 256];
	_Alignas(8) char in[NFSET_RECV];
};

/* A message in ns->out, with the protocol version and the set's name. */
struct nlmsghdr *nfset_message(struct nfset *ns, uint8_t cmd, uint16_t flags,
			       const char *name);
/* Sends it and reads what comes until it is acknowledged: 0, or the error
 * number of the kernel, IPSET_ERR_* included. */
int nfset_talk(struct nfset *ns, const struct nlmsghdr *h, mnl_cb_t cb,
	       void *arg);
/* A set's header out of the first message about it; else nothing. */
int nfset_on_header(const struct nlmsghdr *h, void *info);
/* Fills e for an error number; returns -1. */
int nfset_fail(struct err *e, int error, const char *what, const char *name);

#endif
