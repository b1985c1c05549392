#include "outside/httpgzip.h"

#include <inttypes.h>

#define GZIP_ONLY (16 + MAX_WBITS) /* of inflateInit2: header and trailer */

int
httpgzip_begin(struct httpgzip *g, uint64_t max, struct err *e)
{
	*g = (struct httpgzip){.max = max, .in_member = true};
	if (inflateInit2(&g->z, GZIP_ONLY) != Z_OK)
		return err_mem(e);
	g->open = true;
	return 0;
}

/* One run of inflate(3) into the room of o. */
static int
step(struct httpgzip *g, struct out *o, struct err *e)
{
	unsigned char *room = (unsigned char *)out_room(o, OUT_ROOM_MAX);
	int rc;

	g->z.next_out = room;
	g->z.avail_out = OUT_ROOM_MAX;
	rc = inflate(&g->z, Z_NO_FLUSH);
	out_took(o, OUT_ROOM_MAX - g->z.avail_out);
	if (rc == Z_STREAM_END)
		g->in_member = false;
	else if (rc == Z_MEM_ERROR)
		return err_mem(e);
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return err_set(e, EX_DATAERR, "damaged gzip data: %s",
			       g->z.msg != NULL ? g->z.msg : "no reason given");
	if (o->total > g->max)
		return err_set(e, EX_DATAERR, "over the limit of %" PRIu64
			       " bytes when decompressed", g->max);
	return o->error != 0 ? out_flush(o, e) : 0;
}

int
httpgzip_put(struct httpgzip *g, const void *p, size_t n, struct out *o,
	   struct err *e)
{
	g->z.next_in = p;
	g->z.avail_in = (uInt)n;
	for (;;) {
		if (!g->in_member && g->z.avail_in == 0)
			return 0;
		if (!g->in_member && inflateReset(&g->z) != Z_OK)
			return err_mem(e);
		g->in_member = true;
		if (step(g, o, e) < 0)
			return -1;
		/* Room left means that all input is used up. */
		if (g->in_member && g->z.avail_out > 0)
			return 0;
	}
}

int
httpgzip_end(const struct httpgzip *g, struct err *e)
{
	return g->in_member ? err_set(e, EX_DATAERR, "gzip data is cut off")
			    : 0;
}

void
httpgzip_free(struct httpgzip *g)
{
	if (g->open)
		(void)inflateEnd(&g->z);
	g->open = false;
}
