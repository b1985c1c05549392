#include "outside/wafv2.h"

#include <string.h>

#include "values/jsonslice.h"

static const char *const no_retry[] = {
	"WAFLimitsExceededException", "WAFOptimisticLockException", NULL};
static const struct aws_service service = {"wafv2", "AWSWAF_20190729", "WAFV2",
					   no_retry};

static const struct {
	const char *name, *list, *shown; /* "IPSet", "IPSets", … */
} kinds[] = {
	[WAFV2_IP_SET] = {"IPSet", "IPSets", "IP set"},
	[WAFV2_RULE_GROUP] = {"RuleGroup", "RuleGroups", "rule group"},
	[WAFV2_WEB_ACL] = {"WebACL", "WebACLs", "web ACL"},
};

/* Each operation has a rate of its own. */
static struct aws_pace
pace_of(const struct wafv2 *w, const char *operation, char name[80])
{
	const bool reads = strncmp(operation, "Get", 3) == 0 ||
			   strncmp(operation, "List", 4) == 0 ||
			   strncmp(operation, "Check", 5) == 0;

	(void)snprintf(name, 80, "wafv2-%s", operation);
	return (struct aws_pace){
		name, reads ? w->write_ms * WAFV2_READ_MS / WAFV2_WRITE_MS
			    : w->write_ms, 1};
}

static int
call(struct wafv2 *w, const char *verb, const char *noun,
     const struct buf *body, struct buf *out, struct err *e)
{
	char operation[64], name[80];
	struct aws_pace pace;

	(void)snprintf(operation, sizeof(operation), "%s%s", verb, noun);
	if (buf_check(body, "a request", e) < 0)
		return -1;
	pace = pace_of(w, operation, name);
	return aws_call_text(w->aws, &service, &pace, operation, body->p,
			     body->n, out, &w->error, e);
}

/* The same, with the answer parsed. */
static int
call_json(struct wafv2 *w, const char *verb, const char *noun,
	  const struct buf *body, struct buf *text, json_t **out, struct err *e)
{
	json_error_t why;

	text->n = 0;
	*out = NULL;
	if (call(w, verb, noun, body, text, e) < 0)
		return -1;
	*out = text->n == 0 ? json_object()
			    : json_loadb(text->p, text->n, 0, &why);
	if (*out == NULL)
		return err_set(e, EX_DATAERR, "wafv2 %s%s: the answer is no "
			       "JSON: %s", verb, noun, why.text);
	return 0;
}

static void
take(char *dst, size_t size, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (s != NULL)
		(void)snprintf(dst, size, "%s", s);
}

/* A name, id or ARN that is cut would be another's. */
static int
take_item(struct wafv2_item *item, const json_t *o, struct err *e)
{
	const char *arn = json_string_value(json_object_get(o, "ARN"));

	*item = (struct wafv2_item){0};
	take(item->name, sizeof(item->name), o, "Name");
	take(item->id, sizeof(item->id), o, "Id");
	take(item->token, sizeof(item->token), o, "LockToken");
	take(item->description, sizeof(item->description), o, "Description");
	take(item->arn, sizeof(item->arn), o, "ARN");
	if (arn == NULL || strlen(arn) >= sizeof(item->arn) ||
	    strpbrk(arn, "\"\\") != NULL || item->name[0] == '\0' ||
	    item->id[0] == '\0')
		return err_set(e, EX_DATAERR, "wafv2: an answer without name, "
			       "id or ARN");
	return 0;
}

/* What in an object names the item, left open at its end. */
static void
begin(struct buf *b, const struct wafv2 *w, const struct wafv2_item *item)
{
	(void)buf_addf(b, "{\"Scope\":\"%s\",\"Name\":\"%s\"", w->scope,
		       item->name);
	if (item->id[0] != '\0')
		(void)buf_addf(b, ",\"Id\":\"%s\"", item->id);
}

static void
add_token(struct buf *b, const struct wafv2_item *item)
{
	(void)buf_addf(b, ",\"LockToken\":\"%s\"", item->token);
}

/* In which no byte needs an escape; "" may not be sent. */
static void
add_description(struct buf *b, const struct wafv2_item *item)
{
	if (item->description[0] != '\0')
		(void)buf_addf(b, ",\"Description\":\"%s\"", item->description);
}

static int
each_of(const json_t *list, wafv2_each *each, void *ctx, size_t *count,
	struct err *e)
{
	struct wafv2_item item;
	json_t *o;
	size_t i;

	for (i = 0; (o = json_array_get(list, i)) != NULL; i++) {
		int rc = take_item(&item, o, e);

		if (rc == 0)
			rc = each(ctx, &item, e);
		if (rc != 0)
			return rc;
	}
	/* A page without any counts, too, or they might have no end. */
	*count += i > 0 ? i : 1;
	if (*count > WAFV2_ITEMS_MAX)
		return err_set(e, EX_DATAERR, "wafv2: over %d items listed",
			       WAFV2_ITEMS_MAX);
	return 0;
}

