/* What appliers have in common: marks, plans, metrics, targets, workers. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fanout.h"
#include "base/metrics.h"
#include "outside/awstargets.h"
#include "tap.h"
#include "values/mark.h"
#include "values/plan.h"

static void
test_marks(void)
{
	static const struct {
		const char *text;
		enum mark_owner owner;
		const char *device, *rest;
	} marks[] = {
		{NULL, MARK_NONE, "", ""},
		{"", MARK_NONE, "", ""},
		{"ts-tools", MARK_NONE, "", ""},
		{"ts-tools ", MARK_NONE, "", ""},
		{"ts-tools TS", MARK_OURS, "TS", ""},
		{"ts-tools TS list 4", MARK_OURS, "TS", "list 4"},
		{"ts-tools TS2", MARK_OTHER, "TS2", ""},
		{"ts-tools T", MARK_OTHER, "T", ""},
		{"ts-tools TS.x", MARK_NONE, "", ""},
		{"made by ts-tools TS", MARK_NONE, "", ""},
	};
	char text[MARK_MAX], longest[MARK_DEVICE_MAX + 2];
	struct span device, rest;
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		ok(mark_read(marks[i].text, "TS", &device, &rest) ==
				   marks[i].owner &&
			   span_is(device, marks[i].device) &&
			   span_is(rest, marks[i].rest),
		   "the mark '%s'", marks[i].text ? marks[i].text : "(none)");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(mark_check(longest) != NULL && mark_check("") != NULL &&
		   mark_check("a b") != NULL && mark_check("a-B_9") == NULL,
	   "which devices are names");
	longest[MARK_DEVICE_MAX] = '\0';
	mark_write(longest, text);
	ok(mark_check(longest) == NULL &&
		   mark_read(text, longest, NULL, NULL) == MARK_OURS,
	   "the longest device comes back");
}

/* What fn writes, as text. */
static void
written(void (*fn)(struct out *), const char *want)
{
	FILE *f = tmpfile();
	char got[1024];
	struct out o;
	struct err e;
	ssize_t n;

	if (!ok(f != NULL && out_open(&o, dup(fileno(f)), "x", &e) == 0, "out"))
		return;
	fn(&o);
	ok(out_close(&o, 0, &e) == 0, "closed");
	n = pread(fileno(f), got, sizeof(got) - 1, 0);
	got[n > 0 ? n : 0] = '\0';
	ok(strcmp(got, want) == 0, "'%s', not '%s'", got, want);
	(void)fclose(f);
}

static void
some_plan(struct out *o)
{
	static const char part[] = "-\tset\ta\t-\t-\n+\tset\tb\t-\t-\n";
	struct plan p;

	plan_begin(&p, o);
	plan_put(&p, PLAN_KEEP, "set", "x", NULL, "a\tb");
	plan_putf(&p, PLAN_CHANGE, "set", "y", NULL, "n=%d", 3);
	plan_join(&p, part, sizeof(part) - 1);
	plan_end(&p);
}

static void
some_metrics(struct out *o)
{
	struct metrics m = {.out = o, .stem = "ts_x"};

	metrics_family(&m, "n", "gauge", "How many.");
	metrics_u64(&m, 7, "a", "q\"\\\n", "b", "", NULL);
	metrics_real(&m, 0.5, NULL);
}

static void
test_targets(void)
{
	static struct aws_target t[AWS_TARGETS_MAX];
	struct aws_choice c = {.external_id = "x"};
	struct err e = {0};
	size_t n;

	ok(aws_targets(&c, t, &n, &e) == 0 && n == 1 &&
		   t[0].opts.region == NULL && t[0].label[0] == '\0',
	   "no option: the usual one");
	c.regions = (struct cli_list){{"r1", "r2"}, 2};
	c.roles = (struct cli_list){{"ra", "rb", "rc"}, 3};
	c.profiles = (struct cli_list){{"p"}, 1};
	ok(aws_targets(&c, t, &n, &e) == 0 && n == 6, "each role everywhere");
	ok(strcmp(t[3].label, "r2, role rb") == 0 &&
		   strcmp(t[3].opts.cred.profile, "p") == 0 &&
		   strcmp(t[3].opts.cred.role_arn, "rb") == 0,
	   "the fourth is '%s'", t[3].label);
	c.regions.v[1] = "r1";
	ok(aws_targets(&c, t, &n, &e) < 0 && e.code == EX_USAGE,
	   "one Region twice");
}

static int
worker(void *ctx, size_t i)
{
	((int *)ctx)[i] = (int)i + 1;
	if (i == 3)
		abort();
	return i == 1 ? EX_TEMPFAIL : i == 2 ? EX_DIFFERS : 0;
}

static void
test_workers(void)
{
	struct err e;
	int *seen = fanout_memory(5 * sizeof(*seen), &e), code[5], i, sum = 0;

	if (!ok(seen != NULL && fanout(5, 2, worker, seen, code, &e) == 0,
		"workers run"))
		return;
	for (i = 0; i < 5; i++)
		sum += seen[i];
	ok(sum == 15, "every one has run");
	ok(code[0] == 0 && code[1] == EX_TEMPFAIL && code[2] == EX_DIFFERS &&
		   code[3] == EX_SOFTWARE && code[4] == 0, "codes of each");
	ok(fanout_worst(code, 5) == EX_SOFTWARE &&
		   fanout_worst(code, 3) == EX_TEMPFAIL &&
		   fanout_worst(code + 2, 1) == EX_DIFFERS &&
		   fanout_worst(code, 1) == 0, "the worst of them");
}

int
main(void)
{
	test_marks();
	written(some_plan, "#ts-plan/1\n=\tset\tx\t-\ta\\x09b\n"
		"~\tset\ty\tn=3\t-\n-\tset\ta\t-\t-\n+\tset\tb\t-\t-\n"
		"#end\trecords=4\n");
	written(some_metrics, "# HELP ts_x_n How many.\n# TYPE ts_x_n gauge\n"
		"ts_x_n{a=\"q\\\"\\\\\\n\",b=\"\"} 7\nts_x_n 0.5\n");
	test_targets();
	test_workers();
	return done();
}
