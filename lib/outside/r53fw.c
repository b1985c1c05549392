#include "outside/r53fw_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outside/patience.h"

#define PAUSE_FIRST_MS 250
#define PAUSE_MAX_MS 8000
#define WAIT_S 900 /* in all for one list */
#define PAGES_MAX 10000

/* The SDKs take the first for throttling; here it is a quota. A conflict is
 * waited for below, by the state of the list. */
static const char *const no_retry[] = {"LimitExceededException",
				       "ConflictException", NULL};
static const struct aws_service service = {
	.name = "route53resolver", .target = "Route53Resolver",
	.env = "ROUTE53RESOLVER", .no_retry = no_retry};

void
r53_init(struct r53 *r, struct aws *a, const char *group, unsigned rate)
{
	*r = (struct r53){.aws = a, .group = group, .wait_s = WAIT_S};
	r->pace = (struct aws_pace){.name = "route53resolver",
				    .interval_ms = 1000 / rate, .burst = 1};
}

enum r53_trouble
r53_trouble(const struct r53 *r)
{
	const char *const c = r->ae.code;

	if (strcmp(c, "ResourceNotFoundException") == 0)
		return R53_GONE;
	if (strcmp(c, "LimitExceededException") == 0)
		return R53_LIMIT;
	if (strcmp(c, "ValidationException") == 0 ||
	    strcmp(c, "ConflictException") == 0)
		return R53_CLASH;
	return R53_OTHER;
}

int
r53_call(struct r53 *r, const char *operation, json_t *in, json_t **out,
     struct err *e)
{
	json_t *answer = NULL;
	int rc;

	if (in == NULL)
		return err_mem(e);
	rc = aws_call(r->aws, &service, &r->pace, operation, in, &answer,
		      &r->ae, e);
	json_decref(in);
	if (rc == 0 && !json_is_object(answer))
		rc = err_set(e, EX_DATAERR, "route53resolver %s: the answer is "
			     "no object", operation);
	if (rc == 0 && out != NULL)
		*out = answer;
	else
		json_decref(answer);
	return rc;
}

bool
r53_text(const json_t *o, const char *key, char *dst, size_t size)
{
	const char *const s = json_string_value(json_object_get(o, key));

	return snprintf(dst, size, "%s", s ? s : "") < (int)size;
}

int
r53_strange(const char *operation, const char *what, struct err *e)
{
	return err_set(e, EX_DATAERR, "route53resolver %s: the answer has a "
		       "strange %s", operation, what);
}

static int
read_list(const json_t *o, void *to, struct err *e)
{
	struct r53_list *const l = to;
	const char *owner;

	*l = (struct r53_list){0};
	owner = json_string_value(json_object_get(o, "ManagedOwnerName"));
	l->managed = owner != NULL && *owner != '\0';
	if (!r53_text(o, "Id", l->id, sizeof(l->id)) || l->id[0] == '\0' ||
	    !r53_text(o, "Name", l->name, sizeof(l->name)) ||
	    !r53_text(o, "CreatorRequestId", l->creator, sizeof(l->creator)))
		return r53_strange("ListFirewallDomainLists", "list", e);
	return 0;
}

static int
take_page(const struct r53_paged *p, const json_t *a, void *to, struct err *e)
{
	const json_t *const found = json_object_get(a, p->key);
	const json_t *o;
	size_t i;

	if (!json_is_array(found))
		return r53_strange(p->operation, p->key, e);
	json_array_foreach(found, i, o)
		if (p->read(o, to, e) < 0)
			return -1;
	return 0;
}

/* The next page: sets the token in in; *more becomes false where there is none. */
static int
turn_page(json_t *in, const json_t *a, bool *more, struct err *e)
{
	const char *const token =
		json_string_value(json_object_get(a, "NextToken"));

	*more = token != NULL && *token != '\0';
	if (*more &&
	    json_object_set_new(in, "NextToken", json_string(token)) < 0)
		return err_mem(e);
	return 0;
}

int
r53_each(struct r53 *r, const struct r53_paged *p, json_t *in, void *to,
	 struct err *e)
{
	bool more = true;
	int pages, rc = 0;

	if (json_object_set_new(in, "MaxResults", json_integer(p->page)) < 0)
		rc = err_mem(e);
	for (pages = 0; rc == 0 && more && pages < PAGES_MAX; pages++) {
		json_t *a;

		rc = r53_call(r, p->operation, json_incref(in), &a, e);
		if (rc < 0)
			break;
		rc = take_page(p, a, to, e);
		if (rc == 0)
			rc = turn_page(in, a, &more, e);
		json_decref(a);
	}
	if (rc == 0 && more)
		rc = err_set(e, EX_DATAERR, "route53resolver %s: pages without "
			     "end", p->operation);
	json_decref(in);
	return rc;
}

/* An array that grows by what is read. */
struct growing {
	const struct r53_paged *p;
	void *v;
	size_t n, cap, size;
};

static int
read_next(const json_t *o, void *to, struct err *e)
{
	struct growing *const g = to;

	if (array_grow(&g->v, &g->cap, g->n + 1, g->size, R53_LISTS_MAX,
		       g->p->key, e) < 0 ||
	    g->p->read(o, (char *)g->v + g->n * g->size, e) < 0)
		return -1;
	g->n++;
	return 0;
}

