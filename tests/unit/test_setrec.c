/* Names of sets. */
#include <string.h>

#include "tap.h"
#include "values/setrec.h"

int
main(void)
{
	static const struct {
		const char *text;
		bool good;
	} names[] = {
		{"block-ip4-0", true},	   {"allow-ip6-12", true},
		{"block-ip6-99999", true}, {"block-ip4-100000", false},
		{"block-ip4-", false},	   {"block-ip4-01", false},
		{"block-ip5-0", false},	   {"deny-ip4-0", false},
		{"", false},		   {"block-ip4-1x", false},
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const size_t n = strlen(names[i].text);
		struct set_name name;
		char back[SET_NAME_MAX];
		const bool good = set_name_parse(
			(struct span){names[i].text, n}, &name);

		ok(good == names[i].good, "'%s' is a set's name: %d",
		   names[i].text, good);
		if (good)
			ok(set_name_format(&name, back) == n &&
			   strcmp(back, names[i].text) == 0,
			   "'%s' comes back as '%s'", names[i].text, back);
	}
	return done();
}
