#include "outside/dnslist.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "outside/dnsentry.h"
#include "outside/exchange.h"
#include "outside/retry.h"

enum how { BY_PTR, BY_NUMBER, BY_NOTHING };

static const struct {
	const char *text;
	uint16_t type;
} types[] = {
	{"A", DNS_A}, {"AAAA", DNS_AAAA}, {"APL", DNS_APL}, {"TXT", DNS_TXT},
};

#define NTYPES (sizeof(types) / sizeof(*types))

struct dnslist {
	const struct fetch_req *req;
	struct dnsurl url;
	bool asked_for[NTYPES];
	enum how how;
	struct tsig_key key;
	int64_t begun;
	struct retry retry;
	/* Of this try: */
	struct exchange x;
	unsigned queries; /* on this connection */
	bool absent;	  /* there is no such name as the last one */
	uint64_t bytes;	  /* of the connections before */
	struct dnsentry entries;
	struct dname *name; /* the list's names, those behind next to be asked */
	size_t names, cap;
};

/* The next item of a text, up to the mark. */
static bool
item(const char **p, char mark, const char **from, size_t *n)
{
	if (**p == '\0')
		return false;
	*from = *p;
	*n = (size_t)(strchrnul(*p, mark) - *p);
	*p += *n + ((*p)[*n] == mark);
	return true;
}

static bool
same(const char *p, size_t n, const char *text)
{
	return n == strlen(text) && strncasecmp(p, text, n) == 0;
}

static int
take_types(struct dnslist *l, const char *p, size_t n, struct err *e)
{
	char text[64];
	const char *at = text, *type;
	size_t i, len;

	if (n >= sizeof(text))
		return err_set(e, EX_USAGE, "malformed URL: too many types");
	memcpy(text, p, n);
	text[n] = '\0';
	while (item(&at, ',', &type, &len)) {
		for (i = 0; i < NTYPES && !same(type, len, types[i].text); i++)
			;
		if (i == NTYPES)
			return err_set(e, EX_USAGE, "malformed URL: type is "
				       "not A, AAAA, APL or TXT");
		l->asked_for[i] = true;
	}
	return 0;
}

static int
take_how(struct dnslist *l, const char *p, size_t n, struct err *e)
{
	static const char *const names[] = {"ptr", "number", "none"};
	int i;

	for (i = 0; i < 3; i++) {
		if (!same(p, n, names[i]))
			continue;
		l->how = (enum how)i;
		return 0;
	}
	return err_set(e, EX_USAGE, "malformed URL: continue is not ptr, number "
		       "or none");
}

static int
take_query(struct dnslist *l, struct err *e)
{
	const char *p = l->url.query, *key;
	size_t i, n, any = 0;

	while (item(&p, '&', &key, &n)) {
		if (n > 5 && memcmp(key, "type=", 5) == 0) {
			if (take_types(l, key + 5, n - 5, e) < 0)
				return -1;
		} else if (n > 9 && memcmp(key, "continue=", 9) == 0) {
			if (take_how(l, key + 9, n - 9, e) < 0)
				return -1;
		} else {
			return err_set(e, EX_USAGE, "malformed URL: neither "
				       "type= nor continue= behind '?'");
		}
	}
	for (i = 0; i < NTYPES; i++)
		any += l->asked_for[i];
	if (any == 0)
		l->asked_for[0] = l->asked_for[1] = true;
	return 0;
}

static int
connect_to(struct dnslist *l, struct err *e)
{
	l->bytes += l->x.io.bytes;
	exchange_close(&l->x);
	l->queries = 0;
	return exchange_open(&l->x, &l->url, l->req,
			     l->req->key_file != NULL ? &l->key : NULL,
			     l->retry.deadline, e);
}

/* One question and its answer; again where the server ends a connection after
 * some of them, as it may (RFC 7766 6.2.3). */
