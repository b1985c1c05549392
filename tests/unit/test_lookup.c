/* Lookup beside the rules of RFC 4592 and of longest prefixes, done by hand. */
#include <stdlib.h>
#include <string.h>

#include "sense/cidrtab.h"
#include "sense/nametab.h"
#include "tap.h"

#define RULES 40
#define NAME 32

static unsigned long long seed = 7;

static unsigned
below(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

/* A name of one to four labels out of few, now and then a wildcard. */
static void
random_name(char *dst, bool wild)
{
	static const char *const labels[] = {"a", "b", "cc", "x\\.y", "q\\\\"};
	unsigned n = 1 + below(4);

	*dst = '\0';
	if (wild && below(3) == 0)
		memcpy(dst, "*", 2);
	for (; n > 0; n--) {
		const char *label = labels[below(5)];

		(void)snprintf(dst + strlen(dst), NAME - strlen(dst), "%s%s",
			       *dst != '\0' ? "." : "", label);
	}
}

/* True where name is up or below it. */
static bool
is_in(const char *name, const char *up)
{
	const size_t n = strlen(name), m = strlen(up);

	return n >= m && strcmp(name + n - m, up) == 0 &&
	       (n == m || (name[n - m - 1] == '.' &&
			   (n - m < 2 || name[n - m - 2] != '\\' ||
			    (n - m > 2 && name[n - m - 3] == '\\'))));
}

static const char *
parent(const char *name)
{
	const char *p;

	for (p = name + 1; *p != '\0'; p++)
		if (is_in(name, p) && p[-1] == '.')
			return p;
	return NULL;
}

/* The rule of a name, 0 for none, by looking at all of them. */
static int
slow(char rules[][NAME], const char *name)
{
	const char *up;
	char star[NAME + 2];
	int i;

	for (i = 0; i < RULES; i++)
		if (strcmp(rules[i], name) == 0)
			return i + 1;
	for (up = name; up != NULL; up = parent(up)) {
		for (i = 0; i < RULES && !is_in(rules[i], up); i++)
			;
		if (i < RULES)
			break;
	}
	if (up == name)
		return 0; /* an empty non-terminal */
	(void)snprintf(star, sizeof(star), "*%s%s", up != NULL ? "." : "",
		       up != NULL ? up : "");
	for (i = 0; i < RULES; i++)
		if (strcmp(rules[i], star) == 0)
			return i + 1;
	return 0;
}

static int
fast(const struct nametab *t, const char *name)
{
	const struct name_node *const node = t->node;
	struct name_found f;

	nametab_find(t, (struct span){name, strlen(name)}, &f);
	if (f.exact)
		return (int)node[f.node].rule;
	return node[f.node].star == NAMETAB_NONE
		       ? 0 : (int)node[node[f.node].star].rule;
}

static void
test_names(void)
{
	char rules[RULES][NAME], name[NAME];
	int round, i, wrong = 0, found = 0;
	struct nametab t;
	struct err e;

	for (round = 0; round < 300; round++) {
		if (nametab_init(&t, &e) < 0)
			abort();
		for (i = 0; i < RULES; i++) {
			const size_t n = (random_name(rules[i], true),
					  strlen(rules[i]));
			const int64_t at = nametab_add(
				&t, (struct span){rules[i], n}, &e);

			if (at < 0)
				abort();
			if (t.node[at].rule == 0)
				t.node[at].rule = (uint32_t)i + 1;
		}
		for (i = 0; i < 200; i++) {
			random_name(name, false);
			found += fast(&t, name) != 0;
			if (fast(&t, name) != slow(rules, name) && wrong++ < 5)
				ok(false, "%s: rule %d, not %d", name,
				   fast(&t, name), slow(rules, name));
		}
		nametab_free(&t);
	}
	ok(wrong == 0 && found > 1000, "names: %d wrong, %d with a rule", wrong,
	   found);
}

/* Enough names to make the table grow, each found again, none else. */
static void
test_growth(void)
{
	char name[64];
	struct nametab t;
	struct name_found f;
	struct err e;
	int64_t at;
	int i, wrong = 0;

	if (nametab_init(&t, &e) < 0)
		abort();
	for (i = 0; i < 50000; i++) {
		const int n = snprintf(name, sizeof(name), "n%d.z%d.test", i,
				       i / 3);

		at = nametab_add(&t, (struct span){name, (size_t)n}, &e);
		if (at < 0)
			abort();
		t.node[at].rule = (uint32_t)i + 1;
	}
	for (i = 0; i < 60000; i++) {
		const int n = snprintf(name, sizeof(name), "n%d.z%d.test", i,
				       i / 3);

		nametab_find(&t, (struct span){name, (size_t)n}, &f);
		wrong += f.exact != (i < 50000) ||
			 (f.exact && t.node[f.node].rule != (uint32_t)i + 1);
	}
	ok(wrong == 0, "a large table: %d wrong", wrong);
	nametab_free(&t);
}

static struct cidr
random_cidr(void)
{
	struct cidr c = {0, 0, below(2) ? CIDR_V4 : CIDR_V6, 0};

	c.hi = (uint64_t)below(4) << 62 | (uint64_t)below(8) << 56 |
	       (uint64_t)below(4) << 32;
	c.len = (uint8_t)below(cidr_max_len(c.family) + 1);
	if (c.family == CIDR_V6)
		c.lo = below(4);
	cidr_truncate(&c);
	return c;
}

static void
test_prefixes(void)
{
	struct cidr rules[RULES], c;
	int round, i, k, wrong = 0, found = 0;
	struct cidrtab t;
	struct err e;

	for (round = 0; round < 500; round++) {
		t = (struct cidrtab){0};
		for (i = 0; i < RULES; i++) {
			rules[i] = random_cidr();
			if (cidrtab_add(&t, &rules[i], (uint32_t)i * 2, &e) < 0)
				abort();
		}
		cidrtab_finish(&t);
		for (k = 0; k < 100; k++) {
			const struct cidr_rule *r;
			int best = -1;

			c = random_cidr();
			for (i = 0; i < RULES; i++)
				if (cidr_contains(&rules[i], &c) &&
				    (best < 0 || rules[i].len > rules[best].len))
					best = i;
			r = cidrtab_find(&t, &c);
			found += best >= 0;
			wrong += (r == NULL) != (best < 0) ||
				 (r != NULL && r->rule != (uint32_t)best * 2);
		}
		cidrtab_free(&t);
	}
	ok(wrong == 0 && found > 1000, "prefixes: %d wrong, %d found", wrong,
	   found);
}

int
main(void)
{
	test_names();
	test_growth();
	test_prefixes();
	return done();
}
