#include "outside/dnstls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define PIN_TEXT 44 /* base64 of a SHA-256 */

/* The reason that the library gives for its last failure. */
static const char *
reason(void)
{
	const unsigned long code = ERR_peek_last_error();
	const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;

	return text != NULL ? text : "unknown reason";
}

static int
take_pins(struct dnstls *t, const struct fetch_req *req, struct err *e)
{
	unsigned char raw[PIN_TEXT];
	size_t i;

	for (i = 0; i < FETCH_PINS_MAX && req->pin[i] != NULL; i++) {
		const char *const text = req->pin[i];

		if (strlen(text) != PIN_TEXT || text[PIN_TEXT - 1] != '=' ||
		    text[PIN_TEXT - 2] == '=' ||
		    EVP_DecodeBlock(raw, (const unsigned char *)text,
				    PIN_TEXT) != DNSTLS_PIN + 1)
			return err_set(e, EX_USAGE, "pin '%s' is not the base64 "
				       "of a SHA-256", text);
		memcpy(t->pin[t->pins++], raw, DNSTLS_PIN);
	}
	return 0;
}

static int
take_ca(struct dnstls *t, const struct fetch_req *req, struct err *e)
{
	t->check_chain = req->ca_file != NULL || t->pins == 0;
	SSL_CTX_set_verify(t->ctx, t->check_chain ? SSL_VERIFY_PEER
						  : SSL_VERIFY_NONE, NULL);
	if (req->ca_file == NULL) {
		if (!t->check_chain || SSL_CTX_set_default_verify_paths(t->ctx) == 1)
			return 0;
		return err_set(e, EX_CONFIG, "cannot read the system's CA "
			       "certificates: %s", reason());
	}
	if (SSL_CTX_load_verify_file(t->ctx, req->ca_file) == 1)
		return 0;
	return err_set(e, EX_CONFIG, "cannot read CA file '%s': %s",
		       req->ca_file, reason());
}

int
dnstls_open(struct dnstls *t, const struct dnsurl *u,
	    const struct fetch_req *req, struct err *e)
{
	static const unsigned char dot[] = {3, 'd', 'o', 't'};
	/* RFC 9103 8.3: a transfer takes nothing older than TLS 1.3. */
	const int least = u->way == DNS_WAY_LIST ? TLS1_2_VERSION
						 : TLS1_3_VERSION;

	*t = (struct dnstls){
		.peer = u->host,
		.require_alpn = req->alpn == FETCH_ALPN_REQUIRE,
	};
	if ((size_t)snprintf(t->name, sizeof(t->name), "%s",
			     req->tls_name != NULL ? req->tls_name : u->host) >=
	    sizeof(t->name))
		return err_set(e, EX_USAGE, "the name for TLS is too long");
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL ||
	    SSL_CTX_set_min_proto_version(t->ctx, least) != 1 ||
	    SSL_CTX_set_alpn_protos(t->ctx, dot, sizeof(dot)) != 0)
		return err_set(e, EX_SOFTWARE, "cannot set up TLS: %s",
			       reason());
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* The ends of connections are told apart, not mended. */
	SSL_CTX_clear_options(t->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	if (take_pins(t, req, e) < 0 || take_ca(t, req, e) < 0)
		return -1;
	t->check_name = req->tls_name != NULL || t->pins == 0;
	return 0;
}

void
dnstls_close(struct dnstls *t)
{
	dnstls_end(t, false);
	SSL_CTX_free(t->ctx);
	*t = (struct dnstls){.ctx = NULL};
}

static bool
is_address(const char *host)
{
	unsigned char a[16];

	return inet_pton(AF_INET, host, a) == 1 ||
	       inet_pton(AF_INET6, host, a) == 1;
}

int
dnstls_begin(struct dnstls *t, int fd, const char *peer, struct err *e)
{
	bool fine;

	dnstls_end(t, false);
	ERR_clear_error();
	t->peer = peer;
	t->unclean = false;
	t->ssl = SSL_new(t->ctx);
	fine = t->ssl != NULL && SSL_set_fd(t->ssl, fd) == 1;
	if (fine && !is_address(t->name))
		fine = SSL_set_tlsext_host_name(t->ssl, t->name) == 1;
	return fine ? 0 : err_set(e, EX_SOFTWARE, "cannot set up TLS: %s",
				  reason());
}

