#include "values/jsonslice.h"

#include <string.h>

static size_t
blanks(struct span s, size_t at)
{
	while (at < s.n && s.p[at] != '\0' && strchr(" \t\r\n", s.p[at]))
		at++;
	return at;
}

/* Behind the string that begins at at. */
static size_t
string_end(struct span s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '"'; at++)
		if (s.p[at] == '\\')
			at++;
	return at < s.n ? at + 1 : s.n;
}

/* Behind the value that begins at at: in well-formed text, counting brackets
 * of both sorts together is enough. */
static size_t
value_end(struct span s, size_t at)
{
	size_t depth = 0;

	while (at < s.n) {
		const char c = s.p[at];

		if (c == '"') {
			at = string_end(s, at);
		} else if (c == '{' || c == '[') {
			depth++;
			at++;
			continue;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return at;
			depth--;
			at++;
		} else if (depth == 0 && (c == ',' || strchr(" \t\r\n", c))) {
			return at;
		} else {
			at++;
			continue;
		}
		if (depth == 0)
			return at;
	}
	return s.n;
}

/* To the first byte of the next entry of an object or array, or false. */
static bool
enter(struct span s, char open, size_t *at)
{
	if (*at == 0) {
		*at = blanks(s, 0);
		if (*at >= s.n || s.p[*at] != open)
			return false;
		++*at;
	}
	*at = blanks(s, *at);
	if (*at < s.n && s.p[*at] == ',')
		*at = blanks(s, *at + 1);
	return *at < s.n && s.p[*at] != '}' && s.p[*at] != ']';
}

bool
jsonslice_member(struct span object, size_t *at, struct span *key,
		 struct span *value)
{
	size_t end;

	if (!enter(object, '{', at) || object.p[*at] != '"')
		return false;
	end = string_end(object, *at);
	if (end < *at + 2)
		return false;
	*key = (struct span){object.p + *at + 1, end - *at - 2};
	*at = blanks(object, end);
	if (*at >= object.n || object.p[*at] != ':')
		return false;
	*at = blanks(object, *at + 1);
	end = value_end(object, *at);
	*value = (struct span){object.p + *at, end - *at};
	*at = end;
	return value->n > 0;
}

bool
jsonslice_item(struct span array, size_t *at, struct span *value)
{
	size_t end;

	if (!enter(array, '[', at))
		return false;
	end = value_end(array, *at);
	*value = (struct span){array.p + *at, end - *at};
	*at = end;
	return value->n > 0;
}

bool
jsonslice_find(struct span object, const char *key, struct span *value)
{
	struct span k;
	size_t at = 0;

	while (jsonslice_member(object, &at, &k, value))
		if (span_is(k, key))
			return true;
	return false;
}

bool
jsonslice_text(struct span value, char *dst, size_t size)
{
	if (value.n < 2 || value.p[0] != '"' || value.n - 2 >= size ||
	    memchr(value.p, '\\', value.n) != NULL)
		return false;
	memcpy(dst, value.p + 1, value.n - 2);
	dst[value.n - 2] = '\0';
	return true;
}
