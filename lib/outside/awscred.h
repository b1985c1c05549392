/*
 * Where AWS credentials come from: the shared conventions and no others.
 *
 * In this order, the first source that is there decides; one that is there but
 * broken is an error (EX_NOPERM or EX_CONFIG), never passed over:
 *   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *      (unless a profile is named by option);
 *   2. the profile's role_arn with source_profile or credential_source,
 *      external_id, role_session_name, duration_seconds;
 *   3. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the profile's;
 *   4. keys in the credentials file, then in the config file;
 *   5. the profile's credential_process;
 *   6. the container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI,
 *      with AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE); a full URI is https, or
 *      http to loopback and to the addresses of ECS and EKS;
 *   7. the instance's role by IMDSv2 (never v1), unless
 *      AWS_EC2_METADATA_DISABLED; AWS_EC2_METADATA_SERVICE_ENDPOINT moves it.
 *
 * Files: AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, else ~/.aws. Profile:
 * the option, else AWS_PROFILE, else "default".
 */
#ifndef TS_OUTSIDE_AWSCRED_H
#define TS_OUTSIDE_AWSCRED_H

#include "outside/awsclock.h"
#include "outside/awsprofile.h"
#include "outside/sigv4.h"

#define AWSCRED_REFRESH_S 300 /* renewed so long before they expire */

struct awscred; /* a chain, and what it has found */

struct awscred_opts {
	const char *profile;	 /* NULL: AWS_PROFILE or default; borrowed */
	const char *role_arn;	 /* assumed on top of what the chain finds */
	const char *external_id; /* for that role; NULL for none */
	const char *region;	 /* for STS; NULL: as aws_region finds it */
};

struct awscred *awscred_new(const struct awscred_opts *o, struct err *e);
void awscred_free(struct awscred *c); /* wipes; accepts NULL */

/* Keys that are good for AWSCRED_REFRESH_S at least, renewed where they are not;
 * borrowed until the next call. */
const struct sigv4_keys *awscred_keys(struct awscred *c, struct err *e);
/* By which they are renewed; owned by c. */
struct awsclock *awscred_clock(struct awscred *c);
/* The service said that they are expired: get new ones at the next call. */
void awscred_expire(struct awscred *c);
/* "environment", "profile 'x'", "role 'arn:…' by profile 'x'", … for -v. */
const char *awscred_source(const struct awscred *c);
/* The profile it was made with, for other settings; borrowed. */
const struct awsprofile *awscred_profile(const struct awscred *c);

#endif
