/*
 * The eight kernel sets of one prefix, and how they come to hold a policy:
 * PREFIXallowaddr PREFIXallownet PREFIXblockaddr PREFIXblocknet, for IPv6 the
 * same with 6 at the end. addr: single addresses, net: shorter prefixes.
 *
 *	ksets_init, ksets_read_policy, ksets_hold_back…, ksets_ready: what is
 *		wanted
 *	ksets_read: what is there; how the two differ; what is to be done
 *	ksets_plan or ksets_apply: say it, or do it
 *
 * Order of an apply. First every set gains: allow sets before block sets,
 * addresses before prefixes, in place or by filling "…new" and swapping it in.
 * Then every set loses: block sets before allow sets. A set that is swapped in
 * holds on, until then, to those of its old entries whose addresses a set that
 * comes later takes over. So what is blocked before and stays wanted is blocked
 * at every instant, and what is allowed before and stays wanted is allowed.
 */
#ifndef TS_OUTSIDE_KSETS_H
#define TS_OUTSIDE_KSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "outside/ksets_save.h"
#include "outside/nfset.h"
#include "sense/entries.h"
#include "values/policy.h"

#define KSETS 8
/* 31 that the kernel takes, without "blockaddr6". */
#define KSETS_PREFIX_MAX 21
/* Of an empty set; larger ones get powers of two that fit. */
#define KSETS_HASHSIZE_MIN 1024
#define KSETS_MAXELEM_MIN 65536

enum kset_todo {
	KSET_KEEP,    /* all is as wanted */
	KSET_CHANGE,  /* add and delete in place */
	KSET_REBUILD, /* fill a new set and swap */
	KSET_CREATE,  /* there is none yet */
};

/* Of an index in want: it is there, with another expiry; else it is missing. */
#define KSET_RETIME ((uint32_t)1 << 31)

/* The counters of a wanted entry that is there. */
struct kset_hit {
	uint32_t i; /* index in want */
	uint64_t packets, bytes;
};

struct kset {
	char name[NFSET_NAME_MAX + 1], temp[NFSET_NAME_MAX + 1];
	enum verdict verdict;
	struct nfset_shape shape;
	struct entries want;

	bool exists;
	struct nfset_info info;
	struct entries stale; /* there and not wanted */
	/* Wanted entries that are not there so, in order; those of a set that is
	 * not there either are only counted. */
	uint32_t *change;
	size_t nchange, change_cap, missing, retime;
	struct kset_hit *hits;
	size_t nhits, hits_cap;
	uint64_t packets, bytes; /* of all entries that are there */
	uint32_t lens[129]; /* entries that are there, by prefix length */

	enum kset_todo todo;
	const char *why; /* of KSET_REBUILD */
};

struct ksets {
	struct kset set[KSETS];
	int64_t now;
	uint64_t expired, other[KIND_COUNT]; /* records that were left out */
	uint64_t records;
	uint64_t held_back;
	struct entries_sum sum[2]; /* of what is wanted: IPv4, IPv6 */
};

/* prefix has been checked by ksets_prefix_check. */
void ksets_init(struct ksets *ks, const char *prefix, int64_t now);
void ksets_free(struct ksets *ks);
/* NULL, or what is wrong with a prefix. */
const char *ksets_prefix_check(const char *prefix);
/* The set for this verdict, family and type. */
struct kset *ksets_of(struct ksets *ks, enum verdict v, uint8_t family,
		      enum nfset_type t);

/*
 * The whole stream of that path ("-": standard input). EX_DATAERR for a /0.
 * Kinds that no address set can hold, and entries that have expired, are
 * counted and left out; what stays is given to k too.
 */
int ksets_read_policy(struct ksets *ks, const char *path, struct ksets_save *k,
		      struct err *e);
int ksets_sort(struct ksets *ks, struct err *e);
size_t ksets_wanted(const struct ksets *ks);
/* Takes the addresses of c out of what is to be blocked, exactly. Returns how
 * many entries had held some of them, or -1. */
int ksets_hold_back(struct ksets *ks, const struct cidr *c, struct err *e);

/* Fills ks->sum. */
void ksets_ready(struct ksets *ks);

/* Reads the headers; EX_CONFIG where a name of ours is another type's. */
int ksets_find(struct ksets *ks, struct nfset *ns, struct err *e);
/* The header of one and its entries, if it is there. */
int ksets_scan(struct kset *s, struct nfset *ns, nfset_seen *seen, void *arg,
	       struct err *e);
/* The same, and how the entries differ from those that are wanted. */
int ksets_match(struct kset *s, struct nfset *ns, struct err *e);
/* That for all, and decides what is to be done. */
int ksets_read(struct ksets *ks, struct nfset *ns, struct err *e);
bool ksets_differ(const struct ksets *ks);
/* EX_DATAERR where a family would lose more than pct of what is blocked. */
int ksets_check_shrink(struct ksets *ks, struct nfset *ns, double pct,
		       struct err *e);

/* A plan stream, ts-stream(5). */
void ksets_plan(const struct ksets *ks, struct out *o);
int ksets_apply(struct ksets *ks, struct nfset *ns, struct err *e);
/* Makes the sets that are missing, empty. */
int ksets_create(struct ksets *ks, struct nfset *ns, struct err *e);
/* Destroys all of them and their temporaries; none where a rule uses one. */
int ksets_destroy(struct ksets *ks, struct nfset *ns, struct err *e);

/* What is in force instead of a policy: everything there becomes wanted. */
int ksets_adopt(struct ksets *ks, struct nfset *ns, struct err *e);
/* It as a policy stream in canonical order, without sources. */
void ksets_export(struct ksets *ks, struct out *o);
/* Entries that packets have met, most first: packets bytes verdict value source
 * expires. Sources are looked up in the policy of that path, if any. */
int ksets_hits(struct ksets *ks, struct nfset *ns, const char *policy,
	       struct out *o, struct err *e);
/* What was applied, in the text format of Prometheus. */
void ksets_metrics(const struct ksets *ks, const char *prefix, uint64_t written,
		   struct out *o);

#endif