static int
ask(struct dnslist *l, const struct dname *name, uint16_t type,
    struct dns_msg *m, size_t *at, struct err *e)
{
	for (;;) {
		const bool first = l->queries++ == 0;

		if (exchange_ask(&l->x, name, type, NULL, e) == 0 &&
		    exchange_next(&l->x, m, at, e) == 0)
			return exchange_end(&l->x, e);
		if (first || e->code != EX_TEMPFAIL || l->x.rcode != 0 ||
		    l->x.io.given_up || connect_to(l, e) < 0)
			return -1;
	}
}

/* Follows the aliases of the answer from *name on; false for a loop. */
static bool
follow(const struct dns_msg *m, size_t begin, struct dname *name)
{
	struct dname owner;
	struct dns_rr rr;
	unsigned i, aliases = 0;
	size_t at = begin;

	for (i = 0; i < m->answers; i++) {
		if (!dns_rr_read(m, &at, &rr) || rr.type != DNS_CNAME ||
		    rr.class != DNS_CLASS_IN ||
		    !dns_name_read(m, &rr.owner, &owner) ||
		    !dname_equal(&owner, name))
			continue;
		if (++aliases > DNSLIST_ALIASES_MAX ||
		    !dns_name_read(m, &rr.data, name))
			return false;
		/* The alias may stand in front. */
		at = begin;
		i = UINT_MAX;
	}
	return true;
}

static int
add_name(struct dnslist *l, const struct dname *name, struct err *e)
{
	size_t i;

	for (i = 0; i < l->names; i++)
		if (dname_equal(&l->name[i], name))
			return 0;
	if (array_grow((void **)&l->name, &l->cap, l->names + 1,
		       sizeof(*l->name), DNSLIST_NAMES_MAX,
		       "names continue the list", e) < 0)
		return -1;
	l->name[l->names++] = *name;
	return 0;
}

/* A record that was asked for. */
static int
take(struct dnslist *l, const struct dns_msg *m, const struct dns_rr *rr,
     struct err *e)
{
	struct dname target;
	size_t at = rr->data;

	if (rr->type != DNS_PTR)
		return dnsentry_take(&l->entries, m, rr, e);
	if (!dns_name_read(m, &at, &target) || at != rr->data + rr->len)
		return err_set(e, EX_DATAERR, "malformed PTR record");
	return add_name(l, &target, e);
}

/* Asks for a type at a name, and counts what came in *found. */
static int
ask_for(struct dnslist *l, const struct dname *asked, uint16_t type,
	size_t *found, struct err *e)
{
	const size_t before = dnsentry_count(&l->entries);
	struct dname name = *asked, owner;
	struct dns_msg m = {.answers = 0};
	struct dns_rr rr;
	size_t at, begin;
	unsigned i;

	if (ask(l, asked, type, &m, &begin, e) < 0) {
		/* With an alias, it is its target that does not exist. */
		l->absent = l->x.rcode == DNS_NXDOMAIN && m.answers == 0;
		return -1;
	}
	if (!follow(&m, begin, &name))
		return err_set(e, EX_DATAERR, "%s: the answer has a loop of "
			       "aliases", l->x.io.peer);
	for (i = 0, at = begin; i < m.answers; i++) {
		if (!dns_rr_read(&m, &at, &rr) || rr.type != type ||
		    rr.class != DNS_CLASS_IN ||
		    !dns_name_read(&m, &rr.owner, &owner) ||
		    !dname_equal(&owner, &name))
			continue;
		if (take(l, &m, &rr, e) < 0)
			return -1;
		*found += type == DNS_PTR;
	}
	*found += dnsentry_count(&l->entries) - before;
	return 0;
}

/* All types at one name. */
static int
ask_name(struct dnslist *l, const struct dname name, struct err *e)
{
	char text[DNS_TEXT_MAX];
	size_t i, found = 0;

	if (l->how == BY_PTR && ask_for(l, &name, DNS_PTR, &found, e) < 0)
		return -1;
	for (i = 0; i < NTYPES; i++)
		if (l->asked_for[i] &&
		    ask_for(l, &name, types[i].type, &found, e) < 0)
			return -1;
	if (found > 0)
		return 0;
	(void)dname_text(&name, text);
	return err_set(e, EX_DATAERR, "%s: nothing of the list is at '%s', and "
		       "an empty list is not taken", l->x.io.peer, text);
}

