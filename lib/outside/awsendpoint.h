/*
 * Where a service of AWS is reached, by the shared conventions (aws.h).
 */
#ifndef TS_OUTSIDE_AWSENDPOINT_H
#define TS_OUTSIDE_AWSENDPOINT_H

#include <stdbool.h>

#include "base/err.h"
#include "outside/awsprofile.h"

#define AWS_ENDPOINT_MAX 512

struct awsendpoint {
	char url[AWS_ENDPOINT_MAX];  /* "https://host[:port]", no path */
	char host[AWS_ENDPOINT_MAX]; /* as in the Host header */
	bool given; /* by AWS_ENDPOINT_URL and the like */
};

/*
 * service is the host's first label ("wafv2"), env what the service is called
 * in AWS_ENDPOINT_URL_<env>. A URL from there that is no http or https URL, or
 * has a path, is EX_CONFIG; so is a region that is no label of a host.
 */
int aws_endpoint(const char *service, const char *env, const char *region,
		 const struct awsprofile *p, struct awsendpoint *out,
		 struct err *e);
/* The same for S3: with a bucket in front where that can be, which *in_host
 * tells. Otherwise the bucket is to be the path's first part. */
int aws_endpoint_s3(const char *bucket, const char *region,
		    const struct awsprofile *p, struct awsendpoint *out,
		    bool *in_host, struct err *e);
/* AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL for none. */
const char *aws_find_region(const struct awsprofile *p);
/* "amazonaws.com", "amazonaws.com.cn", … by the region's partition. */
const char *aws_dns_suffix(const char *region);

#endif
