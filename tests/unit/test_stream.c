/* Frames: what is a whole stream and what is not; columns and numbers. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "values/stream.h"

/* A stream of these bytes on standard input. */
static int
open_text(struct stream *s, const char *text, size_t n, const char *kind,
	  struct err *e)
{
	int fd[2];

	if (pipe(fd) < 0 || write(fd[1], text, n) != (ssize_t)n ||
	    dup2(fd[0], STDIN_FILENO) < 0)
		abort();
	(void)close(fd[0]);
	(void)close(fd[1]);
	return stream_open(s, "-", kind, e);
}

static const struct {
	const char *kind, *text;
	int records;	 /* -1 where it is refused */
	const char *why; /* part of the message */
} cases[] = {
	{"policy", "#ts-policy/1\n#end\trecords=0\n", 0, NULL},
	{"policy", "#ts-policy/1\na\n\nb\n#end\trecords=3\n", 3, NULL},
	{"policy", "#ts-policy/1\tk=v\tl=\na\n#end\trecords=1\n", 1, NULL},
	{"policy", "#ts-policy/1\na\n#end\trecords=1\tlater=x\n", 1, NULL},
	{NULL, "#ts-anything/1\na\n#end\trecords=1\n", 1, NULL},
	{"set", "#ts-set/1\n#set\tx\na\n#end\trecords=1\n", 1, NULL},
	{"policy", "", -1, "empty input"},
	{"policy", "a\n", -1, "<stdin>:1: no '#ts-policy/1' header"},
	{"policy", "\n", -1, "no '#ts-policy/1' header"},
	{"policy", "#ts-policy\n", -1, "header"},
	{"policy", "#ts-/1\n#end\trecords=0\n", -1, "header"},
	{"policy", "#ts-policy/2\n#end\trecords=0\n", -1, "unknown version"},
	{"policy", "#ts-policy/10\n#end\trecords=0\n", -1, "unknown version"},
	{"policy", "#ts-policy/\n#end\trecords=0\n", -1, "unknown version"},
	{"policy", "#ts-set/1\n#end\trecords=0\n", -1, "a set stream, not policy"},
	{NULL, "#ts-source/1\tbytes=1\nx", -1, "a source stream"},
	{"policy", "#ts-policy/1\tk\n#end\trecords=0\n", -1, "header column 'k'"},
	{"policy", "#ts-policy/1\t=v\n#end\trecords=0\n", -1, "header column"},
	{"policy", "#ts-policy/1\tk=1\tk=2\n#end\trecords=0\n", -1, "'k' twice"},
	{"policy", "#ts-policy/1\na=\n", -1, "no end record after 1 records"},
	{"policy", "#ts-policy/1", -1, "no end record"},
	{"policy", "#ts-policy/1\na", -1, "cut off in the middle of a line"},
	{"policy", "#ts-policy/1\n#end\trecords=0", -1, "end record is cut off"},
	{"policy", "#ts-policy/1\n#end\trecor", -1, "end record is cut off"},
	{"policy", "#ts-policy/1\n#end\n", -1, "bad end record"},
	{"policy", "#ts-policy/1\n#end\trecords=\n", -1, "bad end record"},
	{"policy", "#ts-policy/1\n#end\trecords=00\n", -1, "bad end record"},
	{"policy", "#ts-policy/1\n#end\trecords=+0\n", -1, "bad end record"},
	{"policy", "#ts-policy/1\n#end\trecords=99999999999999999999\n", -1,
	 "bad end record"},
	{"policy", "#ts-policy/1\na\n#end\trecords=2\n", -1,
	 "counts 2 records, 1 came"},
	{"policy", "#ts-policy/1\na\n#end\trecords=0\n", -1, "counts 0"},
	{"policy", "#ts-policy/1\n#end\trecords=0\nx", -1, "bytes after the end"},
	{"policy", "#ts-policy/1\n#end\trecords=0\n\n", -1, "bytes after"},
	{"policy", "#ts-policy/1\n#set\tx\n#end\trecords=0\n", -1,
	 "<stdin>:2: unknown '#' line"},
	{"policy", "#ts-policy/1\n# note\n#end\trecords=0\n", -1, "unknown '#'"},
	{"set", "#ts-set/1\n#set\t\n#end\trecords=0\n", -1, "unknown '#'"},
	{"policy", "#ts-policy/1\n#endless\n#end\trecords=0\n", -1, "unknown '#'"},
};

static void
test_cases(void)
{
	size_t i, n;
	char *p;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum stream_result r = STREAM_ERROR;
		struct stream s;
		struct err e = {0};
		int records = 0;

		if (open_text(&s, cases[i].text, strlen(cases[i].text),
			      cases[i].kind, &e) == 0) {
			while ((r = stream_next(&s, &p, &n, &e)) > 0)
				records += r == STREAM_RECORD;
			stream_close(&s);
		}
		if (cases[i].records >= 0)
			ok(r == STREAM_END && records == cases[i].records,
			   "%zu: '%s' is fine: %d records, %s", i,
			   cases[i].text, records, e.msg);
		else
			ok(r == STREAM_ERROR && e.code == EX_DATAERR &&
				   strstr(e.msg, cases[i].why) != NULL,
			   "%zu: '%s' is refused: %d, %s", i, cases[i].text,
			   (int)r, e.msg);
	}
}

