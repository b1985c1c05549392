#include "values/source.h"

#include <inttypes.h>
#include <string.h>

#include "values/stream.h"

#define MAGIC "#ts-source/"

static bool
key_is(struct span col, const char *key, struct span *value)
{
	const size_t n = strlen(key);

	if (col.n < n || memcmp(col.p, key, n) != 0)
		return false;
	*value = (struct span){col.p + n, col.n - n};
	return true;
}

static int
parse_header(struct source *s, const char *p, size_t n, struct err *e)
{
	struct span col[STREAM_KEYS_MAX], v;
	const size_t ncol = stream_columns(p, n, col, STREAM_KEYS_MAX);
	bool sized = false;
	size_t i;

	if (!span_is(col[0], MAGIC "1"))
		return err_set(e, EX_DATAERR, "%s:1: unknown version in '%.40s'",
			       s->in.name, p);
	for (i = 1; i < ncol; i++) {
		if (key_is(col[i], "bytes=", &v)) {
			sized = span_u64(v, IN_NO_LIMIT - 1, &s->bytes);
		} else if (key_is(col[i], "status=", &v)) {
			s->unchanged = span_is(v, "unchanged");
		} else if (key_is(col[i], "url=", &v)) {
			memcpy(s->url, v.p, v.n);
			s->url[v.n] = '\0';
		}
	}
	if (!sized)
		return err_set(e, EX_DATAERR, "%s:1: source header without a "
			       "size", s->in.name);
	s->framed = true;
	in_limit(&s->in, s->bytes);
	s->in.line = 0;
	return 0;
}

int
source_open(struct source *s, const char *path, size_t max_line, struct err *e)
{
	const size_t len = sizeof(MAGIC) - 1;
	char *p, *nl;
	size_t n;

	s->framed = s->unchanged = false;
	s->bytes = 0;
	s->url[0] = '\0';
	if (in_open(&s->in, path, max_line, e) < 0)
		return -1;
	if (in_peek(&s->in, &p, &n, len, e) < 0)
		goto fail;
	if (n < len || memcmp(p, MAGIC, len) != 0)
		return 0;
	/* The header arrives whole or not at all: wait for its end. */
	for (nl = NULL; nl == NULL;) {
		const size_t had = n;

		nl = memchr(p, '\n', n < SOURCE_HEADER_MAX ? n
							   : SOURCE_HEADER_MAX);
		if (nl != NULL)
			break;
		if (in_peek(&s->in, &p, &n, had + 1, e) < 0)
			goto fail;
		if (n == had || had >= SOURCE_HEADER_MAX) {
			(void)err_set(e, EX_DATAERR, "%s:1: the source header "
				      "is cut off", s->in.name);
			goto fail;
		}
	}
	in_skip(&s->in, (size_t)(nl + 1 - p));
	if (parse_header(s, p, (size_t)(nl - p), e) == 0)
		return 0;
fail:
	in_close(&s->in);
	return -1;
}

int
source_finish(struct source *s, struct err *e)
{
	int more;

	if (!s->framed)
		return 0;
	if (s->in.left > 0)
		return err_set(e, EX_DATAERR, "%s: the source is cut off: %"
			       PRIu64 " of %" PRIu64 " bytes are missing",
			       s->in.name, s->in.left, s->bytes);
	more = in_more_after_limit(&s->in, e);
	if (more > 0)
		return err_set(e, EX_DATAERR, "%s: bytes after the end of the "
			       "source", s->in.name);
	return more;
}

void
source_close(struct source *s)
{
	in_close(&s->in);
}
