#include "outside/awsendpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Partitions by the region's start; "AWS Regions and endpoints". */
static const struct {
	const char *region, *suffix, *dual;
} partitions[] = {
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"us-iso-", "c2s.ic.gov", NULL},
	{"us-isob-", "sc2s.sgov.gov", NULL},
	{"", "amazonaws.com", "api.aws"}, /* us-gov- as well */
};

const char *
aws_find_region(const struct awsprofile *p)
{
	const char *v = aws_variable("AWS_REGION");

	if (v == NULL)
		v = aws_variable("AWS_DEFAULT_REGION");
	return v != NULL ? v : awsprofile_get(p, "region");
}

static size_t
partition_of(const char *region)
{
	size_t i = 0;

	while (strncmp(region, partitions[i].region,
		       strlen(partitions[i].region)) != 0)
		i++;
	return i;
}

const char *
aws_dns_suffix(const char *region)
{
	return partitions[partition_of(region)].suffix;
}

/* "true" by the environment, else by the profile. */
static bool
wanted(const char *name, const char *key, const struct awsprofile *p)
{
	const char *v = aws_variable(name);

	if (v == NULL)
		v = awsprofile_get(p, key);
	return v != NULL && strcasecmp(v, "true") == 0;
}

static const char *
given_url(const char *env, const struct awsprofile *p)
{
	const char *ignore = aws_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const char *v;
	char name[64];

	if (ignore != NULL && strcasecmp(ignore, "true") == 0)
		return NULL;
	(void)snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", env);
	v = aws_variable(name);
	if (v == NULL)
		v = aws_variable("AWS_ENDPOINT_URL");
	return v != NULL ? v : awsprofile_get(p, "endpoint_url");
}

static int
take_url(const char *url, struct awsendpoint *out, struct err *e)
{
	const char *host = strstr(url, "://");
	size_t n;

	if (host == NULL || (strncmp(url, "https://", 8) != 0 &&
			     strncmp(url, "http://", 7) != 0))
		return err_set(e, EX_CONFIG, "the endpoint '%.200s' is no http "
			       "or https URL", url);
	host += 3;
	n = strcspn(host, "/?#");
	if (n == 0 || strchr(host, '@') != NULL ||
	    (host[n] != '\0' && strcmp(host + n, "/") != 0))
		return err_set(e, EX_CONFIG, "the endpoint '%.200s' has more "
			       "than a host and a port", url);
	if (strlen(url) >= sizeof(out->url))
		return err_set(e, EX_CONFIG, "an endpoint URL is too long");
	(void)snprintf(out->host, sizeof(out->host), "%.*s", (int)n, host);
	(void)snprintf(out->url, sizeof(out->url), "%.*s",
		       (int)(host - url) + (int)n, url);
	out->given = true;
	return 0;
}

static bool
wants_fips(const struct awsprofile *p)
{
	return wanted("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", p);
}

static bool
wants_dual(const struct awsprofile *p)
{
	return wanted("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
		      p);
}

static int
check_region(const char *region, struct err *e)
{
	if (*region == '\0' || strlen(region) > 32 ||
	    region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")] !=
		    '\0')
		return err_set(e, EX_CONFIG, "'%.40s' is no region", region);
	return 0;
}

static void
set_host(struct awsendpoint *out)
{
	out->given = false;
	(void)snprintf(out->url, sizeof(out->url), "https://%.400s", out->host);
}

int
aws_endpoint(const char *service, const char *env, const char *region,
	     const struct awsprofile *p, struct awsendpoint *out,
	     struct err *e)
{
	const char *url = given_url(env, p);
	const size_t part = partition_of(region);
	const bool dual = wants_dual(p) && partitions[part].dual != NULL;
	bool fips = wants_fips(p);

	if (check_region(region, e) < 0)
		return -1;
	if (url != NULL)
		return take_url(url, out, e);
	/* The one that has no other name for it. */
	if (strcmp(service, "sts") == 0 && !dual &&
	    strncmp(region, "us-gov-", 7) == 0)
		fips = false;
	(void)snprintf(out->host, sizeof(out->host), "%s%s.%s.%s", service,
		       fips ? "-fips" : "", region,
		       dual ? partitions[part].dual : partitions[part].suffix);
	set_host(out);
	return 0;
}

/* A certificate's wildcard stands for one label, so a name with dots does not
 * go in front; nor does one that DNS would not have. */
static bool
is_label(const char *s)
{
	const size_t n = strlen(s);

	return n >= 3 && n <= 63 && s[0] != '-' && s[n - 1] != '-' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

int
aws_endpoint_s3(const char *bucket, const char *region,
		const struct awsprofile *p, struct awsendpoint *out,
		bool *in_host, struct err *e)
{
	const char *url = given_url("S3", p);

	*in_host = false;
	if (check_region(region, e) < 0)
		return -1;
	if (url != NULL)
		return take_url(url, out, e);
	*in_host = is_label(bucket);
	(void)snprintf(out->host, sizeof(out->host), "%s%ss3%s%s.%s.%s",
		       *in_host ? bucket : "", *in_host ? "." : "",
		       wants_fips(p) ? "-fips" : "",
		       wants_dual(p) ? ".dualstack" : "", region,
		       aws_dns_suffix(region));
	set_host(out);
	return 0;
}
