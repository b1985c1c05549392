#include "outside/xfrstream.h"

#include <inttypes.h>
#include <string.h>

int
xfrstream_open(struct xfrstream *s, const struct fetch_req *req,
	       const struct fetch_had *had, const struct dnsurl *url,
	       struct exchange *x, struct out *body, struct err *e)
{
	const size_t most = SIZE_MAX / 4;

	*s = (struct xfrstream){.req = req, .had = had, .url = url, .x = x,
				.body = body, .zone_n = strlen(url->text)};
	buf_init(&s->soa, RRTEXT_MAX);
	buf_init(&s->old_soa, RRTEXT_MAX);
	if (rrtext_open(&s->rr, e) < 0)
		return -1;
	return zonedelta_open(&s->delta,
			      req->max_records < most / 2
				      ? (size_t)req->max_records * 2 : most,
			      req->max_bytes < most ? (size_t)req->max_bytes
						    : most, e);
}

void
xfrstream_close(struct xfrstream *s)
{
	zonedelta_close(&s->delta);
	rrtext_close(&s->rr);
	buf_free(&s->soa);
	buf_free(&s->old_soa);
}

int
xfr_rollback(const char *zone, uint32_t server, uint32_t saved, struct err *e)
{
	(void)err_set(e, EX_DATAERR, "'%s' went back: the server has serial "
		      "%" PRIu32 ", the state %" PRIu32, zone, server, saved);
	return err_hint(e, "if the zone was made anew, --accept-rollback "
			   "takes it");
}

static int
bad(const struct xfrstream *s, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s: transfer of '%s': record %" PRIu64
		       " %s", s->x->io.peer, s->url->text, s->seen, why);
}

static int
put(struct xfrstream *s, const char *p, size_t n, struct err *e)
{
	if (s->records >= s->req->max_records)
		return bad(s, "is more than --max-records allows", e);
	if (s->body->total + n > s->req->max_bytes)
		return bad(s, "makes the zone longer than --max-bytes allows",
			   e);
	out_put(s->body, p, n);
	s->records++;
	return 0;
}

/* The first record, the new SOA. alone: it is all that the message holds. */
static int
take_first(struct xfrstream *s, bool alone, struct err *e)
{
	(void)buf_add(&s->soa, s->rr.p, s->rr.n);
	if (buf_check(&s->soa, "the SOA", e) < 0)
		return -1;
	if (s->had == NULL) {
		s->state = XFR_WHOLE;
		return put(s, s->rr.p, s->rr.n, e);
	}
	s->state = XFR_SECOND;
	if (s->serial == s->had->serial) {
		s->unchanged = alone;
		if (alone)
			s->state = XFR_DONE;
		return 0;
	}
	if (serial_after(s->serial, s->had->serial))
		return 0;
	s->rollback = !s->req->accept_rollback;
	if (s->rollback)
		return xfr_rollback(s->url->text, s->serial, s->had->serial, e);
	return alone ? bad(s, "says that there is no difference forward", e)
		     : 0;
}

/* The second record of an answer to IXFR tells what kind of answer it is. */
static int
take_second(struct xfrstream *s, bool soa, uint32_t serial, struct err *e)
{
	if (soa && serial == s->had->serial && serial != s->serial) {
		s->at = serial;
		s->state = XFR_REMOVING;
		(void)buf_add(&s->old_soa, s->rr.p, s->rr.n);
		return buf_check(&s->old_soa, "the SOA", e);
	}
	if (soa && serial != s->serial)
		return bad(s, "begins a difference from another serial than "
			      "the saved one", e);
	s->state = soa ? XFR_DONE : XFR_WHOLE;
	if (put(s, s->soa.p, s->soa.n, e) < 0)
		return -1;
	return soa ? 0 : put(s, s->rr.p, s->rr.n, e);
}

/* An SOA parts what is removed from what is added, and one difference from the
 * next. */
static int
take_parting(struct xfrstream *s, uint32_t serial, struct err *e)
{
	if (s->state == XFR_REMOVING) {
		if (!serial_after(serial, s->at))
			return bad(s, "does not lead to a newer serial", e);
		s->at = serial;
		s->state = XFR_ADDING;
		s->deltas++;
		return 0;
	}
	if (serial != s->at)
		return bad(s, "breaks the chain of serials", e);
	s->state = serial == s->serial ? XFR_DONE : XFR_REMOVING;
	return 0;
}

