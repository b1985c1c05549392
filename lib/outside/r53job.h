/*
 * One rule group brought to a policy: what ts-r53-apply does.
 *
 *	r53job_open	the identity, the lock
 *	r53job_observe	what is there: the group, its rules, the lists of ours
 *	r53job_want	what a policy wants of it, within what is left of quotas
 *	r53job_plan	the steps
 *	r53job_run	their execution
 *
 * Lists of ours are named PREFIX_ and what sense/layers.h calls them, and have
 * the creator id "ts-tools DEVICE GROUP NUMBER" (values/mark.h). A rule is ours
 * where its list is, unless it is for one query type.
 */
#ifndef TS_OUTSIDE_R53JOB_H
#define TS_OUTSIDE_R53JOB_H

#include "outside/r53plan.h"
#include "sense/layers.h"
#include "values/plan.h"

#define R53_PREFIX_MAX (R53_NAME_MAX - LAYERS_NAME_MAX - 1)
#define R53_TTL 300 /* seconds of an override, as it comes */

struct r53config {
	const char *group, *prefix, *device;
	const char *bucket, *key; /* of objects to import from; NULL: none.
				   * key is the beginning of theirs */
	const char *state; /* directory of r53cache.h; NULL: none */
	int64_t base;	   /* the least priority of ours */
	uint64_t max_domains; /* of the account, all lists together */
	uint32_t ttl;	      /* of an override */
	unsigned rate;	      /* calls a second */
	uint64_t wait_s;
	double max_shrink;
	bool adopt, allow_empty;
	/* What is to be told: level of msg.h, text. */
	void (*say)(int level, const char *text);
	void (*progress)(uint64_t done, uint64_t all);
};

struct r53job {
	struct r53config cfg;
	struct aws *aws;
	struct r53 api;
	int lock; /* descriptor, or -1 */
	struct r53_group group;
	struct r53view view;
	char (*other)[R53_ID_MAX + 1]; /* lists of the account, not of ours */
	size_t nother;
	bool counted; /* view.others is known */
	struct r53plan plan;
	bool planned;
	bool *touched;	 /* of the view's: written to in this run */
	bool changed;	 /* it failed for what others have changed meanwhile */
	uint64_t writes; /* steps that were done */
};

/* NULL, or what is wrong with a prefix. */
const char *r53job_check_prefix(const char *prefix);

/* lock: nobody else may work on this group and prefix on this host. */
int r53job_open(struct r53job *j, const struct r53config *c,
		const struct aws_opts *o, bool lock, struct err *e);
void r53job_close(struct r53job *j);

/*
 * EX_CONFIG for a group that is not there or not this account's, and for lists
 * of our name that somebody else has made (but with adopt: those without any
 * mark are taken for ours that are to go).
 */
int r53job_observe(struct r53job *j, struct err *e);
/* Names and rules that ours may have; the first counts the lists of others. */
int r53job_room(struct r53job *j, uint64_t *names, struct err *e);
size_t r53job_rules_room(const struct r53job *j);
/* Makes these lists wanted, and reads what is in those that are there. */
int r53job_want(struct r53job *j, const struct layers *l, struct err *e);
/* True where some wanted name is not there yet. */
bool r53job_grows(const struct r53job *j);
/* EX_DATAERR where more of the blocked names would go than max_shrink. */
int r53job_check_shrink(struct r53job *j, struct err *e);
/* Into the record; one that cannot be written is said, and done without. */
void r53job_keep(struct r53job *j, const struct r53_list *l,
		 const struct r53names *names);
/* Reads what is in all lists of ours. */
int r53job_know_all(struct r53job *j, struct err *e);
int r53job_plan(struct r53job *j, struct err *e);
bool r53job_differs(const struct r53job *j);
/* What the name of a list of ours tells, layers_name_read; false for others'. */
bool r53job_name_read(const struct r53job *j, const char *name,
		      enum layers_kind *kind, struct span *target);
/* The calls of the plan, and the seconds they take at least. */
uint64_t r53job_calls(const struct r53job *j, uint64_t *seconds);
/* EX_TEMPFAIL and changed where others changed things meanwhile: then observing
 * again helps. */
int r53job_run(struct r53job *j, struct err *e);

/* r53import.c: whether a step is done by way of S3, which counts as one call; and
 * that, after which the list is in transition. */
bool r53job_imports(const struct r53job *j, const struct r53step *s);
int r53job_import(struct r53job *j, const struct r53step *s, struct err *e);

/* r53report.c */
void r53job_print(const struct r53job *j, struct plan *p);
/* What is in force as a policy, RPZ meaning; after r53job_know_all. */
int r53job_export(struct r53job *j, struct out *o, struct err *e);
void r53job_metrics(const struct r53job *j, const struct layers *l,
		    int64_t now, struct out *o);

#endif
