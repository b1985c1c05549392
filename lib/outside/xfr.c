#include "outside/xfr.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "outside/exchange.h"
#include "outside/rrtext.h"

#define MS 1000
#define BACKOFF_MS 1000 /* before the second try, doubled for each further */
#define BACKOFF_MAX_MS 30000

struct xfr {
	const struct fetch_req *req;
	struct dnsurl url;
	struct tsig_key key;
	size_t text_n; /* length of url.text */
	int64_t begun, deadline;
	struct exchange x;
	struct rrtext rr;
	struct out *body;
	/* Of this try: */
	uint32_t serial;
	uint64_t records;
	bool begins; /* no record has come yet */
	bool whole;  /* the closing SOA has come */
};

static int
bad(const struct xfr *t, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s: transfer of '%s': record %" PRIu64
		       " %s", t->x.io.peer, t->url.text, t->records + 1, why);
}

/* The SOA's serial is the first of the five numbers at its end. */
static uint32_t
serial_of(const struct dns_msg *m, const struct dns_rr *rr)
{
	return get32(m->p + rr->data + rr->len - 20);
}

/* An SOA at the apex: the first record and the last. */
static int
take_soa(struct xfr *t, const struct dns_msg *m, const struct dns_rr *rr,
	 struct err *e)
{
	if (t->rr.owner_n != t->text_n)
		return bad(t, "is the SOA of another zone", e);
	if (!t->begins) {
		if (serial_of(m, rr) != t->serial)
			return bad(t, "closes the zone with another serial "
				      "than it was opened with", e);
		t->whole = true;
		return 0;
	}
	t->begins = false;
	t->serial = serial_of(m, rr);
	return 0;
}

static int
take_record(struct xfr *t, const struct dns_msg *m, const struct dns_rr *rr,
	    struct err *e)
{
	if (t->whole)
		return bad(t, "comes behind the closing SOA", e);
	if (rr->class != DNS_CLASS_IN)
		return bad(t, "is not of class IN", e);
	if (rr->type == 0 || rr->type == DNS_OPT ||
	    (rr->type >= 128 && rr->type <= 255))
		return bad(t, "is of a type that no zone holds", e);
	if (!rrtext_make(&t->rr, m, rr))
		return bad(t, "is malformed", e);
	if (!rrtext_within(&t->rr, &t->url.name, t->url.text, t->text_n))
		return bad(t, "is outside of the zone", e);
	if (t->begins && rr->type != DNS_SOA)
		return bad(t, "is not the zone's SOA, as it should be", e);
	if (rr->type == DNS_SOA && take_soa(t, m, rr, e) < 0)
		return -1;
	if (t->whole)
		return 0;
	if (t->records >= t->req->max_records)
		return bad(t, "is more than --max-records allows", e);
	if (t->body->total + t->rr.n > t->req->max_bytes)
		return bad(t, "makes the zone longer than --max-bytes allows",
			   e);
	out_put(t->body, t->rr.p, t->rr.n);
	t->records++;
	return 0;
}

static int
take_message(struct xfr *t, struct err *e)
{
	struct dns_msg m;
	struct dns_rr rr;
	size_t at, i;

	if (exchange_next(&t->x, &m, &at, e) < 0)
		return -1;
	if (m.answers == 0)
		return err_set(e, EX_DATAERR, "%s: a message without records in "
			       "the transfer of '%s'", t->x.io.peer,
			       t->url.text);
	for (i = 0; i < m.answers; i++)
		if (!dns_rr_read(&m, &at, &rr) || take_record(t, &m, &rr, e) < 0)
			return -1;
	return 0;
}

static int
transfer(struct xfr *t, struct err *e)
{
	t->begins = true;
	t->whole = false;
	t->records = 0;
	if (exchange_ask(&t->x, &t->url.name, DNS_AXFR, NULL, e) < 0)
		return -1;
	while (!t->whole)
		if (take_message(t, e) < 0)
			return -1;
	return exchange_end(&t->x, e);
}

static void
note(const struct xfr *t, struct fetch_got *got)
{
	const int64_t ms = dnsio_now() - t->begun;

	(void)snprintf(got->note, sizeof(got->note),
		       "server=%s transport=tcp tsig=%s serial=%" PRIu32
		       " records=%" PRIu64 " messages=%" PRIu64
		       " bytes=%" PRIu64 " seconds=%lld.%03d",
		       t->x.io.peer,
		       t->x.key != NULL ? t->key.alg.text : "none", t->serial,
		       t->records, t->x.messages, t->x.io.bytes,
		       (long long)(ms / MS), (int)(ms % MS));
}

static int
try(struct xfr *t, struct fetch_got *got, struct err *e)
{
	const struct tsig_key *key = t->req->key_file != NULL ? &t->key : NULL;
	int rc = exchange_open(&t->x, &t->url, t->req, key, t->deadline, e);

	if (rc == 0)
		rc = transfer(t, e);
	if (rc == 0) {
		got->status = FETCH_NEW;
		got->has_serial = true;
		got->serial = t->serial;
		got->records = t->records;
		note(t, got);
	}
	exchange_close(&t->x);
	return rc;
}

/* Full jitter; false where the time would be up. */
static bool
sleep_before(const struct xfr *t, uint64_t tries)
{
	int64_t ms = BACKOFF_MS;
	uint32_t r = 0;

	for (; tries > 1 && ms < BACKOFF_MAX_MS; tries--)
		ms *= 2;
	if (getrandom(&r, sizeof(r), 0) == sizeof(r))
		ms = (int64_t)(r % (uint64_t)ms);
	if (dnsio_now() + ms >= t->deadline)
		return false;
	(void)nanosleep(&(struct timespec){ms / MS, ms % MS * 1000000}, NULL);
	return true;
}

int
xfr_fetch(const struct fetch_req *req, const struct fetch_had *had,
	  struct out *body, struct fetch_got *got, struct err *e)
{
	struct xfr t = {.req = req, .body = body, .begun = dnsio_now()};
	uint64_t tries = 0;
	int rc = -1;

	(void)had;
	t.deadline = t.begun + (int64_t)req->total_s * MS;
	if (dnsurl_parse(req->url, &t.url, e) < 0)
		return -1;
	t.text_n = strlen(t.url.text);
	if (req->key_file != NULL &&
	    tsig_key_read(req->key_file, req->allow_md5, &t.key, e) < 0)
		return -1;
	if (rrtext_open(&t.rr, e) == 0)
		rc = try(&t, got, e);
	while (rc < 0 && e->code == EX_TEMPFAIL && tries++ < req->retries &&
	       sleep_before(&t, tries))
		rc = out_rewind(body, e) < 0 ? -1 : try(&t, got, e);
	rrtext_close(&t.rr);
	tsig_key_wipe(&t.key);
	return rc;
}
