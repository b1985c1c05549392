/*
 * The lines that most lists consist of, at speed: "192.0.2.1", "192.0.2.0/24",
 * "2001:db8::1", "name.example", "0.0.0.0 name.example", "||name.example^". They
 * are taken from the input's block and written to the output's, without a copy
 * between.
 *
 * Whatever is in any way out of the ordinary ends the row of such lines and is
 * left to the readers of lines, which give the same records, only later.
 */
#include <endian.h>
#include <string.h>

#include "values/feed_parts.h"

#define HEAD_ROOM 16	/* sizeof feed_frame.head[0]: copied as a whole */
#define V4_MAX 24	/* bytes looked at: "255.255.255.255/32\r\n" and more */
#define V6_MAX CIDR_TEXT_MAX
#define TAIL_MAX 128	/* "/32", the source, an expiry */
#define CHUNK 32

struct fast {
	struct feed *f;
	const char *p, *end; /* unread bytes of the block */
	char *d, *limit;     /* room for the longest record before limit */
	const struct feed_frame *frame;
	char tail[TAIL_MAX + CHUNK]; /* behind an address without length */
	size_t ntail;
	size_t longest; /* record */
	uint64_t lines, entries, records, singles;
	const char *before, *behind; /* what stands around a name */
	size_t nbefore, nbehind;
	enum feed_scope scope;
};

/* The number of one to three digits at p, and how many they are; *bad collects
 * what is wrong. The four bytes at p are read at once. */
static inline unsigned
octet(const char *p, unsigned *len, unsigned *bad)
{
	/* By number of digits: the least value without a leading zero. */
	static const unsigned least[5] = {256, 0, 10, 100, 256};
	uint32_t w, mark;
	unsigned v;

	memcpy(&w, p, sizeof(w));
	w = le32toh(w) ^ 0x30303030; /* digits become 0 to 9 */
	mark = (((w & 0x7f7f7f7f) + 0x76767676) | w) & 0x80808080;
	*len = mark == 0 ? 4 : (unsigned)__builtin_ctz(mark) / 8;
	/* The digits to bytes 0 to 2, zeros in front. */
	w = (uint32_t)((uint64_t)w << (32 - 8 * *len) >> 8);
	v = (w & 15) * 100 + (w >> 8 & 15) * 10 + (w >> 16 & 15);
	*bad |= v < least[*len] || v > 255;
	return v;
}

/* Behind the address at p, or NULL where there is none. */
static inline const char *
scan_v4(const char *p, uint32_t *addr)
{
	unsigned len, bad = 0;
	uint32_t a;

	a = octet(p, &len, &bad) << 24;
	bad |= p[len] != '.';
	p += len + 1;
	a |= octet(p, &len, &bad) << 16;
	bad |= p[len] != '.';
	p += len + 1;
	a |= octet(p, &len, &bad) << 8;
	bad |= p[len] != '.';
	p += len + 1;
	a |= octet(p, &len, &bad);
	*addr = a;
	return bad ? NULL : p + len;
}

/* Behind "/len" at p, or NULL. */
static const char *
scan_len(const char *p, unsigned *len)
{
	unsigned v = (unsigned char)p[1] - '0', w = (unsigned char)p[2] - '0';

	if (v > 9)
		return NULL;
	*len = w > 9 ? v : v * 10 + w;
	return (w <= 9 && v == 0) || *len > 32 ? NULL : p + (w > 9 ? 2 : 3);
}

/* Behind the end of the line at p, or NULL. */
static inline const char *
end_line(const char *p)
{
	p += *p == '\r';
	return *p == '\n' ? p + 1 : NULL;
}

static inline char *
put_chunks(char *d, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += CHUNK)
		memcpy(d + i, p + i, CHUNK);
	return d + n;
}

/* True where the prefix is one to be taken; counts it. */
static bool
count_prefix(struct fast *t, uint32_t addr, unsigned len)
{
	const struct cidr c = {(uint64_t)addr << 32, 0, CIDR_V4, (uint8_t)len};
	struct feed *f = t->f;

	if (len < f->opt.widest4 || (c.hi & ~cidr_mask_hi(len)) != 0)
		return false;
	cover_add(&f->cover4, &c);
	return true;
}

/* An address or prefix on a line of its own; false leaves it. */
static inline bool
take_v4(struct fast *t)
{
	const char *const p = t->p, *q, *next;
	char *d = t->d;
	size_t skip = 0; /* of the tail, which starts with "/32" */
	unsigned len;
	uint32_t addr;

	if (t->end - p < V4_MAX)
		return false;
	q = scan_v4(p, &addr);
	if (q == NULL)
		return false;
	if (*q == '/') {
		q = scan_len(q, &len);
		next = q == NULL ? NULL : end_line(q);
		if (next == NULL || !count_prefix(t, addr, len))
			return false;
		skip = 3;
	} else {
		next = end_line(q);
		if (next == NULL)
			return false;
		t->singles++;
	}
	memcpy(d, t->frame->head[KIND_IP4], HEAD_ROOM);
	d += t->frame->nhead[KIND_IP4];
	memcpy(d, p, V4_MAX);
	d += q - p;
	t->d = put_chunks(d, t->tail + skip, t->ntail - skip);
	t->p = next;
	t->records++;
	t->entries++;
	t->lines++;
	return true;
}

