#include "values/zonefile.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "values/cidr.h"

/* Every mnemonic that name servers read; what is not here is a mistake. */
static const struct {
	const char *name;
	unsigned short number;
	unsigned char type; /* enum zone_type */
} types[] = {
	{"CNAME", 5, ZONE_CNAME},     {"A", 1, ZONE_A},
	{"AAAA", 28, ZONE_AAAA},      {"TXT", 16, ZONE_OTHER},
	{"SOA", 6, ZONE_SOA},	      {"NS", 2, ZONE_NS},
	{"DNAME", 39, ZONE_DNAME},    {"RRSIG", 46, ZONE_DNSSEC},
	{"NSEC", 47, ZONE_DNSSEC},    {"NSEC3", 50, ZONE_DNSSEC},
	{"SIG", 24, ZONE_DNSSEC},     {"NXT", 30, ZONE_DNSSEC},
	{"MX", 15, ZONE_OTHER},	      {"PTR", 12, ZONE_OTHER},
	{"SRV", 33, ZONE_OTHER},      {"HTTPS", 65, ZONE_OTHER},
	{"SVCB", 64, ZONE_OTHER},     {"CAA", 257, ZONE_OTHER},
	{"DS", 43, ZONE_OTHER},	      {"DNSKEY", 48, ZONE_OTHER},
	{"NSEC3PARAM", 51, ZONE_OTHER}, {"CDS", 59, ZONE_OTHER},
	{"CDNSKEY", 60, ZONE_OTHER},  {"ZONEMD", 63, ZONE_OTHER},
	{"NAPTR", 35, ZONE_OTHER},    {"HINFO", 13, ZONE_OTHER},
	{"SSHFP", 44, ZONE_OTHER},    {"TLSA", 52, ZONE_OTHER},
	{"SPF", 99, ZONE_OTHER},      {"URI", 256, ZONE_OTHER},
	{"LOC", 29, ZONE_OTHER},      {"RP", 17, ZONE_OTHER},
	{"APL", 42, ZONE_OTHER},      {"CERT", 37, ZONE_OTHER},
	{"OPENPGPKEY", 61, ZONE_OTHER}, {"SMIMEA", 53, ZONE_OTHER},
	{"MD", 3, ZONE_OTHER},	      {"MF", 4, ZONE_OTHER},
	{"MB", 7, ZONE_OTHER},	      {"MG", 8, ZONE_OTHER},
	{"MR", 9, ZONE_OTHER},	      {"NULL", 10, ZONE_OTHER},
	{"WKS", 11, ZONE_OTHER},      {"MINFO", 14, ZONE_OTHER},
	{"AFSDB", 18, ZONE_OTHER},    {"X25", 19, ZONE_OTHER},
	{"ISDN", 20, ZONE_OTHER},     {"RT", 21, ZONE_OTHER},
	{"NSAP", 22, ZONE_OTHER},     {"NSAP-PTR", 23, ZONE_OTHER},
	{"KEY", 25, ZONE_OTHER},      {"PX", 26, ZONE_OTHER},
	{"GPOS", 27, ZONE_OTHER},     {"EID", 31, ZONE_OTHER},
	{"NIMLOC", 32, ZONE_OTHER},   {"ATMA", 34, ZONE_OTHER},
	{"KX", 36, ZONE_OTHER},	      {"A6", 38, ZONE_OTHER},
	{"SINK", 40, ZONE_OTHER},     {"IPSECKEY", 45, ZONE_OTHER},
	{"DHCID", 49, ZONE_OTHER},    {"HIP", 55, ZONE_OTHER},
	{"NINFO", 56, ZONE_OTHER},    {"RKEY", 57, ZONE_OTHER},
	{"TALINK", 58, ZONE_OTHER},   {"CSYNC", 62, ZONE_OTHER},
	{"UINFO", 100, ZONE_OTHER},   {"UID", 101, ZONE_OTHER},
	{"GID", 102, ZONE_OTHER},     {"UNSPEC", 103, ZONE_OTHER},
	{"NID", 104, ZONE_OTHER},     {"L32", 105, ZONE_OTHER},
	{"L64", 106, ZONE_OTHER},     {"LP", 107, ZONE_OTHER},
	{"EUI48", 108, ZONE_OTHER},   {"EUI64", 109, ZONE_OTHER},
	{"AVC", 258, ZONE_OTHER},     {"DOA", 259, ZONE_OTHER},
	{"AMTRELAY", 260, ZONE_OTHER}, {"RESINFO", 261, ZONE_OTHER},
	{"WALLET", 262, ZONE_OTHER},  {"TA", 32768, ZONE_OTHER},
	{"DLV", 32769, ZONE_OTHER},
};

