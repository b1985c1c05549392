/*
 * The way s3: of ts-fetch (fetch.h), on s3get.h.
 *
 *	s3://BUCKET/KEY[?versionId=ID]
 *
 * In KEY %HH is a byte, and nothing else is special: not '+', not "//", not
 * "..". Credentials, region and endpoint are those of the shared conventions
 * (awscred.h, awsendpoint.h), with req->profile and req->region in front; where
 * the bucket is elsewhere, S3's own word is followed.
 */
#ifndef TS_OUTSIDE_S3FETCH_H
#define TS_OUTSIDE_S3FETCH_H

#include "outside/fetch.h"

int s3_fetch(const struct fetch_req *req, const struct fetch_had *had,
	     struct out *body, struct fetch_got *got, struct err *e);

#endif
