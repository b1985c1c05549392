/* Joining of sources and weights: a table, and that order does not matter. */
#include <stdlib.h>
#include <string.h>

#include "sense/sources.h"
#include "tap.h"

#define LISTS 4

static const struct {
	const char *source[LISTS];
	uint16_t weight[LISTS];
	const char *set;
	uint16_t sum;
} joins[] = {
	{{"a"}, {3}, "a", 3},
	{{"b", "a"}, {1, 1}, "a,b", 2},
	{{"a", "a"}, {2, 5}, "a", 5},
	{{"a", "b", "a"}, {2, 1, 3}, "a,b", 4},
	{{"a,b", "a"}, {2, 1}, "a,b", 2},
	{{"b,a", "a"}, {6, 5}, "a,b", 6},
	{{"a,b", "a"}, {2, 5}, "a,b", 5},
	{{"a,b", "b,c"}, {2, 2}, "a,b,c", 3},
	{{"a,b", "c,d"}, {2, 2}, "a,b,c,d", 4},
	{{"-"}, {1}, "-", 1},
	{{"-", "a"}, {2, 1}, "a", 3},
	{{"a", "+"}, {1, 1}, "a,+", 2},
	{{"a", "b"}, {65535, 1}, "a,b", 65535},
};

static struct sources *s;
static struct err e;

static uint32_t
report(const char *source, uint16_t weight)
{
	const struct span text = {source, strlen(source)};
	uint32_t id;

	if (sources_read(s, text, weight, &id, &e) < 0)
		abort();
	return id;
}

static uint32_t
join(uint32_t a, uint32_t b)
{
	uint32_t id;

	if (sources_join(s, a, b, &id, &e) < 0)
		abort();
	return id;
}

/* Column and weight of a report. */
static void
check(uint32_t id, const char *set_text, uint16_t sum, const char *what)
{
	struct buf b;
	uint16_t weight;
	uint32_t set;

	buf_init(&b, POLICY_SOURCE_MAX);
	if (sources_weigh(s, id, &set, &weight, &e) < 0 ||
	    sources_text(s, set, &b, &e) < 0)
		abort();
	ok(strcmp(b.p, set_text) == 0 && weight == sum, "%s: '%s' %u, not '%s' %u",
	   what, b.p, weight, set_text, sum);
	buf_free(&b);
}

static void
test_join(size_t k)
{
	uint32_t forth = report(joins[k].source[0], joins[k].weight[0]);
	uint32_t back = forth, id;
	size_t i;

	for (i = 1; i < LISTS && joins[k].source[i] != NULL; i++) {
		id = report(joins[k].source[i], joins[k].weight[i]);
		forth = join(forth, id);
		back = join(id, back);
	}
	check(forth, joins[k].set, joins[k].sum, joins[k].source[0]);
	ok(forth == back && join(forth, back) == forth,
	   "join %zu: in any order, and again", k);
}

static void
test_part(void)
{
	uint32_t id;

	if (sources_part(s, report("a", 5), report("b", 7), &id, &e) < 0)
		abort();
	check(id, "a,b", 5, "a part adds its sources only");
}

/* A hundred long tokens do not fit into one column. */
static void
test_long(void)
{
	uint32_t id = report("x", 1);
	char token[32];
	struct buf b;
	uint16_t weight;
	uint32_t set;
	int i;

	for (i = 0; i < 100; i++) {
		(void)snprintf(token, sizeof(token), "some.long.list.%04d", i);
		id = join(id, report(token, 1));
	}
	buf_init(&b, POLICY_SOURCE_MAX);
	if (sources_weigh(s, id, &set, &weight, &e) < 0 ||
	    sources_text(s, set, &b, &e) < 0)
		abort();
	ok(weight == 101, "all of them count: %u", weight);
	ok(b.n <= POLICY_SOURCE_MAX && b.n > POLICY_SOURCE_MAX - 64 &&
	   strcmp(b.p + b.n - 2, ",+") == 0, "what does not fit is '+': %zu", b.n);
	buf_free(&b);
}

int
main(void)
{
	size_t i;

	s = sources_new();
	if (s == NULL)
		abort();
	for (i = 0; i < sizeof(joins) / sizeof(*joins); i++)
		test_join(i);
	test_part();
	test_long();
	sources_free(s);
	return done();
}
