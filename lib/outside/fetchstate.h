/*
 * What ts-fetch remembers of a source between runs (--state DIR): the last
 * body, and what an unchanged one is known by.
 *
 *	DIR/lock    held from fetchstate_open to fetchstate_close; its time is
 *		    that of the last success
 *	DIR/state   one small file of "key = value", replaced atomically
 *	DIR/body.0  and body.1: the one that state names, and the one in the making
 *
 * A new body is durable in its place before the state that names it is, and the
 * state carries its size and SHA-256, which are checked each time. So a state
 * without its body is never believed, wherever a run was killed. A state that
 * is damaged, or of another URL, counts as none; the reason is in ignored.
 *
 * The state moves after the body has been handed on: a run that dies before
 * offers it again as new. All files have mode 0600; of the URL they hold what
 * fetch_url_shown shows, and the digest of the whole without its userinfo.
 */
#ifndef TS_OUTSIDE_FETCHSTATE_H
#define TS_OUTSIDE_FETCHSTATE_H

#include "base/file.h"
#include "outside/digest.h"
#include "outside/fetch.h"

#define FETCHSTATE_LOCK_MS 10000 /* the longest wait for another run */

/* A body, here or in the state. */
struct fetch_body {
	uint64_t bytes;
	char sha256[SHA256_HEX + 1];
	int64_t fetched; /* seconds since 1970 */
};

struct fetchstate {
	const char *dir; /* borrowed */
	char url[FETCH_URL_MAX + 1]; /* as shown */
	char url_sha256[SHA256_HEX + 1];
	int lock;
	int slot;		/* of the last body */
	struct fetch_body body; /* valid while had.body_fd >= 0 */
	struct fetch_had had;
	struct err ignored; /* why what is there is not used; code EX_OK: it is */
};

/* Creates DIR where it lacks. EX_TEMPFAIL while another run has it, waited for
 * at most wait_ms. */
int fetchstate_open(struct fetchstate *s, const char *dir, const char *url,
		    int wait_ms, struct err *e);
/* A spool that can become the next body. */
int fetchstate_spool(const struct fetchstate *s, struct replace *spool,
		     struct err *e);
/* What got has learnt; and where it says new, the spool as the next body. */
int fetchstate_save(struct fetchstate *s, struct replace *spool,
		    const struct fetch_body *body, const struct fetch_got *got,
		    struct err *e);
void fetchstate_close(struct fetchstate *s);

#endif