/* The same for IPv6. */
static bool
take_v6(struct fast *t)
{
	const size_t left = (size_t)(t->end - t->p);
	const char *nl = memchr(t->p, '\n', left < V6_MAX ? left : V6_MAX);
	struct feed *f = t->f;
	struct cidr c;
	char *d;

	if (nl == NULL ||
	    cidr_parse(t->p, (size_t)(nl - t->p), false, &c) != CIDR_OK ||
	    c.family != CIDR_V6 || c.hi == 0 || c.len < f->opt.widest6)
		return false;
	cover_add(&f->cover6, &c);
	memcpy(t->d, t->frame->head[KIND_IP6], HEAD_ROOM);
	d = t->d + t->frame->nhead[KIND_IP6];
	d += cidr_format(&c, d);
	t->d = put_chunks(d, t->tail + 3, t->ntail - 3);
	t->p = nl + 1;
	t->records++;
	t->entries++;
	t->lines++;
	return true;
}

/* The host name at p in lower case to d, with a NUL: behind it, or NULL where it
 * ends with the block or is not one that needs no second look. */
static const char *
scan_name(const char *p, const char *end, char *d, size_t *n)
{
	size_t i, label = 0;
	char c;

	if (end - p > NAME_WIRE_MAX - 1)
		end = p + NAME_WIRE_MAX - 1;
	for (i = 0; p + i < end && (c = feed_host_byte[(unsigned char)p[i]]);
	     i++) {
		d[i] = c;
		if (c != '.')
			continue;
		if (i == label || i - label > NAME_LABEL_MAX)
			return NULL;
		label = i + 1;
	}
	if (p + i == end || i == label || i - label > NAME_LABEL_MAX ||
	    label == 0 || (d[label] >= '0' && d[label] <= '9'))
		return NULL;
	d[i] = '\0';
	*n = i;
	return p + i;
}

/* The record of what is below the name of the last record. */
static void
put_below(struct fast *t, const char *name, size_t n)
{
	const struct feed_frame *fr = t->frame;
	char *d = t->d;

	memcpy(d, fr->head[KIND_NAME], HEAD_ROOM);
	d += fr->nhead[KIND_NAME];
	*d++ = '*';
	*d++ = '.';
	memcpy(d, name, n);
	memcpy(d + n, fr->tail[1], fr->ntail[1]);
	t->d = d + n + fr->ntail[1];
	t->records++;
}

/* A name with what the form puts around it; false leaves the line. */
static bool
take_name(struct fast *t)
{
	const struct feed_frame *fr = t->frame;
	char *const name = t->d + fr->nhead[KIND_NAME];
	const char *p = t->p;
	size_t n;

	if ((size_t)(t->end - p) < t->nbefore ||
	    memcmp(p, t->before, t->nbefore) != 0)
		return false;
	memcpy(t->d, fr->head[KIND_NAME], HEAD_ROOM);
	p = scan_name(p + t->nbefore, t->end, name, &n);
	if (p == NULL || (size_t)(t->end - p) < t->nbehind + 2 ||
	    memcmp(p, t->behind, t->nbehind) != 0)
		return false;
	p = end_line(p + t->nbehind);
	if (p == NULL || suffix_of(&t->f->suffixes, name, n) != SUFFIX_NONE ||
	    (t->f->format == FEED_HOSTS && feed_is_own_host(name, n)))
		return false;
	memcpy(name + n, fr->tail[1], fr->ntail[1]);
	t->d = name + n + fr->ntail[1];
	if (t->scope == FEED_BOTH)
		put_below(t, name, n);
	t->p = p;
	t->records++;
	t->entries++;
	t->lines++;
	return true;
}

/* What names of this form have around them; false for a form without. */
static bool
set_form(struct fast *t)
{
	t->before = t->behind = "";
	t->scope = FEED_SELF;
	switch (t->f->format) {
	case FEED_PLAIN:
		if (t->f->opt.subdomains)
			t->scope = FEED_BOTH;
		break;
	case FEED_HOSTS:
		t->before = "0.0.0.0 ";
		break;
	case FEED_ADBLOCK:
		t->before = "||";
		t->behind = "^";
		t->scope = FEED_BOTH;
		break;
	default:
		return false;
	}
	t->nbefore = strlen(t->before);
	t->nbehind = strlen(t->behind);
	return true;
}

static void
take_row(struct fast *t)
{
	const bool plain = t->f->format == FEED_PLAIN;

	while (t->p < t->end && t->d < t->limit) {
		if (plain && *t->p <= '9' && take_v4(t))
			continue;
		if (!take_name(t) && !(plain && take_v6(t)))
			return;
	}
}

int
feed_fast(struct feed *f, struct err *e)
{
	struct fast t = {.f = f, .frame = &f->frame[f->opt.verdict]};
	const size_t ntail = t.frame->ntail[0];
	char *room, *p;
	size_t n;

	if (!set_form(&t) || ntail + 3 > TAIL_MAX)
		return 0;
	if (in_peek(f->in, &p, &n, 1, e) < 0)
		return -1;
	t.p = p;
	t.end = p + n;
	t.longest = 2 * (sizeof(t.frame->head[0]) + NAME_TEXT_MAX +
			 t.frame->ntail[1]) + TAIL_MAX;
	memcpy(t.tail, "/32", 3);
	memcpy(t.tail + 3, t.frame->tail[0], ntail);
	t.ntail = ntail + 3;
	do {
		t.lines = 0;
		room = t.d = out_room(f->out, OUT_ROOM_MAX);
		t.limit = room + OUT_ROOM_MAX - t.longest;
		take_row(&t);
		out_took(f->out, (size_t)(t.d - room));
		f->in->line += t.lines;
	} while (t.d >= t.limit);
	in_skip(f->in, (size_t)(t.p - p));
	f->entries += t.entries;
	f->records += t.records;
	f->cover4.narrow[32] += t.singles;
	return 0;
}
