/* What is at some paths of JSON values: one document, or a value a line. */
#include <inttypes.h>
#include <string.h>

#include "values/feed_parts.h"

/* One step of a path; moves *p behind it. */
static const char *
parse_step(const char **p, struct feed_step *step)
{
	const char *s = *p, *end;

	if (*s == '[' && s[1] == ']') {
		step->key = (struct span){NULL, 0};
		*p = s + 2;
		return NULL;
	}
	if (*s++ != '.')
		return "a step is '.key' or '[]'";
	if (*s == '[') {
		*p = s;
		return parse_step(p, step);
	}
	if (*s == '"') {
		end = strchr(++s, '"');
		if (end == NULL)
			return "a quote is not closed";
		*p = end + 1;
	} else {
		end = s + strcspn(s, ".[]\"");
		if (end == s)
			return "a key is missing";
		*p = end;
	}
	step->key = (struct span){s, (size_t)(end - s)};
	return NULL;
}

const char *
feed_path_parse(const char *text, struct feed_path *path)
{
	const char *why = NULL;

	path->n = 0;
	if (strcmp(text, ".") == 0)
		return NULL;
	if (*text == '\0')
		return "it is empty";
	while (*text != '\0' && why == NULL) {
		if (path->n == JSON_DEPTH_MAX)
			return "it has too many steps";
		why = parse_step(&text, &path->step[path->n++]);
	}
	return why;
}

/* How far a path has come at each depth: the number of its steps that lead to
 * the container that is open there, or -1 off the path. */
struct walk {
	signed char at[FEED_PATHS_MAX][JSON_DEPTH_MAX + 1];
	bool key[FEED_PATHS_MAX]; /* the last key is the one of the path */
};

static void
see_key(const struct feed *f, const struct json *j, struct walk *w)
{
	const unsigned d = j->depth;
	size_t i;

	for (i = 0; i < f->opt.npaths; i++) {
		const struct feed_path *path = &f->opt.path[i];
		const int at = w->at[i][d];
		const struct span *k;

		w->key[i] = false;
		if (at < 0 || at >= path->n || j->cut)
			continue;
		k = &path->step[at].key;
		w->key[i] = k->p == NULL || (k->n == j->n &&
					     memcmp(k->p, j->text, k->n) == 0);
	}
}

/* The steps of path i that lead to a value inside the container at a depth. */
static int
steps_to(const struct feed *f, const struct json *j, const struct walk *w,
	 size_t i, unsigned depth)
{
	const struct feed_path *path = &f->opt.path[i];
	int at;

	if (depth == 0)
		return 0;
	at = w->at[i][depth];
	if (at < 0 || at >= path->n)
		return -1;
	if (j->objects >> (depth - 1) & 1)
		return w->key[i] ? at + 1 : -1;
	return path->step[at].key.p == NULL ? at + 1 : -1;
}

static void
see_value(struct feed *f, const struct json *j, enum json_event ev,
	  struct walk *w)
{
	const bool opens = ev == JSON_OBJECT || ev == JSON_ARRAY;
	const unsigned depth = j->depth - opens;
	const struct span s = {j->text, j->n}, none = {"", 0};
	bool wanted = false;
	size_t i;

	for (i = 0; i < f->opt.npaths; i++) {
		const int at = steps_to(f, j, w, i, depth);

		wanted |= at == f->opt.path[i].n;
		if (opens)
			w->at[i][depth + 1] = (signed char)at;
	}
	if (!wanted)
		return;
	f->line = f->format == FEED_NDJSON ? f->line : j->line;
	if (opens)
		feed_left_out(f, FEED_PATH_SHAPE, none);
	else if (ev == JSON_NULL || (ev == JSON_STRING && feed_trim(s).n == 0))
		feed_left_out(f, FEED_EMPTY, none);
	else if (ev != JSON_STRING)
		feed_left_out(f, FEED_NO_TEXT, ev == JSON_NUMBER ? s : none);
	else
		feed_value(f, feed_trim(s), false);
}

/* All values; false where the JSON is broken. */
static bool
walk_all(struct feed *f, struct json *j)
{
	struct walk w = {0};
	enum json_event ev;

	while ((ev = json_next(j)) > JSON_END) {
		if (ev == JSON_KEY)
			see_key(f, j, &w);
		else if (ev != JSON_OBJECT_END && ev != JSON_ARRAY_END)
			see_value(f, j, ev, &w);
	}
	return ev == JSON_END;
}

void
feed_ndjson_line(struct feed *f, struct span line)
{
	const struct span s = feed_trim(line);
	struct json *j = &f->json;
	enum json_event ev;

	/* Nothing of a broken line is taken. */
	json_init(j, s.p, s.n);
	do
		ev = json_next(j);
	while (ev > JSON_END);
	if (ev < 0) {
		feed_left_out(f, FEED_BAD_JSON, s);
		return;
	}
	json_init(j, s.p, s.n);
	(void)walk_all(f, j);
}

static int
more(void *ctx, const char **p, size_t *n, struct err *e)
{
	struct feed *f = ctx;
	char *q;

	in_skip(f->in, f->given);
	if (in_peek(f->in, &q, n, 1, e) < 0)
		return -1;
	f->given = *n;
	*p = q;
	return *n > 0;
}

int
feed_json(struct feed *f, struct err *e)
{
	f->given = 0;
	json_stream(&f->json, more, f, e);
	if (walk_all(f, &f->json))
		return 0;
	if (f->json.error == NULL)
		return -1;
	return err_set(e, EX_DATAERR, "%s:%" PRIu64 ": bad JSON: %s",
		       f->in->name, f->json.line, f->json.error);
}
