#include "sense/rpzfeed.h"

#include <string.h>

int
rpzfeed_open(struct rpzfeed *f, const char *path, const char *origin,
	     struct err *e)
{
	*f = (struct rpzfeed){.source = {"-", 1}, .triggers = ~0U};
	if (suffix_open(&f->suffixes, e) == 0 &&
	    cover_init(&f->cover4, e) == 0 && cover_init(&f->cover6, e) == 0 &&
	    nametab_init(&f->owners, e) == 0 &&
	    zonefile_open(&f->zone, path, origin, e) == 0)
		return 0;
	rpzfeed_close(f);
	return -1;
}

void
rpzfeed_close(struct rpzfeed *f)
{
	zonefile_close(&f->zone);
	suffix_close(&f->suffixes);
	cover_free(&f->cover4);
	cover_free(&f->cover6);
	nametab_free(&f->owners);
}

/* What its author may not have meant, or not every resolver does. */
static const char *
doubt_of_target(const struct zonefile *z, struct span target,
		const struct policy *rec)
{
	if (rec->verdict == VERDICT_ALLOW)
		return span_is(target, "rpz-passthru")
			       ? NULL : "passthru in its old form, a CNAME to "
					"the owner's own name";
	if (target.n < 2)
		return NULL;
	if (z->named && target.n > z->nzone &&
	    memcmp(target.p + target.n - z->nzone, z->zone, z->nzone) == 0 &&
	    target.p[target.n - z->nzone - 1] == '.')
		return "the target is inside the zone: is its final dot "
		       "missing?";
	if (rpz_is_reserved(target) && !span_is(target, "rpz-drop") &&
	    !span_is(target, "rpz-tcp-only"))
		return "a reserved target, which is taken for a name";
	return NULL;
}

static enum rpzfeed_result
left_out(struct rpzfeed *f, struct rpzfeed_item *item, const char *why)
{
	item->why = why;
	item->defect = true;
	f->bad += item->lines;
	return RPZFEED_LEFT_OUT;
}

/* Another record of an owner that has its rule: RPZFEED_END where it adds
 * nothing and there is nothing to say. */
static enum rpzfeed_result
further(struct rpzfeed *f, const struct zone_rr *rr, struct rpzfeed_item *item)
{
	if ((f->rule == RULE_CNAME) != (rr->type == ZONE_CNAME))
		return left_out(f, item, "CNAME and other data at one owner");
	if (f->rule == RULE_CNAME &&
	    (rr->target.n != f->ntarget ||
	     memcmp(rr->target.p, f->target, f->ntarget) != 0))
		return left_out(f, item, "a second CNAME at one owner");
	f->repeats += f->rule == RULE_CNAME;
	return RPZFEED_END;
}

/* The record's action into item->rec. */
static const char *
action(struct rpzfeed *f, const struct zone_rr *rr, struct span self,
       struct rpzfeed_item *item)
{
	if (rr->type != ZONE_CNAME) {
		rpz_data(&item->rec);
		if (rr->type == ZONE_DNAME)
			item->why = "a DNAME, which is data at its owner alone";
		return NULL;
	}
	item->why = rpz_cname(rr->target, self, &item->rec);
	if (item->why != NULL)
		return item->why;
	item->why = doubt_of_target(&f->zone, rr->target, &item->rec);
	return NULL;
}

/* What a poisoned zone would do most harm with. */
static const char *
check_reach(const struct rpzfeed *f, enum rpz_trigger t,
	    const struct policy *rec)
{
	const char *name = rec->name.p;
	char text[NAME_TEXT_MAX];

	if (!kind_is_name(rec->kind))
		return rec->cidr.len < (rec->cidr.family == CIDR_V4
						? f->widest4 : f->widest6)
			       ? "wider than --widest allows" : NULL;
	if (f->allow_suffix)
		return NULL;
	if (t == RPZ_NSDNAME) {
		memcpy(text, name, rec->name.n);
		text[rec->name.n] = '\0';
		name = text;
	}
	return suffix_of(&f->suffixes, name, rec->name.n) == SUFFIX_ICANN
		       ? "a public suffix" : NULL;
}

static void
count(struct rpzfeed *f, enum rpz_trigger t, const struct policy *rec)
{
	const bool allow = rec->verdict == VERDICT_ALLOW;

	f->records++;
	f->count[t][allow ? RESPONSE_PASSTHRU : rec->response]++;
	if (rec->kind == KIND_IP4 && !allow)
		cover_add(&f->cover4, &rec->cidr);
	else if (rec->kind == KIND_IP6 && !allow)
		cover_add(&f->cover6, &rec->cidr);
}

#define LINE_MAX_KEPT (UINT32_MAX >> 2)

