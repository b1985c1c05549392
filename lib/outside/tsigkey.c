#include "outside/tsigkey.h"

#include <string.h>

#include "outside/secretfile.h"

/* Shorter secrets are guessed: RFC 8945 8 wants the length of the digest; this
 * is the least that any key in the field had. */
#define SECRET_MIN 8

static const struct {
	const char *text, *digest, *name;
	size_t size;
} algs[] = {
	{"hmac-sha256", "SHA256", "hmac-sha256", 32},
	{"hmac-sha1", "SHA1", "hmac-sha1", 20},
	{"hmac-sha224", "SHA224", "hmac-sha224", 28},
	{"hmac-sha384", "SHA384", "hmac-sha384", 48},
	{"hmac-sha512", "SHA512", "hmac-sha512", 64},
	{"hmac-md5", "MD5", "hmac-md5.sig-alg.reg.int", 16},
	{"hmac-md5.sig-alg.reg.int", "MD5", "hmac-md5.sig-alg.reg.int", 16},
};

struct lex {
	const char *path, *p, *end;
};

struct token {
	const char *p;
	size_t n; /* 0 at the end of the file */
	bool quoted;
};

static void
skip_blank(struct lex *l)
{
	for (;;) {
		const char *stop = NULL;

		while (l->p < l->end && strchr(" \t\r\n", *l->p) != NULL)
			l->p++;
		if (l->end - l->p >= 2 && memcmp(l->p, "/*", 2) == 0) {
			stop = memmem(l->p + 2, (size_t)(l->end - l->p - 2),
				      "*/", 2);
			l->p = stop != NULL ? stop + 2 : l->end;
			continue;
		}
		if (l->p == l->end ||
		    (*l->p != '#' &&
		     (l->end - l->p < 2 || memcmp(l->p, "//", 2) != 0)))
			return;
		stop = memchr(l->p, '\n', (size_t)(l->end - l->p));
		l->p = stop != NULL ? stop : l->end;
	}
}

static struct token
next(struct lex *l)
{
	struct token t = {NULL, 0, false};

	skip_blank(l);
	t.p = l->p;
	if (l->p == l->end)
		return t;
	if (*l->p == '"') {
		t.quoted = true;
		t.p = ++l->p;
		while (l->p < l->end && *l->p != '"' && *l->p != '\n')
			l->p++;
		t.n = (size_t)(l->p - t.p);
		if (l->p < l->end)
			l->p++;
		return t;
	}
	do
		l->p++;
	while (l->p < l->end && strchr("{};", *t.p) == NULL &&
	       strchr(" \t\r\n{};\"", *l->p) == NULL);
	t.n = (size_t)(l->p - t.p);
	return t;
}

static bool
is(struct token t, const char *text)
{
	return !t.quoted && t.n == strlen(text) &&
	       strncasecmp(t.p, text, t.n) == 0;
}

/* Never says what it found: it may be the secret. */
static int
bad(const struct lex *l, const char *why, struct err *e)
{
	(void)err_set(e, EX_CONFIG, "key file '%s': %s", l->path, why);
	return err_hint(e, "the form is that of tsig-keygen(8): key \"NAME\" "
			   "{ algorithm hmac-sha256; secret \"BASE64\"; };");
}

static int
take_algorithm(const struct lex *l, struct token t, bool md5,
	       struct tsig_key *k, struct err *e)
{
	size_t i;

	if (t.n > 1 && t.p[t.n - 1] == '.')
		t.n--;
	for (i = 0; i < sizeof(algs) / sizeof(*algs); i++) {
		if (t.n != strlen(algs[i].text) ||
		    strncasecmp(t.p, algs[i].text, t.n) != 0)
			continue;
		k->alg.text = algs[i].text;
		k->alg.digest = algs[i].digest;
		k->alg.size = algs[i].size;
		(void)dname_parse(algs[i].name, strlen(algs[i].name),
				  &k->alg.name);
		if (k->alg.size > 16 || md5)
			return 0;
		(void)err_set(e, EX_CONFIG, "key file '%s': hmac-md5 is too "
			      "weak to be used unasked", l->path);
		return err_hint(e, "--allow-md5 allows it");
	}
	return bad(l, "unknown algorithm", e);
}

static int
sextet(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

static int
take_secret(const struct lex *l, struct token t, struct tsig_key *k,
	    struct err *e)
{
	size_t i, n = t.n;
	uint32_t bits = 0;

	if (n % 4 != 0 || n / 4 * 3 > sizeof(k->secret))
		return bad(l, "the secret is not base64, or too long", e);
	while (n > 0 && t.n - n < 2 && t.p[n - 1] == '=')
		n--;
	k->n = 0;
	for (i = 0; i < n; i++) {
		const int v = sextet(t.p[i]);

		if (v < 0)
			return bad(l, "the secret is not base64", e);
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 0)
			k->secret[k->n++] =
				(uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	explicit_bzero(&bits, sizeof(bits));
	return k->n < SECRET_MIN ? bad(l, "the secret is too short", e) : 0;
}

/* Behind the '{'. */
static int
take_clauses(struct lex *l, bool md5, struct tsig_key *k, struct err *e)
{
	struct token t, value;

	while (t = next(l), !is(t, "}")) {
		value = next(l);
		if (is(t, "algorithm")) {
			if (take_algorithm(l, value, md5, k, e) < 0)
				return -1;
		} else if (is(t, "secret")) {
			if (take_secret(l, value, k, e) < 0)
				return -1;
		} else {
			return bad(l, "neither 'algorithm' nor 'secret'", e);
		}
		if (!is(next(l), ";"))
			return bad(l, "a ';' is missing", e);
	}
	if (k->alg.text == NULL || k->n == 0)
		return bad(l, "no algorithm, or no secret", e);
	return 0;
}

static int
parse(struct lex *l, bool md5, struct tsig_key *k, struct err *e)
{
	struct token t;

	if (!is(next(l), "key"))
		return bad(l, "it does not begin with 'key'", e);
	t = next(l);
	if (dname_parse(t.p, t.n, &k->name) != NAME_OK || k->name.n == 1)
		return bad(l, "the name of the key is not a domain name", e);
	k->text[dname_text(&k->name, k->text) - 1] = '\0';
	if (!is(next(l), "{"))
		return bad(l, "a '{' is missing", e);
	if (take_clauses(l, md5, k, e) < 0)
		return -1;
	if (!is(next(l), ";"))
		return bad(l, "a ';' is missing at the end", e);
	if (next(l).n > 0)
		return bad(l, "there is more than one key in it", e);
	return 0;
}

int
tsig_key_read(const char *path, bool allow_md5, struct tsig_key *k,
	      struct err *e)
{
	char text[TSIG_FILE_MAX];
	size_t n;
	int rc = secret_read(path, text, sizeof(text), &n, e);

	*k = (struct tsig_key){.n = 0};
	if (rc == 0) {
		struct lex l = {path, text, text + n};

		rc = parse(&l, allow_md5, k, e);
	}
	explicit_bzero(text, sizeof(text));
	if (rc < 0)
		tsig_key_wipe(k);
	return rc;
}

void
tsig_key_wipe(struct tsig_key *k)
{
	explicit_bzero(k, sizeof(*k));
}
