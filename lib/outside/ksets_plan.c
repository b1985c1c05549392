/* What would be done, as a plan stream; and the check of --max-shrink. */
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

static void
sum_of(struct ksets *ks, uint8_t family, struct entries_sum *sum)
{
	const struct entries *es[2][2];
	int v, t;

	for (v = 0; v < 2; v++)
		for (t = 0; t < 2; t++)
			es[v][t] = &ksets_of(ks, v == 0 ? VERDICT_BLOCK
							: VERDICT_ALLOW,
					     family, (enum nfset_type)t)->want;
	entries_sum(es[0], es[1], sum);
}

/* Addresses that are blocked now, overlaps counted once. */
static int
blocked_now(const struct ksets *ks, struct nfset *ns, uint8_t family,
	    double *n, struct err *e)
{
	struct ksets now = {0};
	struct entries_sum c;
	size_t i;
	int rc;

	ksets_init(&now, "", ks->now);
	for (i = 0; i < KSETS; i++)
		memcpy(now.set[i].name, ks->set[i].name,
		       sizeof(now.set[i].name));
	rc = ksets_adopt(&now, ns, e);
	if (rc == 0) {
		sum_of(&now, family, &c);
		*n = c.blocked - c.both;
	}
	ksets_free(&now);
	return rc;
}

static int
check_family(struct ksets *ks, struct nfset *ns, uint8_t family, double pct,
	     struct err *e)
{
	double had = ksets_of(ks, VERDICT_BLOCK, family, NFSET_IP)->covers +
		     ksets_of(ks, VERDICT_BLOCK, family, NFSET_NET)->covers;
	struct entries_sum c;
	double want;

	sum_of(ks, family, &c);
	want = c.blocked - c.both;
	/* What was read is an upper bound, and cheap; only where that does not
	 * settle it are the sets read again. */
	if (want >= had * (1 - pct / 100))
		return 0;
	if (blocked_now(ks, ns, family, &had, e) < 0)
		return -1;
	if (want >= had * (1 - pct / 100))
		return 0;
	(void)err_set(e, EX_DATAERR, "refused: %.0f IPv%d addresses would be "
		      "blocked, %.0f are now: %.1f %% fewer, over the "
		      "--max-shrink of %g %%", want, family, had,
		      100 * (1 - want / had), pct);
	return err_hint(e, "if that is meant, say --max-shrink 100");
}

int
ksets_check_shrink(struct ksets *ks, struct nfset *ns, double pct,
		   struct err *e)
{
	if (check_family(ks, ns, CIDR_V4, pct, e) < 0)
		return -1;
	return check_family(ks, ns, CIDR_V6, pct, e);
}

size_t
ksets_overlap(struct ksets *ks, struct cidr *first)
{
	struct entries_sum c4, c6;

	sum_of(ks, CIDR_V4, &c4);
	sum_of(ks, CIDR_V6, &c6);
	*first = c4.overlaps > 0 ? c4.first : c6.first;
	return c4.overlaps + c6.overlaps;
}
