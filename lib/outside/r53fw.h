/*
 * Calls of Route 53 Resolver DNS Firewall (route53resolver, 2018-04-01) by type.
 *
 * All calls of a Region and account share one rate of the service, 5 a second;
 * so they share one pace, for all processes of this host.
 *
 * A list is in transition for a while after it was written. r53_domains_write
 * and r53_list_delete wait for it where the service says so (ConflictException),
 * r53_list_wait until it is complete, all with pauses that double up to 8 s, and
 * in all for no longer than wait_s: then EX_TEMPFAIL.
 */
#ifndef TS_OUTSIDE_R53FW_H
#define TS_OUTSIDE_R53FW_H

#include "outside/aws.h"
#include "outside/r53names.h"

#define R53_ID_MAX 64
#define R53_NAME_MAX 64	   /* of lists and rules */
#define R53_CREATOR_MAX 255
#define R53_TIME_MAX 63
#define R53_BATCH 1000	   /* names of one write */
#define R53_PAGE_NAMES 5000
#define R53_TTL_MAX 604800
#define R53_RULES_MAX 100  /* of a group: the quota as it comes */
#define R53_LISTS_MAX 100000	/* that are read, whatever the quota says */
#define R53_RATE 4	   /* calls a second; the service takes 5 from all */

enum r53_action { R53_ALLOW, R53_BLOCK, R53_ALERT };
enum r53_block { R53_NODATA, R53_NXDOMAIN, R53_OVERRIDE };
enum r53_write { R53_ADD, R53_REMOVE };

/* What a rule does with a name of its list. */
struct r53_does {
	enum r53_action action;
	enum r53_block block;		   /* of R53_BLOCK */
	char target[R53_DOMAIN_MAX + 1]; /* of R53_OVERRIDE: a CNAME to it */
	uint32_t ttl;			   /* of R53_OVERRIDE */
	bool trust; /* the names that an allowed one leads to are not looked at */
};

struct r53_rule {
	char list[R53_ID_MAX + 1]; /* "" for a rule that needs no list */
	char name[R53_NAME_MAX + 1];
	char creator[R53_CREATOR_MAX + 1];
	bool narrow; /* for one query type alone */
	int64_t priority;
	struct r53_does does;
};

struct r53_list {
	char id[R53_ID_MAX + 1];
	char name[R53_NAME_MAX + 1];
	char creator[R53_CREATOR_MAX + 1];
	bool managed; /* by AWS */
	/* Of r53_list_get alone: */
	uint64_t count;
	char status[32];
	char message[256];
	char modified[R53_TIME_MAX + 1];
};

struct r53_group {
	char name[R53_NAME_MAX + 1], arn[256], share[32], status[32];
};

struct r53 {
	struct aws *aws; /* borrowed */
	const char *group; /* borrowed */
	struct aws_pace pace;
	struct aws_error ae; /* of the last call that failed */
	uint64_t wait_s;
};

/* rate: calls a second. */
void r53_init(struct r53 *r, struct aws *a, const char *group, unsigned rate);

/* Why the last call failed. */
enum r53_trouble {
	R53_OTHER,
	R53_GONE,    /* what it was about is not there (any more) */
	R53_LIMIT,   /* a quota */
	R53_CLASH,   /* what is there does not go with it */
};
enum r53_trouble r53_trouble(const struct r53 *r);

int r53_group_get(struct r53 *r, struct r53_group *g, struct err *e);
/* All rules of the group; the caller frees *v. */
int r53_rules(struct r53 *r, struct r53_rule **v, size_t *n, struct err *e);
/* All lists of the Region; the caller frees *v. */
int r53_lists(struct r53 *r, struct r53_list **v, size_t *n, struct err *e);
/* Fills l but for creator and managed; l->id is given. */
int r53_list_get(struct r53 *r, struct r53_list *l, struct err *e);
/* The same, once its status is neither UPDATING nor IMPORTING. */
int r53_list_wait(struct r53 *r, struct r53_list *l, struct err *e);
/* What is in a list, sorted. */
int r53_domains(struct r53 *r, const char *list, struct r53names *out,
		struct err *e);

/* An empty list; fills l->id. */
int r53_list_create(struct r53 *r, struct r53_list *l, struct err *e);
/* At most R53_BATCH names. *settled tells whether it is in force already. */
int r53_domains_write(struct r53 *r, const char *list, enum r53_write what,
		      const char *const *v, size_t n, bool *settled,
		      struct err *e);
/* Replaces what is in the list by the lines of an object, s3://BUCKET/KEY. */
int r53_import(struct r53 *r, const char *list, const char *url,
	       struct err *e);
int r53_list_delete(struct r53 *r, const char *list, struct err *e);

int r53_rule_create(struct r53 *r, const struct r53_rule *rule, struct err *e);
/* Sets name, priority and what it does; the rule is that of the list. */
int r53_rule_update(struct r53 *r, const struct r53_rule *rule, struct err *e);
int r53_rule_delete(struct r53 *r, const char *list, struct err *e);

const char *r53_action_text(enum r53_action a); /* "BLOCK" */
const char *r53_block_text(enum r53_block b);	 /* "NXDOMAIN" */

#endif
