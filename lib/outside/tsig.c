#include "outside/tsig.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

enum tsig_error { BADSIG = 16, BADKEY = 17, BADTIME = 18, BADTRUNC = 22 };

/* A TSIG record off the wire. */
struct record {
	struct dname name, alg;
	uint64_t time;
	uint16_t fudge, mac_len, id, error, other_len;
	const uint8_t *mac, *other;
};

static int
bad(const struct tsig *t, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "%s: message %" PRIu64 " of the answer "
		       "%s", t->peer, t->messages, why);
}

static int
crypto(struct err *e)
{
	return err_set(e, EX_SOFTWARE, "the crypto library fails at HMAC");
}

int
tsig_open(struct tsig *t, const struct tsig_key *key, const char *peer,
	  struct err *e)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	*t = (struct tsig){.key = key, .peer = peer};
	t->mac = EVP_MAC_CTX_new(hmac);
	EVP_MAC_free(hmac);
	return t->mac != NULL ? 0 : crypto(e);
}

void
tsig_close(struct tsig *t)
{
	EVP_MAC_CTX_free(t->mac);
	*t = (struct tsig){.mac = NULL};
}

static bool
mac_begin(struct tsig *t)
{
	char digest[16];
	OSSL_PARAM params[2];

	(void)snprintf(digest, sizeof(digest), "%s", t->key->alg.digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						     digest, 0);
	params[1] = OSSL_PARAM_construct_end();
	return EVP_MAC_init(t->mac, t->key->secret, t->key->n, params) == 1;
}

static bool
mac_add(struct tsig *t, const void *p, size_t n)
{
	return EVP_MAC_update(t->mac, p, n) == 1;
}

/* Begins the digest of the message after one with this MAC (5.3.1). */
static bool
mac_chain(struct tsig *t, const uint8_t *mac, size_t n)
{
	uint8_t len[2];

	put16(len, (unsigned)n);
	return mac_begin(t) && mac_add(t, len, 2) && mac_add(t, mac, n);
}

/* The TSIG variables (4.3.3), of which only the timers count after the first
 * message of an answer. */
static bool
mac_variables(struct tsig *t, const struct record *r, bool timers_only)
{
	uint8_t v[16];

	if (!timers_only) {
		put32(put16(v, DNS_CLASS_ANY), 0);
		if (!mac_add(t, t->key->name.w, t->key->name.n) ||
		    !mac_add(t, v, 6) ||
		    !mac_add(t, t->key->alg.name.w, t->key->alg.name.n))
			return false;
	}
	put16(put16(put16(put48(v, r->time), r->fudge), r->error),
	      r->other_len);
	return mac_add(t, v, timers_only ? 8 : 12) &&
	       (timers_only || mac_add(t, r->other, r->other_len));
}

static bool
mac_end(struct tsig *t, uint8_t mac[EVP_MAX_MD_SIZE])
{
	size_t n;

	return EVP_MAC_final(t->mac, mac, &n, EVP_MAX_MD_SIZE) == 1 &&
	       n == t->key->alg.size;
}

int
tsig_sign(struct tsig *t, uint8_t *msg, size_t *n, uint64_t now, struct err *e)
{
	const struct record r = {.time = now, .fudge = TSIG_FUDGE};
	const struct tsig_key *k = t->key;
	uint8_t mac[EVP_MAX_MD_SIZE], *p = msg + *n;

	t->messages = 0;
	t->gap = 0;
	if (!mac_begin(t) || !mac_add(t, msg, *n) ||
	    !mac_variables(t, &r, false) || !mac_end(t, mac) ||
	    !mac_chain(t, mac, k->alg.size))
		return crypto(e);
	memcpy(p, k->name.w, k->name.n);
	p = put16(p + k->name.n, DNS_TSIG);
	p = put32(put16(p, DNS_CLASS_ANY), 0);
	p = put16(p, (unsigned)(k->alg.name.n + 16 + k->alg.size));
	memcpy(p, k->alg.name.w, k->alg.name.n);
	p = put16(put48(p + k->alg.name.n, r.time), r.fudge);
	p = put16(p, (unsigned)k->alg.size);
	memcpy(p, mac, k->alg.size);
	p = put16(p + k->alg.size, get16(msg));
	p = put32(p, 0); /* error, length of other data */
	*n = (size_t)(p - msg);
	put16(msg + 10, get16(msg + 10) + 1u);
	return 0;
}

static bool
read_record(const struct dns_msg *m, size_t at, struct record *r)
{
	struct dns_rr rr;
	size_t end;

	if (!dns_rr_read(m, &at, &rr) || rr.class != DNS_CLASS_ANY)
		return false;
	end = at;
	at = rr.owner;
	if (!dns_name_read(m, &at, &r->name))
		return false;
	at = rr.data;
	if (!dns_name_read(m, &at, &r->alg) || at > end || end - at < 16)
		return false;
	r->time = get48(m->p + at);
	r->fudge = get16(m->p + at + 6);
	r->mac_len = get16(m->p + at + 8);
	at += 10;
	if (end - at < (size_t)r->mac_len + 6)
		return false;
	r->mac = m->p + at;
	at += r->mac_len;
	r->id = get16(m->p + at);
	r->error = get16(m->p + at + 2);
	r->other_len = get16(m->p + at + 4);
	r->other = m->p + at + 6;
	return end - at - 6 == r->other_len;
}

