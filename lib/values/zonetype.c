#include "values/zonetype.h"

#include <string.h>
#include <strings.h>

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

bool
zone_is_word(struct span s, const char *word)
{
	/* The first letter tells nearly all of them apart. */
	return ((s.p[0] ^ word[0]) & 0x5f) == 0 &&
	       strncasecmp(s.p, word, s.n) == 0 && word[s.n] == '\0';
}

/* Decimal digits behind a word of n bytes, as in TYPE65534 and CLASS1. */
static bool
numbered(struct span s, const char *word, size_t n, uint64_t *v)
{
	return s.n > n && strncasecmp(s.p, word, n) == 0 &&
	       span_u64((struct span){s.p + n, s.n - n}, 65535, v);
}

bool
zone_find_type(struct span s, enum zone_type *type)
{
	uint64_t number = 0;
	size_t i;

	*type = ZONE_CNAME;
	if (s.n == 5 && memcmp(s.p, "CNAME", 5) == 0)
		return true; /* as nearly all are written */
	if (s.p[0] >= '0' && s.p[0] <= '9')
		return false;
	if (!numbered(s, "TYPE", 4, &number))
		number = 0;
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (number != types[i].number && !zone_is_word(s, types[i].name))
			continue;
		*type = (enum zone_type)types[i].type;
		return true;
	}
	*type = ZONE_OTHER;
	return number != 0;
}

enum zone_class
zone_find_class(struct span s)
{
	static const char *const others[] = {"CH", "CHAOS", "HS", "HESIOD",
					     "ANY", "NONE"};
	uint64_t number;
	size_t i;

	if (zone_is_word(s, "IN"))
		return ZONE_CLASS_IN;
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (zone_is_word(s, others[i]))
			return ZONE_CLASS_OTHER;
	if (numbered(s, "CLASS", 5, &number))
		return number == 1 ? ZONE_CLASS_IN : ZONE_CLASS_OTHER;
	return ZONE_NOT_CLASS;
}

/* Digits, each run of them but the last with its unit behind it. */
bool
zone_is_ttl(struct span s)
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
