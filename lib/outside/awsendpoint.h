/*
 * Where a service of AWS is reached, by the shared conventions (aws.h).
 */
#ifndef TS_OUTSIDE_AWSENDPOINT_H
#define TS_OUTSIDE_AWSENDPOINT_H

#include "base/err.h"
#include "outside/awsprofile.h"

#define AWS_ENDPOINT_MAX 512

struct awsendpoint {
	char url[AWS_ENDPOINT_MAX];  /* "https://host[:port]", no path */
	char host[AWS_ENDPOINT_MAX]; /* as in the Host header */
};

/*
 * service is the host's first label ("wafv2"), env what the service is called
 * in AWS_ENDPOINT_URL_<env>. A URL from there that is no http or https URL, or
 * has a path, is EX_CONFIG; so is a region that is no label of a host.
 */
int aws_endpoint(const char *service, const char *env, const char *region,
		 const struct awsprofile *p, struct awsendpoint *out,
		 struct err *e);
/* AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL for none. */
const char *aws_find_region(const struct awsprofile *p);
/* "amazonaws.com", "amazonaws.com.cn", … by the region's partition. */
const char *aws_dns_suffix(const char *region);

#endif
