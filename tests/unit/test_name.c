/* Names: canonical text, keys, wire form. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "values/name.h"

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static const struct {
	const char *text;
	enum name_result want;
	const char *canonical;
} texts[] = {
	{"Example.COM", NAME_OK, "example.com"},
	{"example.com.", NAME_OK, "example.com"},
	{"*.example.com", NAME_OK, "*.example.com"},
	{"*", NAME_OK, "*"},
	{"_dmarc.x-y.z", NAME_OK, "_dmarc.x-y.z"},
	{"esc\\.dot.x", NAME_OK, "esc\\.dot.x"},
	{"esc\\046dot.x", NAME_OK, "esc\\.dot.x"},
	{"a\\032b.x", NAME_OK, "a\\032b.x"},
	{"a\\ b.x", NAME_ESCAPE, NULL},
	{"\\065.x", NAME_OK, "a.x"},
	{"back\\\\slash", NAME_OK, "back\\\\slash"},
	{"back\\\\.slash.", NAME_OK, "back\\\\.slash"},
	{"dot\\.", NAME_OK, "dot\\."},
	{"\\000.\\255", NAME_OK, "\\000.\\255"},
	{"\\\"q", NAME_OK, "\"q"},
	{"", NAME_EMPTY, NULL},
	{".", NAME_EMPTY, NULL},
	{"..", NAME_LABEL, NULL},
	{".a", NAME_LABEL, NULL},
	{"a..b", NAME_LABEL, NULL},
	{"a..", NAME_LABEL, NULL},
	{"a b", NAME_OCTET, NULL},
	{"\xc3\xa4.de", NAME_OCTET, NULL},
	{"a\\", NAME_ESCAPE, NULL},
	{"a\\25", NAME_ESCAPE, NULL},
	{"a\\256", NAME_ESCAPE, NULL},
	{L63 ".x", NAME_OK, L63 ".x"},
	{L63 "h.x", NAME_LABEL, NULL},
	{L63 "." L63 "." L63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg",
	 NAME_OK, L63 "." L63 "." L63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"},
	{L63 "." L63 "." L63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg",
	 NAME_LONG, NULL},
};

static void
test_texts(void)
{
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const size_t n = strlen(texts[i].text);
		char *copy = malloc(n + !n), out[NAME_TEXT_MAX];
		unsigned char key[NAME_KEY_MAX];
		size_t len = 0, klen;
		enum name_result r;
		bool canonical;

		if (copy == NULL)
			abort();
		memcpy(copy, texts[i].text, n);
		r = name_parse(copy, n, out, &len);
		canonical = name_is_canonical(copy, n);
		free(copy);
		if (!ok(r == texts[i].want, "'%s': %s", texts[i].text,
			name_strerror(r)) || r != NAME_OK)
			continue;
		ok(strcmp(out, texts[i].canonical) == 0 && strlen(out) == len,
		   "'%s' reads as '%s'", texts[i].text, out);
		ok(canonical == (strcmp(texts[i].text, out) == 0),
		   "'%s' canonical: %d", texts[i].text, canonical);
		klen = name_key(out, len, key);
		len = name_from_key(key, klen, out);
		ok(strcmp(out, texts[i].canonical) == 0 && strlen(out) == len,
		   "'%s' back from its key: '%s'", texts[i].text, out);
	}
}

/* Eight bytes at a time, or one by one because the first is escaped: the same. */
static void
test_escaped_alike(void)
{
	static const char bytes[] = "abcxyzABCXYZ019-_*.\"()@[`{~...... \177\200!";
	unsigned long long seed = 1;
	int i;

	for (i = 0; i < 100000; i++) {
		char fast[300], slow[304], a[NAME_TEXT_MAX], b[NAME_TEXT_MAX];
		size_t n = 0, na = 0, nb = 0, max;
		enum name_result ra, rb;
		bool canonical;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		max = 1 + (seed >> 33) % (seed >> 60 == 0 ? 270 : 40);
		for (fast[n++] = 'q'; n < max; n++) {
			seed = seed * 6364136223846793005ULL +
			       1442695040888963407ULL;
			/* Mostly letters, or nothing long would be a name. */
			fast[n] = seed >> 59 ? (char)('a' + (seed >> 40) % 26)
				  : bytes[(seed >> 40) % (sizeof(bytes) - 1)];
			if ((seed >> 50) % 16 == 0)
				fast[n] = '.';
		}
		memcpy(slow, "\\113", 4);
		memcpy(slow + 4, fast + 1, n - 1);
		ra = name_parse(fast, n, a, &na);
		rb = name_parse(slow, n + 3, b, &nb);
		canonical = name_is_canonical(fast, n);
		if (ra != rb || (ra == NAME_OK &&
				 (na != nb || memcmp(a, b, na) != 0 ||
				  a[na] != '\0')) ||
		    canonical != (ra == NAME_OK && na == n &&
				  memcmp(a, fast, n) == 0))
			ok(false, "'%.*s': %s, escaped %s, canonical %d", (int)n,
			   fast, name_strerror(ra), name_strerror(rb),
			   canonical);
	}
	ok(true, "random names");
}

