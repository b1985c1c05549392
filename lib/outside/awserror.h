/*
 * What an AWS service says when it refuses, and what that means.
 */
#ifndef TS_OUTSIDE_AWSERROR_H
#define TS_OUTSIDE_AWSERROR_H

#include "outside/aws.h"
#include "outside/http.h"

enum aws_error_class { AWS_ERROR_THROTTLED, AWS_ERROR_PASSING };

/* Fills ae from a JSON answer; what is absent stays "". */
void aws_read_error(const struct http_response *r, struct aws_error *ae);
void aws_request_id(const struct http_response *r, struct aws_error *ae);
bool aws_error_is(const struct aws_error *ae, enum aws_error_class c,
		  const struct aws_service *s);
bool aws_is_skew(const char *code);    /* may be a wrong clock */
bool aws_is_expired(const char *code); /* of session keys */
/* As an error, with exit code, code, message and request id; returns -1. */
int aws_set_err(const char *what, const struct aws_error *ae,
		const struct aws_service *s, struct err *e);

#endif
