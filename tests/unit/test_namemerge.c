/* The name algebra of ts-merge, case by case. */
#include "namemini.h"
#include "tap.h"

static const struct {
	const char *what;
	const char *in[4];
	const char *want;
} cases[] = {
	{"nothing of nothing", {"R"}, ""},
	{"a record comes out as it went in",
	 {"R a.w=x@9#7%s *.b.w=r"}, "a.w=x@9#7%s *.b.w=r"},
	{"order is RFC 4034 6.1",
	 {"R \\200.z=x *.z=x a=x \\001.z=x z=x !.z=d"},
	 "a=x z=x \\001.z=x !.z=d *.z=x \\200.z=x"},
	{"a name and its wildcard are two things", {"L w=x *.w=x"}, "w=x *.w=x"},
	{"a name under a wildcard is redundant in lists",
	 {"L a.w=x b.c.w=x", "L *.w=x"}, "*.w=x"},
	{"but in a zone it opens a hole that is kept",
	 {"R *.w=x b.c.w=x"}, "*.w=x b.c.w=x"},
	{"which another list closes", {"R *.w=x b.c.w=x", "L *.w=x"}, "*.w=x"},
	{"another response below a wildcard opens no hole in lists",
	 {"L *.w=x", "L b.c.w=d"}, "*.w=x"},
	{"another response of an earlier list opens none either",
	 {"L b.c.w=d", "L *.w=x"},
	 "*.w=x c.w=x *.c.w=x b.c.w=d *.b.c.w=x"},
	{"a zone's passthru lets the next zone's wildcard not through",
	 {"R a.w=p", "R *.w=x"}, "*.w=x a.w=p *.a.w=x"},
	{"an exception in the zone itself has its hole",
	 {"R a.w=p *.w=x"}, "*.w=x a.w=p"},
	{"a zone's hole falls through to the next",
	 {"R *.w=x b.c.w=p", "R c.w=d"}, "*.w=x c.w=d b.c.w=p"},
	{"an allow list goes first whatever its verdicts",
	 {"L *.w=x", "A a.w=x"}, "*.w=x a.w=p *.a.w=x"},
	{"and opens a subtree", {"L w=x *.w=x", "A *.a.w=p a.w=p"},
	 "w=x *.w=x a.w=p *.a.w=p"},
	{"--except takes a whole name away", {"L a.w=x b.w=x", "E a.w=x"},
	 "b.w=x"},
	{"--except of a name under a wildcard is written by what is below",
	 {"L *.w=x", "E a.w=x"}, "*.w=x *.a.w=x"},
	{"--except of all below a name by the name",
	 {"L *.w=x", "E *.a.w=x"}, "*.w=x a.w=x"},
	{"--except of both needs one passthru",
	 {"L *.w=x", "E *.a.w=x%e a.w=x%e"}, "*.w=x a.w=p%e"},
	{"--except leaves allow alone", {"R a.w=p", "E *.w=x"}, "a.w=p"},
	{"--never is the same", {"L *.w=x a.v=x", "N *.a.w=x a.w=x a.v=x"},
	 "*.w=x a.w=p"},
	{"the root's wildcard has all below it", {"L *=x a.b=x"}, "*=x"},
	{"the root's wildcard with an exception",
	 {"R *=x a.b=p"}, "*=x a.b=p"},
	{"sources join and weights add",
	 {"L a=x#2%s", "L a=x#3%r", "L a=x#4%s"}, "a=x#7%r,s"},
	{"later inputs that differ do not", {"L a=x%s", "L a=d%t"}, "a=x%s"},
	{"the latest expiry holds", {"L a=x@5", "L a=x@7"}, "a=x@7"},
	{"but not behind a dissenter",
	 {"L a=x@5%s", "L a=d@6%t", "L a=x@7%u"}, "a=x@5#2%s,u"},
	{"under a wider one that lasts as long",
	 {"L *.w=x@5", "L a.w=x@5"}, "*.w=x@5"},
	{"not under one that ends before",
	 {"L *.w=x@5", "L a.w=x@6"}, "*.w=x@5 a.w=x@6 *.a.w=x@5"},
	{"in one list too", {"L *.w=x@5 a.w=x@6"},
	 "*.w=x@5 a.w=x@6 *.a.w=x@5"},
	{"a star behind the front is an ordinary label",
	 {"R a.*.w=x"}, "a.*.w=x"},
	{"and beside a wildcard", {"R a.*.w=d *.w=x"}, "*.w=x a.*.w=d"},
	{"an escaped dot is part of its label",
	 {"L a\\.w=x", "L *.w=x"}, "a\\.w=x *.w=x"},
};

static void
test_case(size_t i)
{
	static struct mini_out out;
	struct namemerge *m = namemerge_new();
	struct err e = {0};
	size_t j;

	if (m == NULL)
		abort();
	for (j = 0; j < 4 && cases[i].in[j] != NULL; j++)
		ok(mini_input(m, cases[i].in[j], &e) == 0, "%s: input %zu: %s",
		   cases[i].what, j, e.msg);
	out = (struct mini_out){.n = 0};
	ok(namemerge_finish(m, &(struct namemerge_opts){0}, &e) == 0, "%s: %s",
	   cases[i].what, e.msg);
	ok(namemerge_emit(m, mini_put, &out, &e) == 0, "%s: %s", cases[i].what,
	   e.msg);
	ok(strcmp(out.s, cases[i].want) == 0, "%s:\n# got  %s\n# want %s",
	   cases[i].what, out.s, cases[i].want);
	namemerge_free(m);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_case(i);
	return done();
}
