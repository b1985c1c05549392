/* Every entry passes here: the checks of what it covers, and its record. */
#include <string.h>

#include "values/feed_parts.h"

static const char *const record_kinds[] = {"ip4", "ip6", "name"};

static size_t
add(char *d, size_t at, size_t max, const char *s)
{
	const size_t n = strlen(s);

	if (n > max - at)
		return max;
	memcpy(d + at, s, n);
	return at + n;
}

/* "\tRESPONSE\tSOURCE\tEXPIRES\t1\n" */
static size_t
make_tail(const struct feed *f, char *d, const char *response,
	  const char *target)
{
	char expires[24] = "-";
	size_t n = 0;

	if (f->opt.expires != POLICY_NO_EXPIRY)
		(void)snprintf(expires, sizeof(expires), "%lld",
			       (long long)f->opt.expires);
	n = add(d, n, FEED_TAIL_MAX, "\t");
	n = add(d, n, FEED_TAIL_MAX, response);
	if (target != NULL) {
		n = add(d, n, FEED_TAIL_MAX, "=");
		n = add(d, n, FEED_TAIL_MAX, target);
	}
	n = add(d, n, FEED_TAIL_MAX, "\t");
	n = add(d, n, FEED_TAIL_MAX, f->opt.source);
	n = add(d, n, FEED_TAIL_MAX, "\t");
	n = add(d, n, FEED_TAIL_MAX, expires);
	return add(d, n, FEED_TAIL_MAX, "\t1\n");
}

static void
make_frame(struct feed *f, enum verdict v)
{
	struct feed_frame *fr = &f->frame[v];
	const enum response r = v == VERDICT_ALLOW ? RESPONSE_PASSTHRU
						   : f->opt.response;
	int i;

	for (i = 0; i < 3; i++) {
		size_t n = add(fr->head[i], 0, sizeof(fr->head[i]),
			       verdict_text(v));

		n = add(fr->head[i], n, sizeof(fr->head[i]), "\t");
		n = add(fr->head[i], n, sizeof(fr->head[i]), record_kinds[i]);
		fr->nhead[i] = add(fr->head[i], n, sizeof(fr->head[i]), "\t");
	}
	fr->ntail[0] = make_tail(f, fr->tail[0], "-", NULL);
	fr->ntail[1] = make_tail(f, fr->tail[1], response_text(r),
				 r == RESPONSE_REDIRECT ? f->opt.target : NULL);
}

int
feed_write_init(struct feed *f, struct err *e)
{
	make_frame(f, VERDICT_BLOCK);
	make_frame(f, VERDICT_ALLOW);
	if (cover_init(&f->cover4, e) < 0 || cover_init(&f->cover6, e) < 0)
		return -1;
	return f->suffixes.psl != NULL ? 0 : suffix_open(&f->suffixes, e);
}

void
feed_left_out(struct feed *f, enum feed_reason why, struct span text)
{
	f->count[why]++;
	if (feed_reason_class(why) == FEED_CLASS_BAD)
		f->bad++;
	if (f->report != NULL)
		f->report(f->ctx, f->line, why, text.p, text.n);
}

static const struct feed_frame *
frame_of(const struct feed *f, bool exception)
{
	return &f->frame[exception ? VERDICT_ALLOW : f->opt.verdict];
}

static void
put(struct feed *f, const struct feed_frame *fr, enum kind k, const char *value,
    size_t n, unsigned weight)
{
	const size_t ntail = fr->ntail[k == KIND_NAME];
	char *const start = out_room(f->out, fr->nhead[k] + n + ntail);
	char *d = start;

	memcpy(d, fr->head[k], fr->nhead[k]);
	d += fr->nhead[k];
	memcpy(d, value, n);
	d += n;
	memcpy(d, fr->tail[k == KIND_NAME], ntail);
	d += ntail;
	out_took(f->out, (size_t)(d - start));
	f->records++;
	if (weight == 1)
		return;
	/* The tail ends in "1\n". */
	f->out->n -= 2;
	f->out->total -= 2;
	out_u64(f->out, weight);
	out_put(f->out, "\n", 1);
}

static void
put_cidr(struct feed *f, const struct cidr *c, bool exception, unsigned weight)
{
	const bool v4 = c->family == CIDR_V4;
	char text[CIDR_TEXT_MAX];

	cover_add(v4 ? &f->cover4 : &f->cover6, c);
	put(f, frame_of(f, exception), v4 ? KIND_IP4 : KIND_IP6, text,
	    cidr_format(c, text), weight);
}

void
feed_cidr(struct feed *f, struct cidr c, bool exception, unsigned weight,
	  struct span text)
{
	const unsigned widest = c.family == CIDR_V4 ? f->opt.widest4
						    : f->opt.widest6;

	if (c.len < widest) {
		feed_left_out(f, c.len == 0 ? FEED_DEFAULT : FEED_WIDE, text);
		return;
	}
	put_cidr(f, &c, exception, weight);
	f->entries++;
}

/* True where the range holds more addresses than a prefix of the length. */
static bool
wider_than(const struct cidr_range *r, unsigned len)
{
	const uint64_t lo = r->last.lo - r->from.lo;
	const uint64_t hi = r->last.hi - r->from.hi -
			    (r->last.lo < r->from.lo);

	return (hi & cidr_mask_hi(len)) != 0 || (lo & cidr_mask_lo(len)) != 0;
}

void
feed_range(struct feed *f, const struct cidr_range *range, bool exception,
	   struct span text)
{
	struct cidr_range r = *range;
	struct cidr c;

	if (r.from.family != r.last.family || cidr_cmp(&r.from, &r.last) > 0) {
		feed_left_out(f, FEED_RANGE, text);
		return;
	}
	if (wider_than(&r, r.from.family == CIDR_V4 ? f->opt.widest4
						    : f->opt.widest6)) {
		feed_left_out(f, FEED_WIDE, text);
		return;
	}
	while (cidr_range_next(&r, &c))
		put_cidr(f, &c, exception, 1);
	f->entries++;
}

void
feed_name(struct feed *f, struct span name, enum feed_scope scope,
	  bool exception, struct span text)
{
	const struct feed_frame *fr = frame_of(f, exception);
	char wild[NAME_TEXT_MAX + 2] = "*.", *const host = wild + 2;
	enum feed_reason why;
	enum suffix s;
	size_t n;

	why = feed_host(name, host, &n);
	if (why != FEED_OK) {
		feed_left_out(f, why, text);
		return;
	}
	s = suffix_of(&f->suffixes, host, n);
	if (s == SUFFIX_ICANN && !f->opt.allow_suffix) {
		feed_left_out(f, FEED_SUFFIX, text);
		return;
	}
	if (s != SUFFIX_NONE)
		feed_left_out(f, FEED_PRIVATE, text);
	if (scope & FEED_SELF)
		put(f, fr, KIND_NAME, host, n, 1);
	if (scope & FEED_BELOW)
		put(f, fr, KIND_NAME, wild, n + 2, 1);
	f->entries++;
}