static bool
is_word(struct span s, const char *word)
{
	return strncasecmp(s.p, word, s.n) == 0 && word[s.n] == '\0';
}

/* Decimal digits behind a word of n bytes, as in TYPE65534 and CLASS1. */
static bool
numbered(struct span s, const char *word, size_t n, uint64_t *v)
{
	return s.n > n && strncasecmp(s.p, word, n) == 0 &&
	       span_u64((struct span){s.p + n, s.n - n}, 65535, v);
}

static bool
find_type(struct span s, enum zone_type *type)
{
	uint64_t number = 0;
	size_t i;

	if (!numbered(s, "TYPE", 4, &number))
		number = 0;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (number != types[i].number && !is_word(s, types[i].name))
			continue;
		*type = (enum zone_type)types[i].type;
		return true;
	}
	*type = ZONE_OTHER;
	return number != 0;
}

enum class { NOT_CLASS, CLASS_IN, CLASS_OTHER };

static enum class
find_class(struct span s)
{
	uint64_t number;

	if (is_word(s, "IN"))
		return CLASS_IN;
	if (is_word(s, "CH") || is_word(s, "CHAOS") || is_word(s, "HS") ||
	    is_word(s, "HESIOD") || is_word(s, "ANY") || is_word(s, "NONE"))
		return CLASS_OTHER;
	if (numbered(s, "CLASS", 5, &number))
		return number == 1 ? CLASS_IN : CLASS_OTHER;
	return NOT_CLASS;
}

/* "3600", or "1h30m" as name servers read it; the value is of no interest. */
static bool
is_ttl(struct span s)
{
	size_t i, digits = 0;

	if (s.p[0] < '0' || s.p[0] > '9')
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9') {
			if (++digits > 10)
				return false;
		} else if (digits > 0 && s.p[i] != '\0' &&
			   strchr("wdhmsWDHMS", s.p[i]) != NULL) {
			digits = 0;
		} else {
			return false;
		}
	}
	return true;
}

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

const char *
zonefile_name(const struct zonefile *z, struct span tok, char *dst, size_t *len)
{
	char text[NAME_TEXT_MAX];
	bool absolute;
	size_t n;
	const char *why = resolve(z, tok, text, &n, &absolute);

	if (why != NULL)
		return why;
	if (!absolute && !z->named)
		return "a relative target, and " NAMELESS;
	if (!absolute && n > 0)
		return join((struct span){text, n}, z->zone, z->nzone, dst, len);
	memcpy(dst, absolute ? text : z->zone, absolute ? n : z->nzone);
	*len = absolute ? n : z->nzone;
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
	if (is_word(word, "$INCLUDE") || is_word(word, "$GENERATE")) {
		return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": %.*s is not "
			       "followed, and without it the zone is not whole",
			       z->lex.src.in.name, ent->line, (int)word.n,
			       word.p);
	} else if (ent->n != 2 && (is_word(word, "$ORIGIN") ||
				   is_word(word, "$TTL"))) {
		rr->why = "a directive needs one argument";
	} else if (is_word(word, "$ORIGIN")) {
		rr->why = set_origin(z, ent->tok[1]);
	} else if (is_word(word, "$TTL")) {
		rr->why = is_ttl(ent->tok[1]) ? NULL : "a bad TTL";
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
		const enum class c = find_class(tok);

		if (!ttl && is_ttl(tok)) {
			ttl = true;
		} else if (!class && c != NOT_CLASS) {
			class = true;
			if (c != CLASS_IN)
				why = "the class is not IN";
		} else if (!find_type(tok, &rr->type)) {
			return "an unknown record type";
		} else {
			rr->rdata = tok.n > 0 ? ent->tok + i + 1 : NULL;
			rr->nrdata = ent->n - i - 1;
			return why != NULL ? why
			       : rr->nrdata == 0 ? "no data" : NULL;
		}
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
		z->soa = true;
	return why;
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
	return zonelex_open(&z->lex, path, e);
}

void
zonefile_close(struct zonefile *z)
{
	zonelex_close(&z->lex);
}

static enum zone_result
finish(const struct zonefile *z, struct err *e)
{
	if (z->soa)
		return ZONE_END;
	(void)err_set(e, EX_DATAERR, "%s: no SOA record%s%s", z->lex.src.in.name,
		      z->named ? " of the zone " : "", z->named ? z->zone : "");
	if (!z->named)
		(void)err_hint(e, "this is not a zone, or --origin is needed");
	return ZONE_ERROR;
}

enum zone_result
zonefile_next(struct zonefile *z, struct zone_rr *rr, struct err *e)
{
	struct zone_entry *const ent = &z->ent;

	for (;;) {
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
		return rr->why != NULL ? ZONE_BAD : ZONE_RECORD;
	}
}