/* Marks the owner of a DNAME, whatever else it has; one that was left out is not
 * in the tree. */
static void
mark_dname(struct rpzfeed *f, const struct zone_rr *rr)
{
	struct name_found at = {.exact = true};

	if (rr->owner.n > 0)
		nametab_find(&f->owners, rr->owner, &at);
	if (!at.exact)
		return;
	f->owners.node[at.node].rule |= RPZFEED_DNAME;
	f->dnames = true;
}

/* The owner into the tree; a doubt where it has a rule already. */
static int
keep(struct rpzfeed *f, const struct zone_rr *rr, struct rpzfeed_item *item,
     struct err *e)
{
	const uint32_t line = (uint32_t)(rr->line < LINE_MAX_KEPT
						 ? rr->line : LINE_MAX_KEPT);
	const uint32_t rule = line << 2 |
			      (f->rule == RULE_DATA ? RPZFEED_DATA : 0);
	const int64_t node = nametab_add(&f->owners, rr->owner, e);
	uint32_t *had;

	if (node < 0)
		return -1;
	if (item->why == NULL && memmem(rr->owner.p, rr->owner.n, ".*", 2))
		item->why = "a '*' that is not the first label is no wildcard";
	had = &f->owners.node[node].rule;
	if (RPZFEED_LINE(*had) == 0) {
		*had |= rule;
	} else if (!(*had & rule & RPZFEED_DATA)) {
		item->why = "an owner that has a rule on another line";
		f->again++;
	}
	return 0;
}

static void
set_rule(struct rpzfeed *f, const struct zone_rr *rr)
{
	f->rule = rr->type == ZONE_CNAME ? RULE_CNAME : RULE_DATA;
	if (f->rule == RULE_DATA || (rr->tail != 0 && rr->tail == f->tail))
		return;
	memcpy(f->target, rr->target.p, rr->target.n);
	f->ntarget = rr->target.n;
	f->tail = rr->tail;
}

/* One record below the apex; RPZFEED_END where there is nothing to say. */
static enum rpzfeed_result
convert(struct rpzfeed *f, const struct zone_rr *rr, struct rpzfeed_item *item)
{
	struct span self;
	const char *why;

	if (f->rule != RULE_NONE)
		return further(f, rr, item);
	why = rpz_trigger(rr->owner, &item->trigger, &self, &item->rec);
	if (why == NULL)
		why = check_reach(f, item->trigger, &item->rec);
	if (why != NULL)
		return left_out(f, item, why);
	set_rule(f, rr);
	if (!(f->triggers & 1U << item->trigger)) {
		item->why = "a trigger that --triggers does not name";
		return RPZFEED_LEFT_OUT;
	}
	if (action(f, rr, self, item) != NULL)
		return RPZFEED_LEFT_OUT;
	count(f, item->trigger, &item->rec);
	return RPZFEED_RECORD;
}

static enum rpzfeed_result
one(struct rpzfeed *f, const struct zone_rr *rr, struct rpzfeed_item *item)
{
	if (rr->owner.n == 0 || rr->type == ZONE_DNSSEC)
		return RPZFEED_END;
	if (rr->type == ZONE_SOA)
		return left_out(f, item, "a SOA record below the zone's apex");
	if (rr->type == ZONE_NS)
		return left_out(f, item, "a delegation, which no policy is");
	return convert(f, rr, item);
}

enum rpzfeed_result
rpzfeed_next(struct rpzfeed *f, struct rpzfeed_item *item, struct err *e)
{
	struct zone_rr rr;

	for (;;) {
		const enum zone_result z = zonefile_next(&f->zone, &rr, e);
		enum rpzfeed_result r;

		if (z == ZONE_ERROR)
			return RPZFEED_ERROR;
		if (z == ZONE_END)
			return rpzfeed_hidden(f, item) ? RPZFEED_DOUBT
						       : RPZFEED_END;
		f->entries++;
		item->line = rr.line;
		item->lines = rr.lines;
		item->owner = rr.raw;
		item->why = NULL;
		item->defect = false;
		if (!rr.same)
			f->rule = RULE_NONE;
		if (z == ZONE_BAD)
			return left_out(f, item, rr.why);
		r = one(f, &rr, item);
		if (f->keep && r == RPZFEED_RECORD &&
		    keep(f, &rr, item, e) < 0)
			return RPZFEED_ERROR;
		if (f->keep && rr.type == ZONE_DNAME)
			mark_dname(f, &rr);
		if (r == RPZFEED_END)
			continue;
		item->rec.source = f->source;
		item->rec.expires = POLICY_NO_EXPIRY;
		item->rec.weight = 1;
		return r;
	}
}
