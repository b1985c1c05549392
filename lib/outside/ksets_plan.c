/* What would be done, as a plan stream. */
#include "outside/ksets.h"

#include <inttypes.h>
#include <string.h>

#include "values/plan.h"

static void
entry_line(struct plan *p, enum plan_op op, const struct kset *s,
	   const struct cidr *c, const char *note)
{
	char text[CIDR_TEXT_MAX];

	text[cidr_format(c, text)] = '\0';
	plan_put(p, op, "entry", s->name, text, note);
}

static void
entry_lines(const struct kset *s, struct plan *p)
{
	struct cidr c;
	size_t i;

	for (i = 0; !s->exists && i < entries_count(&s->want); i++) {
		c = entries_cidr(&s->want, i);
		entry_line(p, PLAN_CREATE, s, &c, NULL);
	}
	for (i = 0; i < s->nchange; i++) {
		c = entries_cidr(&s->want, s->change[i] & ~KSET_RETIME);
		if (s->change[i] & KSET_RETIME)
			entry_line(p, PLAN_CHANGE, s, &c, "expiry");
		else
			entry_line(p, PLAN_CREATE, s, &c, NULL);
	}
	for (i = 0; i < entries_count(&s->stale); i++) {
		c = entries_cidr(&s->stale, i);
		entry_line(p, PLAN_DELETE, s, &c, NULL);
	}
}

void
ksets_plan(const struct ksets *ks, struct out *o)
{
	struct plan p;
	size_t i;

	plan_begin(&p, o);
	for (i = 0; i < KSETS; i++) {
		const struct kset *s = &ks->set[i];

		plan_putf(&p, s->todo == KSET_KEEP     ? PLAN_KEEP
			      : s->todo == KSET_CREATE ? PLAN_CREATE
						       : PLAN_CHANGE,
			  "set", s->name,
			  s->todo == KSET_CHANGE    ? "in place"
			  : s->todo == KSET_REBUILD ? s->why
						    : NULL,
			  "entries=%zu add=%zu change=%zu delete=%zu",
			  entries_count(&s->want), s->missing, s->retime,
			  entries_count(&s->stale));
	}
	for (i = 0; i < KSETS; i++)
		if (ks->set[i].todo != KSET_KEEP)
			entry_lines(&ks->set[i], &p);
	plan_end(&p);
}