int
wafv2_list(struct wafv2 *w, enum wafv2_kind kind, wafv2_each *each,
	   bool (*enough)(void *ctx), void *ctx, struct err *e)
{
	struct buf body, text;
	char marker[300] = "";
	size_t count = 0;
	json_t *out;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	buf_init(&text, AWS_ANSWER_MAX);
	do {
		body.n = 0;
		(void)buf_addf(&body, "{\"Scope\":\"%s\",\"Limit\":%d",
			       w->scope, WAFV2_PAGE);
		if (marker[0] != '\0')
			(void)buf_addf(&body, ",\"NextMarker\":\"%s\"", marker);
		(void)buf_addstr(&body, "}");
		marker[0] = '\0';
		rc = call_json(w, "List", kinds[kind].list, &body, &text, &out,
			       e);
		if (rc == 0)
			rc = each_of(json_object_get(out, kinds[kind].list),
				     each, ctx, &count, e);
		take(marker, sizeof(marker), out, "NextMarker");
		json_decref(out);
		/* Of EntityNames and base64; anything else is not sent on. */
		if (rc == 0 && strpbrk(marker, "\"\\") != NULL)
			rc = err_set(e, EX_DATAERR, "wafv2: a strange "
				     "NextMarker");
	} while (rc == 0 && marker[0] != '\0' &&
		 (enough == NULL || !enough(ctx)));
	buf_free(&body);
	buf_free(&text);
	return rc;
}

static int
add_addresses(const json_t *list, struct entries *es, const char *name,
	      struct err *e)
{
	json_t *o;
	size_t i;

	for (i = 0; (o = json_array_get(list, i)) != NULL; i++) {
		const char *s = json_string_value(o);
		struct cidr c;

		if (s == NULL ||
		    cidr_parse(s, strlen(s), true, &c) > CIDR_HOST_BITS)
			return err_set(e, EX_DATAERR, "IP set '%s' holds "
				       "'%.60s', which is no prefix", name,
				       s ? s : "");
		if (c.family != es->set.family)
			return err_set(e, EX_CONFIG, "IP set '%s' is of the "
				       "other address family", name);
		if (entries_add(es, &c, 0, e) < 0)
			return -1;
	}
	return entries_sort(es, e);
}

int
wafv2_get_set(struct wafv2 *w, struct wafv2_item *item, struct entries *es,
	      struct err *e)
{
	struct buf body, text;
	const char *version;
	json_t *out, *set;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	buf_init(&text, AWS_ANSWER_MAX);
	begin(&body, w, item);
	(void)buf_addstr(&body, "}");
	rc = call_json(w, "Get", "IPSet", &body, &text, &out, e);
	set = json_object_get(out, "IPSet");
	version = json_string_value(json_object_get(set, "IPAddressVersion"));
	entries_clear(es);
	if (rc == 0 && (version == NULL ||
			(strcmp(version, "IPV6") == 0) !=
				(es->set.family == CIDR_V6)))
		rc = err_set(e, EX_CONFIG, "IP set '%s' is of the other "
			     "address family", item->name);
	if (rc == 0)
		rc = add_addresses(json_object_get(set, "Addresses"), es,
				   item->name, e);
	if (rc == 0) {
		item->description[0] = '\0';
		take(item->description, sizeof(item->description), set,
		     "Description");
		take(item->token, sizeof(item->token), out, "LockToken");
	}
	json_decref(out);
	buf_free(&body);
	buf_free(&text);
	return rc;
}

static void
add_address(struct buf *b, const struct cidr *c, bool first)
{
	char *p = buf_room(b, CIDR_TEXT_MAX + 3);
	size_t n = 0;

	if (p == NULL)
		return;
	if (!first)
		p[n++] = ',';
	p[n++] = '"';
	n += cidr_format(c, p + n);
	p[n++] = '"';
	b->n += n;
	p[n] = '\0';
}

static void
add_content(struct buf *b, const struct entries *want, const struct cidr *hold,
	    size_t n)
{
	const size_t count = want != NULL ? entries_count(want) : 0;
	size_t i;

	(void)buf_addstr(b, ",\"Addresses\":[");
	for (i = 0; i < count; i++) {
		const struct cidr c = entries_cidr(want, i);

		add_address(b, &c, i == 0);
	}
	for (i = 0; i < n; i++)
		add_address(b, &hold[i], count + i == 0);
	(void)buf_addstr(b, "]");
}

/* A call whose answer is a summary of the new item. */
static int
create(struct wafv2 *w, const char *noun, struct wafv2_item *item,
       const struct buf *body, struct err *e)
{
	struct buf text;
	json_t *out;
	int rc;

	buf_init(&text, AWS_ANSWER_MAX);
	rc = call_json(w, "Create", noun, body, &text, &out, e);
	if (rc == 0)
		rc = take_item(item, json_object_get(out, "Summary"), e);
	json_decref(out);
	buf_free(&text);
	return rc;
}

