#include "outside/zonedelta.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/in.h"
#include "outside/rrtext.h"

enum { REMOVED, ADDED };

struct delta_line {
	size_t at; /* in text */
	uint32_t n;
	uint8_t first, last; /* what was done to it */
	bool met; /* it was in the old zone */
};

int
zonedelta_open(struct zonedelta *d, size_t max_lines, size_t max_bytes,
	       struct err *e)
{
	*d = (struct zonedelta){.max = max_lines < UINT32_MAX / 2
					       ? max_lines : UINT32_MAX / 2};
	buf_init(&d->text, max_bytes);
	/* The hash is keyed: a server does not choose what collides. */
	if (getrandom(&d->seed, sizeof(d->seed), 0) != sizeof(d->seed))
		return err_sys(e, EX_OSERR, "no random numbers");
	return 0;
}

void
zonedelta_close(struct zonedelta *d)
{
	buf_free(&d->text);
	free(d->line);
	free(d->slot);
	*d = (struct zonedelta){.n = 0};
}

static uint64_t
hash(const struct zonedelta *d, const char *p, size_t n)
{
	uint64_t h = d->seed ^ n, w;

	for (; n >= sizeof(w); p += sizeof(w), n -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		h = (h ^ w) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	w = 0;
	memcpy(&w, p, n);
	h = (h ^ w) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* The slot of a line: where it is, or the free one where it would be. */
static size_t
slot_of(const struct zonedelta *d, const char *p, size_t n)
{
	size_t i = hash(d, p, n) & (d->slots - 1);

	for (; d->slot[i] != 0; i = (i + 1) & (d->slots - 1)) {
		const struct delta_line *l = &d->line[d->slot[i] - 1];

		if (l->n == n && memcmp(d->text.p + l->at, p, n) == 0)
			break;
	}
	return i;
}

/* At least twice as many slots as lines. */
static int
grow(struct zonedelta *d, struct err *e)
{
	size_t i;

	if (d->n * 2 < d->slots)
		return 0;
	d->slots = d->slots == 0 ? 1024 : d->slots * 2;
	free(d->slot);
	d->slot = calloc(d->slots, sizeof(*d->slot));
	if (d->slot == NULL)
		return err_mem(e);
	for (i = 0; i < d->n; i++) {
		const struct delta_line *l = &d->line[i];

		d->slot[slot_of(d, d->text.p + l->at, l->n)] =
			(uint32_t)i + 1;
	}
	return 0;
}

static int
misfit(const char *what, const char *p, size_t n, struct err *e)
{
	const char *tab = memchr(p, '\t', n);

	return err_set(e, EX_DATAERR, "the difference %s: '%.*s'", what,
		       (int)(tab != NULL ? tab - p : 0), p);
}

static int
take(struct zonedelta *d, int what, const char *p, size_t n, struct err *e)
{
	struct delta_line *l;
	size_t i;

	if (grow(d, e) < 0)
		return -1;
	i = slot_of(d, p, n);
	if (d->slot[i] != 0) {
		l = &d->line[d->slot[i] - 1];
		if (l->last == what)
			return misfit(what == ADDED ? "adds a record twice"
				      : "removes a record twice", p, n, e);
		l->last = (uint8_t)what;
		return 0;
	}
	if (array_grow((void **)&d->line, &d->cap, d->n + 1, sizeof(*d->line),
		       d->max, "records in the difference", e) < 0)
		return -1;
	d->line[d->n] = (struct delta_line){
		.at = d->text.n,
		.n = (uint32_t)n,
		.first = (uint8_t)what,
		.last = (uint8_t)what,
	};
	d->slot[i] = (uint32_t)++d->n;
	(void)buf_add(&d->text, p, n);
	return buf_check(&d->text, "the difference", e);
}

int
zonedelta_remove(struct zonedelta *d, const char *p, size_t n, struct err *e)
{
	return take(d, REMOVED, p, n, e);
}

int
zonedelta_add(struct zonedelta *d, const char *p, size_t n, struct err *e)
{
	return take(d, ADDED, p, n, e);
}

/* One line of the old zone, its LF included. */
static int
take_old(struct zonedelta *d, const char *p, size_t n, struct out *to,
	 uint64_t *records, struct err *e)
{
	struct delta_line *l = NULL;

	if (d->slots > 0) {
		const uint32_t s = d->slot[slot_of(d, p, n)];

		l = s != 0 ? &d->line[s - 1] : NULL;
	}
	if (l != NULL) {
		if (l->first == ADDED)
			return misfit("adds a record that is there", p, n, e);
		l->met = true;
		if (l->last == REMOVED)
			return 0;
	}
	out_put(to, p, n);
	(*records)++;
	return 0;
}

static int
take_added(const struct zonedelta *d, struct out *to, uint64_t *records,
	   struct err *e)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		const struct delta_line *l = &d->line[i];
		const char *const p = d->text.p + l->at;

		if (l->first == REMOVED && !l->met)
			return misfit("removes a record that is not there", p,
				      l->n, e);
		if (l->first == REMOVED || l->last == REMOVED)
			continue;
		out_put(to, p, l->n);
		(*records)++;
	}
	return 0;
}

static int
apply(struct zonedelta *d, struct in *in, const struct buf *old_soa,
      const struct buf *new_soa, struct out *to, uint64_t *records,
      struct err *e)
{
	enum in_result r;
	char *p;
	size_t n;

	while ((r = in_line(in, &p, &n, e)) == IN_LINE && !in->unended) {
		p[n++] = '\n';
		if (in->line > 1) {
			if (take_old(d, p, n, to, records, e) < 0)
				return -1;
		} else if (n != old_soa->n || memcmp(p, old_soa->p, n) != 0) {
			return err_set(e, EX_DATAERR, "the difference begins "
				       "at another SOA than the saved zone");
		} else {
			out_put(to, new_soa->p, new_soa->n);
			*records = 1;
		}
	}
	if (r == IN_ERROR)
		return -1;
	if (r != IN_END || in->line == 0)
		return err_set(e, EX_DATAERR, "the saved zone is damaged");
	return take_added(d, to, records, e);
}

int
zonedelta_apply(struct zonedelta *d, int fd, const struct buf *old_soa,
		const struct buf *new_soa, struct out *to, uint64_t *records,
		struct err *e)
{
	struct in in = {.fd = dup(fd), .name = "the saved zone",
			.max_line = RRTEXT_MAX, .left = IN_NO_LIMIT};
	int rc;

	*records = 0;
	if (in.fd < 0 || lseek(in.fd, 0, SEEK_SET) < 0)
		return err_sys(e, EX_IOERR, "cannot read the saved zone");
	in.cap = IN_BLOCK + in.max_line + 2;
	in.buf = malloc(in.cap);
	rc = in.buf == NULL ? err_mem(e)
			    : apply(d, &in, old_soa, new_soa, to, records, e);
	in_close(&in);
	if (lseek(fd, 0, SEEK_SET) < 0 && rc == 0)
		rc = err_sys(e, EX_IOERR, "cannot read the saved zone");
	return rc;
}
