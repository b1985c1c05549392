/*
 * ts-fetch: one source, whole and checked, to standard output or a file.
 *
 * The way that the URL's scheme names (outside/fetch.h) writes into a spool
 * without a name; only when it says that the body is whole is any of it handed
 * on. So a reader sees a body or none, and a frame tells it when this process
 * died while handing it on.
 */
#include <inttypes.h>
#include <signal.h>
#include <strings.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/in.h"
#include "base/msg.h"
#include "base/nocore.h"
#include "outside/dnslist.h"
#include "outside/fetch.h"
#include "outside/fetchstate.h"
#include "outside/httpfetch.h"
#include "outside/localfile.h"
#include "outside/s3fetch.h"
#include "outside/xfr.h"

static struct {
	const char *output;
	const char *state;
	bool framed;
	bool alpn;
	struct cli_list pins;
	struct fetch_req req;
} opt = {
	.req = {
		.max_bytes = 256 << 20,
		.max_records = 10 * 1000 * 1000,
		.connect_s = 15,
		.idle_s = 30,
		.total_s = 30 * 60,
		.retries = 3,
	},
};

static const struct cli_opt opts[] = {
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE, instead of standard output",
	 .to = &opt.output},
	{"framed", 0, CLI_FLAG, NULL, "put the header of a source stream in front",
	 .to = &opt.framed},
	{"state", 0, CLI_TEXT, "DIR", "keep the body in DIR; ask for changes only",
	 .to = &opt.state},
	{"key-file", 'k', CLI_TEXT, "FILE", "TSIG key, or USER:PASSWORD, or HTTP header",
	 .to = &opt.req.key_file},
	{"ca-file", 0, CLI_TEXT, "FILE", "the CA that the server's certificate leads to",
	 .to = &opt.req.ca_file},
	{"pin", 0, CLI_LIST, "B64", "SHA-256 of the server's key; repeatable",
	 .to = &opt.pins},
	{"tls-name", 0, CLI_TEXT, "NAME", "the server's name, if not that in URL",
	 .to = &opt.req.tls_name},
	{"proxy", 0, CLI_TEXT, "URL", "HTTP proxy, if not as the environment says",
	 .to = &opt.req.proxy},
	{"profile", 0, CLI_TEXT, "NAME", "the AWS profile, for s3:",
	 .to = &opt.req.profile},
	{"region", 0, CLI_TEXT, "R", "where to ask for the bucket first",
	 .to = &opt.req.region},
	{"max-bytes", 0, CLI_BYTES, "N", "refuse a larger body (256M)",
	 .to = &opt.req.max_bytes, .min = 1, .max = (uint64_t)1 << 40},
	{"max-time", 0, CLI_SECONDS, "S", "limit of the whole, retries included (30m)",
	 .to = &opt.req.total_s, .min = 1, .max = 86400},
	{"idle-timeout", 0, CLI_SECONDS, "S", "limit without progress (30s)",
	 .to = &opt.req.idle_s, .min = 1, .max = 86400},
	{"connect-timeout", 0, CLI_SECONDS, "S", NULL,
	 .to = &opt.req.connect_s, .min = 1, .max = 86400},
	{"retries", 0, CLI_NUMBER, "N", "further tries after passing trouble (3)",
	 .to = &opt.req.retries, .max = 100},
	{"max-records", 0, CLI_NUMBER, "N", NULL,
	 .to = &opt.req.max_records, .min = 1},
	{"alpn-require", 0, CLI_FLAG, NULL, NULL, .to = &opt.alpn},
	{"allow-md5", 0, CLI_FLAG, NULL, NULL, .to = &opt.req.allow_md5},
	{"accept-rollback", 0, CLI_FLAG, NULL, NULL,
	 .to = &opt.req.accept_rollback},
	{"allow-unsized", 0, CLI_FLAG, NULL, NULL,
	 .to = &opt.req.allow_unsized},
	{"requester-pays", 0, CLI_FLAG, NULL, NULL,
	 .to = &opt.req.requester_pays},
	{"opaque-etag", 0, CLI_FLAG, NULL, NULL, .to = &opt.req.opaque_etag},
	{0},
};

