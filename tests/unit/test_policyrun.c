/* Reading in runs gives the records that reading one by one gives, and stops at
 * the same bad line. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "tap.h"
#include "values/policy.h"

static unsigned state = 20261124;

static unsigned
below(unsigned n)
{
	state = state * 1664525 + 1013904223;
	return (unsigned)((uint64_t)state * n >> 32);
}

/* A line like those before it, mostly; with bad, the one that is no record. */
static void
make_line(struct buf *b, bool bad)
{
	static const char *const tails[] = {
		"-\tx\t-\t1", "-\tlong.source.name,other\t2000000000\t12",
		"-\tx\t-\t1\tlater"};
	static const char *const wrong[] = {
		"block\tip4\t192.0.2.1/33\t-\tx\t-\t1\n",
		"block\tip4\t192.0.2.1/24\t-\tx\t-\t1\n",
		"block\tip4\t192.0.02.1/32\t-\tx\t-\t1\n",
		"block\tip4\t192.0.2.1\t-\tx\t-\t1\n",
		"block\tip4\t192.0.2.256/32\t-\tx\t-\t1\n",
		"block\tip4\t192.0.2.1/032\t-\tx\t-\t1\n",
		"block\tip6\t2001:db8::/129\t-\tx\t-\t1\n",
		"block\tip6\t2001:db8::1/127\t-\tx\t-\t1\n",
		"block\tip6\t2001:db8::1/0128\t-\tx\t-\t1\n",
		"block\tip6\t2001:DB8::1/128\t-\tx\t-\t1\n",
		"block\tip6\t2001:db8:0::1/128\t-\tx\t-\t1\n",
		"block\tip6\t2001:db8::1\t-\tx\t-\t1\n"};
	static const char *tail = "-\tx\t-\t1";
	static bool six;

	if (bad) {
		(void)buf_addstr(b, wrong[below(12)]);
		return;
	}
	if (below(40) == 0)
		tail = tails[below(3)];
	six ^= below(50) == 0;
	if (six && below(4) == 0)
		(void)buf_addf(b, "block\tip6\t2001:%x::/%u\t%s\n",
			       1 + below(0xffff), 32 + below(97), tail);
	else if (six)
		(void)buf_addf(b, "block\tip6\t2001:db8:%x:1:1:%x:%x:1/128"
			       "\t%s\n", below(0x10000), below(0x100),
			       below(0x1000), tail);
	else if (below(4) == 0)
		(void)buf_addf(b, "block\tip4\t%u.%u.0.0/%u\t%s\n", below(256),
			       below(256), 16 + below(17), tail);
	else
		(void)buf_addf(b, "block\tip4\t%u.%u.%u.%u/32\t%s\n",
			       below(256), below(256), below(256), below(256),
			       tail);
}

static void
add(struct buf *b, const struct policy *rec, const struct cidr *c)
{
	(void)buf_addf(b, "%d %llx %llx/%u %.*s\n", rec->kind,
		       (unsigned long long)c->hi, (unsigned long long)c->lo,
		       c->len, (int)rec->source.n, rec->source.p);
}

static void
read_runs(struct policy_reader *r, const struct policy *rec, struct buf *b,
	  size_t *read)
{
	struct cidr c[7];
	uint64_t v[7];
	size_t n, i;

	while ((n = policy_run4(r, v, 7)) > 0)
		for (i = 0, *read += n; i < n; i++)
			add(b, rec, &(struct cidr){v[i] >> 32 << 32, 0, CIDR_V4,
						   (uint8_t)v[i]});
	while ((n = policy_run6(r, c, 7)) > 0)
		for (i = 0, *read += n; i < n; i++)
			add(b, rec, &c[i]);
}

/* What was read, as text, and how it ended; how many came in runs. */
static size_t
read_all(const char *path, bool runs, struct buf *b)
{
	struct policy_reader r;
	struct policy rec;
	enum stream_result res;
	struct err e;
	size_t n = 0;

	if (policy_open(&r, path, &e) < 0)
		abort();
	while ((res = policy_next(&r, &rec, &e)) > 0) {
		add(b, &rec, &rec.cidr);
		if (runs)
			read_runs(&r, &rec, b, &n);
	}
	(void)buf_addf(b, "%d %s", res, res < 0 ? e.msg : "");
	policy_close(&r);
	return n;
}

static void
test_file(const char *path, size_t lines, bool bad)
{
	struct buf text, one, many;
	FILE *f = fopen(path, "w");
	size_t i, runs;

	buf_init(&text, (size_t)1 << 26);
	buf_init(&one, (size_t)1 << 26);
	buf_init(&many, (size_t)1 << 26);
	(void)buf_addstr(&text, "#ts-policy/1\n");
	for (i = 0; i < lines; i++)
		make_line(&text, bad && i == lines / 2);
	(void)buf_addf(&text, "#end\trecords=%zu\n", lines);
	if (f == NULL || text.failed ||
	    fwrite(text.p, 1, text.n, f) != text.n || fclose(f) != 0)
		abort();
	(void)read_all(path, false, &one);
	runs = read_all(path, true, &many);
	ok(!one.failed && !many.failed && one.n == many.n &&
	   memcmp(one.p, many.p, one.n) == 0, "%zu lines%s", lines,
	   bad ? ", one of them bad" : "");
	ok(bad || lines < 1000 || runs > lines / 2, "%zu of %zu in runs", runs,
	   lines);
	buf_free(&text);
	buf_free(&one);
	buf_free(&many);
}

int
main(void)
{
	char path[] = "/tmp/test_policyrun.XXXXXX";
	const int fd = mkstemp(path);
	size_t n;

	if (fd < 0)
		abort();
	(void)close(fd);
	for (n = 1; n < 40000; n = n * 2 + 1) {
		test_file(path, n, false);
		test_file(path, n, true);
	}
	(void)unlink(path);
	return done();
}
