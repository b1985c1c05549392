#include "outside/fetchstate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "#ts-fetch-state/1\n"
#define STATE_MAX ((size_t)16 * 1024)
#define PATH_LEN 4096

static int
path_in(const struct fetchstate *s, char path[PATH_LEN], const char *name,
	struct err *e)
{
	const int n = snprintf(path, PATH_LEN, "%s/%s", s->dir, name);

	if (n < 0 || n >= PATH_LEN)
		return err_set(e, EX_CANTCREAT, "the path of the state "
			       "directory is too long");
	return 0;
}

static int
body_path(const struct fetchstate *s, char path[PATH_LEN], int slot,
	  struct err *e)
{
	return path_in(s, path, slot == 0 ? "body.0" : "body.1", e);
}

/* Userinfo is left out: a changed password is no other source. */
static int
digest_url(const char *url, char hex[SHA256_HEX + 1], struct err *e)
{
	const char *host = strstr(url, "://"), *at;
	struct buf b;
	size_t n;
	int rc;

	buf_init(&b, FETCH_URL_MAX);
	if (host != NULL) {
		host += 3;
		n = strcspn(host, "/?#");
		at = memrchr(host, '@', n);
		(void)buf_add(&b, url, (size_t)(host - url));
		url = at != NULL ? at + 1 : host;
	}
	(void)buf_addstr(&b, url);
	rc = buf_check(&b, "the URL", e);
	if (rc == 0)
		rc = sha256_bytes(b.p, b.n, hex, e);
	buf_free(&b);
	return rc;
}

static bool
take_text(char *dst, size_t size, const char *v)
{
	return (size_t)snprintf(dst, size, "%s", v) < size;
}

static bool
take_u64(uint64_t *to, const char *v, uint64_t max)
{
	char *end;

	if (*v < '0' || *v > '9')
		return false;
	errno = 0;
	*to = strtoull(v, &end, 10);
	return errno == 0 && *end == '\0' && *to <= max;
}

/* What the file says, before any of it is believed. */
struct said {
	char url[FETCH_URL_MAX + 1];
	char url_sha256[SHA256_HEX + 1];
	uint64_t slot, serial, fetched;
	unsigned seen;
};

enum { SEEN_URL = 1, SEEN_SLOT = 2, SEEN_BYTES = 4, SEEN_SHA = 8,
       SEEN_FETCHED = 16, SEEN_ALL = 31 };

static bool
take_pair(struct fetchstate *s, struct said *said, const char *key,
	  const char *v)
{
	if (strcmp(key, "url") == 0)
		return take_text(said->url, sizeof(said->url), v);
	if (strcmp(key, "etag") == 0)
		return take_text(s->had.etag, sizeof(s->had.etag), v);
	if (strcmp(key, "last-modified") == 0)
		return take_text(s->had.last_modified,
				 sizeof(s->had.last_modified), v);
	if (strcmp(key, "serial") == 0) {
		s->had.has_serial = true;
		return take_u64(&said->serial, v, UINT32_MAX);
	}
	if (strcmp(key, "url-sha256") == 0) {
		said->seen |= SEEN_URL;
		return take_text(said->url_sha256, sizeof(said->url_sha256), v);
	}
	if (strcmp(key, "body") == 0) {
		said->seen |= SEEN_SLOT;
		return take_u64(&said->slot, v, 1);
	}
	if (strcmp(key, "bytes") == 0) {
		said->seen |= SEEN_BYTES;
		return take_u64(&s->body.bytes, v, INT64_MAX);
	}
	if (strcmp(key, "sha256") == 0) {
		said->seen |= SEEN_SHA;
		return take_text(s->body.sha256, sizeof(s->body.sha256), v);
	}
	if (strcmp(key, "fetched") == 0) {
		said->seen |= SEEN_FETCHED;
		return take_u64(&said->fetched, v, INT64_MAX);
	}
	return true;
}

static bool
parse(struct fetchstate *s, struct said *said, char *p, size_t n)
{
	if (n < strlen(MAGIC) || memcmp(p, MAGIC, strlen(MAGIC)) != 0 ||
	    memchr(p, '\0', n) != NULL || p[n - 1] != '\n')
		return false;
	p += strlen(MAGIC);
	while (*p != '\0') {
		char *nl = strchr(p, '\n');
		char *eq = strstr(p, " = ");

		if (eq == NULL || eq > nl)
			return false;
		*eq = *nl = '\0';
		if (!take_pair(s, said, p, eq + 3))
			return false;
		p = nl + 1;
	}
	s->slot = (int)said->slot;
	s->body.fetched = (int64_t)said->fetched;
	s->had.serial = (uint32_t)said->serial;
	return said->seen == SEEN_ALL;
}

/* Opens the body that the state names, and makes sure it is that body. */
static bool
body_is_whole(struct fetchstate *s)
{
	char path[PATH_LEN], hex[SHA256_HEX + 1];
	struct stat st;
	struct err e;

	if (body_path(s, path, s->slot, &e) < 0)
		return false;
	s->had.body_fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			      O_CLOEXEC);
	return s->had.body_fd >= 0 && fstat(s->had.body_fd, &st) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == s->body.bytes &&
	       sha256_file(s->had.body_fd, hex, &e) == 0 &&
	       strcmp(hex, s->body.sha256) == 0;
}

