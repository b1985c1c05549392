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
	{"and the allow behind a block", {"R a.w=x", "R a.w=p", "E a.w=x"},
	 "a.w=p"},
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
	{"unless that is gone by then",
	 {"L a=x@5%s", "L a=d@5%t", "L a=x@7%u"}, "a=x@7#2%s,u"},
	{"under a wider one that lasts as long",
	 {"L *.w=x@5", "L a.w=x@5"}, "*.w=x@5"},
	{"not under one that ends before",
	 {"L *.w=x@5", "L a.w=x@6"}, "*.w=x@5 a.w=x@6 *.a.w=x@5"},
	{"in one list too", {"L *.w=x@5 a.w=x@6"},
	 "*.w=x@5 a.w=x@6 *.a.w=x@5"},
	{"a copy goes when what it is for does, and the wildcard takes over",
	 {"L b.a.w=d@5 a.w=d@3", "L *.w=x"},
	 "*.w=x a.w=d@3 *.a.w=x@5 b.a.w=d@5 *.b.a.w=x@5"},
	{"but not one that says something of its own",
	 {"R *.w=x a.w=p@3", "L *.w=d"}, "*.w=x a.w=p@3 *.a.w=d"},
	{"a star behind the front is an ordinary label",
	 {"R a.*.w=x"}, "a.*.w=x"},
	{"and beside a wildcard", {"R a.*.w=d *.w=x"}, "*.w=x a.*.w=d"},
	{"an escaped dot is part of its label",
	 {"L a\\.w=x", "L *.w=x"}, "a\\.w=x *.w=x"},
};

static void
check(const char *what, const char *const in[4], const char *want,
      const char *want_capped, const struct namemerge_opts *opts)
{
	static struct mini_out out, capped;
	struct namemerge *m = namemerge_new();
	struct err e = {0};
	size_t j;

	if (m == NULL)
		abort();
	for (j = 0; j < 4 && in[j] != NULL; j++)
		ok(mini_input(m, in[j], &e) == 0, "%s: input %zu: %s", what, j,
		   e.msg);
	out = capped = (struct mini_out){.n = 0};
	ok(namemerge_finish(m, opts, &e) == 0 &&
	   namemerge_emit(m, mini_put, &out, &e) == 0 &&
	   namemerge_emit_capped(m, mini_put, &capped, &e) == 0,
	   "%s: %s", what, e.msg);
	ok(strcmp(out.s, want) == 0, "%s:\n# got  %s\n# want %s", what, out.s,
	   want);
	ok(strcmp(capped.s, want_capped) == 0, "%s, capped:\n# got  %s\n# want %s",
	   what, capped.s, want_capped);
	namemerge_free(m);
}

static const struct {
	const char *what;
	uint64_t max_block, max_allow;
	const char *in[4], *want, *capped;
} caps[] = {
	{"what fits stays", 2, 1, {"R a=x b=x c=p"}, "a=x b=x c=p", ""},
	{"the least weight goes first", 2, 0,
	 {"R a=x#2 b=x#1 c=x#3 d=p#1"}, "a=x#2 c=x#3 d=p", "b=x"},
	{"then the later input", 1, 0, {"R b=x", "R a=x"}, "b=x", "a=x"},
	{"then the last in order", 1, 0, {"R b=x a=x c=x"}, "a=x", "b=x c=x"},
	{"a wildcard goes with its name and all that stands in it", 2, 0,
	 {"R *.w=x !.w=d a.w=p a.b.w=d#2 w=d#3 v=x#5"}, "v=x#5",
	 "w=d#3 !.w=d *.w=x a.w=p a.b.w=d#2"},
	{"and weighs what the heaviest of these does", 4, 0,
	 {"R *.w=x !.w=d a.w=p a.b.w=d#4 w=d#3 v=x#2"},
	 "w=d#3 !.w=d *.w=x a.w=p a.b.w=d#4", "v=x#2"},
	{"allow records alone go before a wildcard with exceptions", 0, 1,
	 {"R *.w=x a.w=p b=p#9"}, "*.w=x a.w=p", "b=p#9"},
	{"no exception is left out for itself", 0, 1,
	 {"R *.w=x a.w=p b.w=p v=x"}, "v=x", "*.w=x a.w=p b.w=p"},
};

int
main(void)
{
	const struct namemerge_opts none = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		check(cases[i].what, cases[i].in, cases[i].want, "", &none);
	for (i = 0; i < sizeof(caps) / sizeof(*caps); i++)
		check(caps[i].what, caps[i].in, caps[i].want, caps[i].capped,
		      &(struct namemerge_opts){caps[i].max_block,
					       caps[i].max_allow, false});
	return done();
}