/* here and there: seconds since 1970 on this host and on the server. */
static int
clocks_differ(const struct tsig *t, uint64_t here, uint64_t there,
	      unsigned fudge, struct err *e)
{
	const bool ahead = here > there;

	(void)err_set(e, EX_NOPERM, "%s: this host's clock is %" PRIu64 " s %s "
		      "the server's, too far for TSIG (BADTIME)", t->peer,
		      ahead ? here - there : there - here,
		      ahead ? "ahead of" : "behind");
	return err_hint(e, "set the clock of the one that is wrong; TSIG "
			   "allows %u s", fudge);
}

/* What the server found wrong with the query (5.2, 5.3.2). */
static int
refused(const struct tsig *t, const struct record *r, uint64_t now,
	struct err *e)
{
	const char *const key = t->key->text;

	switch (r->error) {
	case BADTIME:
		if (r->other_len == 6)
			return clocks_differ(t, now, get48(r->other),
					     TSIG_FUDGE, e);
		return err_set(e, EX_NOPERM, "%s: this host's clock is too far "
			       "from the server's for TSIG (BADTIME)", t->peer);
	case BADKEY:
		(void)err_set(e, EX_NOPERM, "%s: the server does not know the "
			      "TSIG key '%s' with %s (BADKEY)", t->peer, key,
			      t->key->alg.text);
		return err_hint(e, "name and algorithm in the key file must be "
				   "those of the server, for this address");
	case BADSIG:
		(void)err_set(e, EX_NOPERM, "%s: the server has another secret "
			      "for the TSIG key '%s' (BADSIG)", t->peer, key);
		return err_hint(e, "compare the secret in the key file with "
				   "the server's");
	case BADTRUNC:
		return err_set(e, EX_NOPERM, "%s: the server wants longer MACs "
			       "for the TSIG key '%s' (BADTRUNC)", t->peer, key);
	default:
		return err_set(e, EX_NOPERM, "%s: TSIG error %u for the key "
			       "'%s'", t->peer, r->error, key);
	}
}

/* Digests the message as it was before it was signed, and compares. */
static int
check_mac(struct tsig *t, const struct dns_msg *m, size_t tsig_at,
	  const struct record *r, struct err *e)
{
	uint8_t mac[EVP_MAX_MD_SIZE], head[DNS_HEADER];

	memcpy(head, m->p, sizeof(head));
	put16(head, r->id);
	put16(head + 10, m->additionals - 1u);
	if (!mac_add(t, head, sizeof(head)) ||
	    !mac_add(t, m->p + DNS_HEADER, tsig_at - DNS_HEADER) ||
	    !mac_variables(t, r, t->messages > 1) || !mac_end(t, mac))
		return crypto(e);
	if (CRYPTO_memcmp(mac, r->mac, t->key->alg.size) != 0)
		return bad(t, "has a wrong signature: it was altered, or is "
			      "not from the server", e);
	return mac_chain(t, mac, t->key->alg.size) ? 0 : crypto(e);
}

static int
take_signed(struct tsig *t, const struct dns_msg *m, size_t tsig_at,
	    uint64_t now, struct err *e)
{
	struct record r;

	if (!read_record(m, tsig_at, &r))
		return bad(t, "has a malformed TSIG record", e);
	if (!dname_equal(&r.name, &t->key->name) ||
	    !dname_equal(&r.alg, &t->key->alg.name))
		return bad(t, "is signed with another key or algorithm than "
			      "the query", e);
	/* BADKEY and BADSIG are unsigned by their nature: there is no key to
	 * use. NSD does not sign BADTIME either. */
	if (r.mac_len == 0 && r.error != 0)
		return refused(t, &r, now, e);
	if (r.mac_len != t->key->alg.size)
		return bad(t, "has a shortened signature", e);
	if (check_mac(t, m, tsig_at, &r, e) < 0)
		return -1;
	t->gap = 0;
	if (r.error != 0)
		return refused(t, &r, now, e);
	if ((now > r.time ? now - r.time : r.time - now) > r.fudge)
		return clocks_differ(t, now, r.time, r.fudge, e);
	return 0;
}

int
tsig_take(struct tsig *t, const struct dns_msg *m, size_t tsig_at, uint64_t now,
	  struct err *e)
{
	t->messages++;
	if (tsig_at != 0)
		return take_signed(t, m, tsig_at, now, e);
	if (t->messages == 1)
		return bad(t, "is not signed, though the query was", e);
	if (++t->gap > TSIG_GAP_MAX)
		return bad(t, "is the hundredth in a row without a signature",
			   e);
	return mac_add(t, m->p, m->n) ? 0 : crypto(e);
}

int
tsig_end(const struct tsig *t, struct err *e)
{
	return t->gap == 0 ? 0
			   : bad(t, "is the last of it and not signed", e);
}
