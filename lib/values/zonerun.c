/* Lines that repeat what stood behind an owner: the owner is read, the rest is
 * compared. */
#include <string.h>

#include "base/bytes8.h"
#include "values/zonefile.h"

#define TAIL_MIN 8 /* " CNAME ." */

/* Two loads that overlap for what is short, as nearly all are. */
static inline bool
equal(const char *a, const char *b, size_t n)
{
	return bytes8_load(a) == bytes8_load(b) &&
	       bytes8_load(a + n - 8) == bytes8_load(b + n - 8) &&
	       (n <= 16 || memcmp(a, b, n) == 0);
}

/* The tail that stands at p up to the end of a line, which *end is behind. */
static const struct zone_tail *
find_tail(const struct zonefile *z, const char *p, const char **end)
{
	const struct zone_tail *t = z->tail;

	for (; t < z->tail + z->ntails; t++) {
		const char *q = p + t->n;

		if (!equal(p, t->text, t->n))
			continue;
		q += *q == '\r';
		if (*q == '\n') {
			*end = q + 1;
			return t;
		}
	}
	return NULL;
}

/* The length of an owner, in lower case, relative to the zone; 0 where it needs
 * a closer look. */
static size_t
cut_owner(const struct zonefile *z, const char *s, size_t n)
{
	const size_t zone = z->named ? z->nzone + 1 : 0;

	if (s[n - 1] != '.')
		return n + zone + 1 < NAME_WIRE_MAX && (n > 1 || *s != '@') ? n : 0;
	n--;
	if (!z->named || n <= zone || s[n - zone] != '.' ||
	    memcmp(s + n - z->nzone, z->zone, z->nzone) != 0)
		return 0;
	return n - zone;
}

bool
zonerun_next(struct zonefile *z, struct zone_rr *rr)
{
	char *const owner = z->owner[!z->now];
	struct in *const in = &z->lex.src.in;
	const struct zone_tail *t;
	const char *end;
	struct err ignored;
	size_t left, raw, n;
	char *p;

	if (z->ntails == 0 || z->lex.nheld > 0 ||
	    in_peek(in, &p, &left, 0, &ignored) < 0 ||
	    left < NAME_SCAN_READS + ZONE_TAIL_MAX + 2)
		return false;
	raw = name_scan(p, owner);
	if (raw == 0 || (t = find_tail(z, p + raw, &end)) == NULL)
		return false;
	n = cut_owner(z, owner, raw);
	if (n == 0)
		return false;
	owner[n] = '\0';
	in_skip_lines(in, (size_t)(end - p), 1);
	rr->line = in->line;
	rr->lines = 1;
	rr->raw = (struct span){p, raw};
	rr->owner = (struct span){owner, n};
	rr->same = z->has_owner && z->nowner[z->now] == n &&
		   memcmp(z->owner[z->now], owner, n) == 0;
	rr->type = ZONE_CNAME;
	rr->nrdata = 1;
	rr->rdata = &t->rdata;
	rr->target = (struct span){t->target, t->ntarget};
	rr->tail = t->number;
	rr->why = NULL;
	z->now = !z->now;
	z->nowner[z->now] = n;
	z->has_owner = true;
	return true;
}

void
zonerun_learn(struct zonefile *z, const struct zone_rr *rr)
{
	const struct span rest = z->ent.rest;
	struct zone_tail *t;

	/* Behind another origin a relative owner is not what it seems. */
	if (rr->type != ZONE_CNAME || rr->owner.n == 0 || z->ent.inherits ||
	    rest.n < TAIL_MIN || rest.n > ZONE_TAIL_MAX || z->absolute ||
	    z->norigin > 0)
		return;
	t = &z->tail[z->learnt++ % ZONE_TAILS];
	if (z->ntails < ZONE_TAILS)
		z->ntails++;
	t->number = z->learnt;
	t->n = rest.n;
	t->ntarget = rr->target.n;
	memcpy(t->text, rest.p, rest.n);
	memcpy(t->target, rr->target.p, rr->target.n + 1);
	t->rdata = (struct span){t->text + (rr->rdata[0].p - rest.p),
				 rr->rdata[0].n};
}
