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
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/file.h"
#include "base/msg.h"
#include "outside/digest.h"
#include "outside/fetch.h"
#include "outside/localfile.h"

static struct {
	const char *output;
	bool framed;
	struct fetch_req req;
	struct cli_list pins;
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
	{"output", 'o', CLI_TEXT, "FILE", "replace FILE at once instead of writing to standard output",
	 .to = &opt.output},
	{"framed", 0, CLI_FLAG, NULL, "put the header of a source stream in front",
	 .to = &opt.framed},
	{"max-bytes", 0, CLI_BYTES, "N", "refuse a larger body (256M)",
	 .to = &opt.req.max_bytes, .min = 1, .max = (uint64_t)1 << 40},
	{"idle-timeout", 0, CLI_SECONDS, "S", "give up after so long without progress (30s)",
	 .to = &opt.req.idle_s, .min = 1, .max = 86400},
	{"max-time", 0, CLI_SECONDS, "S", "give up after so long in all (30m)",
	 .to = &opt.req.total_s, .min = 1, .max = 86400},
	{0},
};

static const struct cli cli = {
	.name = "ts-fetch",
	.summary = "fetches one source, whole and checked",
	.operands = "URL",
	.example = "ts-fetch --framed --state /var/lib/x https://feed.example/list | ts-feed2list --source x -",
	.opts = opts,
	.min_operands = 1,
	.max_operands = 1,
};

typedef int way_fn(const struct fetch_req *, const struct fetch_had *,
		   struct out *, struct fetch_got *, struct err *);

/* A scheme, and the options that mean something to it. */
static const struct way {
	const char *scheme;
	way_fn *fetch;
} ways[] = {
	{"file", localfile_fetch},
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

/* The header of a source stream; the time is data, and may be given. */
static int
put_header(struct out *o, const struct fetch_got *got, int64_t fetched,
	   int fd, uint64_t bytes, const char *url, struct err *e)
{
	const time_t t = (time_t)fetched;
	char hex[SHA256_HEX + 1], serial[16] = "-", when[32];
	struct tm tm;

	if (sha256_file(fd, hex, e) < 0)
		return -1;
	if (got->has_serial)
		(void)snprintf(serial, sizeof(serial), "%" PRIu32,
			       got->serial);
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return err_set(e, EX_SOFTWARE, "no such time");
	out_fmt(o, "#ts-source/1\tbytes=%" PRIu64 "\tsha256=%s\tstatus=%s\t"
		"serial=%s\tfetched=%s\turl=%s\n", bytes, hex,
		got->status == FETCH_NEW ? "new" : "unchanged", serial, when,
		url);
	return 0;
}

static int
emit(struct out *o, const struct fetch_got *got, int fd, uint64_t bytes,
     const char *url, struct err *e)
{
	if (opt.framed &&
	    put_header(o, got, time(NULL), fd, bytes, url, e) < 0)
		return -1;
	out_file(o, fd, bytes);
	return out_flush(o, e);
}

/* To FILE or to standard output. */
static int
hand_on(const struct fetch_got *got, int fd, uint64_t bytes, const char *url,
	struct err *e)
{
	const mode_t mask = umask(0);
	struct replace r;
	struct out o;
	int rc;

	(void)umask(mask);
	if (opt.output == NULL) {
		if (out_stdout(&o, e) < 0)
			return -1;
		rc = emit(&o, got, fd, bytes, url, e);
		if (rc == 0)
			rc = out_close(&o, 0, e);
		else
			out_drop(&o);
		return rc;
	}
	if (replace_open(&r, opt.output, 0666 & ~mask, e) < 0)
		return -1;
	rc = emit(&r.out, got, fd, bytes, url, e);
	if (rc == 0)
		rc = replace_commit(&r, e);
	else
		replace_abort(&r);
	return rc;
}

static int
run(const struct way *way, struct replace *spool)
{
	const struct fetch_had had = {.body_fd = -1};
	char shown[FETCH_URL_MAX + 1];
	struct fetch_got got = {0};
	struct err e;

	fetch_url_shown(opt.req.url, shown);
	if (way->fetch(&opt.req, &had, &spool->out, &got, &e) < 0 ||
	    out_flush(&spool->out, &e) < 0)
		return msg_err(&e);
	if (got.note[0] != '\0')
		msg(MSG_INFO, "%s", got.note);
	msg(MSG_INFO, "'%s': %" PRIu64 " bytes", shown, spool->out.total);
	if (hand_on(&got, spool->out.fd, spool->out.total, shown, &e) < 0)
		return msg_err(&e);
	return EX_OK;
}

int
main(int argc, char **argv)
{
	const struct rlimit none = {0};
	const char *dir = getenv("TMPDIR");
	const struct way *way;
	char path[4096];
	struct replace spool;
	struct err e;
	int first, rc = cli_parse(&cli, argc, argv, &first);

	if (rc >= 0)
		return rc;
	way = find_way(argv[first], &rc);
	if (way == NULL)
		return rc;
	opt.req.url = argv[first];
	/* Keys and credentials stay out of a core file. */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(path, sizeof(path), "%s/ts-fetch.spool",
		       dir != NULL && *dir != '\0' ? dir : "/tmp");
	if (replace_open(&spool, path, 0600, &e) < 0)
		return msg_err(&e);
	rc = run(way, &spool);
	replace_abort(&spool);
	return rc;
}