int
wafv2_create_set(struct wafv2 *w, struct wafv2_item *item, uint8_t family,
		 const struct entries *want, const struct cidr *hold, size_t n,
		 struct err *e)
{
	struct buf body;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	item->id[0] = '\0';
	begin(&body, w, item);
	add_description(&body, item);
	(void)buf_addf(&body, ",\"IPAddressVersion\":\"IPV%u\"", family);
	add_content(&body, want, hold, n);
	(void)buf_addstr(&body, "}");
	rc = create(w, "IPSet", item, &body, e);
	buf_free(&body);
	return rc;
}

/* A call whose answer is the next token. */
static int
update(struct wafv2 *w, const char *noun, struct wafv2_item *item,
       const struct buf *body, struct err *e)
{
	struct buf text;
	json_t *out;
	int rc;

	buf_init(&text, AWS_ANSWER_MAX);
	rc = call_json(w, "Update", noun, body, &text, &out, e);
	if (rc == 0) {
		item->token[0] = '\0';
		take(item->token, sizeof(item->token), out, "NextLockToken");
	}
	json_decref(out);
	buf_free(&text);
	return rc;
}

int
wafv2_update_set(struct wafv2 *w, struct wafv2_item *item,
		 const struct entries *want, const struct cidr *hold, size_t n,
		 struct err *e)
{
	struct buf body;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	begin(&body, w, item);
	add_token(&body, item);
	add_description(&body, item);
	add_content(&body, want, hold, n);
	(void)buf_addstr(&body, "}");
	rc = update(w, "IPSet", item, &body, e);
	buf_free(&body);
	return rc;
}

int
wafv2_get_text(struct wafv2 *w, enum wafv2_kind kind, struct wafv2_item *item,
	       struct buf *text, struct err *e)
{
	struct buf body;
	json_t *out;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	begin(&body, w, item);
	(void)buf_addstr(&body, "}");
	rc = call_json(w, "Get", kinds[kind].name, &body, text, &out, e);
	take(item->token, sizeof(item->token), out, "LockToken");
	json_decref(out);
	buf_free(&body);
	return rc;
}

int
wafv2_update(struct wafv2 *w, enum wafv2_kind kind, struct wafv2_item *item,
	     const struct buf *members, struct err *e)
{
	struct buf body;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	begin(&body, w, item);
	add_token(&body, item);
	(void)buf_add(&body, members->p, members->n);
	(void)buf_addstr(&body, "}");
	rc = update(w, kinds[kind].name, item, &body, e);
	buf_free(&body);
	return rc;
}

int
wafv2_create_group(struct wafv2 *w, struct wafv2_item *item,
		   const struct buf *members, struct err *e)
{
	struct buf body;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	item->id[0] = '\0';
	begin(&body, w, item);
	(void)buf_add(&body, members->p, members->n);
	(void)buf_addstr(&body, "}");
	rc = create(w, "RuleGroup", item, &body, e);
	buf_free(&body);
	return rc;
}

int
wafv2_delete(struct wafv2 *w, enum wafv2_kind kind,
	     const struct wafv2_item *item, struct err *e)
{
	struct buf body, text;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	buf_init(&text, AWS_ANSWER_MAX);
	begin(&body, w, item);
	add_token(&body, item);
	(void)buf_addstr(&body, "}");
	rc = call(w, "Delete", kinds[kind].name, &body, &text, e);
	buf_free(&body);
	buf_free(&text);
	return rc;
}

int
wafv2_capacity(struct wafv2 *w, const struct buf *rules, uint64_t *wcu,
	       struct err *e)
{
	struct buf body, text;
	json_t *out;
	int rc;

	buf_init(&body, AWS_ANSWER_MAX);
	buf_init(&text, AWS_ANSWER_MAX);
	(void)buf_addf(&body, "{\"Scope\":\"%s\",\"Rules\":", w->scope);
	(void)buf_add(&body, rules->p, rules->n);
	(void)buf_addstr(&body, "}");
	rc = call_json(w, "Check", "Capacity", &body, &text, &out, e);
	if (rc == 0)
		*wcu = (uint64_t)json_integer_value(
			json_object_get(out, "Capacity"));
	json_decref(out);
	buf_free(&body);
	buf_free(&text);
	return rc;
}

static bool
is(const struct wafv2 *w, const char *code)
{
	return strcmp(w->error.code, code) == 0;
}

bool
wafv2_is_conflict(const struct wafv2 *w)
{
	return is(w, "WAFOptimisticLockException") || wafv2_is_gone(w) ||
	       wafv2_is_there(w);
}

bool
wafv2_is_not_yet(const struct wafv2 *w)
{
	return is(w, "WAFUnavailableEntityException") || wafv2_is_gone(w);
}

bool
wafv2_is_in_use(const struct wafv2 *w)
{
	return is(w, "WAFAssociatedItemException");
}

bool
wafv2_is_gone(const struct wafv2 *w)
{
	return is(w, "WAFNonexistentItemException");
}

bool
wafv2_is_there(const struct wafv2 *w)
{
	return is(w, "WAFDuplicateItemException");
}
