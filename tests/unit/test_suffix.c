/* Public suffixes, and the filter against the library on its whole list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/suffix.h"

#define LIST "/usr/share/publicsuffix/public_suffix_list.dat"

static const struct {
	const char *name;
	enum suffix want;
} cases[] = {
	{"com", SUFFIX_ICANN},
	{"co.uk", SUFFIX_ICANN},
	{"*.co.uk", SUFFIX_ICANN},
	{"*", SUFFIX_ICANN},
	{"nosuchtld", SUFFIX_ICANN},
	{"ck", SUFFIX_ICANN},
	{"x.ck", SUFFIX_ICANN},
	{"www.ck", SUFFIX_NONE},
	{"a.x.ck", SUFFIX_NONE},
	{"xn--55qx5d.cn", SUFFIX_ICANN},
	{"github.io", SUFFIX_PRIVATE},
	{"*.github.io", SUFFIX_PRIVATE},
	{"a.github.io", SUFFIX_NONE},
	{"example.com", SUFFIX_NONE},
	{"*.example.com", SUFFIX_NONE},
	{"a.b.c.d.e.example.com", SUFFIX_NONE},
};

/* No rule of the list, and no child of one, is answered otherwise with the
 * filter than without. */
static void
test_filter(const struct suffix_list *l, struct suffix_list *plain)
{
	char line[512], name[600];
	unsigned rules = 0, differ = 0;
	FILE *f = fopen(LIST, "r");
	size_t n;

	if (f == NULL) {
		printf("# no %s: the filter is not compared\n", LIST);
		return;
	}
	ok(l->filter != NULL, "the system's list gives a filter");
	while (fgets(line, sizeof(line), f) != NULL) {
		char *p = line;
		int i;

		line[strcspn(line, " \t\r\n")] = '\0';
		if (*p == '\0' || strncmp(p, "//", 2) == 0)
			continue;
		/* Names come as A-labels. */
		for (n = 0; line[n] > 0; n++)
			;
		if (line[n] != '\0')
			continue;
		p += *p == '!' ? 1 : strncmp(p, "*.", 2) == 0 ? 2 : 0;
		rules++;
		for (i = 0; i < 3; i++) {
			n = (size_t)snprintf(name, sizeof(name), "%s%s",
					     i == 0 ? "" : i == 1 ? "x." : "y.x.", p);
			differ += suffix_of(l, name, n) !=
				  suffix_of(plain, name, n);
		}
	}
	(void)fclose(f);
	ok(rules > 5000 && differ == 0, "%u of %u rules differ", differ, rules);
}

int
main(void)
{
	struct suffix_list l, plain;
	struct err e;
	size_t i;

	if (!ok(suffix_open(&l, &e) == 0, "there is a list"))
		return done();
	plain = l;
	plain.filter = NULL;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = strlen(cases[i].name);

		ok(suffix_of(&l, cases[i].name, n) == cases[i].want, "%s",
		   cases[i].name);
		ok(suffix_of(&plain, cases[i].name, n) == cases[i].want,
		   "%s without the filter", cases[i].name);
	}
	test_filter(&l, &plain);
	suffix_close(&l);
	return done();
}
