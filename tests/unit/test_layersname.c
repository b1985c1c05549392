/* Names of the lists of a DNS firewall. */
#include <string.h>

#include "sense/layers.h"
#include "tap.h"

static const struct {
	const char *name;
	int kind; /* -1: no name of a list */
	const char *target;
} table[] = {
	{"nxdomain-0", LAYERS_NXDOMAIN, ""},
	{"nodata-12", LAYERS_NODATA, ""},
	{"hole-1", LAYERS_HOLE, ""},
	{"pass-0", LAYERS_PASS, ""},
	{"redirect-garden_test-0", LAYERS_REDIRECT, "garden_test"},
	{"redirect-a-b_test-3", LAYERS_REDIRECT, "a-b_test"},
	{"", -1, NULL},
	{"nxdomain", -1, NULL},
	{"nxdomain-", -1, NULL},
	{"nxdomain-0x", -1, NULL},
	{"nxdomain-x-0", -1, NULL},
	{"redirect-0", -1, NULL},
	{"redirect--0", -1, NULL},
	{"custom-0", -1, NULL},
	{"NXDOMAIN-0", -1, NULL},
	{"-0", -1, NULL},
};

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		enum layers_kind kind;
		struct span target;
		const bool good = layers_name_read(table[i].name, &kind, &target);

		ok(good == (table[i].kind >= 0) &&
			   (!good || ((int)kind == table[i].kind &&
				      span_is(target, table[i].target))),
		   "'%s'", table[i].name);
	}
	return done();
}
