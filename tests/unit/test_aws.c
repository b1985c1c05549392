/*
 * Texts of AWS's answers and where credentials may come from. With the argument
 * "call" it makes calls for the bats tests: call PROFILE|- SERVICE OPERATION JSON
 * [REPEAT] prints each answer on a line, what was odd on standard error.
 */
#include <stdlib.h>
#include <string.h>

#include "outside/aws.h"
#include "outside/awsendpoint.h"
#include "outside/awserror.h"
#include "outside/awssts.h"
#include "tap.h"

static const struct aws_service services[] = {
	{"wafv2", "AWSWAF_20190729", "WAFV2", NULL},
	{"route53resolver", "Route53Resolver", "ROUTE53RESOLVER", NULL},
};

static int
call(int argc, char **argv)
{
	const struct aws_opts o = {
		.cred.profile = strcmp(argv[2], "-") == 0 ? NULL : argv[2],
		.cred.role_arn = getenv("TEST_ROLE_ARN"),
		.cred.external_id = getenv("TEST_EXTERNAL_ID"),
	};
	const struct aws_service *s =
		strcmp(argv[3], "wafv2") == 0 ? &services[0] : &services[1];
	const struct aws_pace pace = {"test", 100, 1};
	int i, n = argc > 6 ? (int)strtol(argv[6], NULL, 10) : 1;
	json_t *in = json_loads(argv[5], 0, NULL), *out;
	struct aws_error ae;
	struct err e;
	struct aws *a = aws_new(&o, &e);

	if (a == NULL) {
		fprintf(stderr, "%s\n", e.msg);
		return e.code;
	}
	for (i = 0; i < n; i++) {
		char *text;

		if (aws_call(a, s, n > 1 ? &pace : NULL, argv[4], in, &out,
			     &ae, &e) < 0) {
			fprintf(stderr, "%s\n", e.msg);
			break;
		}
		text = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
		puts(text);
		free(text);
		json_decref(out);
	}
	if (aws_note(a)[0] != '\0')
		fprintf(stderr, "%s\n", aws_note(a));
	json_decref(in);
	aws_free(a);
	return i < n ? e.code : 0;
}

static void
test_times(void)
{
	static const struct {
		const char *text;
		bool good;
		int64_t t;
	} times[] = {
		{"2026-11-24T06:00:00Z", true, 1795500000},
		{"2026-11-24T06:00:00.123Z", true, 1795500000},
		{"1970-01-01T00:00:00+00:00", true, 0},
		{"2026-11-24T06:00:00", false, 0},
		{"2026-11-24", false, 0},
		{"", false, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(*times); i++) {
		int64_t t = 0;
		const bool good = aws_parse_time(times[i].text, &t);

		ok(good == times[i].good && t == times[i].t,
		   "'%s' is %d %lld", times[i].text, good, (long long)t);
	}
}

static void
test_errors(void)
{
	static const char *const quota[] = {"LimitExceededException", NULL};
	static const struct aws_service s = {"x", "X", "X", quota};
	static const struct {
		int status;
		const char *code;
		int want;
	} errors[] = {
		{400, "ThrottlingException", EX_TEMPFAIL},
		{503, "", EX_TEMPFAIL},
		{500, "InternalFailure", EX_TEMPFAIL},
		{400, "LimitExceededException", EX_UNAVAILABLE},
		{400, "WAFInvalidParameterException", EX_UNAVAILABLE},
		{403, "AccessDeniedException", EX_NOPERM},
		{400, "AccessDeniedException", EX_NOPERM},
		{400, "ExpiredTokenException", EX_NOPERM},
		{403, "", EX_NOPERM},
		{404, "", EX_UNAVAILABLE},
	};
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		struct aws_error ae = {.status = errors[i].status};
		struct err e;

		(void)snprintf(ae.code, sizeof(ae.code), "%s", errors[i].code);
		(void)aws_set_err("x", &ae, &s, &e);
		ok(e.code == errors[i].want, "%d '%s' is exit %d",
		   errors[i].status, errors[i].code, e.code);
	}
}

/* As botocore's endpoints.json has them. */
static void
test_endpoints(void)
{
	static const struct {
		const char *service, *region, *fips, *dual, *want;
	} cases[] = {
		{"wafv2", "us-east-1", "", "", "wafv2.us-east-1.amazonaws.com"},
		{"wafv2", "eu-west-1", "true", "",
		 "wafv2-fips.eu-west-1.amazonaws.com"},
		{"wafv2", "eu-west-1", "", "TRUE", "wafv2.eu-west-1.api.aws"},
		{"wafv2", "us-gov-west-1", "true", "true",
		 "wafv2-fips.us-gov-west-1.api.aws"},
		{"route53resolver", "cn-north-1", "", "",
		 "route53resolver.cn-north-1.amazonaws.com.cn"},
		{"route53resolver", "cn-north-1", "", "true",
		 "route53resolver.cn-north-1.api.amazonwebservices.com.cn"},
		{"wafv2", "us-isob-east-1", "", "true",
		 "wafv2.us-isob-east-1.sc2s.sgov.gov"},
		{"sts", "us-east-2", "true", "", "sts-fips.us-east-2.amazonaws.com"},
		/* What is in GovCloud is FIPS as it comes. */
		{"sts", "us-gov-west-1", "true", "",
		 "sts.us-gov-west-1.amazonaws.com"},
	};
	const struct awsprofile none = {0};
	struct awsendpoint at;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		(void)setenv("AWS_USE_FIPS_ENDPOINT", cases[i].fips, 1);
		(void)setenv("AWS_USE_DUALSTACK_ENDPOINT", cases[i].dual, 1);
		ok(aws_endpoint(cases[i].service, "X", cases[i].region, &none,
				&at, &e) == 0 &&
			   strcmp(at.host, cases[i].want) == 0,
		   "%s in %s is %s", cases[i].service, cases[i].region, at.host);
	}
}

int
main(int argc, char **argv)
{
	if (argc > 5 && strcmp(argv[1], "call") == 0)
		return call(argc, argv);
	test_times();
	test_errors();
	test_endpoints();
	return done();
}
