/*
 * The policy as --save keeps it: the address records that have not expired,
 * without what is held back. Who applies it later may not know yet what that
 * is: at boot a machine has no address.
 */
#ifndef TS_OUTSIDE_KSETS_SAVE_H
#define TS_OUTSIDE_KSETS_SAVE_H

#include "base/out.h"
#include "outside/selfaddr.h"
#include "sense/entries.h"
#include "values/policy.h"

struct ksets_save {
	struct out *out; /* NULL: nothing is kept */
	struct entries apart[2]; /* what is held back, by family; none twice */
	bool kept; /* the record that was read last is one of them */
	bool block;
	struct policy_form form;
	uint64_t records;
};

/* o may be NULL. */
int ksets_save_begin(struct ksets_save *k, struct out *o,
		     const struct selfaddrs *held, struct err *e);
/* The record whose address, and those of records that are the same, come. */
void ksets_save_record(struct ksets_save *k, const struct policy *rec,
		       bool same, int64_t now);
void ksets_save_put(struct ksets_save *k, const struct cidr *c);
/* Writes the end, unless it failed. */
void ksets_save_end(struct ksets_save *k, bool failed);

#endif
