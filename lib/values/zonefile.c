#include "values/zonefile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "values/cidr.h"
#include "values/gunzip.h"

/* True where the final dot closes the name and is not escaped. */
static bool
is_absolute(struct span s)
{
	size_t slashes = 0;

	if (s.p[s.n - 1] != '.')
		return false;
	while (slashes < s.n - 1 && s.p[s.n - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* Canonical text of "a.b" for a relative to b; b may be empty. */
static const char *
join(struct span a, const char *b, size_t nb, char *dst, size_t *len)
{
	char text[2 * NAME_TEXT_MAX + 2];
	enum name_result r;

	if (a.n >= NAME_TEXT_MAX)
		return name_strerror(NAME_LONG);
	memcpy(text, a.p, a.n);
	text[a.n] = '.';
	memcpy(text + a.n + 1, b, nb);
	r = name_parse(text, nb > 0 ? a.n + 1 + nb : a.n, dst, len);
	return r == NAME_OK ? NULL : name_strerror(r);
}

/* Cuts the zone's name off an absolute one; false where it is outside. */
static bool
cut_zone(const struct zonefile *z, const char *name, size_t *len)
{
	const size_t n = z->nzone;

	if (!z->named || *len < n || memcmp(name + *len - n, z->zone, n) != 0)
		return false;
	if (*len == n) {
		*len = 0;
		return true;
	}
	if (*len == n + 1 ||
	    !is_absolute((struct span){name, *len - n}))
		return false;
	*len -= n + 1;
	return true;
}

#define OUT_OF_ZONE "the owner is outside the zone"
#define QUOTED "a quoted name"
#define NAMELESS "the zone's name is not known"

/* The zone's name behind it, the name is no longer than names are. */
static const char *
check_length(const struct zonefile *z, const char *name, size_t len)
{
	char text[NAME_TEXT_MAX];
	size_t n;

	if (!z->named || len + z->nzone + 2 < NAME_WIRE_MAX)
		return NULL;
	return join((struct span){name, len}, z->zone, z->nzone, text, &n);
}

/* As it is written, or behind the origin; *absolute tells which of the two
 * forms of an origin it then is relative to. */
static const char *
resolve(const struct zonefile *z, struct span tok, char *dst, size_t *len,
	bool *absolute)
{
	enum name_result r;

	*absolute = z->absolute;
	if (tok.p[0] == '"')
		return QUOTED;
	if (tok.n == 1 && tok.p[0] == '@') {
		memcpy(dst, z->origin, z->norigin);
		*len = z->norigin;
		return NULL;
	}
	if (is_absolute(tok)) {
		*absolute = true;
		*len = 0;
		if (tok.n == 1)
			return NULL;
	} else if (z->norigin > 0) {
		return join(tok, z->origin, z->norigin, dst, len);
	}
	r = name_parse(tok.p, tok.n, dst, len);
	return r == NAME_OK ? NULL : name_strerror(r);
}

/* An owner as written to one relative to the zone. */
static const char *
resolve_owner(const struct zonefile *z, struct span tok, char *dst, size_t *len)
{
	bool absolute;
	const char *why = resolve(z, tok, dst, len, &absolute);

	if (why != NULL)
		return why;
	if (absolute)
		return cut_zone(z, dst, len) ? NULL : OUT_OF_ZONE;
	return check_length(z, dst, *len);
}

/* A name in a record's data, absolute and canonical; the root has *len 0. */
static const char *
resolve_target(const struct zonefile *z, struct span tok, char *dst, size_t *len)
{
	char text[NAME_TEXT_MAX];
	const char *why;
	bool absolute;
	size_t n = 0;

	*len = 0;
	*dst = '\0';
	if (tok.n == 1 && *tok.p == '.')
		return NULL;
	why = resolve(z, tok, text, &n, &absolute);
	if (why != NULL)
		return why;
	if (!absolute && !z->named)
		return "a relative target, and " NAMELESS;
	if (!absolute && n > 0)
		return join((struct span){text, n}, z->zone, z->nzone, dst, len);
	*len = absolute ? n : z->nzone;
	memcpy(dst, absolute ? text : z->zone, *len);
	dst[*len] = '\0';
	return NULL;
}

/* The first SOA record names the zone. */
static const char *
name_zone(struct zonefile *z, struct span tok)
{
	bool absolute;
	size_t n;
	const char *why = resolve(z, tok, z->zone, &z->nzone, &absolute);

	if (why != NULL)
		return why;
	if (absolute && z->nzone == 0)
		return "the root is no policy zone";
	if (!absolute)
		return z->nzone == 0 ? NULL : NAMELESS;
	z->named = true;
	z->ntails = 0;
	n = z->norigin;
	if (z->absolute && cut_zone(z, z->origin, &n)) {
		z->absolute = false;
		z->norigin = n;
	}
	return NULL;
}

static const char *
set_origin(struct zonefile *z, struct span tok)
{
	char text[NAME_TEXT_MAX];
	bool absolute;
	size_t n;
	const char *why = resolve(z, tok, text, &n, &absolute);

	if (why != NULL)
		return why;
	if (absolute && cut_zone(z, text, &n))
		absolute = false;
	memcpy(z->origin, text, n);
	z->norigin = n;
	z->absolute = absolute;
	return NULL;
}

/* $ORIGIN and the like: 0, or -1 where reading cannot go on. */
static int
directive(struct zonefile *z, struct zone_rr *rr, struct err *e)
{
	const struct zone_entry *const ent = &z->ent;
	const struct span word = ent->tok[0];

	rr->why = NULL;
	z->ntails = 0;
	if (zone_is_word(word, "$INCLUDE") || zone_is_word(word, "$GENERATE")) {
		return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": %.*s is not "
			       "followed, and without it the zone is not whole",
			       z->lex.src.in.name, ent->line, (int)word.n,
			       word.p);
	} else if (ent->n != 2 && (zone_is_word(word, "$ORIGIN") ||
				   zone_is_word(word, "$TTL"))) {
		rr->why = "a directive needs one argument";
	} else if (zone_is_word(word, "$ORIGIN")) {
		rr->why = set_origin(z, ent->tok[1]);
	} else if (zone_is_word(word, "$TTL")) {
		rr->why = zone_is_ttl(ent->tok[1]) ? NULL : "a bad TTL";
	} else {
		rr->why = "an unknown directive";
	}
	return 0;
}

/* [TTL] [class] type, or [class] [TTL] type; data must follow. */
static const char *
parse_head(const struct zone_entry *ent, struct zone_rr *rr)
{
	bool ttl = false, class = false;
	const char *why = NULL;
	size_t i;

	for (i = !ent->inherits; i < ent->n && i < ZONE_TOKENS_MAX; i++) {
		const struct span tok = ent->tok[i];
		enum zone_class c;

		if (zone_find_type(tok, &rr->type)) {
			rr->rdata = ent->tok + i + 1;
			rr->nrdata = ent->n - i - 1;
			return why != NULL ? why
			       : rr->nrdata == 0 ? "no data" : NULL;
		}
		c = zone_find_class(tok);
		if (!ttl && zone_is_ttl(tok))
			ttl = true;
		else if (!class && c != ZONE_NOT_CLASS)
			class = true;
		else
			return "an unknown record type";
		if (c == ZONE_CLASS_OTHER)
			why = "the class is not IN";
	}
	return "no record type";
}

static bool
is_address(struct span s, uint8_t family)
{
	struct cidr c;

	return memchr(s.p, '/', s.n) == NULL &&
	       cidr_parse(s.p, s.n, false, &c) == CIDR_OK && c.family == family;
}

/* The data of the types that are looked into; a name is left to whoever asks
 * for it. */
static const char *
check_data(const struct zone_rr *rr)
{
	const bool generic = rr->rdata[0].n == 2 &&
			     memcmp(rr->rdata[0].p, "\\#", 2) == 0;

	switch (rr->type) {
	case ZONE_CNAME:
	case ZONE_DNAME:
	case ZONE_NS:
		if (generic)
			return "a name in the generic form is not read";
		return rr->nrdata == 1 ? NULL : "more than one target";
	case ZONE_A:
	case ZONE_AAAA:
		if (generic || (rr->nrdata == 1 &&
				is_address(rr->rdata[0], rr->type == ZONE_A
								? CIDR_V4
								: CIDR_V6)))
			return NULL;
		return "not an address of the record's type";
	case ZONE_SOA:
		return generic || rr->nrdata == 7 ? NULL
						  : "a SOA record has 7 fields";
	default:
		return NULL;
	}
}

/* The owner of this record into z->owner[z->now]. */
static const char *
find_owner(struct zonefile *z, struct zone_rr *rr)
{
	const char *why;

	if (z->ent.inherits) {
		rr->same = z->has_owner;
		return z->has_owner ? NULL : "no owner to inherit";
	}
	z->now = !z->now;
	why = resolve_owner(z, rr->raw, z->owner[z->now], &z->nowner[z->now]);
	if (why == NULL)
		z->owner[z->now][z->nowner[z->now]] = '\0';
	rr->same = z->has_owner && z->nowner[0] == z->nowner[1] &&
		   memcmp(z->owner[0], z->owner[1], z->nowner[0]) == 0;
	z->has_owner = why == NULL;
	return why;
}

/* The first and, at the end of a transfer, the last record. */
static void
take_soa(struct zonefile *z, const struct zone_rr *rr)
{
	uint64_t serial;

	z->soa = true;
	if (rr->nrdata == 7 && span_u64(rr->rdata[2], UINT32_MAX, &serial))
		(void)snprintf(z->serial, sizeof(z->serial), "%" PRIu64, serial);
}

static const char *
record(struct zonefile *z, struct zone_rr *rr)
{
	const char *why = parse_head(&z->ent, rr), *owner;

	if (why == NULL)
		why = check_data(rr);
	if (!z->named && !z->soa) {
		if (why == NULL)
			why = rr->type == ZONE_SOA && !z->ent.inherits
				      ? name_zone(z, rr->raw)
				      : "a record before the SOA, and " NAMELESS;
		if (why != NULL)
			return why;
	}
	owner = find_owner(z, rr);
	rr->owner = (struct span){z->owner[z->now], z->nowner[z->now]};
	if (why == NULL)
		why = owner;
	if (why == NULL && rr->type == ZONE_SOA && rr->owner.n == 0)
		take_soa(z, rr);
	if (why == NULL && rr->type == ZONE_CNAME && rr->owner.n > 0) {
		rr->target.p = z->target;
		why = resolve_target(z, rr->rdata[0], z->target,
				     &rr->target.n);
	}
	return why;
}

/* Read as lines, gzip data would be told of by its many bad ones. */
static int
check_plain(struct in *in, struct err *e)
{
	const int is_gzip = in_begins(in, GUNZIP_MAGIC, 2, e);

	if (is_gzip <= 0)
		return is_gzip;
	(void)err_set(e, EX_DATAERR, "%s: this is compressed by gzip, not a "
		      "zone as text", in->name);
	return err_hint(e, "gzip -dc decompresses it");
}

int
zonefile_open(struct zonefile *z, const char *path, const char *origin,
	      struct err *e)
{
	enum name_result r;

	*z = (struct zonefile){.named = origin != NULL};
	if (origin != NULL) {
		r = name_parse(origin, strlen(origin), z->zone, &z->nzone);
		if (r != NAME_OK)
			return err_set(e, EX_USAGE, "bad zone name '%s': %s",
				       origin, name_strerror(r));
	}
	if (zonelex_open(&z->lex, path, e) < 0)
		return -1;
	if (check_plain(&z->lex.src.in, e) == 0)
		return 0;
	zonelex_close(&z->lex);
	return -1;
}

void
zonefile_close(struct zonefile *z)
{
	zonelex_close(&z->lex);
}

static enum zone_result
finish(const struct zonefile *z, struct err *e)
{
	const struct in *const in = &z->lex.src.in;

	if (z->soa)
		return ZONE_END;
	if (in->line == 0) {
		(void)err_set(e, EX_DATAERR, "%s: empty input where a zone was "
			      "expected", in->name);
		(void)err_hint(e, "what should have written it has failed");
		return ZONE_ERROR;
	}
	(void)err_set(e, EX_DATAERR, "%s: no SOA record%s%s", in->name,
		      z->named ? " of the zone " : "", z->named ? z->zone : "");
	if (!z->named)
		(void)err_hint(e, "this is not a zone, or --origin is needed");
	return ZONE_ERROR;
}

enum zone_result
zonefile_next(struct zonefile *z, struct zone_rr *rr, struct err *e)
{
	struct zone_entry *const ent = &z->ent;

	rr->tail = 0;
	while (!zonerun_next(z, rr)) {
		const enum zone_result r = zonelex_next(&z->lex, ent, e);

		if (r == ZONE_ERROR)
			return r;
		if (r == ZONE_END)
			return finish(z, e);
		rr->line = ent->line;
		rr->lines = ent->lines;
		rr->raw = (struct span){"", 0};
		if (!ent->inherits && ent->n > 0)
			rr->raw = ent->tok[0];
		rr->same = false;
		rr->target = (struct span){NULL, 0};
		rr->why = ent->why;
		if (r == ZONE_BAD) {
			z->has_owner = false;
			return r;
		}
		if (rr->raw.n > 0 && rr->raw.p[0] == '$') {
			if (directive(z, rr, e) < 0)
				return ZONE_ERROR;
			if (rr->why != NULL)
				return ZONE_BAD;
			continue;
		}
		rr->why = record(z, rr);
		if (rr->why != NULL)
			return ZONE_BAD;
		zonerun_learn(z, rr);
		return ZONE_RECORD;
	}
	return ZONE_RECORD;
}
