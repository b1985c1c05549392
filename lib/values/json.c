#include "values/json.h"

#include <string.h>

#include "base/hex.h"

enum state {
	TOP,	      /* a value or the end of the text */
	VALUE,	      /* a value */
	VALUE_OR_END, /* behind '[' */
	KEY,	      /* behind ',' of an object */
	KEY_OR_END,   /* behind '{' */
	COLON,
	AFTER,	      /* behind a value: ',' or the closing bracket */
	FAILED
};

#define NO_BYTE (-1)

void
json_init(struct json *j, const char *p, size_t n)
{
	j->p = p;
	j->end = p + n;
	j->more = NULL;
	j->line = 1;
	j->depth = 0;
	j->objects = 0;
	j->state = TOP;
	j->error = NULL;
}

void
json_stream(struct json *j, json_more_fn *more, void *ctx, struct err *e)
{
	json_init(j, "", 0);
	j->more = more;
	j->ctx = ctx;
	j->e = e;
}

static enum json_event
fail(struct json *j, const char *why)
{
	if (j->state != FAILED)
		j->error = why;
	j->state = FAILED;
	return JSON_ERROR;
}

/* The next byte, not taken; NO_BYTE at the end and after an error. */
static inline int
peek(struct json *j)
{
	size_t n;
	int r;

	if (j->p < j->end)
		return (unsigned char)*j->p;
	if (j->more == NULL || j->state == FAILED)
		return NO_BYTE;
	r = j->more(j->ctx, &j->p, &n, j->e);
	j->end = j->p + (r > 0 ? n : 0);
	if (r < 0)
		(void)fail(j, NULL);
	return r > 0 && n > 0 ? (unsigned char)*j->p : NO_BYTE;
}

/* The next byte that is not white space, not taken. */
static int
skip_space(struct json *j)
{
	int c;

	while ((c = peek(j)) == ' ' || c == '\t' || c == '\n' || c == '\r') {
		j->line += c == '\n';
		j->p++;
	}
	return c;
}

static void
keep(struct json *j, const char *p, size_t n)
{
	const size_t room = sizeof(j->kept) - j->nkept;

	if (n > room) {
		j->cut = true;
		n = room;
	}
	memcpy(j->kept + j->nkept, p, n);
	j->nkept += n;
}

/* Four hex digits: a UTF-16 unit; -1 for anything else. */
static int
hex4(struct json *j)
{
	int i, v = 0;

	for (i = 0; i < 4; i++) {
		const int c = peek(j), d = c < 0 ? -1 : hex_digit((char)c);

		if (d < 0)
			return -1;
		j->p++;
		v = v << 4 | d;
	}
	return v;
}

static void
keep_utf8(struct json *j, unsigned c)
{
	char b[4];
	size_t n = 0;

	if (c < 0x80) {
		b[n++] = (char)c;
	} else if (c < 0x800) {
		b[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		b[n++] = (char)(0xe0 | c >> 12);
		b[n++] = (char)(0x80 | (c >> 6 & 63));
	} else {
		b[n++] = (char)(0xf0 | c >> 18);
		b[n++] = (char)(0x80 | (c >> 12 & 63));
		b[n++] = (char)(0x80 | (c >> 6 & 63));
	}
	if (c >= 0x80)
		b[n++] = (char)(0x80 | (c & 63));
	keep(j, b, n);
}

#define REPLACEMENT 0xfffdu

/* Behind "\u": one escape, or the two of a surrogate pair. */
static const char *
unicode_escape(struct json *j)
{
	static const char bad[] = "bad \\u escape in a string";
	int high = hex4(j), low;

	while (high >= 0xd800 && high < 0xdc00 && peek(j) == '\\') {
		j->p++;
		if (peek(j) != 'u') {
			keep_utf8(j, REPLACEMENT);
			return ""; /* another escape follows its backslash */
		}
		j->p++;
		low = hex4(j);
		if (low >= 0xdc00 && low < 0xe000) {
			keep_utf8(j, 0x10000u + (((unsigned)high & 0x3ff) << 10)
				     + ((unsigned)low & 0x3ff));
			return NULL;
		}
		if (low < 0)
			return bad;
		keep_utf8(j, REPLACEMENT);
		high = low;
	}
	if (high < 0)
		return bad;
	keep_utf8(j, high >= 0xd800 && high < 0xe000 ? REPLACEMENT
						     : (unsigned)high);
	return NULL;
}

/* Behind a backslash. NULL, or what is wrong. */
static const char *
escape(struct json *j)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at, *why;
	int c;

	do {
		c = peek(j);
		if (c < 0)
			return "cut off";
		j->p++;
		if (c != 'u') {
			at = c == 0 ? NULL : strchr(from, c);
			if (at == NULL)
				return "unknown escape in a string";
			keep(j, to + (at - from), 1);
			return NULL;
		}
		why = unicode_escape(j);
	} while (why != NULL && *why == '\0');
	return why;
}

