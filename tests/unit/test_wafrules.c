/*
 * The web ACL's text: what is not ours goes back as the bytes that came, however
 * they are spelled; ours are as they shall be.
 */
#include <string.h>

#include "outside/wafrules.h"
#include "tap.h"
#include "values/jsonslice.h"

static void
test_slices(void)
{
	static const struct {
		const char *text, *key, *value; /* value NULL: not found */
	} finds[] = {
		{"{\"a\":1}", "a", "1"},
		{" { \"a\" : [1, {\"b\": \"]}\\\"\"} ] , \"b\":2 } ", "a",
		 "[1, {\"b\": \"]}\\\"\"} ]"},
		{"{\"a\":1,\"b\" :\t-1.50E+2\n}", "b", "-1.50E+2"},
		{"{\"x\\\"a\":1,\"a\":\"\\\\\"}", "a", "\"\\\\\""},
		{"{\"c\":{\"a\":1}}", "a", NULL},
		{"{}", "a", NULL},
		{"[]", "a", NULL},
		{"", "a", NULL},
		{"{\"a\":", "a", NULL},
		{"{\"a", "a", NULL},
		{"{\"a\"", "a", NULL},
		{"{\"a\":\"", "a", "\""}, /* ends early, within bounds */
	};
	struct span value;
	char text[8];
	size_t i;

	for (i = 0; i < sizeof(finds) / sizeof(*finds); i++) {
		const bool found = jsonslice_find(
			(struct span){finds[i].text, strlen(finds[i].text)},
			finds[i].key, &value);

		ok(found == (finds[i].value != NULL) &&
			   (!found || span_is(value, finds[i].value)),
		   "'%s' in '%s'", finds[i].key, finds[i].text);
	}
	ok(jsonslice_text((struct span){"\"abc\"", 5}, text, 4) &&
		   strcmp(text, "abc") == 0, "a string");
	ok(!jsonslice_text((struct span){"\"abc\"", 5}, text, 3) &&
		   !jsonslice_text((struct span){"\"a\\n\"", 5}, text, 8) &&
		   !jsonslice_text((struct span){"12", 2}, text, 8),
	   "no string, or none that fits");
}

/* Numbers, escapes, blanks and order that no writer of JSON would choose. */
#define THEIRS "{ \"Priority\":  7 ,\"New\":[1.50, 1E2,\"\\u00e9\\/\"]," \
	       "\"Name\":\"theirs\",\"Statement\":{\"GeoMatchStatement\":" \
	       "{\"CountryCodes\":[\"AQ\"]}},\"Action\":{\"Allow\":{}} }"
#define OURS(n, arn) "{\"Name\":\"TS_ThreatSTOP-block_" #n "\",\"Priority\":" #n \
	",\"Statement\":{\"IPSetReferenceStatement\":{\"ARN\":\"" arn "\"}}," \
	"\"Action\":{\"Block\":{}},\"VisibilityConfig\":{" \
	"\"SampledRequestsEnabled\":true,\"CloudWatchMetricsEnabled\":true," \
	"\"MetricName\":\"TS_ThreatSTOP-block_" #n "\"}}"
#define ACL(rules) "{\"LockToken\":\"x\", \"WebACL\" : {\"Name\":\"n\"," \
	"\"Id\":\"i\",\"ARN\":\"a\",\"Capacity\":1.0,\"Future\":{\"x\" : 1.50}," \
	"\"Description\":\"\",\"Rules\": [" rules "] ,\"Nothing\":null," \
	"\"DefaultAction\":{\"Allow\" : {}},\"LabelNamespace\":\"l\"," \
	"\"ManagedByFirewallManager\":false,\"Text\":\"\\\"},{\"}}"

static bool
owned(void *ctx, const char *arn)
{
	(void)ctx;
	return strcmp(arn, "set") == 0;
}

static const struct wafrules_config top = {
	.action = {[VERDICT_BLOCK] = "Block", [VERDICT_ALLOW] = "Count"}};

/* The ACL's text with one rule of ours, over one set. */
static void
compose(const char *acl, const struct wafrules_config *c, size_t n,
	const char *want, bool changes)
{
	const char *arn[] = {"set"};
	struct wafrule_want rule = {.name = "TS_ThreatSTOP-block_0",
				    .arn = arn, .n = 1, .wcu = 1};
	struct buf text, rules;
	struct wafrules r;
	bool changed = !changes;
	int64_t raised;
	struct err e = {0};

	buf_init(&text, 1 << 20);
	buf_init(&rules, 1 << 20);
	(void)buf_addstr(&text, acl);
	if (ok(wafrules_parse(&r, &text, "WebACL", "TS", owned, NULL, &e) == 0 &&
	       wafrules_compose(&r, &rule, n, c, false, &rules, &changed,
				&raised, &e) == 0, "composed: %s", e.msg))
		ok(strcmp(rules.p, want) == 0 && changed == changes,
		   "'%s', not '%s'", rules.p, want);
	wafrules_free(&r);
	buf_free(&text);
	buf_free(&rules);
}

