/*
 * Credentials that the machine hands out: the container's agent (ECS, EKS) and
 * the instance's metadata service, version 2 only; and those that a program
 * prints (credential_process). All three answer with one JSON object.
 */
#ifndef TS_OUTSIDE_AWSMETA_H
#define TS_OUTSIDE_AWSMETA_H

#include "outside/http.h"
#include "outside/sigv4.h"

#define AWS_NO_EXPIRY INT64_MAX

/* Each fills keys and *expires: 1 done, 0 there is no such source here, -1
 * failed: it is there and broken. */
int awsmeta_container(struct http *h, struct sigv4_keys *keys,
		      int64_t *expires, struct err *e);
int awsmeta_instance(struct http *h, struct sigv4_keys *keys,
		     int64_t *expires, struct err *e);
/* The command is parted at spaces, "…" and '…' keeping them; no shell. Its
 * output is at most 64 KiB, its time a minute. */
int awsmeta_process(const char *command, struct sigv4_keys *keys,
		    int64_t *expires, struct err *e);

#endif
