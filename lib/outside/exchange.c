#include "outside/exchange.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int
exchange_open(struct exchange *x, const struct dnsurl *u,
	      const struct fetch_req *req, const struct tsig_key *key,
	      int64_t deadline, struct err *e)
{
	*x = (struct exchange){.key = key};
	if (dnsio_open(&x->io, u, req, deadline, e) < 0)
		return -1;
	return key != NULL ? tsig_open(&x->tsig, key, x->io.peer, e) : 0;
}

void
exchange_close(struct exchange *x)
{
	tsig_close(&x->tsig);
	dnsio_close(&x->io);
}

int
exchange_ask(struct exchange *x, const struct dname *name, uint16_t type,
	     const uint32_t *serial, struct err *e)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t n;

	if (getrandom(&x->id, sizeof(x->id), 0) != sizeof(x->id))
		return err_sys(e, EX_OSERR, "no random numbers");
	x->name = *name;
	x->type = type;
	x->messages = 0;
	n = dns_query(query, x->id, type < DNS_TSIG ? DNS_RD : 0, name, type,
		      serial);
	if (x->key != NULL &&
	    tsig_sign(&x->tsig, query, &n, (uint64_t)time(NULL), e) < 0)
		return -1;
	return dnsio_send(&x->io, query, n, e);
}

static int
bad(const struct exchange *x, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s: message %" PRIu64 " of the answer %s",
		       x->io.peer, x->messages, why);
}

/* An rcode that is no answer (RFC 1035 4.1.1). */
static int
refused(const struct exchange *x, struct err *e)
{
	const char *const peer = x->io.peer, *code = dns_rcode_text(x->rcode);
	char name[DNS_TEXT_MAX];

	(void)dname_text(&x->name, name);
	switch (x->rcode) {
	case DNS_SERVFAIL:
		return err_set(e, EX_TEMPFAIL, "%s: the server cannot answer "
			       "for '%s' now (%s)", peer, name, code);
	case DNS_REFUSED:
		(void)err_set(e, EX_UNAVAILABLE, "%s: the server refuses '%s': "
			      "this address or key is not authorised (%s)",
			      peer, name, code);
		return x->key != NULL ? -1 :
		       err_hint(e, "the server may want a TSIG key: -k FILE");
	case DNS_NOTAUTH:
		(void)err_set(e, EX_UNAVAILABLE, "%s: the server does not serve "
			      "the zone '%s', or not to this address or key "
			      "(%s)", peer, name, code);
		return x->key != NULL ? -1 :
		       err_hint(e, "the server may want a TSIG key: -k FILE");
	case DNS_NXDOMAIN:
		return err_set(e, EX_UNAVAILABLE, "%s: there is no '%s' (%s)",
			       peer, name, code);
	default:
		return err_set(e, EX_UNAVAILABLE, "%s: the server says %s to "
			       "'%s'", peer, code, name);
	}
}

/* The question, which only the first message has to repeat (RFC 5936 2.2.1). */
static int
check_question(const struct exchange *x, const struct dns_msg *m, size_t *at,
	       struct err *e)
{
	struct dname name;

	if (m->questions == 0 &&
	    (x->messages > 1 || (m->flags & DNS_RCODE) != DNS_NOERROR))
		return 0;
	if (m->questions != 1)
		return bad(x, "does not have one question", e);
	if (!dns_name_read(m, at, &name) || m->n - *at < 4)
		return bad(x, "is malformed", e);
	if (!dname_equal(&name, &x->name) || get16(m->p + *at) != x->type ||
	    get16(m->p + *at + 2) != DNS_CLASS_IN)
		return bad(x, "is to another question", e);
	*at += 4;
	return 0;
}

/* Walks all records to the end of the message; the last may be a TSIG. */
static int
walk(const struct exchange *x, const struct dns_msg *m, size_t at,
     size_t *tsig_at, struct err *e)
{
	const size_t n = (size_t)m->answers + m->authorities + m->additionals;
	struct dns_rr rr;
	size_t i;

	*tsig_at = 0;
	for (i = 0; i < n; i++) {
		if (!dns_rr_read(m, &at, &rr))
			return bad(x, "is malformed", e);
		if (rr.type != DNS_TSIG)
			continue;
		if (i + 1 < n || m->additionals == 0)
			return bad(x, "has a TSIG record that is not its last",
				   e);
		*tsig_at = rr.owner;
	}
	return at == m->n ? 0 : bad(x, "has bytes behind its end", e);
}

/* Signature before rcode: what the server says about the key says more. */
static int
judge(struct exchange *x, const struct dns_msg *m, size_t *at, struct err *e)
{
	const unsigned rcode = m->flags & DNS_RCODE;
	size_t tsig_at;

	if (m->id != x->id)
		return bad(x, "has another ID than the query", e);
	if ((m->flags & (DNS_QR | DNS_OPCODE)) != DNS_QR)
		return bad(x, "is no answer to a query", e);
	*at = DNS_HEADER;
	if (check_question(x, m, at, e) < 0 ||
	    walk(x, m, *at, &tsig_at, e) < 0)
		return -1;
	/* NXDOMAIN says something of the data, as an answer does. */
	if (x->key != NULL &&
	    (tsig_at != 0 || rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN) &&
	    tsig_take(&x->tsig, m, tsig_at, (uint64_t)time(NULL), e) < 0)
		return -1;
	x->rcode = rcode;
	if (rcode != DNS_NOERROR)
		return refused(x, e);
	if ((m->flags & DNS_TC) != 0)
		return bad(x, "is cut off (TC): it is more than a message "
			      "holds", e);
	return 0;
}

/* The stream ended where a message should have come. */
static int
ended(struct exchange *x, struct err *e)
{
	const char *how = x->io.tls.unclean ? ", and without TLS saying so" : "";

	x->closed = true;
	if (x->messages == 0)
		return err_set(e, EX_TEMPFAIL, "%s: the server ended the "
			       "connection without an answer%s", x->io.peer,
			       how);
	return err_set(e, EX_TEMPFAIL, "%s: the connection ended after %" PRIu64
		       " messages, before the answer did%s", x->io.peer,
		       x->messages, how);
}

int
exchange_next(struct exchange *x, struct dns_msg *m, size_t *at, struct err *e)
{
	const uint8_t *p;
	size_t n;
	const int r = dnsio_recv(&x->io, &p, &n, e);

	if (r < 0)
		return -1;
	if (r == 0)
		return ended(x, e);
	x->messages++;
	if (!dns_msg_open(m, p, n))
		return bad(x, "is malformed", e);
	return judge(x, m, at, e);
}

int
exchange_end(struct exchange *x, struct err *e)
{
	return x->key != NULL ? tsig_end(&x->tsig, e) : 0;
}

void
exchange_describe(const struct exchange *x, char text[EXCHANGE_TEXT_MAX])
{
	const struct dnstls *tls = &x->io.tls;
	char transport[64] = "tcp";

	if (tls->ssl != NULL)
		(void)snprintf(transport, sizeof(transport),
			       "tls tls=%s alpn=%s", dnstls_version(tls),
			       dnstls_alpn(tls) ? "dot" : "none");
	(void)snprintf(text, EXCHANGE_TEXT_MAX, "server=%s transport=%s tsig=%s",
		       x->io.peer, transport,
		       x->key != NULL ? x->key->alg.text : "none");
}
