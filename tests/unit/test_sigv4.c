/*
 * Signatures: a vector of AWS's documentation, and what is refused. With the
 * argument "batch" it signs what standard input asks for, for property/sigv4.py:
 * lines of TAB-parted fields, \xHH for what a field cannot hold as it is:
 * method host region service s3 path now id secret token payload
 * params(name=value, parted by &) headers(the same).
 */
#include <stdlib.h>
#include <string.h>

#include "outside/sigv4.h"
#include "tap.h"

static char *
unescape(char *s)
{
	char *d = s, *p;

	for (p = s; *p != '\0'; p++) {
		if (p[0] == '\\' && p[1] == 'x') {
			const char digits[3] = {p[2], p[3], '\0'};

			*d++ = (char)strtol(digits, NULL, 16);
			p += 3;
		} else {
			*d++ = *p;
		}
	}
	*d = '\0';
	return s;
}

static size_t
pairs(char *s, struct sigv4_pair *out)
{
	size_t n = 0;
	char *one;

	while (*s != '\0' && (one = strsep(&s, "&")) != NULL) {
		char *name = strsep(&one, "=");

		out[n].name = unescape(name);
		out[n++].value = unescape(one);
		if (s == NULL)
			break;
	}
	return n;
}

static void
sign_line(char *line)
{
	struct sigv4_pair param[SIGV4_PARAMS_MAX], header[SIGV4_HEADERS_MAX];
	static struct sigv4_keys k;
	struct sigv4_signed s;
	struct sigv4_request r = {0};
	char *f[13];
	struct err e;
	size_t i;

	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < 13; i++)
		f[i] = strsep(&line, "\t");
	for (i = 0; i < 11; i++)
		unescape(f[i]);
	r.method = f[0];
	r.host = f[1];
	r.region = f[2];
	r.service = f[3];
	r.s3 = f[4][0] == '1';
	r.path = f[5];
	r.now = strtoll(f[6], NULL, 10);
	(void)snprintf(k.id, sizeof(k.id), "%s", f[7]);
	(void)snprintf(k.secret, sizeof(k.secret), "%s", f[8]);
	(void)snprintf(k.token, sizeof(k.token), "%s", f[9]);
	r.payload = f[10];
	r.param = param;
	r.nparam = pairs(f[11], param);
	r.header = header;
	r.nheader = pairs(f[12], header);
	sigv4_init(&s);
	if (sigv4_sign(&r, &k, &s, &e) < 0) {
		printf("error\t%s\n", e.msg);
	} else {
		const char *p = s.header.p;

		printf("%s", s.target.p);
		for (; p < s.header.p + s.header.n; p += strlen(p) + 1)
			if (strncmp(p, "Authorization: ", 15) == 0)
				printf("\t%s", p + 15);
		putchar('\n');
	}
	sigv4_free(&s);
}

/* "Example: GET Object" of the S3 API reference, "Signature Calculations for
 * the Authorization Header". */
static void
test_vector(void)
{
	static const struct sigv4_keys k = {
		"AKIAIOSFODNN7EXAMPLE",
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
	static const struct sigv4_pair range[] = {{"Range", "bytes=0-9"}};
	const struct sigv4_request r = {
		.method = "GET",
		.host = "examplebucket.s3.amazonaws.com",
		.region = "us-east-1",
		.service = "s3",
		.path = "/test.txt",
		.header = range,
		.nheader = 1,
		.payload = "e3b0c44298fc1c149afbf4c8996fb924"
			   "27ae41e4649b934ca495991b7852b855",
		.now = 1369353600,
		.s3 = true,
	};
	struct sigv4_signed s;
	struct err e;
	const char *p, *last = "";

	sigv4_init(&s);
	ok(sigv4_sign(&r, &k, &s, &e) == 0, "the example is signed");
	for (p = s.header.p; p < s.header.p + s.header.n; p += strlen(p) + 1)
		last = p;
	ok(strstr(last, "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f"
			"0170aba48dd91039c6036bdb41") != NULL,
	   "the example's signature: %s", last);
	ok(strcmp(s.target.p, "/test.txt") == 0, "target %s", s.target.p);
	sigv4_free(&s);
}

static void
test_refusals(void)
{
	static const struct sigv4_keys k = {"id", "secret", "to\nken"};
	const struct sigv4_request r = {
		.method = "GET", .host = "h", .region = "r", .service = "s",
		.path = "/", .payload = SIGV4_UNSIGNED, .now = 0};
	struct sigv4_signed s;
	struct err e;

	sigv4_init(&s);
	ok(sigv4_sign(&r, &k, &s, &e) < 0 && e.code == EX_CONFIG,
	   "a line break in a token is refused");
	sigv4_free(&s);
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;

	if (argc == 2 && strcmp(argv[1], "batch") == 0) {
		while (getline(&line, &cap, stdin) > 0)
			sign_line(line);
		free(line);
		return ferror(stdin) || fflush(stdout) != 0;
	}
	test_vector();
	test_refusals();
	return done();
}
