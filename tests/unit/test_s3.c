/*
 * Where buckets are. With an argument it makes calls for the bats tests:
 * put BUCKET KEY FILE, head BUCKET KEY.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "outside/awsendpoint.h"
#include "outside/s3.h"
#include "tap.h"

static int
put(struct s3 *s, const char *key, const char *file, struct err *e)
{
	struct aws_error ae;
	struct buf b;
	int rc;

	buf_init(&b, S3_PUT_MAX);
	rc = file_read(file, &b, e);
	if (rc == 0)
		rc = s3_put(s, key, "text/plain", b.p, b.n, &ae, e);
	buf_free(&b);
	return rc;
}

static int
head(struct s3 *s, const char *key, struct err *e)
{
	struct aws_error ae;
	struct s3_info info;

	if (s3_head(s, key, &info, &ae, e) < 0)
		return -1;
	printf("%" PRIu64 " %s\n", info.bytes, info.etag);
	return 0;
}

static int
call(int argc, char **argv)
{
	const struct aws_opts o = {.region_else = "us-east-1"};
	struct err e = {0};
	struct aws *a = aws_new(&o, &e);
	struct s3 *s = a != NULL ? s3_open(a, argv[2], NULL, &e) : NULL;

	if (s != NULL && argc == 5 && strcmp(argv[1], "put") == 0)
		(void)put(s, argv[3], argv[4], &e);
	else if (s != NULL)
		(void)head(s, argv[3], &e);
	if (e.code != EX_OK)
		fprintf(stderr, "%s\nhint: %s\n", e.msg, e.hint);
	s3_close(s);
	aws_free(a);
	return e.code;
}

static void
test_hosts(void)
{
	static const struct {
		const char *bucket, *region, *fips, *dual, *host;
	} cases[] = {
		{"feeds", "eu-west-1", "", "", "feeds.s3.eu-west-1.amazonaws.com"},
		{"feeds", "us-east-1", "", "true",
		 "feeds.s3.dualstack.us-east-1.amazonaws.com"},
		{"feeds", "us-gov-west-1", "true", "",
		 "feeds.s3-fips.us-gov-west-1.amazonaws.com"},
		{"feeds", "us-east-2", "true", "true",
		 "feeds.s3-fips.dualstack.us-east-2.amazonaws.com"},
		{"feeds", "cn-north-1", "", "true",
		 "feeds.s3.dualstack.cn-north-1.amazonaws.com.cn"},
		{"a.b.c", "eu-west-1", "", "", "s3.eu-west-1.amazonaws.com"},
		{"Old_Bucket", "us-east-1", "", "", "s3.us-east-1.amazonaws.com"},
		{"-feeds", "us-east-1", "", "", "s3.us-east-1.amazonaws.com"},
	};
	const struct awsprofile none = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct awsendpoint at = {0};
		struct err e = {0};
		bool in_host;
		int rc;

		(void)setenv("AWS_USE_FIPS_ENDPOINT", cases[i].fips, 1);
		(void)setenv("AWS_USE_DUALSTACK_ENDPOINT", cases[i].dual, 1);
		rc = aws_endpoint_s3(cases[i].bucket, cases[i].region, &none, &at,
				     &in_host, &e);
		ok(rc == 0 && strcmp(at.host, cases[i].host) == 0 && !at.given,
		   "bucket '%s': host %s", cases[i].bucket, at.host);
		ok(in_host == (cases[i].host[0] == 'f'), "in the host or not");
	}
}

static void
test_given(void)
{
	const struct awsprofile none = {0};
	struct awsendpoint at = {0};
	struct err e = {0};
	bool in_host = true;

	(void)setenv("AWS_ENDPOINT_URL_S3", "http://store.test:9000/", 1);
	ok(aws_endpoint_s3("feeds", "us-east-1", &none, &at, &in_host, &e) == 0 &&
	   strcmp(at.url, "http://store.test:9000") == 0 && !in_host && at.given,
	   "a given endpoint has the bucket in the path");
	ok(aws_endpoint_s3("feeds", "us_east/", &none, &at, &in_host, &e) < 0 &&
	   e.code == EX_CONFIG, "what is no region is refused there, too");
	(void)unsetenv("AWS_ENDPOINT_URL_S3");
}

static void
test_buckets(void)
{
	static const char *const bad[] = {
		"", "ab", "a b c", "feeds/x", "user@feeds", "feeds:80",
		"arn:aws:s3:us-east-1:111122223333:accesspoint/x",
		"feeds--use1-az4--x-s3", NULL};
	const char *const *p;

	for (p = bad; *p != NULL; p++) {
		struct err e = {0};

		ok(s3_open(NULL, *p, NULL, &e) == NULL && e.code == EX_USAGE,
		   "refused: '%s'", *p);
	}
}

int
main(int argc, char **argv)
{
	if (argc >= 4)
		return call(argc, argv);
	test_hosts();
	test_given();
	test_buckets();
	return done();
}