int
r53_all(struct r53 *r, const struct r53_paged *p, json_t *in, size_t size,
	void **v, size_t *n, struct err *e)
{
	const struct r53_paged each = {p->operation, p->key, p->page,
				       read_next};
	struct growing g = {.p = p, .size = size};
	const int rc = r53_each(r, &each, in, &g, e);

	if (rc < 0) {
		free(g.v);
		g = (struct growing){0};
	}
	*v = g.v;
	*n = g.n;
	return rc;
}

int
r53_lists(struct r53 *r, struct r53_list **v, size_t *n, struct err *e)
{
	static const struct r53_paged p = {"ListFirewallDomainLists",
					   "FirewallDomainLists", R53_PAGE,
					   read_list};
	void *all;
	const int rc = r53_all(r, &p, json_object(), sizeof(**v), &all, n, e);

	*v = all;
	return rc;
}

int
r53_list_get(struct r53 *r, struct r53_list *l, struct err *e)
{
	json_t *a, *o;
	bool ok;

	if (r53_call(r, "GetFirewallDomainList",
		 json_pack("{ss}", "FirewallDomainListId", l->id), &a, e) < 0)
		return -1;
	o = json_object_get(a, "FirewallDomainList");
	l->count = (uint64_t)json_integer_value(
		json_object_get(o, "DomainCount"));
	ok = r53_text(o, "Name", l->name, sizeof(l->name)) &&
	     r53_text(o, "Status", l->status, sizeof(l->status)) &&
	     r53_text(o, "ModificationTime", l->modified, sizeof(l->modified));
	(void)r53_text(o, "StatusMessage", l->message, sizeof(l->message));
	json_decref(a);
	return ok ? 0 : r53_strange("GetFirewallDomainList", "list", e);
}

static struct patience
patience(const struct r53 *r)
{
	return patience_of(r->wait_s, PAUSE_FIRST_MS, PAUSE_MAX_MS);
}

int
r53_list_wait(struct r53 *r, struct r53_list *l, struct err *e)
{
	struct patience p = patience(r);

	for (;;) {
		if (r53_list_get(r, l, e) < 0)
			return -1;
		if (strcmp(l->status, "UPDATING") != 0 &&
		    strcmp(l->status, "IMPORTING") != 0)
			return 0;
		if (!patience_wait(&p))
			return err_set(e, EX_TEMPFAIL, "domain list '%s' (%s) "
				       "is still %s after %llu s", l->name,
				       l->id, l->status,
				       (unsigned long long)r->wait_s);
	}
}

/* Like call, but waits for a list in transition. */
static int
call_list(struct r53 *r, const char *operation, json_t *in, json_t **out,
	  struct err *e)
{
	struct patience p = patience(r);
	int rc;

	for (;;) {
		rc = r53_call(r, operation, json_incref(in), out, e);
		if (rc == 0 || strcmp(r->ae.code, "ConflictException") != 0)
			break;
		if (!patience_wait(&p)) {
			e->code = EX_TEMPFAIL;
			break;
		}
	}
	json_decref(in);
	return rc;
}

static int
read_name(const json_t *o, void *to, struct err *e)
{
	const char *const s = json_string_value(o);

	if (s == NULL)
		return r53_strange("ListFirewallDomains", "name", e);
	return r53names_add(to, s, json_string_length(o), e);
}

int
r53_domains(struct r53 *r, const char *list, struct r53names *out,
	    struct err *e)
{
	static const struct r53_paged p = {"ListFirewallDomains", "Domains",
					   R53_PAGE_NAMES, read_name};

	if (r53_each(r, &p, json_pack("{ss}", "FirewallDomainListId", list),
		     out, e) < 0)
		return -1;
	r53names_sort(out);
	return 0;
}

int
r53_list_create(struct r53 *r, struct r53_list *l, struct err *e)
{
	json_t *a;
	bool ok;

	if (r53_call(r, "CreateFirewallDomainList",
		 json_pack("{ss ss}", "CreatorRequestId", l->creator, "Name",
			   l->name), &a, e) < 0)
		return -1;
	ok = r53_text(json_object_get(a, "FirewallDomainList"), "Id", l->id,
		     sizeof(l->id)) && l->id[0] != '\0';
	json_decref(a);
	return ok ? 0 : r53_strange("CreateFirewallDomainList", "list", e);
}

int
r53_domains_write(struct r53 *r, const char *list, enum r53_write what,
		  const char *const *v, size_t n, bool *settled, struct err *e)
{
	json_t *names = json_array(), *a;
	const char *status;
	size_t i;

	for (i = 0; i < n; i++)
		if (json_array_append_new(names, json_string(v[i])) < 0) {
			json_decref(names);
			return err_mem(e);
		}
	if (call_list(r, "UpdateFirewallDomains",
		      json_pack("{ss ss so}", "FirewallDomainListId", list,
				"Operation", what == R53_ADD ? "ADD" : "REMOVE",
				"Domains", names), &a, e) < 0)
		return -1;
	status = json_string_value(json_object_get(a, "Status"));
	*settled = status != NULL && strcmp(status, "COMPLETE") == 0;
	json_decref(a);
	return 0;
}

int
r53_import(struct r53 *r, const char *list, const char *url, struct err *e)
{
	return call_list(r, "ImportFirewallDomains",
			 json_pack("{ss ss ss}", "FirewallDomainListId", list,
				   "Operation", "REPLACE", "DomainFileUrl",
				   url), NULL, e);
}

int
r53_list_delete(struct r53 *r, const char *list, struct err *e)
{
	return r53_call(r, "DeleteFirewallDomainList",
		    json_pack("{ss}", "FirewallDomainListId", list), NULL, e);
}
