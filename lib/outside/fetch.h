/*
 * What ts-fetch asks of a way to get a source, and what it is told. One
 * function for each way (httpfetch.h, s3fetch.h, xfr.h, dnslist.h, localfile.h)
 * has this shape:
 *
 *	int X_fetch(const struct fetch_req *req, const struct fetch_had *had,
 *		    struct out *body, struct fetch_got *got, struct err *e);
 *
 * It writes the body to a spool that nobody reads before it returns 0; on -1
 * the spool is thrown away. So a body is whole and checked, or not there at all.
 * It neither prints nor retries in silence past req->total_s; what it would like
 * to say at -v is left in got->note.
 *
 * Exit codes: bad URL EX_USAGE; no such file EX_NOINPUT; refused for good (404,
 * NXDOMAIN, REFUSED, not authorised) EX_UNAVAILABLE; credentials or key wrong,
 * ours (401, 403, BADKEY) or the server's (certificate, name, pin) EX_NOPERM;
 * malformed, truncated, over a ceiling EX_DATAERR; network trouble (a connection
 * that ends too early is that), 5xx, 429, SERVFAIL, too slow EX_TEMPFAIL; bad
 * key file or CA EX_CONFIG; spool not writable EX_IOERR.
 *
 * Who the server is: without pins its certificate must lead to a CA and carry
 * the name. Pins take the place of both, unless ca_file or tls_name are given
 * as well: what is given is checked.
 *
 * A URL may hold secrets: messages and notes show it by fetch_url_shown. A URL
 * that is malformed is not shown at all, since nobody knows what is what in it.
 */
#ifndef TS_OUTSIDE_FETCH_H
#define TS_OUTSIDE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/out.h"

#define FETCH_URL_MAX 2048
#define FETCH_VALIDATOR_MAX 512
#define FETCH_PINS_MAX 8

enum fetch_alpn { FETCH_ALPN_OFFER, FETCH_ALPN_REQUIRE };

struct fetch_req {
	const char *url;      /* as given; at most FETCH_URL_MAX */
	const char *key_file; /* -k: TSIG, or HTTP credentials; or NULL */
	const char *ca_file;  /* NULL: the system's */
	const char *pin[FETCH_PINS_MAX]; /* SPKI SHA-256 in base64; NULL-ended
					  * unless full */
	const char *tls_name;	/* name to check instead of the URL's; or NULL */
	const char *proxy;	/* NULL: as the environment says */
	enum fetch_alpn alpn;
	bool allow_unsized;	/* HTTP body that ends where the connection does */
	bool allow_md5;		/* accept hmac-md5 TSIG */
	const char *profile, *region; /* of AWS; NULL: as its conventions say */
	bool requester_pays;	/* agree to pay for an S3 request */
	bool opaque_etag;	/* that of S3 is no MD5 */
	bool accept_rollback;	/* a zone whose serial went back */
	uint64_t max_bytes;	/* ceiling of the body, decoded */
	uint64_t max_records;	/* ceiling of a zone or an RRset */
	uint64_t connect_s;	/* limit of connecting */
	uint64_t idle_s;	/* limit without progress worth the name */
	uint64_t total_s;	/* limit of the whole, retries included */
	uint64_t retries;	/* further tries of what is retryable */
};

/* What the state directory has of the last time; all zero for nothing. */
struct fetch_had {
	char etag[FETCH_VALIDATOR_MAX];
	char last_modified[FETCH_VALIDATOR_MAX];
	bool has_serial;
	uint32_t serial;
	int64_t contacted; /* when the source last answered, s since 1970 */
	int body_fd; /* the last body, read from offset 0; -1 for none */
};

enum fetch_status { FETCH_NEW, FETCH_UNCHANGED };

struct fetch_got {
	enum fetch_status status; /* UNCHANGED: nothing was written to body */
	char etag[FETCH_VALIDATOR_MAX];
	char last_modified[FETCH_VALIDATOR_MAX];
	bool has_serial;
	uint32_t serial;
	uint64_t records; /* of a zone; 0 where unknown */
	char note[512];	  /* one line for -v: transport, TLS, TSIG, … */
};

/* The URL without userinfo, and without the values of an HTTP or S3 query. */
void fetch_url_shown(const char *url, char shown[FETCH_URL_MAX + 1]);

#endif