static const struct cli cli = {
	.name = "ts-fetch",
	.summary = "fetches one source, whole and checked: file, HTTP, S3, zone or list in DNS",
	.operands = "URL|-",
	.example = "ts-fetch --framed https://feed.example/list | ts-feed2list --source x",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
};

typedef int way_fn(const struct fetch_req *, const struct fetch_had *,
		   struct out *, struct fetch_got *, struct err *);

/* Options that some schemes have no use for: refused there, since who gives one
 * counts on it. */
enum {
	CA = 1 << 0,
	SERVER = 1 << 1, /* who it is: --pin, --tls-name */
	ALPN = 1 << 2,
	TLS = CA | SERVER | ALPN,
	KEY = 1 << 3,
	MD5 = 1 << 4,
	ROLLBACK = 1 << 5,
	PROXY = 1 << 6,
	UNSIZED = 1 << 7,
	AWS = 1 << 8,
};

static const struct way {
	const char *scheme;
	way_fn *fetch;
	unsigned takes;
} ways[] = {
	{"file", localfile_fetch, 0},
	/* http may lead to https, but nothing says who the first server is. */
	{"http", http_fetch, CA | KEY | PROXY | UNSIZED},
	{"https", http_fetch, CA | SERVER | KEY | PROXY | UNSIZED},
	{"s3", s3_fetch, CA | PROXY | AWS},
	{"axfr", xfr_fetch, KEY | MD5 | ROLLBACK},
	{"axfr+tls", xfr_fetch, TLS | KEY | MD5 | ROLLBACK},
	{"ixfr", xfr_fetch, KEY | MD5 | ROLLBACK},
	{"ixfr+tls", xfr_fetch, TLS | KEY | MD5 | ROLLBACK},
	{"dns", dnslist_fetch, KEY | MD5},
	{"dns+tls", dnslist_fetch, TLS | KEY | MD5},
};

#define NWAYS (sizeof(ways) / sizeof(*ways))

static int
unknown_scheme(const char *url, size_t n)
{
	char known[256] = "";
	size_t i, at = 0;

	for (i = 0; i < NWAYS && at < sizeof(known); i++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s:",
				       i > 0 ? ", " : "", ways[i].scheme);
	if (url[n] != ':')
		return cli_usage(&cli, "the operand is not a URL; known are %s",
				 known);
	return cli_usage(&cli, "unknown scheme '%.*s:'; known are %s", (int)n,
			 url, known);
}

/* "-" is one line of standard input: the list of processes does not show it. */
static int
read_url(char url[FETCH_URL_MAX + 1])
{
	struct in in;
	struct err e;
	char *line;
	size_t n;
	int rc = EX_OK;

	if (in_open(&in, "-", FETCH_URL_MAX, &e) < 0)
		return msg_err(&e);
	in.crlf = true;
	switch (in_line(&in, &line, &n, &e)) {
	case IN_ERROR:
		rc = msg_err(&e);
		break;
	case IN_LINE:
		memcpy(url, line, n + 1);
		if (strlen(url) == n)
			break;
		/* fall through */
	default:
		rc = cli_usage(&cli, "standard input holds no URL of at most "
			       "%d bytes", FETCH_URL_MAX);
	}
	in_close(&in);
	return rc;
}

/* The way of a URL, or NULL with the exit code in *rc. */
static const struct way *
find_way(const char *url, int *rc)
{
	const size_t n = strcspn(url, ":/?#@");
	const char *p;
	size_t i;

	if (strlen(url) > FETCH_URL_MAX) {
		*rc = cli_usage(&cli, "the URL is longer than %d bytes",
				FETCH_URL_MAX);
		return NULL;
	}
	for (p = url; *p > ' ' && *p < 0x7f; p++)
		;
	if (*p != '\0') {
		*rc = cli_usage(&cli, "the URL has a byte that must be written "
				"as %%HH");
		return NULL;
	}
	for (i = 0; i < NWAYS; i++)
		if (strlen(ways[i].scheme) == n && url[n] == ':' &&
		    strncasecmp(ways[i].scheme, url, n) == 0)
			return &ways[i];
	*rc = unknown_scheme(url, n);
	return NULL;
}

