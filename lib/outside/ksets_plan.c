/* What would be done, as a plan stream. */
#include "outside/ksets.h"

#include <inttypes.h>
#include <string.h>

static uint64_t
line(struct out *o, char op, const char *type, const char *name,
     const char *detail, const char *note)
{
	out_fmt(o, "%c\t%s\t%s\t%s\t%s\n", op, type, name, detail, note);
	return 1;
}

static uint64_t
entry_lines(const struct kset *s, struct out *o)
{
	char text[CIDR_TEXT_MAX];
	struct cidr c;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < entries_count(&s->want); i++) {
		if (s->state[i] == KSET_THERE)
			continue;
		c = entries_cidr(&s->want, i);
		text[cidr_format(&c, text)] = '\0';
		n += line(o, s->state[i] == KSET_MISSING ? '+' : '~', "entry",
			  s->name, text,
			  s->state[i] == KSET_MISSING ? "-" : "expiry");
	}
	for (i = 0; i < entries_count(&s->stale); i++) {
		c = entries_cidr(&s->stale, i);
		text[cidr_format(&c, text)] = '\0';
		n += line(o, '-', "entry", s->name, text, "-");
	}
	return n;
}

void
ksets_plan(const struct ksets *ks, struct out *o)
{
	uint64_t n = 0;
	size_t i;

	stream_begin(o, "plan", "");
	for (i = 0; i < KSETS; i++) {
		const struct kset *s = &ks->set[i];
		char detail[128];

		(void)snprintf(detail, sizeof(detail), "entries=%zu add=%zu "
			       "change=%zu delete=%zu", entries_count(&s->want), s->missing,
			       s->retime, entries_count(&s->stale));
		n += line(o, s->todo == KSET_KEEP ? '='
			     : s->todo == KSET_CREATE ? '+' : '~', "set",
			  s->name, detail,
			  s->todo == KSET_CHANGE ? "in place"
			  : s->todo == KSET_REBUILD ? s->why : "-");
	}
	for (i = 0; i < KSETS; i++)
		if (ks->set[i].todo != KSET_KEEP)
			n += entry_lines(&ks->set[i], o);
	stream_end(o, n);
}
