#include "outside/wafnames.h"

#include <string.h>

#define PREFIX_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
		     "0123456789"

static const struct {
	const char *word;
	enum verdict verdict;
	enum kind kind;
} sets[] = {
	{"_bIPSet_", VERDICT_BLOCK, KIND_IP4},
	{"_bIPSet6_", VERDICT_BLOCK, KIND_IP6},
	{"_aIPSet_", VERDICT_ALLOW, KIND_IP4},
	{"_aIPSet6_", VERDICT_ALLOW, KIND_IP6},
};

static const char *const rules[] = {
	[VERDICT_BLOCK] = "_ThreatSTOP-block_",
	[VERDICT_ALLOW] = "_ThreatSTOP-allow_",
};

const char *
wafname_check(const char *prefix)
{
	const size_t n = strspn(prefix, PREFIX_CHARS);

	if (prefix[n] != '\0')
		return "only letters and digits";
	if (n < 1 || n > WAF_PREFIX_MAX)
		return "not 1 to 64 characters";
	return NULL;
}

const char *
wafname_check_entity(const char *name)
{
	const size_t n = strspn(name, PREFIX_CHARS "-_");

	if (name[n] != '\0')
		return "only letters, digits, '-' and '_'";
	if (n < 1 || n > WAF_NAME_MAX)
		return "not 1 to 128 characters";
	return NULL;
}

const char *
wafname_check_header(const char *name)
{
	const size_t n = strspn(name, PREFIX_CHARS "-");

	if (name[n] != '\0')
		return "only letters, digits and '-'";
	if (n < 1 || n > 255)
		return "not 1 to 255 characters";
	return NULL;
}

void
wafname_set(const char *prefix, const struct set_name *set,
	    char dst[WAF_NAME_MAX + 1])
{
	size_t i = 0;

	while (sets[i].verdict != set->verdict || sets[i].kind != set->kind)
		i++;
	(void)snprintf(dst, WAF_NAME_MAX + 1, "%s%s%u", prefix, sets[i].word,
		       set->number);
}

void
wafname_rule(const char *prefix, enum verdict v, uint32_t number,
	     char dst[WAF_NAME_MAX + 1])
{
	(void)snprintf(dst, WAF_NAME_MAX + 1, "%s%s%u", prefix, rules[v],
		       number);
}

/* PREFIX, word, a number without leading zeros. */
static bool
parse(const char *name, const char *word, struct span *prefix, uint32_t *number)
{
	const size_t n = strspn(name, PREFIX_CHARS), w = strlen(word);
	struct span digits;
	uint64_t v;

	if (n == 0 || n > WAF_PREFIX_MAX || strncmp(name + n, word, w) != 0)
		return false;
	digits = (struct span){name + n + w, strlen(name + n + w)};
	if (!span_u64(digits, SET_NUMBER_MAX, &v) ||
	    (digits.n > 1 && digits.p[0] == '0'))
		return false;
	*prefix = (struct span){name, n};
	*number = (uint32_t)v;
	return true;
}

bool
wafname_parse_set(const char *name, struct span *prefix, struct set_name *set)
{
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (parse(name, sets[i].word, prefix, &set->number)) {
			set->verdict = sets[i].verdict;
			set->kind = sets[i].kind;
			return true;
		}
	return false;
}

bool
wafname_parse_rule(const char *name, struct span *prefix, enum verdict *v,
		   uint32_t *number)
{
	for (*v = VERDICT_BLOCK; *v <= VERDICT_ALLOW; ++*v)
		if (parse(name, rules[*v], prefix, number))
			return true;
	return false;
}
