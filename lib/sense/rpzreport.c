#include "sense/rpzreport.h"

#include <string.h>

static const char *const classes[] = {
	[REPORT_BAD] = "bad", [REPORT_LEFT_OUT] = "left-out",
	[REPORT_DOUBT] = "doubt",
};

void
rpzreport_add(struct rpzreport *r, enum rpzfeed_result result,
	      const struct rpzfeed_item *item)
{
	struct rpzreport_reason *why;
	struct rpzreport_example *x;
	size_t i;

	if (item->why == NULL)
		return;
	for (i = 0; i < r->n && strcmp(r->reason[i].why, item->why) != 0; i++)
		;
	/* There are fewer than 64 texts; should that change, the last counts
	 * for those that find no room. */
	if (i == RPZREPORT_REASONS)
		i--;
	why = &r->reason[i];
	if (i == r->n) {
		r->n++;
		why->why = item->why;
		why->class = item->defect		    ? REPORT_BAD
			     : result == RPZFEED_LEFT_OUT ? REPORT_LEFT_OUT
							  : REPORT_DOUBT;
	}
	if (why->count++ >= RPZREPORT_EXAMPLES)
		return;
	x = &why->example[why->count - 1];
	x->line = item->line;
	x->n = item->owner.n < sizeof(x->owner) ? item->owner.n
						: sizeof(x->owner);
	memcpy(x->owner, item->owner.p, x->n);
}

const char *
rpzreport_action(enum rpz_trigger t, enum response r)
{
	if (t != RPZ_IP)
		return response_text(r);
	return r == RESPONSE_PASSTHRU ? verdict_text(VERDICT_ALLOW)
				      : verdict_text(VERDICT_BLOCK);
}

/* A column of what stood in the zone: nothing but printable ASCII. */
static void
put_text(struct out *o, const char *p, size_t n)
{
	out_put(o, "\t", 1);
	if (n == 0)
		out_put(o, "-", 1);
	for (; n > 0; n--, p++) {
		if (*p > ' ' && *p < 0x7f)
			out_put(o, p, 1);
		else
			out_fmt(o, "\\x%02x", (unsigned char)*p);
	}
}

static void
put_number(struct out *o, uint64_t v)
{
	out_put(o, "\t", 1);
	out_u64(o, v);
}

static void
put_counts(const struct rpzfeed *f, struct out *o)
{
	int t, r;

	for (t = 0; t < RPZ_TRIGGERS; t++) {
		for (r = 0; r < RESPONSE_COUNT; r++) {
			if (f->count[t][r] == 0)
				continue;
			out_str(o, "records\t");
			out_str(o, rpz_trigger_text((enum rpz_trigger)t));
			out_put(o, "\t", 1);
			out_str(o, rpzreport_action((enum rpz_trigger)t,
						    (enum response)r));
			put_number(o, f->count[t][r]);
			out_put(o, "\n", 1);
		}
	}
}

static void
put_reason(const struct rpzreport_reason *why, struct out *o)
{
	size_t i;

	out_str(o, classes[why->class]);
	out_put(o, "\t", 1);
	out_str(o, why->why);
	put_number(o, why->count);
	out_put(o, "\n", 1);
	for (i = 0; i < why->count && i < RPZREPORT_EXAMPLES; i++) {
		out_str(o, "example\t");
		out_str(o, why->why);
		put_number(o, why->example[i].line);
		put_text(o, why->example[i].owner, why->example[i].n);
		out_put(o, "\n", 1);
	}
}

static int
put_hole(void *arg, const struct rpzfeed_hole *h)
{
	struct out *const o = arg;

	out_str(o, h->self ? h->below ? "hole\tboth" : "hole\tself"
			   : "hole\tbelow");
	put_text(o, h->name.p, h->name.n);
	put_text(o, h->wildcard.p, h->wildcard.n);
	put_number(o, h->line);
	put_text(o, h->opener.p, h->opener.n);
	out_put(o, "\n", 1);
	return 0;
}

int
rpzreport_write(const struct rpzreport *r, const struct rpzfeed *f,
		struct out *o, struct err *e)
{
	size_t i;

	out_str(o, "zone");
	put_text(o, f->zone.zone, f->zone.nzone);
	put_text(o, f->zone.serial, strlen(f->zone.serial));
	put_number(o, f->entries);
	put_number(o, f->records);
	put_number(o, f->bad);
	out_put(o, "\n", 1);
	put_counts(f, o);
	if (f->repeats > 0)
		out_fmt(o, "repeats\t%ju\n", (uintmax_t)f->repeats);
	for (i = 0; i < r->n; i++)
		put_reason(&r->reason[i], o);
	return f->keep ? rpzfeed_holes(f, put_hole, o, e) : 0;
}