static bool
takes_options(const struct way *way)
{
	const struct {
		bool given;
		unsigned bit;
		const char *name;
	} all[] = {
		{opt.req.ca_file != NULL, CA, "ca-file"},
		{opt.pins.n > 0, SERVER, "pin"},
		{opt.req.tls_name != NULL, SERVER, "tls-name"},
		{opt.alpn, ALPN, "alpn-require"},
		{opt.req.key_file != NULL, KEY, "key-file"},
		{opt.req.allow_md5, MD5, "allow-md5"},
		{opt.req.accept_rollback, ROLLBACK, "accept-rollback"},
		{opt.req.proxy != NULL, PROXY, "proxy"},
		{opt.req.allow_unsized, UNSIZED, "allow-unsized"},
		{opt.req.profile != NULL, AWS, "profile"},
		{opt.req.region != NULL, AWS, "region"},
		{opt.req.requester_pays, AWS, "requester-pays"},
		{opt.req.opaque_etag, AWS, "opaque-etag"},
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].given && (way->takes & all[i].bit) == 0) {
			(void)cli_usage(&cli, "--%s means nothing to '%s:'",
					all[i].name, way->scheme);
			return false;
		}
	return true;
}

/* SHA-256 in base64: 43 digits and the filler. */
static bool
take_pins(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < opt.pins.n; i++) {
		const char *p = opt.pins.v[i];

		if (i == FETCH_PINS_MAX) {
			(void)cli_usage(&cli, "more than %d times --pin",
					FETCH_PINS_MAX);
			return false;
		}
		if (strspn(p, digits) != 43 || strcmp(p + 43, "=") != 0) {
			(void)cli_usage(&cli, "--pin: '%s' is not a SHA-256 in "
					"base64", p);
			return false;
		}
		opt.req.pin[i] = p;
	}
	return true;
}

/* What is handed on, and how it is told. */
struct result {
	char url[FETCH_URL_MAX + 1]; /* as shown */
	struct fetch_got got;
	struct fetch_body body;
	int fd;
};

/* The header of a source stream. */
static void
put_header(struct out *o, const struct result *r)
{
	char serial[16] = "-", when[CLOCK_RFC3339];

	if (r->got.has_serial)
		(void)snprintf(serial, sizeof(serial), "%" PRIu32,
			       r->got.serial);
	clock_rfc3339(r->body.fetched, when);
	out_fmt(o, "#ts-source/1\tbytes=%" PRIu64 "\tsha256=%s\tstatus=%s\t"
		"serial=%s\tfetched=%s\turl=%s\n", r->body.bytes,
		r->body.sha256,
		r->got.status == FETCH_NEW ? "new" : "unchanged", serial, when,
		r->url);
}

static int
emit(struct out *o, const struct result *r, struct err *e)
{
	if (opt.framed)
		put_header(o, r);
	out_file(o, r->fd, r->body.bytes);
	return out_flush(o, e);
}

static int
emit_stdout(const struct result *r, struct err *e)
{
	struct out o;

	if (out_stdout(&o, e) < 0)
		return -1;
	if (emit(&o, r, e) == 0)
		return out_close(&o, 0, e);
	out_drop(&o);
	return -1;
}

static int
emit_file(const struct result *r, struct err *e)
{
	struct replace file;

	if (replace_open(&file, opt.output, 0666, e) < 0)
		return -1;
	if (emit(&file.out, r, e) == 0)
		return replace_commit(&file, e);
	replace_abort(&file);
	return -1;
}

/* What came, or what the state has where that is the same. */
static int
judge(struct result *r, const struct replace *spool, const struct fetchstate *s,
      struct err *e)
{
	const bool had = s->had.body_fd >= 0;