/* The first label with the number behind it. */
static bool
numbered(const struct dname *name, unsigned k, struct dname *to)
{
	char digits[12];
	const int n = snprintf(digits, sizeof(digits), "%u", k);
	const size_t first = name->w[0];

	if (first == 0 || first + (size_t)n > NAME_LABEL_MAX ||
	    (size_t)name->n + (size_t)n > NAME_WIRE_MAX)
		return false;
	to->n = (uint8_t)(name->n + n);
	to->w[0] = (uint8_t)(first + (size_t)n);
	memcpy(to->w + 1, name->w + 1, first);
	memcpy(to->w + 1 + first, digits, (size_t)n);
	memcpy(to->w + 1 + first + n, name->w + 1 + first, name->n - 1 - first);
	return true;
}

static int
ask_numbered(struct dnslist *l, struct err *e)
{
	struct dname name;
	unsigned k;

	for (k = 1; numbered(&l->url.name, k, &name); k++) {
		if (add_name(l, &name, e) < 0)
			return -1;
		if (ask_name(l, name, e) == 0)
			continue;
		l->names--;
		return l->absent ? 0 : -1;
	}
	return err_set(e, EX_DATAERR, "a numbered name is too long");
}

static int
try(struct dnslist *l, struct err *e)
{
	size_t i;

	dnsentry_free(&l->entries);
	l->names = 0;
	l->bytes = 0;
	if (connect_to(l, e) < 0 || add_name(l, &l->url.name, e) < 0)
		return -1;
	for (i = 0; i < l->names; i++)
		if (ask_name(l, l->name[i], e) < 0)
			return -1;
	if (l->how == BY_NUMBER && ask_numbered(l, e) < 0)
		return -1;
	return dnsentry_count(&l->entries) > 0 ? 0
	       : err_set(e, EX_DATAERR, "%s: the names of the list hold "
			 "nothing", l->x.io.peer);
}

static void
finish(struct dnslist *l, struct out *body, struct fetch_got *got)
{
	const int64_t ms = clock_ms() - l->begun;
	char with[EXCHANGE_TEXT_MAX];

	got->status = FETCH_NEW;
	got->records = dnsentry_write(&l->entries, body);
	exchange_describe(&l->x, with);
	(void)snprintf(got->note, sizeof(got->note), "%s way=list names=%zu "
		       "records=%" PRIu64 " bytes=%" PRIu64 " seconds=%" PRId64
		       ".%03d", with, l->names, got->records,
		       l->bytes + l->x.io.bytes, ms / 1000, (int)(ms % 1000));
}

static int
run(struct dnslist *l, struct out *body, struct fetch_got *got, struct err *e)
{
	int rc = try(l, e);

	while (rc < 0 && e->code == EX_TEMPFAIL && !l->x.io.given_up &&
	       retry_wait(&l->retry, 0))
		rc = try(l, e);
	if (rc < 0)
		return -1;
	finish(l, body, got);
	return body->total <= l->req->max_bytes ? 0
	       : err_set(e, EX_DATAERR, "the list is longer than --max-bytes "
			 "allows");
}

int
dnslist_fetch(const struct fetch_req *req, const struct fetch_had *had,
	      struct out *body, struct fetch_got *got, struct err *e)
{
	struct dnslist l = {.req = req, .begun = clock_ms()};
	const size_t most = SIZE_MAX / 4;
	int rc;

	(void)had;
	retry_begin(&l.retry, req->retries, req->total_s);
	if (dnsurl_parse(req->url, &l.url, e) < 0 || take_query(&l, e) < 0)
		return -1;
	if (req->key_file != NULL &&
	    tsig_key_read(req->key_file, req->allow_md5, &l.key, e) < 0)
		return -1;
	dnsentry_init(&l.entries,
		      req->max_records < most ? (size_t)req->max_records : most,
		      req->max_bytes < most ? (size_t)req->max_bytes : most);
	rc = run(&l, body, got, e);
	exchange_close(&l.x);
	dnsentry_free(&l.entries);
	free(l.name);
	tsig_key_wipe(&l.key);
	return rc;
}