static int
take_closing(struct xfrstream *s, uint32_t serial, struct err *e)
{
	if (serial != s->serial)
		return bad(s, "closes the zone with another serial than it was "
			      "opened with", e);
	s->state = XFR_DONE;
	return 0;
}

static int
take_record(struct xfrstream *s, bool soa, uint32_t serial, bool alone,
	    struct err *e)
{
	const char *const p = s->rr.p;
	const size_t n = s->rr.n;

	switch (s->state) {
	case XFR_OPENING:
		if (!soa)
			return bad(s, "is not the zone's SOA", e);
		s->serial = serial;
		return take_first(s, alone, e);
	case XFR_SECOND:
		return take_second(s, soa, serial, e);
	case XFR_WHOLE:
		return soa ? take_closing(s, serial, e) : put(s, p, n, e);
	case XFR_REMOVING:
		return soa ? take_parting(s, serial, e)
			   : zonedelta_remove(&s->delta, p, n, e);
	case XFR_ADDING:
		return soa ? take_parting(s, serial, e)
			   : zonedelta_add(&s->delta, p, n, e);
	case XFR_DONE:
		break;
	}
	return bad(s, "comes behind the end of the zone", e);
}

/* What holds for every record. */
static int
check_record(struct xfrstream *s, const struct dns_msg *m,
	     const struct dns_rr *rr, struct err *e)
{
	if (rr->class != DNS_CLASS_IN)
		return bad(s, "is not of class IN", e);
	if (rr->type == 0 || rr->type == DNS_OPT ||
	    (rr->type >= 128 && rr->type <= 255))
		return bad(s, "is of a type that no zone holds", e);
	if (!rrtext_make(&s->rr, m, rr))
		return bad(s, "is malformed", e);
	if (!rrtext_within(&s->rr, &s->url->name, s->url->text, s->zone_n))
		return bad(s, "is outside of the zone", e);
	if (rr->type == DNS_SOA && s->rr.owner_n != s->zone_n)
		return bad(s, "is the SOA of another zone", e);
	return 0;
}

static int
take_message(struct xfrstream *s, struct err *e)
{
	struct dns_msg m;
	struct dns_rr rr;
	size_t at, i;

	if (exchange_next(s->x, &m, &at, e) < 0)
		return -1;
	if (m.answers == 0)
		return err_set(e, EX_DATAERR, "%s: a message without records in "
			       "the transfer of '%s'", s->x->io.peer,
			       s->url->text);
	for (i = 0; i < m.answers; i++) {
		bool soa;

		s->seen++;
		if (!dns_rr_read(&m, &at, &rr))
			return bad(s, "is malformed", e);
		if (check_record(s, &m, &rr, e) < 0)
			return -1;
		soa = rr.type == DNS_SOA;
		if (take_record(s, soa, soa ? soa_serial(&m, &rr) : 0,
				m.answers == 1, e) < 0)
			return -1;
	}
	return 0;
}

static int
finish(struct xfrstream *s, struct err *e)
{
	if (exchange_end(s->x, e) < 0)
		return -1;
	if (s->deltas == 0)
		return 0;
	if (zonedelta_apply(&s->delta, s->had->body_fd, &s->old_soa, &s->soa,
			    s->body, &s->records, e) < 0)
		return -1;
	if (s->records > s->req->max_records ||
	    s->body->total > s->req->max_bytes)
		return err_set(e, EX_DATAERR, "the new zone is larger than "
			       "--max-records or --max-bytes allows");
	return 0;
}

int
xfrstream_run(struct xfrstream *s, struct err *e)
{
	const uint32_t *serial = s->had != NULL ? &s->had->serial : NULL;

	if (exchange_ask(s->x, &s->url->name,
			 serial != NULL ? DNS_IXFR : DNS_AXFR, serial, e) < 0)
		return -1;
	while (s->state != XFR_DONE)
		if (take_message(s, e) < 0)
			return -1;
	return finish(s, e);
}