/* Every beginning of a stream is refused, and every byte lost. */
static void
test_torn(void)
{
	static const char whole[] = "#ts-set/1\tk=v\n#set\ta\nx\ty\nz\n"
				    "#end\trecords=2\n";
	const size_t len = sizeof(whole) - 1;
	size_t cut, n;
	struct stream s;
	struct err e;
	char *p;

	for (cut = 0; cut <= len; cut++) {
		enum stream_result r = STREAM_ERROR;

		if (open_text(&s, whole, cut, "set", &e) == 0) {
			while ((r = stream_next(&s, &p, &n, &e)) > 0)
				;
			stream_close(&s);
		}
		ok((r == STREAM_END) == (cut == len), "cut to %zu bytes", cut);
	}
}

static void
test_bounds(void)
{
	static char text[2 * STREAM_LINE_MAX];
	enum stream_result r;
	struct stream s;
	struct err e;
	size_t n, len;
	char *p;
	int at;

	for (len = STREAM_LINE_MAX - 1; len <= STREAM_LINE_MAX + 1; len++) {
		at = snprintf(text, sizeof(text), "#ts-x/1\n%0*d\n"
			      "#end\trecords=1\n", (int)len, 0);
		if (open_text(&s, text, 0, NULL, &e) == 0)
			abort();
		/* Larger than a pipe: by way of a file. */
		FILE *f = tmpfile();

		if (f == NULL || fwrite(text, 1, (size_t)at, f) != (size_t)at ||
		    fflush(f) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0 ||
		    dup2(fileno(f), STDIN_FILENO) < 0)
			abort();
		(void)fclose(f);
		ok(stream_open(&s, "-", NULL, &e) == 0, "opens");
		r = stream_next(&s, &p, &n, &e);
		ok(len > STREAM_LINE_MAX ? r == STREAM_ERROR
					 : r == STREAM_RECORD && n == len,
		   "a record of %zu bytes: %d", len, (int)r);
		stream_close(&s);
	}
	for (len = 0; len <= 1; len++) {
		at = snprintf(text, sizeof(text), "#ts-x/1\tk=%0*d\n",
			      (int)(STREAM_HEADER_MAX - 11 + len), 0);
		ok(at == STREAM_HEADER_MAX + (int)len, "the length meant");
		ok((open_text(&s, text, (size_t)at, NULL, &e) == 0) == (len == 0),
		   "a header of %d bytes", at - 1);
		if (len == 0)
			stream_close(&s);
	}
	ok(open_text(&s, "#ts-x/1\ta\0b=c\n", 14, NULL, &e) < 0, "NUL in header");
	ok(open_text(&s, "#ts-x/1\na\0b\n", 12, NULL, &e) == 0 &&
		   stream_next(&s, &p, &n, &e) == STREAM_ERROR &&
		   strstr(e.msg, "NUL"), "NUL in a record");
	stream_close(&s);
}

static void
test_columns(void)
{
	static const struct {
		const char *text;
		size_t count;
		const char *last;
	} t[] = {
		{"", 1, ""}, {"a", 1, "a"}, {"a\tb", 2, "b"}, {"\t", 2, ""},
		{"a\t\tc", 3, "c"}, {"a\tb\tc\td", 3, "c"},
	};
	struct span col[3];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const size_t k = stream_columns(t[i].text, strlen(t[i].text),
						col, 3);

		ok(k == t[i].count && span_is(col[k - 1], t[i].last),
		   "'%s': %zu columns", t[i].text, k);
	}
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t v;
	} t[] = {
		{"0", 0, true, 0}, {"1", 0, false, 0}, {"9", 9, true, 9},
		{"10", 9, false, 0}, {"255", 255, true, 255},
		{"256", 255, false, 0}, {"300", 255, false, 0},
		{"5", 3, false, 0}, {"", 9, false, 0}, {"01", 9, false, 0},
		{"-1", 9, false, 0}, {"1 ", 99, false, 0}, {"x", 99, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"18446744073709551620", UINT64_MAX, false, 0},
		{"99999999999999999999", UINT64_MAX, false, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		const struct span s = {t[i].text, strlen(t[i].text)};
		uint64_t v = 0;
		const bool good = span_u64(s, t[i].max, &v);

		ok(good == t[i].good && (!good || v == t[i].v),
		   "'%s' up to %" PRIu64 ": %d, %" PRIu64, t[i].text,
		   t[i].max, good, v);
	}
}

int
main(void)
{
	test_cases();
	test_torn();
	test_bounds();
	test_columns();
	test_numbers();
	return done();
}
