/* The JSON reader: events as a line of text, whole and byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/json.h"

static const struct {
	const char *text, *want; /* events; "!" and the error */
} cases[] = {
	{"", ""},
	{" \n ", ""},
	{"{}", "{}"},
	{"[]", "[]"},
	{"[[],{}]", "[[]{}]"},
	{"{\"a\":1,\"b\":[true,false,null]}", "{k(a)n(1)k(b)[tf0]}"},
	{"\"x\" 1 -0.5e+3", "s(x)n(1)n(-0.5e+3)"},
	{"{}{}", "{}{}"},
	{"\"a\\n\\\"\\\\\\/\\b\\f\\r\\t\"", "s(a\n\"\\/\b\f\r\t)"},
	{"\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"",
	 "s(A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80)"},
	{"\"\\ud83d\"", "s(\xef\xbf\xbd)"},
	{"\"\\ude00x\"", "s(\xef\xbf\xbdx)"},
	{"\"\\ud83d\\n\"", "s(\xef\xbf\xbd\n)"},
	{"\"\\ud83d\\u0041\"", "s(\xef\xbf\xbd" "A)"},
	{"\"\\ud83d\\ud83d\\ude00\"", "s(\xef\xbf\xbd\xf0\x9f\x98\x80)"},
	{"\"\xff\xc3\"", "s(\xff\xc3)"},
	{"\"\\u00g0\"", "!bad \\u escape in a string"},
	{"\"\\x\"", "!unknown escape in a string"},
	{"\"a\nb\"", "!a control character in a string"},
	{"\"abc", "!cut off inside a string"},
	{"\"abc\\", "!cut off"},
	{"[1,]", "[n(1)!not a value"},
	{"[1", "[n(1)!cut off"},
	{"[1}", "[n(1)!a comma or ']' is missing"},
	{"{\"a\":1]", "{k(a)n(1)!a comma or '}' is missing"},
	{"{\"a\" 1}", "{k(a)!a colon is missing"},
	{"{1:2}", "{!a key is missing"},
	{"{\"a\":1,}", "{k(a)n(1)!a key is missing"},
	{"]", "!not a value"},
	{"tru", "!not a value"},
	{"nulL", "!not a value"},
	{"01", "!not a number"},
	{"1.", "!not a number"},
	{"-", "!not a number"},
	{"1e", "!not a number"},
	{"1.5.2", "!not a number"},
	{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[n(1)]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"},
	{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[!nested too deeply"},
};

static char line[4096];
static size_t at;

static void
put(const char *p, size_t n)
{
	if (n > sizeof(line) - 1 - at)
		n = sizeof(line) - 1 - at;
	memcpy(line + at, p, n);
	at += n;
	line[at] = '\0';
}

static const char *
events(struct json *j)
{
	static const char marks[] = "?{}[]ksntf0";
	enum json_event ev;

	at = 0;
	line[0] = '\0';
	while ((ev = json_next(j)) > JSON_END) {
		put(&marks[ev], 1);
		if (ev < JSON_KEY || ev > JSON_NUMBER)
			continue;
		put("(", 1);
		put(j->text, j->n);
		put(")", 1);
	}
	if (ev == JSON_ERROR) {
		put("!", 1);
		put(j->error, strlen(j->error));
	}
	return line;
}

/* One byte a block, each on its own so that reading past it is seen. */
struct drip {
	const char *p;
	size_t left;
	char *block;
};

static int
drip(void *ctx, const char **p, size_t *n, struct err *e)
{
	struct drip *d = ctx;

	(void)e;
	free(d->block);
	d->block = NULL;
	if (d->left == 0)
		return 0;
	d->block = malloc(1);
	if (d->block == NULL)
		abort();
	*d->block = *d->p++;
	d->left--;
	*p = d->block;
	*n = 1;
	return 1;
}

int
main(void)
{
	static struct json j;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = strlen(cases[i].text);
		char *copy = malloc(n + !n);
		struct drip d = {cases[i].text, n, NULL};

		if (copy == NULL)
			abort();
		memcpy(copy, cases[i].text, n);
		json_init(&j, copy, n);
		ok(strcmp(events(&j), cases[i].want) == 0, "'%s' gives %s",
		   cases[i].text, line);
		ok(json_next(&j) == (strchr(line, '!') ? JSON_ERROR : JSON_END),
		   "'%s': the end stays the end", cases[i].text);
		free(copy);
		json_stream(&j, drip, &d, &e);
		ok(strcmp(events(&j), cases[i].want) == 0,
		   "'%s' byte by byte gives %s", cases[i].text, line);
		free(d.block);
	}
	/* A long string is cut, and what follows is still read. */
	{
		const size_t n = JSON_TEXT_MAX + 100;
		char *s = malloc(n);

		if (s == NULL)
			abort();
		memset(s, 'x', n);
		s[0] = s[n - 2] = '"';
		s[n - 1] = '1';
		json_init(&j, s, n);
		ok(json_next(&j) == JSON_STRING && j.cut &&
		   j.n == JSON_TEXT_MAX, "a long string is cut");
		ok(json_next(&j) == JSON_NUMBER && !j.cut, "then a number");
		s[1] = '\\';
		s[2] = '"';
		json_init(&j, s, n);
		ok(json_next(&j) == JSON_STRING && j.cut &&
		   j.n == JSON_TEXT_MAX && j.text[0] == '"',
		   "one with an escape too");
		free(s);
	}
	return done();
}