/* Behind the opening quote. */
static bool
read_string(struct json *j)
{
	const char *start = j->p, *why;

	j->nkept = 0;
	j->cut = false;
	for (;;) {
		while (j->p < j->end && *j->p != '"' && *j->p != '\\' &&
		       (unsigned char)*j->p >= ' ')
			j->p++;
		if (j->p < j->end && *j->p == '"' && j->nkept == 0) {
			j->text = start;
			j->n = (size_t)(j->p++ - start);
			if (j->n > JSON_TEXT_MAX) {
				j->n = JSON_TEXT_MAX;
				j->cut = true;
			}
			return true;
		}
		keep(j, start, (size_t)(j->p - start));
		switch (peek(j)) {
		case NO_BYTE:
			(void)fail(j, "cut off inside a string");
			return false;
		case '"':
			/* Nothing kept: the quote opened the block. */
			j->p++;
			j->text = j->kept;
			j->n = j->nkept;
			return true;
		case '\\':
			j->p++;
			why = escape(j);
			if (why != NULL) {
				(void)fail(j, why);
				return false;
			}
			break;
		default:
			if ((unsigned char)*j->p < ' ') {
				(void)fail(j, "a control character in a "
					   "string");
				return false;
			}
		}
		start = j->p;
	}
}

static const char *
digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* -? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)? */
static bool
number_ok(const char *p, const char *end)
{
	const char *q;

	p += p < end && *p == '-';
	q = digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return false;
	p = q;
	if (p < end && *p == '.') {
		q = digits(++p, end);
		if (q == p)
			return false;
		p = q;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		q = digits(p, end);
		if (q == p)
			return false;
		p = q;
	}
	return p == end;
}

static bool
read_number(struct json *j)
{
	int c;

	j->nkept = 0;
	j->cut = false;
	while ((c = peek(j)) >= 0 && c != 0 && strchr("0123456789+-.eE", c)) {
		keep(j, j->p, 1);
		j->p++;
	}
	j->text = j->kept;
	j->n = j->nkept;
	if (j->state == FAILED)
		return false;
	if (j->cut || !number_ok(j->kept, j->kept + j->nkept)) {
		(void)fail(j, "not a number");
		return false;
	}
	return true;
}

static bool
read_word(struct json *j, const char *word)
{
	for (; *word != '\0'; word++, j->p++)
		if (peek(j) != (unsigned char)*word) {
			(void)fail(j, "not a value");
			return false;
		}
	return true;
}

static void
set_after(struct json *j)
{
	j->state = j->depth > 0 ? AFTER : TOP;
}

static enum json_event
open_container(struct json *j, bool object)
{
	if (j->depth == JSON_DEPTH_MAX)
		return fail(j, "nested too deeply");
	if (object)
		j->objects |= UINT32_C(1) << j->depth;
	else
		j->objects &= ~(UINT32_C(1) << j->depth);
	j->depth++;
	j->p++;
	j->state = object ? KEY_OR_END : VALUE_OR_END;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static bool
in_object(const struct json *j)
{
	return j->objects >> (j->depth - 1) & 1;
}

static enum json_event
close_container(struct json *j)
{
	const bool object = in_object(j);

	if (peek(j) != (object ? '}' : ']'))
		return fail(j, object ? "a comma or '}' is missing"
				      : "a comma or ']' is missing");
	j->p++;
	j->depth--;
	set_after(j);
	return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static enum json_event
read_value(struct json *j, int c)
{
	enum json_event ev;
	bool good = true;

	switch (c) {
	case '{':
	case '[':
		return open_container(j, c == '{');
	case '"':
		j->p++;
		ev = JSON_STRING;
		good = read_string(j);
		break;
	case 't':
		ev = JSON_TRUE;
		good = read_word(j, "true");
		break;
	case 'f':
		ev = JSON_FALSE;
		good = read_word(j, "false");
		break;
	case 'n':
		ev = JSON_NULL;
		good = read_word(j, "null");
		break;
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return fail(j, "not a value");
		ev = JSON_NUMBER;
		good = read_number(j);
	}
	if (!good)
		return JSON_ERROR;
	set_after(j);
	return ev;
}

enum json_event
json_next(struct json *j)
{
	for (;;) {
		const int c = skip_space(j);

		if (j->state == FAILED)
			return JSON_ERROR;
		if (c == NO_BYTE)
			return j->state == TOP ? JSON_END : fail(j, "cut off");
		switch (j->state) {
		case AFTER:
			if (c != ',')
				return close_container(j);
			j->p++;
			j->state = in_object(j) ? KEY : VALUE;
			continue;
		case COLON:
			if (c != ':')
				return fail(j, "a colon is missing");
			j->p++;
			j->state = VALUE;
			continue;
		case KEY_OR_END:
			if (c == '}')
				return close_container(j);
			/* fallthrough */
		case KEY:
			if (c != '"')
				return fail(j, "a key is missing");
			j->p++;
			if (!read_string(j))
				return JSON_ERROR;
			j->state = COLON;
			return JSON_KEY;
		case VALUE_OR_END:
			if (c == ']')
				return close_container(j);
			/* fallthrough */
		default:
			return read_value(j, c);
		}
	}
}
