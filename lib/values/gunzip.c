#include "values/gunzip.h"

#include <stdlib.h>

#include <zlib.h>

static int
next_is_member(struct in *src, struct err *e)
{
	return in_begins(src, GUNZIP_MAGIC, 2, e);
}

bool
gunzip_is_next(struct in *src, struct err *e)
{
	return next_is_member(src, e) > 0;
}

/* Between members: 1 where another one starts, 0 at the end, -1 on error. */
static int
next_member(struct gunzip *g, struct err *e)
{
	const int r = next_is_member(g->src, e);
	char *p;
	size_t n;

	if (r < 0 || in_peek(g->src, &p, &n, 1, e) < 0)
		return -1;
	if (n == 0)
		return 0;
	if (r == 0)
		return err_set(e, EX_DATAERR, "%s: bytes after the end of the "
			       "gzip data", g->src->name);
	g->between = false;
	return inflateReset(g->z) == Z_OK ? 1 : err_mem(e);
}

/* One call of inflate; the bytes that came out, -1 on error. */
static ssize_t
step(struct gunzip *g, char *dst, size_t room, struct err *e)
{
	z_stream *z = g->z;
	size_t n, made;
	char *p;
	int r;

	if (in_peek(g->src, &p, &n, 1, e) < 0)
		return -1;
	if (n == 0)
		return err_set(e, EX_DATAERR, "%s: the gzip data is cut off",
			       g->src->name);
	z->next_in = (unsigned char *)p;
	z->avail_in = (unsigned)n;
	z->next_out = (unsigned char *)dst;
	z->avail_out = (unsigned)room;
	r = inflate(z, Z_NO_FLUSH);
	n -= z->avail_in;
	made = room - z->avail_out;
	in_skip(g->src, n);
	g->in += n;
	g->out += made;
	if (r == Z_STREAM_END)
		g->between = true;
	else if (r == Z_MEM_ERROR)
		return err_mem(e);
	else if (r != Z_OK && r != Z_BUF_ERROR)
		return err_set(e, EX_DATAERR, "%s: the gzip data is damaged: %s",
			       g->src->name, z->msg ? z->msg : zError(r));
	if (g->out > GUNZIP_RATIO_FREE && g->out / GUNZIP_RATIO_MAX > g->in)
		return err_set(e, EX_DATAERR, "%s: the gzip data grows more "
			       "than %d-fold", g->src->name, GUNZIP_RATIO_MAX);
	return (ssize_t)made;
}

static ssize_t
decode(void *ctx, char *p, size_t n, struct err *e)
{
	struct gunzip *g = ctx;
	ssize_t made = 0;

	while (made == 0) {
		const int more = g->between ? next_member(g, e) : 1;

		if (more <= 0)
			return more;
		made = step(g, p, n, e);
	}
	return made;
}

int
gunzip_open(struct gunzip *g, struct in *src, size_t max_line, struct err *e)
{
	z_stream *z = calloc(1, sizeof(*z));

	*g = (struct gunzip){.src = src, .z = z};
	/* 16: gzip alone, not zlib's own header. */
	if (z == NULL || inflateInit2(z, 16 + MAX_WBITS) != Z_OK) {
		free(z);
		g->z = NULL;
		return err_mem(e);
	}
	if (in_from(&g->text, decode, g, src->name, max_line, e) == 0)
		return 0;
	gunzip_close(g);
	return -1;
}

void
gunzip_close(struct gunzip *g)
{
	if (g->z == NULL)
		return;
	(void)inflateEnd(g->z);
	free(g->z);
	in_close(&g->text);
	*g = (struct gunzip){0};
}