	if (r->got.status == FETCH_UNCHANGED && !had)
		return err_set(e, EX_SOFTWARE, "'%s' is said to be unchanged, "
			       "but nothing is known of it", r->url);
	if (r->got.status == FETCH_NEW) {
		r->fd = spool->out.fd;
		r->body.bytes = spool->out.total;
		if (clock_now(&r->body.fetched, e) < 0 ||
		    ((opt.framed || opt.state != NULL) &&
		     sha256_file(r->fd, r->body.sha256, e) < 0))
			return -1;
		if (had && strcmp(r->body.sha256, s->body.sha256) == 0)
			r->got.status = FETCH_UNCHANGED;
	}
	if (r->got.status == FETCH_UNCHANGED) {
		r->fd = s->had.body_fd;
		r->body = s->body;
		if (!r->got.has_serial) {
			r->got.has_serial = s->had.has_serial;
			r->got.serial = s->had.serial;
		}
	}
	msg(MSG_INFO, "'%s': %s, %" PRIu64 " bytes%s", r->url,
	    r->got.status == FETCH_NEW ? "new" : "unchanged", r->body.bytes,
	    r->body.bytes == 0 ? ": an empty body" : "");
	return 0;
}

static int
fetch(const struct way *way, struct fetchstate *s, struct replace *spool,
      struct err *e)
{
	struct result r = {0};

	fetch_url_shown(opt.req.url, r.url);
	if (way->fetch(&opt.req, &s->had, &spool->out, &r.got, e) < 0 ||
	    out_flush(&spool->out, e) < 0)
		return -1;
	if (r.got.note[0] != '\0')
		msg(MSG_INFO, "%s", r.got.note);
	if (judge(&r, spool, s, e) < 0)
		return -1;
	if ((opt.output != NULL ? emit_file(&r, e) : emit_stdout(&r, e)) < 0)
		return -1;
	return opt.state == NULL ? 0
	       : fetchstate_save(s, spool, &r.body, &r.got, e);
}

/* Where the body is kept until it is whole. */
static int
open_spool(struct fetchstate *s, struct replace *spool, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	uint64_t wait_ms = opt.req.total_s * 1000;
	int fd;

	if (opt.state == NULL) {
		if (dir == NULL || *dir == '\0')
			dir = "/tmp";
		fd = file_temp(dir, e);
		return fd < 0 ? -1 : out_open(&spool->out, fd, dir, e);
	}
	if (wait_ms > FETCHSTATE_LOCK_MS)
		wait_ms = FETCHSTATE_LOCK_MS;
	if (fetchstate_open(s, opt.state, opt.req.url, (int)wait_ms, e) < 0)
		return -1;
	if (s->ignored.code != EX_OK)
		msg(MSG_WARN, "%s; fetching anew", s->ignored.msg);
	return fetchstate_spool(s, spool, e);
}

int
main(int argc, char **argv)
{
	struct fetchstate state = {.lock = -1, .had.body_fd = -1};
	struct replace spool = {0};
	char line[FETCH_URL_MAX + 1];
	const struct way *way;
	const char *url;
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	url = argv[first];
	if (strcmp(url, "-") == 0) {
		rc = read_url(line);
		if (rc != EX_OK)
			return rc;
		url = line;
	}
	way = find_way(url, &rc);
	if (way == NULL)
		return rc;
	if (!takes_options(way) || !take_pins())
		return EX_USAGE;
	opt.req.url = url;
	opt.req.alpn = opt.alpn ? FETCH_ALPN_REQUIRE : FETCH_ALPN_OFFER;
	/* Keys and credentials stay out of a core file. */
	nocore();
	(void)signal(SIGPIPE, SIG_IGN);
	rc = EX_OK;
	if (open_spool(&state, &spool, &e) < 0 ||
	    fetch(way, &state, &spool, &e) < 0)
		rc = msg_err(&e);
	replace_abort(&spool);
	fetchstate_close(&state);
	return rc;
}
