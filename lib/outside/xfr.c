#include "outside/xfr.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "outside/retry.h"
#include "outside/xfrstream.h"

struct xfr {
	const struct fetch_req *req;
	const struct fetch_had *had; /* NULL: nothing is saved */
	struct dnsurl url;
	struct tsig_key key;
	int64_t begun;
	struct retry retry;
	struct exchange x;
	struct out *body;
	struct fetch_got *got;
	bool fallen; /* the difference was of no use */
};

static void
note(const struct xfr *t, const char *way, const struct xfrstream *s)
{
	const int64_t ms = clock_ms() - t->begun;
	char with[EXCHANGE_TEXT_MAX], count[96] = "";
	int n = 0;

	if (s != NULL && !s->unchanged)
		n = snprintf(count, sizeof(count), " records=%" PRIu64,
			     s->records);
	if (s != NULL && s->deltas > 0)
		(void)snprintf(count + n, sizeof(count) - (size_t)n,
			       " deltas=%u", s->deltas);
	exchange_describe(&t->x, with);
	(void)snprintf(t->got->note, sizeof(t->got->note),
		       "%s way=%s%s serial=%" PRIu32 "%s messages=%" PRIu64
		       " bytes=%" PRIu64 " seconds=%" PRId64 ".%03d", with, way,
		       t->fallen ? " fallback=yes" : "", t->got->serial, count,
		       t->x.messages, t->x.io.bytes, ms / 1000,
		       (int)(ms % 1000));
}

static void
got(struct xfr *t, enum fetch_status status, uint32_t serial, uint64_t records)
{
	t->got->status = status;
	t->got->has_serial = true;
	t->got->serial = serial;
	t->got->records = records;
}

static int
connect_to(struct xfr *t, struct err *e)
{
	exchange_close(&t->x);
	return exchange_open(&t->x, &t->url, t->req,
			     t->req->key_file != NULL ? &t->key : NULL,
			     t->retry.deadline, e);
}

/* One transfer; had: as a difference to it. */
static int
transfer(struct xfr *t, const struct fetch_had *had, bool *rollback,
	 struct err *e)
{
	struct xfrstream s = {.req = NULL};
	int rc = connect_to(t, e);

	if (rc == 0)
		rc = xfrstream_open(&s, t->req, had, &t->url, &t->x, t->body,
				    e);
	if (rc == 0)
		rc = xfrstream_run(&s, e);
	*rollback = s.rollback;
	if (rc == 0) {
		got(t, s.unchanged ? FETCH_UNCHANGED : FETCH_NEW, s.serial,
		    s.records);
		note(t, had != NULL ? "ixfr" : "axfr", &s);
	}
	xfrstream_close(&s);
	return rc;
}

/* The SOA of an answer that has authority; false where there is none. */
static bool
find_serial(const struct xfr *t, const struct dns_msg *m, size_t at,
	    uint32_t *serial)
{
	struct dname owner;
	struct dns_rr rr;
	unsigned i;

	for (i = 0; i < m->answers && (m->flags & DNS_AA) != 0; i++) {
		if (!dns_rr_read(m, &at, &rr) ||
		    !dns_name_read(m, &rr.owner, &owner))
			return false;
		if (rr.type == DNS_SOA && rr.class == DNS_CLASS_IN &&
		    dname_equal(&owner, &t->url.name) && rr.len >= 22) {
			*serial = soa_serial(m, &rr);
			return true;
		}
	}
	return false;
}

/*
 * Asks for the serial: 1 when the zone is unchanged, 0 when it has to be
 * transferred. A server that does not answer this query may still transfer.
 */
