#include "outside/awserror.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The SDKs' lists of the standard retry mode. */
static const char *const throttled[] = {
	"Throttling", "ThrottlingException", "ThrottledException",
	"RequestThrottledException", "RequestThrottled",
	"TooManyRequestsException", "ProvisionedThroughputExceededException",
	"TransactionInProgressException", "RequestLimitExceeded",
	"BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete",
	"EC2ThrottledException", NULL};
static const char *const passing[] = {
	"RequestTimeout", "RequestTimeoutException", "InternalFailure",
	"InternalServerError", "InternalError", "ServiceUnavailable",
	"InternalServiceErrorException", "WAFInternalErrorException",
	"IDPCommunicationError", NULL};
static const char *const denied[] = {
	"AccessDenied", "AccessDeniedException", "UnrecognizedClientException",
	"InvalidClientTokenId", "InvalidSignatureException",
	"SignatureDoesNotMatch", "MissingAuthenticationTokenException",
	"IncompleteSignature", "OptInRequired", "NotAuthorized",
	"InvalidAccessKeyId", "AuthFailure", NULL};
static const char *const skewed[] = {
	"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
	"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
	NULL};
static const char *const expired[] = {
	"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", NULL};

static bool
is_one_of(const char *code, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcmp(code, *list) == 0)
			return true;
	return false;
}

bool
aws_is_skew(const char *code)
{
	return is_one_of(code, skewed);
}

bool
aws_is_expired(const char *code)
{
	return is_one_of(code, expired);
}

/* "namespace#Code:url" is Code. */
static void
take_code(struct aws_error *ae, const char *s)
{
	const char *hash = strrchr(s, '#');

	if (hash != NULL)
		s = hash + 1;
	(void)snprintf(ae->code, sizeof(ae->code), "%.*s",
		       (int)strcspn(s, ":"), s);
}

void
aws_request_id(const struct http_response *r, struct aws_error *ae)
{
	const char *id = http_header(r, "x-amzn-RequestId");

	if (id == NULL)
		id = http_header(r, "x-amz-request-id");
	(void)snprintf(ae->request_id, sizeof(ae->request_id), "%s",
		       id ? id : "");
}

void
aws_read_error(const struct http_response *r, struct aws_error *ae)
{
	const char *header = http_header(r, "x-amzn-ErrorType");
	json_t *o = json_loadb(r->body.p ? r->body.p : "", r->body.n, 0, NULL);
	const char *code = json_string_value(json_object_get(o, "__type"));
	const char *text = json_string_value(json_object_get(o, "message"));

	ae->status = r->status;
	aws_request_id(r, ae);
	if (code == NULL)
		code = json_string_value(json_object_get(o, "code"));
	if (header != NULL)
		take_code(ae, header);
	else if (code != NULL)
		take_code(ae, code);
	if (text == NULL)
		text = json_string_value(json_object_get(o, "Message"));
	(void)snprintf(ae->message, sizeof(ae->message), "%s", text ? text : "");
	json_decref(o);
}

bool
aws_error_is(const struct aws_error *ae, enum aws_error_class c,
	     const struct aws_service *s)
{
	if (is_one_of(ae->code, s->no_retry))
		return false;
	if (c == AWS_ERROR_THROTTLED)
		return is_one_of(ae->code, throttled) || ae->status == 429;
	return is_one_of(ae->code, passing) || ae->status == 500 ||
	       ae->status == 502 || ae->status == 503 || ae->status == 504;
}

int
aws_set_err(const char *what, const struct aws_error *ae,
	    const struct aws_service *s, struct err *e)
{
	int code = EX_UNAVAILABLE;
	char status[32] = "";

	if (aws_error_is(ae, AWS_ERROR_THROTTLED, s) ||
	    aws_error_is(ae, AWS_ERROR_PASSING, s))
		code = EX_TEMPFAIL;
	else if (is_one_of(ae->code, denied) || aws_is_expired(ae->code) ||
		 aws_is_skew(ae->code) || ae->status == 401 ||
		 (ae->status == 403 && ae->code[0] == '\0'))
		code = EX_NOPERM;
	if (ae->code[0] == '\0')
		(void)snprintf(status, sizeof(status), "status %d", ae->status);
	return err_set(e, code, "%s: %s%s%s%s%s%s", what,
		       ae->code[0] ? ae->code : status,
		       ae->message[0] ? ": " : "", ae->message,
		       ae->request_id[0] ? " (request " : "", ae->request_id,
		       ae->request_id[0] ? ")" : "");
}
