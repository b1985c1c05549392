/*
 * One record of a policy stream, ts-stream(5):
 * verdict kind value response source expires weight, parted by TABs.
 *
 * Spans are borrowed from the line (reading) or the caller (writing). What
 * policy_parse accepts is canonical: the value is exactly the text that
 * policy_put would write, so equal values are equal bytes.
 */
#ifndef TS_VALUES_POLICY_H
#define TS_VALUES_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "values/cidr.h"
#include "values/name.h"
#include "values/stream.h"

enum verdict { VERDICT_BLOCK, VERDICT_ALLOW };

enum kind {
	KIND_IP4, KIND_IP6, KIND_NAME,
	/* RPZ triggers that some targets cannot hold */
	KIND_CLIENT4, KIND_CLIENT6, KIND_NSIP4, KIND_NSIP6, KIND_NSNAME,
	KIND_COUNT
};

enum response {
	RESPONSE_NONE, /* "-", for addresses */
	RESPONSE_NXDOMAIN, RESPONSE_NODATA, RESPONSE_DROP, RESPONSE_TCP_ONLY,
	RESPONSE_REDIRECT, /* "redirect=FQDN" or "redirect=*.FQDN" */
	RESPONSE_DATA,
	RESPONSE_PASSTHRU, /* with VERDICT_ALLOW only */
	RESPONSE_COUNT
};

#define POLICY_NO_EXPIRY INT64_MAX /* "-"; sorts behind every time */
#define POLICY_EXPIRES_MAX INT64_C(253402300799) /* the end of year 9999 */
#define POLICY_WEIGHT_MAX 65535
#define POLICY_SOURCE_MAX 1024	    /* bytes of the source column */
#define POLICY_SOURCE_TOKEN_MAX 64  /* bytes of one source's token */

struct policy {
	enum verdict verdict;
	enum kind kind;
	struct cidr cidr; /* address kinds */
	struct span name; /* name kinds: canonical text, '*.' included */
	enum response response;
	struct span target; /* of RESPONSE_REDIRECT: canonical name */
	struct span source; /* tokens joined by commas; "-" absent */
	int64_t expires;    /* seconds since 1970, or POLICY_NO_EXPIRY */
	uint16_t weight;    /* 1.. */
};

/* The stream's header: how its names are meant. */
enum names_meaning {
	NAMES_RPZ,  /* RFC 4592: a name opens a hole in a wildcard above it */
	NAMES_LIST, /* publisher's list: never a hole in a listed subtree */
};
#define POLICY_NAMES_RPZ "names=rpz"
#define POLICY_NAMES_LIST "names=list"

static inline bool
kind_is_name(enum kind k)
{
	return k == KIND_NAME || k == KIND_NSNAME;
}

static inline uint8_t
kind_family(enum kind k)
{
	return k == KIND_IP6 || k == KIND_CLIENT6 || k == KIND_NSIP6 ? CIDR_V6
								      : CIDR_V4;
}

const char *verdict_text(enum verdict v);
const char *kind_text(enum kind k);
/* RESPONSE_REDIRECT gives "redirect", without its target. */
const char *response_text(enum response r);

/* A token that may stand in the source column: 1..64 of [A-Za-z0-9._:+@/-],
 * not "-" alone. */
bool source_token_ok(const char *s, size_t n);

/* Reads one record: NULL when all is well, else what is wrong with it, as the
 * end of a message. */
const char *policy_parse(const char *p, size_t n, struct policy *rec);
void policy_put(struct out *o, const struct policy *rec);

/* All of a record but its value, ready to be written around many. */
struct policy_form {
	size_t nhead, ntail;
	char head[32], tail[POLICY_SOURCE_MAX + NAME_TEXT_MAX + 64];
};

void policy_form_set(struct policy_form *f, const struct policy *rec);
/* The record of this form for an address. */
void policy_form_put(struct out *o, const struct policy_form *f,
		     const struct cidr *c);
void policy_form_put_name(struct out *o, const struct policy_form *f,
			  struct span name);

/* A stream of them. */
struct policy_reader {
	struct stream s;
	enum names_meaning names;
	/* The columns before and behind the value of the last record that was
	 * read in full, with its LF: a line that repeats them is read at
	 * speed. */
	char head[32], tail[POLICY_SOURCE_MAX + 512];
	size_t nhead, ntail;
	struct policy last;
	bool same;
};

int policy_open(struct policy_reader *r, const char *path, struct err *e);
/* A policy stream, or a set stream as the policy that its sets hold together. */
int policy_open_sets(struct policy_reader *r, const char *path, struct err *e);
/* As policy_open where the input begins with "#ts-", else bare records;
 * r->s.raw tells which it was. */
int policy_open_any(struct policy_reader *r, const char *path, struct err *e);
/* rec is borrowed until the next call; r->same tells whether everything but
 * name and cidr is what the record before had. */
enum stream_result policy_next(struct policy_reader *r, struct policy *rec,
			       struct err *e);
/*
 * Up to max of the records that follow, as long as they repeat all of the last
 * one but its value, which is of kind ip4: address << 32 | length. 0 means
 * nothing but that policy_next is to be asked.
 */
size_t policy_run4(struct policy_reader *r, uint64_t *v, size_t max);
/* The same of kind ip6. */
size_t policy_run6(struct policy_reader *r, struct cidr *c, size_t max);
void policy_close(struct policy_reader *r);

#endif