void
dnstls_end(struct dnstls *t, bool notify)
{
	if (t->ssl != NULL && notify)
		(void)SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	t->ssl = NULL;
}

/* What a call that did not succeed means; errno is its own. */
static ssize_t
step(struct dnstls *t, int r, struct err *e)
{
	const int cause = errno;

	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return DNSTLS_READ;
	case SSL_ERROR_WANT_WRITE:
		return DNSTLS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = cause;
		return err_sys(e, EX_TEMPFAIL, "%s: connection lost", t->peer);
	default:
		break;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		t->unclean = true;
		return 0;
	}
	return err_set(e, EX_DATAERR, "%s: TLS failed: %s", t->peer, reason());
}

ssize_t
dnstls_handshake(struct dnstls *t, struct err *e)
{
	ssize_t n;
	long verify;
	int r;

	ERR_clear_error();
	r = SSL_connect(t->ssl);
	if (r == 1)
		return 1;
	n = step(t, r, e);
	if (n == 0)
		return err_set(e, EX_TEMPFAIL, "%s: the server ended the "
			       "connection within the TLS handshake", t->peer);
	verify = SSL_get_verify_result(t->ssl);
	if (n != DNSTLS_ERROR || verify == X509_V_OK || !t->check_chain)
		return n;
	(void)err_set(e, EX_NOPERM, "%s: the server's certificate is not "
		      "trusted: %s", t->peer,
		      X509_verify_cert_error_string(verify));
	return err_hint(e, "--ca-file or --pin say whom to trust");
}

ssize_t
dnstls_recv(struct dnstls *t, void *p, size_t n, struct err *e)
{
	int r;

	ERR_clear_error();
	r = SSL_read(t->ssl, p, (int)n);
	return r > 0 ? r : step(t, r, e);
}

ssize_t
dnstls_send(struct dnstls *t, const void *p, size_t n, struct err *e)
{
	int r;

	ERR_clear_error();
	r = SSL_write(t->ssl, p, (int)n);
	return r > 0 ? r : step(t, r, e);
}

/* SHA-256 of the SubjectPublicKeyInfo (RFC 7858 A). */
static bool
has_pin(const struct dnstls *t, X509 *cert)
{
	unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
	const int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	bool found = false;
	size_t i;

	if (n > 0 &&
	    EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL) == 1)
		for (i = 0; i < t->pins; i++)
			found |= memcmp(hash, t->pin[i], DNSTLS_PIN) == 0;
	OPENSSL_free(der);
	return found;
}

static bool
has_name(const struct dnstls *t, X509 *cert)
{
	return (is_address(t->name)
			? X509_check_ip_asc(cert, t->name, 0)
			: X509_check_host(cert, t->name, 0, 0, NULL)) == 1;
}

bool
dnstls_alpn(const struct dnstls *t)
{
	const unsigned char *p;
	unsigned n;

	SSL_get0_alpn_selected(t->ssl, &p, &n);
	return n == 3 && memcmp(p, "dot", 3) == 0;
}

const char *
dnstls_version(const struct dnstls *t)
{
	return SSL_get_version(t->ssl);
}

int
dnstls_trust(const struct dnstls *t, struct err *e)
{
	X509 *cert = SSL_get1_peer_certificate(t->ssl);
	int rc = 0;

	if (cert == NULL)
		return err_set(e, EX_NOPERM, "%s: the server has no "
			       "certificate", t->peer);
	if (t->check_name && !has_name(t, cert)) {
		(void)err_set(e, EX_NOPERM, "%s: the server's certificate is "
			      "not for '%s'", t->peer, t->name);
		rc = err_hint(e, "--tls-name says what name it should have");
	} else if (t->pins > 0 && !has_pin(t, cert)) {
		rc = err_set(e, EX_NOPERM, "%s: the server's public key has "
			     "none of the pins", t->peer);
	} else if (t->require_alpn && !dnstls_alpn(t)) {
		rc = err_set(e, EX_UNAVAILABLE, "%s: the server did not agree "
			     "upon ALPN 'dot'", t->peer);
	}
	X509_free(cert);
	return rc;
}