/* RFC 4034 6.1, its example, and an ancestor before its descendants. */
static void
test_order(void)
{
	static const char *const names[] = {
		"example", "a.example", "yljkjljk.a.example", "z.a.example",
		"zabc.a.example", "z.example", "\\001.z.example",
		"*.z.example", "\\200.z.example",
	};
	unsigned char a[NAME_KEY_MAX], b[NAME_KEY_MAX];
	size_t i;

	for (i = 1; i < sizeof(names) / sizeof(*names); i++) {
		const size_t na = name_key(names[i - 1], strlen(names[i - 1]), a);
		const size_t nb = name_key(names[i], strlen(names[i]), b);
		const int c = memcmp(a, b, na < nb ? na : nb);

		ok(c < 0 || (c == 0 && na < nb), "%s sorts before %s",
		   names[i - 1], names[i]);
	}
}

/* What name_scan takes is what name_parse makes of the same bytes. */
static void
test_scan(void)
{
	static const char *const ends[] = {" ", "\t", "\n", "\r", ";", "(", "\"",
					   "\x7f", "\xff", "\\"};
	size_t i, k;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *const text = texts[i].text;
		const size_t n = strlen(text);
		const bool plain = texts[i].want == NAME_OK &&
				   strpbrk(text, "\\\"") == NULL;
		int bad = 0;

		for (k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
			char *in = calloc(1, n + 1 + NAME_SCAN_READS);
			char out[NAME_TEXT_MAX], want[NAME_TEXT_MAX];
			size_t len = 0, got;

			memcpy(in, text, n);
			in[n] = *ends[k];
			got = name_scan(in, out);
			if (plain)
				(void)name_parse(text, n, want, &len);
			bad += plain ? got != n || memcmp(out, want, len) != 0
				     : texts[i].want != NAME_OK && n > 0 &&
					       got == n;
			free(in);
		}
		ok(bad == 0, "scan of '%s' before what ends it", text);
	}
}

static void
test_wire(void)
{
	static const unsigned char good[] = "\3WwW\7ex.mple\0",
				   cut[] = "\3ww";
	char out[NAME_TEXT_MAX];
	size_t len;

	ok(name_from_wire(good, sizeof(good) - 1, out, &len) == NAME_OK &&
	   strcmp(out, "www.ex\\.mple") == 0, "wire form reads as '%s'", out);
	ok(name_from_wire(cut, sizeof(cut) - 1, out, &len) == NAME_LABEL,
	   "a cut wire form is refused");
	ok(name_from_wire((const unsigned char *)"", 1, out, &len) ==
	   NAME_EMPTY, "the root is no name");
}

int
main(void)
{
	test_texts();
	test_escaped_alike();
	test_order();
	test_scan();
	test_wire();
	return done();
}
