/*
 * Web ACLs of one account, Region and scope, brought to a policy.
 *
 *	waf_open	endpoint, credentials
 *	waf_run		looks, plans, and, unless it is only to look, does it
 *
 * Level-triggered: each round looks at what is there (waf_observe), works out
 * the steps (waf_plan), and takes them (waf_execute). Whenever a step meets what
 * somebody else has changed, a new round begins.
 *
 * Of what is there: IP sets, rule groups and rules with names of ours
 * (wafnames.h). Sets and groups are ours where their Description carries the
 * mark of this device (values/mark.h); those of another prefix with this
 * device's mark are left from before and are deleted.
 */
#ifndef TS_OUTSIDE_WAF_H
#define TS_OUTSIDE_WAF_H

#include "outside/wafpolicy.h"
#include "outside/wafrules.h"
#include "sense/setplan.h"
#include "values/mark.h"
#include "values/plan.h"

#define WAF_ROUNDS 6	/* before others' changes are given up to */
#define WAF_ACLS_MAX 64

/* Strings borrowed. */
struct waf_config {
	const char *prefix, *device, *scope;
	const char *const *acl;
	size_t nacl;
	struct wafrules_config rules;
	double max_shrink;
	bool allow_empty; /* nothing wanted is no mistake */
	bool adopt;	  /* take sets of our name without a mark */
	bool remove;	  /* all of ours out; the policy is empty */
	bool look;	  /* change nothing, but find out all there is to say */
	uint64_t max_sets; /* IP sets that the account may have here */
	uint64_t wait_s;   /* for what AWS has not spread yet */
	unsigned write_ms;
	const char *state; /* directory of the record; NULL: none */
};

/* How a run is heard of. A NULL function is not called. */
struct waf_ui {
	void *ctx;
	void (*say)(void *ctx, int level, const char *text); /* as msg.h */
	bool (*ask)(void *ctx, const char *question);
	void (*progress)(void *ctx, size_t done, size_t all);
};

struct waf_set {
	struct set_name name;
	struct wafv2_item item;
	bool old_prefix; /* or no longer wanted for another reason */
	bool exists, marked;
	bool known; /* held is what the token stands for */
	struct entries held;
	const struct entries *want; /* NULL: not wanted */
	bool referred, everywhere;
};

struct waf_group {
	struct wafv2_item item;
	enum verdict verdict;
	uint32_t number;
	bool old_prefix, exists, marked;
	uint64_t capacity;
	struct buf text;
	struct wafrules rules; /* of text; read where object.n > 0 */
	size_t *set; /* indices of those it shall refer to */
	size_t nset, cap_set;
};

struct waf_acl {
	const char *name;
	struct wafv2_item item;
	bool found, read;
	struct buf text;
	struct wafrules rules;
	uint64_t wcu, wcu_after;
	size_t references_after;
};

struct waf {
	struct waf_config cfg;
	struct waf_ui ui;
	const struct wafpolicy *policy;
	struct aws *aws;
	struct wafv2 api;
	char mark[MARK_MAX];

	struct waf_set **set; /* wanted ones and those there, in groups' order */
	size_t nset, cap_set;
	struct waf_group **group;
	size_t ngroup, cap_group;
	struct waf_acl acl[WAF_ACLS_MAX];
	size_t others;	/* IP sets that are not ours */

	/* the record of the last run */
	int lock;
	bool loaded;
	bool complete;	  /* it ended well; then: */
	size_t rec_sets, rec_groups;
	char rec_rules[65];
	size_t recalled;  /* of rec_sets, found unchanged */

	bool rules_current; /* as the record has them */
	struct wafrule_want *want; /* rules of ours */
	size_t nwant, cap_want;
	struct setplan *plan;
	struct setplan_set *input;
	size_t planned; /* sets that the plan is about */
	size_t writes; /* calls that the plan will take */
	int64_t write_ms; /* and their time at the rate allowed */
	size_t written, done, read; /* steps taken, this round's, sets read */
	bool created;		    /* something that may not be seen yet */
};

/* What a run came to, for reports; plain data that processes can share. */
struct waf_result {
	char account[16], region[40];
	size_t sets, entries, writes;
	double blocked[2], allowed[2]; /* addresses, IPv4 and IPv6 */
	struct aws_stats stats;
	struct {
		char name[WAF_NAME_MAX + 1];
		uint64_t wcu; /* 0: not known */
	} acl[WAF_ACLS_MAX];
	size_t nacl;
	int64_t done; /* when it was as wanted; 0: it is not */
};

/* policy is borrowed. */
struct waf *waf_open(const struct waf_config *cfg, const struct waf_ui *ui,
		     const struct aws_opts *aws, const struct wafpolicy *policy,
		     struct err *e);
void waf_close(struct waf *w); /* accepts NULL */
int waf_run(struct waf *w, struct err *e);
bool waf_differs(const struct waf *w);
void waf_print(struct waf *w, struct plan *p);
void waf_result(const struct waf *w, struct waf_result *r);
/* What of ours is there, as a set stream. */
int waf_export(struct waf *w, struct out *o, struct err *e);
/* The results of several runs, in the text format of Prometheus. */
void waf_metrics(const struct waf_result *r, size_t n, const char *prefix,
		 const char *scope, struct out *o);

/* ---- between the parts: wafobjects.c, wafobserve.c, wafread.c,
 * wafgroups.c, wafplan.c, wafexec.c, wafstate.c */
int waf_observe(struct waf *w, struct err *e);
int waf_plan(struct waf *w, struct err *e);
/* 0 done, 1 somebody else has changed something: look again; -1 on error. */
int waf_execute(struct waf *w, struct err *e);

void waf_say(const struct waf *w, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct waf_set *waf_find_set(struct waf *w, const char *name);
/* The set of that name, made where it is not there; at the end. */
struct waf_set *waf_need_set(struct waf *w, const char *name,
			     const struct set_name *as, struct err *e);
struct waf_set *waf_set_by_arn(const struct waf *w, const char *arn);
struct waf_group *waf_group_by_arn(const struct waf *w, const char *arn);
struct waf_group *waf_need_group(struct waf *w, const char *name,
				 enum verdict v, uint32_t number,
				 struct err *e);
/* Reads web ACLs and groups that have not been read at their token. */
int waf_read_rules(struct waf *w, struct err *e);
/* Which sets those web ACLs refer to that have rules of ours. */
int waf_find_references(struct waf *w, struct err *e);
/* Fills w->want, and what each group shall refer to: wanted sets, and with all
 * those that are there, too. */
int waf_make_rules(struct waf *w, bool all, struct err *e);
void waf_drop_rules(struct waf *w);
/* Whether web ACLs and groups say other than w->want; how many calls. */
int waf_rules_differ(struct waf *w, size_t *calls, struct err *e);
/* Members of CreateRuleGroup or UpdateRuleGroup; *changed: worth a call. */
int waf_group_members(struct waf *w, struct waf_group *g, struct buf *members,
		      bool *changed, struct err *e);
bool waf_group_used(const struct waf_group *g);
void waf_sort_groups(struct waf *w); /* by verdict and number */

int waf_lock(struct waf *w, struct err *e);
void waf_load(struct waf *w); /* the record, as far as it is good */
int waf_save(struct waf *w, bool complete, struct err *e);
/* The rules as they are recorded: what was asked for, and all tokens. */
int waf_rules_digest(const struct waf *w, char hex[65], struct err *e);

#endif