static int
check_serial(struct xfr *t, struct err *e)
{
	struct dns_msg m;
	uint32_t serial;
	size_t at;

	if (connect_to(t, e) < 0 ||
	    exchange_ask(&t->x, &t->url.name, DNS_SOA, NULL, e) < 0)
		return -1;
	if (exchange_next(&t->x, &m, &at, e) < 0)
		return t->x.rcode != DNS_NOERROR ? 0 : -1;
	if (!find_serial(t, &m, at, &serial))
		return 0;
	if (serial == t->had->serial) {
		got(t, FETCH_UNCHANGED, serial, 0);
		note(t, "soa", NULL);
		return 1;
	}
	if (serial_after(serial, t->had->serial) || t->req->accept_rollback)
		return 0;
	return xfr_rollback(t->url.text, serial, t->had->serial, e);
}

/* Whether a whole zone may come where the difference did not. A server may well
 * refuse one and not the other, and is not asked without a difference as long as
 * there is a state. */
static bool
may_fall_back(const struct xfr *t, const struct err *e)
{
	return e->code == EX_DATAERR || t->x.rcode != DNS_NOERROR ||
	       t->x.closed;
}

static int
try(struct xfr *t, struct err *e)
{
	bool rollback;
	int r;

	if (t->had != NULL && t->url.way == DNS_WAY_AXFR) {
		r = check_serial(t, e);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	if (t->had != NULL && t->url.way == DNS_WAY_IXFR && !t->fallen) {
		if (transfer(t, t->had, &rollback, e) == 0)
			return 0;
		if (rollback || !may_fall_back(t, e) ||
		    out_rewind(t->body, e) < 0)
			return -1;
		t->fallen = true;
	}
	return transfer(t, NULL, &rollback, e);
}

static int
run(struct xfr *t, struct err *e)
{
	int rc = try(t, e);

	while (rc < 0 && e->code == EX_TEMPFAIL && !t->x.io.given_up &&
	       retry_wait(&t->retry, 0))
		rc = out_rewind(t->body, e) < 0 ? -1 : try(t, e);
	return rc;
}

/* The fourth of the five numbers at the end of the SOA, the first line of the
 * saved zone; 0 where there is none. */
static int64_t
expiry_of(int fd)
{
	char line[2 * DNS_TEXT_MAX + 256], *end;
	const ssize_t n = pread(fd, line, sizeof(line), 0);

	end = n > 0 ? memchr(line, '\n', (size_t)n) : NULL;
	if (end == NULL)
		return 0;
	*end = '\0';
	end = strrchr(line, ' ');
	if (end == NULL)
		return 0;
	*end = '\0';
	end = strrchr(line, ' ');
	return end != NULL ? strtoll(end, NULL, 10) : 0;
}

/* A secondary would have stopped to answer for such a zone (RFC 1035 3.3.13). */
static void
mention_stale(const struct xfr *t, struct err *e)
{
	const int64_t age = (int64_t)time(NULL) - t->had->contacted;
	const int64_t expiry = expiry_of(t->had->body_fd);
	const size_t n = strlen(e->msg);

	if (t->had->contacted > 0 && expiry > 0 && age > expiry)
		(void)snprintf(e->msg + n, sizeof(e->msg) - n, "; the saved "
			       "zone is stale: it is %" PRId64 " s old and "
			       "expires after %" PRId64, age, expiry);
}

int
xfr_fetch(const struct fetch_req *req, const struct fetch_had *had,
	  struct out *body, struct fetch_got *answer, struct err *e)
{
	struct xfr t = {.req = req, .body = body, .got = answer,
			.begun = clock_ms()};
	int rc;

	if (had->has_serial && had->body_fd >= 0)
		t.had = had;
	retry_begin(&t.retry, req->retries, req->total_s);
	if (dnsurl_parse(req->url, &t.url, e) < 0)
		return -1;
	if (req->key_file != NULL &&
	    tsig_key_read(req->key_file, req->allow_md5, &t.key, e) < 0)
		return -1;
	rc = run(&t, e);
	if (rc < 0 && t.had != NULL)
		mention_stale(&t, e);
	exchange_close(&t.x);
	tsig_key_wipe(&t.key);
	return rc;
}
