/*
 * What the records that cover an address say together: the decision, and for
 * how long, and who reports it.
 *
 * A claim is a record without its address. Claims have precedence: those of
 * earlier inputs first; within one input those of longer prefixes first; of one
 * prefix within one input, "allow" first, then responses in their order. The
 * first one decides.
 *
 * Each input whose first claim agrees with the decision reports it, with the
 * sources and weight of that claim. Claims of one input, prefix and action are
 * one, joined. A claim within a wider one of the same input and action that
 * lasts at least as long adds its sources to that and is no claim of its own.
 *
 * The decision lasts until the policy would decide otherwise if it were asked
 * again: going down the claims, each of the same action extends it; the first
 * other one that is still alive then ends it.
 *
 * What an input of CLAIM_NEVER covers is not blocked, whoever decides so.
 */
#ifndef TS_SENSE_CLAIM_H
#define TS_SENSE_CLAIM_H

#include "sense/sources.h"

enum claim_role {
	CLAIM_POLICY,
	CLAIM_ALLOW, /* whatever its verdict, it allows */
	CLAIM_NEVER, /* whatever its verdict, it only takes out blocks */
};

struct claim {
	int64_t expires;
	uint32_t input; /* order of precedence */
	uint32_t action;
	uint32_t report; /* sense/sources.h */
	uint32_t never;	 /* of an input of CLAIM_NEVER */
};

/* A decision, as it is written out. */
struct ruling {
	int64_t expires;
	uint32_t action;
	uint32_t set; /* of sources */
	uint32_t input; /* the last in precedence that a part of it came from */
	uint32_t weight;
};
#define RULING_NONE UINT32_MAX

struct claims {
	struct sources *sources;
	struct intern actions; /* struct action */
	struct intern claims;
	struct intern rulings;
	uint32_t *alone; /* by claim: its ruling + 2, or 0 */
	size_t nalone, cap_alone;
	struct sources_memo joins[SOURCES_MEMO];
};

struct claims *claims_new(void); /* NULL for want of memory */
void claims_free(struct claims *cs);

/* The number of the claim that rec makes in this input. */
int claims_read(struct claims *cs, const struct policy *rec, uint32_t input,
		enum claim_role role, uint32_t *claim, struct err *e);

const struct claim *claims_get(const struct claims *cs, uint32_t claim);

/* The claims on one prefix and all around it. */
struct stand {
	struct claim *claim;
	size_t n, cap;
	bool never;
};

void stand_free(struct stand *st);
/*
 * st becomes what holds on a prefix that lies within outer (or in nothing,
 * NULL) and has these claims of its own, which are reordered.
 */
int stand_on(struct claims *cs, struct stand *st, const struct stand *outer,
	     uint32_t *claim, size_t n, struct err *e);
bool stand_equal(const struct stand *a, const struct stand *b);
/* The number of the ruling, or RULING_NONE. */
int stand_decide(struct claims *cs, const struct stand *st, uint32_t *ruling,
		 struct err *e);

/* What one claim decides where there is no other. */
int claims_alone(struct claims *cs, uint32_t claim, uint32_t *ruling,
		 struct err *e);

/* The same ruling, reported by others. */
int claims_reported(struct claims *cs, uint32_t ruling, uint32_t report,
		    uint32_t *by_others, struct err *e);

const struct ruling *claims_ruling(const struct claims *cs, uint32_t ruling);
enum verdict claims_verdict(const struct claims *cs, uint32_t action);
/* Two rulings of one action and expiry, as one on the addresses of both. */
int claims_join(struct claims *cs, uint32_t a, uint32_t b, uint32_t *ruling,
		struct err *e);
/* Fills all of rec but its kind and cidr; spans live in b and in cs, until the
 * next call. */
int claims_record(const struct claims *cs, uint32_t ruling, struct policy *rec,
		  struct buf *b, struct err *e);

#endif
