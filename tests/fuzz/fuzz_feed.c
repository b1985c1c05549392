/*
 * Any bytes as a list of any form (the first byte tells which, the second the
 * options): nothing crashes, and what is written is a policy stream that its
 * reader takes, with as many records as were counted.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "values/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct feed_options
options(uint8_t format, uint8_t bits)
{
	struct feed_options o = {
		.source = "fuzz",
		.format = (enum feed_format)(format % FEED_FORMATS),
		.verdict = bits & 1 ? VERDICT_ALLOW : VERDICT_BLOCK,
		.response = RESPONSE_NXDOMAIN,
		.expires = bits & 2 ? 1 : POLICY_NO_EXPIRY,
		.subdomains = bits & 4,
		.refuse_host_bits = bits & 8,
		.allow_suffix = bits & 16,
		.allow_empty = true,
		.widest4 = bits & 32 ? 1 : 8,
		.widest6 = bits & 32 ? 1 : 16,
		.max_bad = 100,
		.max_cover = 100,
		.max_bytes = 1 << 20,
	};

	if (o.format == FEED_CSV)
		o.column = 1 + (bits >> 6);
	if (o.format == FEED_JSON || o.format == FEED_NDJSON) {
		o.npaths = 2;
		if (feed_path_parse(".", &o.path[0]) != NULL ||
		    feed_path_parse(".a[].b", &o.path[1]) != NULL)
			abort();
	}
	return o;
}

/* The path of a file without a name, for the functions that open one. */
static const char *
path_of(int fd)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static void
check(int fd, uint64_t records)
{
	static struct policy_reader r;
	enum stream_result res;
	struct policy rec;
	struct err e;
	uint64_t n = 0;

	if (policy_open(&r, path_of(fd), &e) < 0)
		abort();
	while ((res = policy_next(&r, &rec, &e)) == STREAM_RECORD)
		n++;
	if (res != STREAM_END || n != records)
		abort();
	policy_close(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct suffix_list suffixes; /* dear to open: once is enough */
	static struct source src;
	static struct feed f;
	int in = memfd_create("in", 0), fd = memfd_create("out", 0);
	struct out o;
	struct err e;

	if (size < 2)
		goto done;
	if (in < 0 || fd < 0 ||
	    write(in, data + 2, size - 2) != (ssize_t)(size - 2) ||
	    out_open(&o, dup(fd), "out", &e) < 0)
		abort();
	if (suffixes.psl == NULL && suffix_open(&suffixes, &e) < 0)
		abort();
	f = (struct feed){.opt = options(data[0], data[1]),
			  .suffixes = suffixes};
	stream_begin(&o, "policy", POLICY_NAMES_LIST);
	if (source_open(&src, path_of(in), FEED_LINE_MAX, &e) < 0) {
		out_drop(&o);
		goto done;
	}
	if (feed_run(&f, &src, &o, &e) == 0) {
		stream_end(&o, f.records);
		if (out_close(&o, 0, &e) < 0)
			abort();
		check(fd, f.records);
	} else {
		out_drop(&o);
	}
	f.suffixes = (struct suffix_list){0};
	feed_close(&f);
	source_close(&src);
done:
	(void)close(in);
	(void)close(fd);
	return 0;
}