static void
forget(struct fetchstate *s)
{
	if (s->had.body_fd >= 0)
		(void)close(s->had.body_fd);
	s->had = (struct fetch_had){.body_fd = -1};
	s->body = (struct fetch_body){0};
}

/* -1 and the reason where what is there is of no use. */
static int
load(struct fetchstate *s, const char *path, struct err *e)
{
	struct said said = {0};
	struct buf b;
	int rc = -1;

	buf_init(&b, STATE_MAX);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (file_read(path, &b, e) < 0)
		rc = -1;
	else if (b.n == 0 || !parse(s, &said, b.p, b.n))
		(void)err_set(e, EX_DATAERR, "'%s' is damaged", path);
	else if (strcmp(said.url_sha256, s->url_sha256) != 0)
		(void)err_set(e, EX_DATAERR, "'%s' is of another source, '%s'",
			      path, said.url);
	else if (!body_is_whole(s))
		(void)err_set(e, EX_DATAERR, "'%s' names a body that is lost "
			      "or damaged", path);
	else
		rc = 0;
	buf_free(&b);
	if (rc < 0)
		forget(s);
	return rc;
}

int
fetchstate_open(struct fetchstate *s, const char *dir, const char *url,
		int wait_ms, struct err *e)
{
	char path[PATH_LEN];
	struct stat st;

	*s = (struct fetchstate){.dir = dir, .lock = -1, .had.body_fd = -1};
	fetch_url_shown(url, s->url);
	if (digest_url(url, s->url_sha256, e) < 0 ||
	    file_mkdirs(dir, 0700, e) < 0 || path_in(s, path, "lock", e) < 0)
		return -1;
	s->lock = lock_take(path, wait_ms, e);
	if (s->lock < 0 || path_in(s, path, "state", e) < 0)
		return -1;
	if (load(s, path, &s->ignored) == 0 && fstat(s->lock, &st) == 0)
		s->had.contacted = st.st_mtime;
	return 0;
}

int
fetchstate_spool(const struct fetchstate *s, struct replace *spool,
		 struct err *e)
{
	char path[PATH_LEN];

	return body_path(s, path, s->slot ^ 1, e) < 0 ? -1
	       : replace_open(spool, path, 0600, e);
}

static int
write_state(const struct fetchstate *s, struct err *e)
{
	char path[PATH_LEN];
	struct buf b;
	int rc;

	buf_init(&b, STATE_MAX);
	(void)buf_addf(&b, MAGIC "url = %s\nurl-sha256 = %s\nbody = %d\n"
		       "bytes = %" PRIu64 "\nsha256 = %s\nfetched = %" PRId64
		       "\n", s->url, s->url_sha256, s->slot, s->body.bytes,
		       s->body.sha256, s->body.fetched);
	if (s->had.has_serial)
		(void)buf_addf(&b, "serial = %" PRIu32 "\n", s->had.serial);
	if (s->had.etag[0] != '\0')
		(void)buf_addf(&b, "etag = %s\n", s->had.etag);
	if (s->had.last_modified[0] != '\0')
		(void)buf_addf(&b, "last-modified = %s\n",
			       s->had.last_modified);
	rc = buf_check(&b, "the state", e);
	if (rc == 0)
		rc = path_in(s, path, "state", e);
	if (rc == 0)
		rc = file_write(path, b.p, b.n, 0600, e);
	buf_free(&b);
	return rc;
}

/* True when there is something to write down. */
static bool
learn(struct fetch_had *had, const struct fetch_got *got)
{
	const bool has = got->etag[0] != '\0' || got->has_serial ||
			 got->last_modified[0] != '\0';

	if (got->status == FETCH_UNCHANGED &&
	    (!has || (strcmp(had->etag, got->etag) == 0 &&
		      strcmp(had->last_modified, got->last_modified) == 0 &&
		      had->has_serial == got->has_serial &&
		      had->serial == got->serial)))
		return false;
	memcpy(had->etag, got->etag, sizeof(got->etag));
	memcpy(had->last_modified, got->last_modified,
	       sizeof(got->last_modified));
	had->has_serial = got->has_serial;
	had->serial = got->serial;
	return true;
}

int
fetchstate_save(struct fetchstate *s, struct replace *spool,
		const struct fetch_body *body, const struct fetch_got *got,
		struct err *e)
{
	char old[PATH_LEN];
	const int slot = s->slot;

	(void)futimens(s->lock, NULL);
	if (!learn(&s->had, got))
		return 0;
	if (got->status == FETCH_UNCHANGED)
		return write_state(s, e);
	if (replace_commit(spool, e) < 0)
		return -1;
	s->body = *body;
	s->slot ^= 1;
	if (write_state(s, e) < 0)
		return -1;
	if (body_path(s, old, slot, e) == 0)
		(void)unlink(old);
	return 0;
}

void
fetchstate_close(struct fetchstate *s)
{
	forget(s);
	if (s->lock >= 0)
		(void)close(s->lock);
	s->lock = -1;
}
