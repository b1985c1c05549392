/* What of a URL is shown, where credentials may go, and gzip in pieces. */
#include <string.h>
#include <unistd.h>

#include "outside/fetch.h"
#include "outside/httpgzip.h"
#include "outside/url.h"
#include "tap.h"

static void
test_shown(void)
{
	static const char *const pairs[][2] = {
		{"https://h/p", "https://h/p"},
		{"https://user:pw@h/p", "https://h/p"},
		{"https://user:p@w@h:8/p", "https://h:8/p"},
		{"https://h/p@q", "https://h/p@q"},
		{"https://h?a=b@c", "https://h?a=***"},
		{"https://h/p?key=secret&x&y=&=z#secret",
		 "https://h/p?key=***&***&y=***&=***"},
		{"https://h/p?secret", "https://h/p?***"},
		{"https://h/p?", "https://h/p?"},
		{"https://h/p?&&", "https://h/p?&&"},
		{"https://h/p#secret", "https://h/p"},
		{"HTTP://user:pw@h/p?k=v", "HTTP://h/p?k=***"},
		{"s3://bucket/key?k=v", "s3://bucket/key?k=***"},
		{"dns://user@h/n?type=A,APL", "dns://h/n?type=A,APL"},
		{"axfr+tls://h/zone", "axfr+tls://h/zone"},
		{"file:a?b#c", "file:a?b#c"},
		{"", ""},
	};
	char shown[FETCH_URL_MAX + 1], longest[FETCH_URL_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		fetch_url_shown(pairs[i][0], shown);
		ok(strcmp(shown, pairs[i][1]) == 0, "%s is shown as %s",
		   pairs[i][0], shown);
	}
	/* Hiding makes it longer: it is cut, not written past the end. */
	memset(longest, '&', FETCH_URL_MAX);
	longest[FETCH_URL_MAX] = '\0';
	memcpy(longest, "http://h/?", 10);
	for (i = 11; i < FETCH_URL_MAX; i += 2)
		longest[i] = 'x';
	fetch_url_shown(longest, shown);
	ok(strlen(shown) == FETCH_URL_MAX, "the longest URL is cut");
}

static void
test_url(void)
{
	static const char *const bad[] = {
		"", "http:", "http:h", "http:/h/", "http:///h/", "ftp://h/",
		"http://", "http://h:x/", "http://h:99999/", "http://[::1/",
	};
	struct url a, b;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(url_parse(&a, bad[i], &e) < 0 && e.code == EX_USAGE,
		   "'%s' is taken", bad[i]);
	ok(url_parse(&a, "HTTPS://us%3Aer:p%40w@Host:443/p?q#f", &e) == 0 &&
	   a.https && a.port == 443 && strcmp(a.userinfo, "us:er:p@w") == 0 &&
	   strchr(a.text, '@') == NULL && strchr(a.text, '#') == NULL,
	   "the parts of a URL: %s", a.text);
	ok(url_parse(&b, "https://hOST/other", &e) == 0 &&
	   url_same_origin(&a, &b), "case and the usual port do not matter");
	ok(url_follow(&b, &a, "/r?s", &e) == 0 && url_same_origin(&a, &b) &&
	   strcmp(b.text, "https://Host:443/r?s") == 0, "relative: %s", b.text);
	ok(url_follow(&b, &a, "//u:p@else/r", &e) == 0 &&
	   !url_same_origin(&a, &b) && b.userinfo[0] == '\0',
	   "another host, no credentials");
	ok(url_follow(&b, &a, "http://host/", &e) == 0 && !b.https &&
	   !url_same_origin(&a, &b), "http is another origin");
	ok(url_follow(&b, &a, "file:///etc/passwd", &e) < 0, "no file");
	ok(url_follow(&b, &a, "https://host:444/", &e) == 0 &&
	   !url_same_origin(&a, &b), "another port is another origin");
	ok(url_set_host(&a, "name.test", &e) == 0 &&
	   strcmp(a.text, "https://name.test:443/p?q") == 0 &&
	   strcmp(a.userinfo, "us:er:p@w") == 0, "another host: %s", a.text);
}

static size_t
zip(unsigned char *to, size_t size, const char *text)
{
	z_stream z = {0};

	(void)deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
	z.next_in = (const unsigned char *)text;
	z.avail_in = (uInt)strlen(text);
	z.next_out = to;
	z.avail_out = (uInt)size;
	(void)deflate(&z, Z_FINISH);
	(void)deflateEnd(&z);
	return size - z.avail_out;
}

/* Decodes n bytes in pieces of the given size, to a ceiling: 0 when whole. */
static int
unzip(const unsigned char *p, size_t n, size_t piece, uint64_t max,
      struct out *o, struct err *e)
{
	struct httpgzip g;
	int rc = httpgzip_begin(&g, max, e);

	o->n = 0;
	o->total = 0;
	while (rc == 0 && n > 0) {
		const size_t k = n < piece ? n : piece;

		rc = httpgzip_put(&g, p, k, o, e);
		p += k;
		n -= k;
	}
	if (rc == 0)
		rc = httpgzip_end(&g, e);
	httpgzip_free(&g);
	return rc;
}

static void
test_httpgzip(void)
{
	static const char want[] = "first member second member";
	unsigned char data[256];
	const size_t one = zip(data, sizeof(data), "first member ");
	size_t n, i;
	struct out o;
	struct err e;

	n = one + zip(data + one, sizeof(data) - one, "second member");
	if (!ok(out_open(&o, dup(STDOUT_FILENO), "x", &e) == 0, "out"))
		return;
	for (i = 1; i <= n; i++)
		ok(unzip(data, n, i, 1000, &o, &e) == 0 &&
		   o.n == strlen(want) && memcmp(o.buf, want, o.n) == 0,
		   "in pieces of %zu", i);
	for (i = 0; i < n; i++) {
		const int rc = unzip(data, i, 7, 1000, &o, &e);

		ok(i == one ? rc == 0 : rc < 0 && e.code == EX_DATAERR,
		   "cut off after %zu", i);
	}
	ok(unzip(data, n, 7, strlen(want), &o, &e) == 0, "just the limit");
	ok(unzip(data, n, 7, strlen(want) - 1, &o, &e) < 0 &&
	   e.code == EX_DATAERR, "over the limit");
	data[n - 5] ^= 1;
	ok(unzip(data, n, n, 1000, &o, &e) < 0, "a wrong CRC");
	out_drop(&o);
}

int
main(void)
{
	test_shown();
	test_url();
	test_httpgzip();
	return done();
}
