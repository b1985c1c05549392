/* Buffers: ceilings to the byte, sticky failure; err: text and its copies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tap.h"

static void
test_buf(void)
{
	struct buf b;
	struct err e;

	buf_init(&b, 10);
	ok(b.p == NULL && buf_check(&b, "x", &e) == 0, "empty");
	ok(buf_add(&b, NULL, 0) == 0, "nothing can be added");
	ok(buf_addstr(&b, "01234") == 0 && strcmp(b.p, "01234") == 0, "text");
	ok(buf_addf(&b, "%d", 56789) == 0 && b.n == 10 &&
		   strcmp(b.p, "0123456789") == 0, "up to the ceiling");
	ok(buf_addstr(&b, "") == 0, "nothing fits still");
	ok(buf_addstr(&b, "x") < 0 && b.failed && b.over, "no byte more");
	ok(b.n == 10 && strcmp(b.p, "0123456789") == 0, "what was there stays");
	ok(buf_addstr(&b, "") < 0 && buf_room(&b, 0) == NULL, "sticky");
	ok(buf_check(&b, "the name", &e) < 0 && e.code == EX_DATAERR &&
		   strcmp(e.msg, "the name is over the limit of 10 bytes") == 0,
	   "the reason: %s", e.msg);
	buf_free(&b);
	ok(b.p == NULL && !b.failed && b.max == 10, "as after buf_init");
	ok(buf_addf(&b, "%s", "0123456789a") < 0 && b.over, "addf too long");
	buf_free(&b);
	ok(buf_room(&b, 11) == NULL && b.over, "room over the ceiling");
	buf_free(&b);
	buf_free(&b);
}

static void
test_grow(void)
{
	struct buf b;
	size_t i;

	buf_init(&b, 1 << 20);
	for (i = 0; i < 1 << 20; i++)
		if (buf_add(&b, &(char){(char)i}, 1) < 0)
			break;
	ok(i == 1 << 20 && b.n == i && b.p[i] == '\0', "a megabyte by bytes");
	for (i = 0; i < b.n && b.p[i] == (char)i; i++)
		;
	ok(i == b.n, "unharmed");
	ok(buf_add(&b, "", 1) < 0, "and no more");
	buf_free(&b);
}

static void
test_array(void)
{
	int *a = NULL;
	size_t cap = 0, i;
	struct err e;

	ok(array_grow((void **)&a, &cap, 0, sizeof(*a), 100, "x", &e) == 0 &&
		   a == NULL, "no need, no memory");
	for (i = 0; i < 100; i++) {
		if (array_grow((void **)&a, &cap, i + 1, sizeof(*a), 100,
			       "entries", &e) < 0)
			break;
		a[i] = (int)i;
	}
	ok(i == 100 && cap == 100, "cap ends at max: %zu", cap);
	for (i = 0; i < 100 && a[i] == (int)i; i++)
		;
	ok(i == 100, "unharmed");
	ok(array_grow((void **)&a, &cap, 101, sizeof(*a), 100, "entries",
		      &e) < 0 && e.code == EX_DATAERR &&
		   strcmp(e.msg, "more than 100 entries") == 0, "%s", e.msg);
	free(a);
}

static void
test_err(void)
{
	char long_text[2000];
	struct err e = {0};

	ok(err_set(&e, EX_USAGE, "a %d", 1) == -1 && e.code == EX_USAGE &&
		   strcmp(e.msg, "a 1") == 0 && e.hint[0] == '\0', "set");
	ok(err_hint(&e, "do %s", "this") == -1 && strcmp(e.hint, "do this") == 0 &&
		   e.code == EX_USAGE, "hint");
	ok(err_set(&e, EX_DATAERR, "file: %s", e.msg) == -1 &&
		   strcmp(e.msg, "file: a 1") == 0 && e.hint[0] == '\0',
	   "its own text as argument: %s", e.msg);
	errno = ENOENT;
	(void)err_sys(&e, EX_NOINPUT, "x: %s", e.msg);
	ok(strcmp(e.msg, "x: file: a 1: No such file or directory") == 0,
	   "cause last: %s", e.msg);
	errno = 9999;
	(void)err_sys(&e, EX_OSERR, "x");
	ok(strcmp(e.msg, "x: unknown error") == 0, "%s", e.msg);
	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	errno = ENOENT;
	(void)err_sys(&e, EX_OSERR, "%s", long_text);
	ok(strlen(e.msg) == ERR_MSG_MAX - 1, "cut at the end");
	ok(err_mem(&e) == -1 && e.code == EX_OSERR, "memory");
}

int
main(void)
{
	test_buf();
	test_grow();
	test_array();
	test_err();
	return done();
}