static void
test_compose(void)
{
	struct wafrules_config there = top, count = top;

	there.place = WAF_AT;
	count.action[VERDICT_BLOCK] = "Count";
	compose(ACL(OURS(0, "set")), &count, 0, "[]", true);
	compose(ACL(OURS(0, "set")), &there, 1, "[" OURS(0, "set") "]", false);
	compose(ACL(THEIRS), &top, 1, "[" OURS(0, "set") "," THEIRS "]", true);
	compose(ACL(THEIRS), &top, 0, "[" THEIRS "]", false);
	compose(ACL(""), &top, 1, "[" OURS(0, "set") "]", true);
	/* As it is wanted: its own bytes stay. */
	compose(ACL(" " OURS(0, "set") " , " THEIRS), &top, 1,
		"[" OURS(0, "set") "," THEIRS "]", false);
	compose(ACL(OURS(0, "old") "," THEIRS), &top, 1,
		"[" OURS(0, "set") "," THEIRS "]", true);
	compose(ACL(OURS(0, "set") "," OURS(1, "set")), &top, 1,
		"[" OURS(0, "set") "]", true);
	compose(ACL(THEIRS "," OURS(0, "set")), &top, 0, "[" THEIRS "]", true);
	/* Another prefix: ours by what it refers to, or not. */
	compose(ACL("{\"Name\":\"OLD_ThreatSTOP-block_0\",\"Priority\":3,"
		    "\"Statement\":{\"IPSetReferenceStatement\":{\"ARN\":\"set\"}}}"),
		&top, 1, "[" OURS(0, "set") "]", true);
	compose(ACL("{\"Name\":\"OLD_ThreatSTOP-block_0\",\"Priority\":3,"
		    "\"Statement\":{\"IPSetReferenceStatement\":{\"ARN\":\"x\"}}}"),
		&top, 0, "[{\"Name\":\"OLD_ThreatSTOP-block_0\",\"Priority\":3,"
		"\"Statement\":{\"IPSetReferenceStatement\":{\"ARN\":\"x\"}}}]",
		false);
}

static void
test_room(void)
{
	static const char acl[] = ACL("{\"Name\":\"a\", \"Priority\" : 0 ,\"Z\":1.0}");
	struct wafrules_config room = top;
	struct wafrule_want rule = {.name = "TS_ThreatSTOP-block_0"};
	struct buf text, rules;
	struct wafrules r;
	bool changed;
	int64_t raised;
	struct err e = {0};

	buf_init(&text, 1 << 20);
	buf_init(&rules, 1 << 20);
	(void)buf_addstr(&text, acl);
	ok(wafrules_parse(&r, &text, "WebACL", "TS", owned, NULL, &e) == 0 &&
		   wafrules_compose(&r, &rule, 1, &top, false, &rules, &changed,
				    &raised, &e) < 0 && e.code == EX_CONFIG,
	   "no room at the top");
	room.make_room = true;
	ok(wafrules_compose(&r, &rule, 1, &room, false, &rules, &changed,
			    &raised, &e) == 0 && raised == 101 &&
		   strstr(rules.p, ",{\"Name\":\"a\", \"Priority\" : 101 ,\"Z\":1.0}]"),
	   "room is made: '%s'", rules.p);
	wafrules_free(&r);
	buf_free(&text);
	buf_free(&rules);
}

static void
test_members(void)
{
	static const char acl[] = ACL(THEIRS);
	struct buf text, rules, members;
	struct wafrules r;
	struct err e;

	buf_init(&text, 1 << 20);
	buf_init(&rules, 1 << 20);
	buf_init(&members, 1 << 20);
	(void)buf_addstr(&text, acl);
	(void)buf_addstr(&rules, "[]");
	ok(wafrules_parse(&r, &text, "WebACL", "TS", owned, NULL, &e) == 0 &&
		   wafrules_members(&r, NULL, &rules, &members, &e) == 0 &&
		   strcmp(members.p, ",\"Future\":{\"x\" : 1.50},"
			  "\"DefaultAction\":{\"Allow\" : {}},"
			  "\"Text\":\"\\\"},{\",\"Rules\":[]") == 0,
	   "members that go back: %s", members.p);
	wafrules_free(&r);
	buf_free(&text);
	buf_free(&rules);
	buf_free(&members);
}

static void
test_names(void)
{
	static const struct {
		const char *name;
		bool set, rule;
	} names[] = {
		{"TS_bIPSet_0", true, false},
		{"TS_aIPSet6_17", true, false},
		{"a1_bIPSet6_99999", true, false},
		{"TS_bIPSet_100000", false, false},
		{"TS_bIPSet_00", false, false},
		{"TS_bIPSet_", false, false},
		{"TS_bIPSet_1x", false, false},
		{"_bIPSet_1", false, false},
		{"TS_x_bIPSet_1", false, false},
		{"TS_ThreatSTOP-block_0", false, true},
		{"TS_ThreatSTOP-allow_12", false, true},
		{"TS_ThreatSTOP-alert_0", false, false},
		{"", false, false},
	};
	struct set_name set;
	struct span prefix;
	enum verdict v;
	uint32_t number;
	char text[WAF_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ok(wafname_parse_set(names[i].name, &prefix, &set) ==
			   names[i].set, "a set's name: '%s'", names[i].name);
		if (names[i].set) {
			char own[WAF_PREFIX_MAX + 1];

			(void)snprintf(own, sizeof(own), "%.*s", (int)prefix.n,
				       prefix.p);
			wafname_set(own, &set, text);
			ok(strcmp(text, names[i].name) == 0, "'%s'", text);
		}
		ok(wafname_parse_rule(names[i].name, &prefix, &v, &number) ==
			   names[i].rule, "a rule's name: '%s'", names[i].name);
	}
}

int
main(void)
{
	test_slices();
	test_names();
	test_compose();
	test_room();
	test_members();
	return done();
}
