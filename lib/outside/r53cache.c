#include "outside/r53cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "outside/digest.h"
#include "values/stream.h"

#define KIND "r53-list"
#define PATH_SIZE 4096

static bool
make_path(const char *dir, const struct r53_list *l, char path[PATH_SIZE])
{
	return strchr(l->id, '/') == NULL &&
	       snprintf(path, PATH_SIZE, "%s/%s", dir, l->id) < PATH_SIZE;
}

/* Over the names, each with a LF behind it. */
static int
digest(const struct r53names *names, char hex[SHA256_HEX + 1], struct err *e)
{
	struct buf b;
	size_t i;
	int rc;

	buf_init(&b, names->text.max);
	for (i = 0; i < names->n; i++) {
		const char *const s = r53names_get(names, i);

		(void)buf_add(&b, s, strlen(s));
		(void)buf_add(&b, "\n", 1);
	}
	rc = buf_check(&b, "names of a domain list", e);
	if (rc == 0)
		rc = sha256_bytes(b.p != NULL ? b.p : "", b.n, hex, e);
	buf_free(&b);
	return rc;
}

static bool
key_is(const struct stream *s, const char *key, const char *value)
{
	const char *const v = stream_key(s, key);

	return v != NULL && strcmp(v, value) == 0;
}

static bool
read_names(struct stream *s, struct r53names *names, struct err *e)
{
	enum stream_result r;
	char *p;
	size_t n;

	while ((r = stream_next(s, &p, &n, e)) == STREAM_RECORD)
		if (r53names_add(names, p, n, e) < 0)
			return false;
	r53names_sort(names);
	return r == STREAM_END;
}

bool
r53cache_load(const char *dir, const struct r53_list *l,
	      struct r53names *names)
{
	char path[PATH_SIZE], hex[SHA256_HEX + 1];
	struct stream s;
	struct err e;
	bool good;

	if (dir == NULL || l->modified[0] == '\0' || !make_path(dir, l, path) ||
	    access(path, R_OK) < 0 || stream_open(&s, path, KIND, &e) < 0)
		return false;
	good = key_is(&s, "modified", l->modified) &&
	       read_names(&s, names, &e) && names->n == l->count &&
	       digest(names, hex, &e) == 0 && key_is(&s, "sha256", hex);
	stream_close(&s);
	if (!good)
		r53names_free(names);
	return good;
}

int
r53cache_save(const char *dir, const struct r53_list *l,
	      const struct r53names *names, struct err *e)
{
	char path[PATH_SIZE], hex[SHA256_HEX + 1], keys[256];
	struct replace r;
	size_t i;

	if (dir == NULL || l->modified[0] == '\0')
		return 0;
	if (!make_path(dir, l, path))
		return err_set(e, EX_CONFIG, "'%.60s…' is too long", dir);
	if (digest(names, hex, e) < 0 || file_mkdirs(dir, 0755, e) < 0 ||
	    replace_open(&r, path, 0600, e) < 0)
		return -1;
	(void)snprintf(keys, sizeof(keys), "modified=%s\tsha256=%s",
		       l->modified, hex);
	stream_begin(&r.out, KIND, keys);
	for (i = 0; i < names->n; i++) {
		out_str(&r.out, r53names_get(names, i));
		out_put(&r.out, "\n", 1);
	}
	stream_end(&r.out, names->n);
	return replace_commit(&r, e);
}

void
r53cache_drop(const char *dir, const struct r53_list *l)
{
	char path[PATH_SIZE];

	if (dir != NULL && make_path(dir, l, path))
		(void)unlink(path);
}
