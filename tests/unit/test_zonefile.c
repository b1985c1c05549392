/* Master files: what each entry becomes, whether it is read at speed or not. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tap.h"
#include "values/zonefile.h"

#define SOA "@ SOA l. r. 7 1 2 3 4\n"
#define APEX "$ORIGIN z.\n" SOA
#define DATA_MAX 8 /* tokens of data that are looked at */

/* A record is "line owner type data…", a bad entry "line !reason", the end "." or
 * "!message" behind the name of the input. */
static const struct {
	const char *what, *origin, *text, *want;
} cases[] = {
	{"owners relative, absolute, in any case", NULL,
	 APEX "a A 1.2.3.4\nB.Z. A 1.2.3.4\nz. TXT x\nA.b.z. TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a A 1.2.3.4\n4 b A 1.2.3.4\n5  other x\n"
	 "6 a.b other x\n."},
	{"a blank owner is the last one", NULL,
	 APEX "a A 1.2.3.4\n\tTXT x\n  TXT y\nb TXT z\n A 1.2.3.5\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a A 1.2.3.4\n4 =a other x\n5 =a other y\n"
	 "6 b other z\n7 =b A 1.2.3.5\n."},
	{"the same owner written again", NULL, APEX "a TXT x\nA.z. TXT y\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other x\n4 =a other y\n."},
	{"an owner that is no good is not inherited", NULL,
	 APEX "a TXT x\na..b TXT x\n TXT y\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other x\n"
	 "4 !a label is empty or over 63 octets\n5 !no owner to inherit\n."},
	{"$ORIGIN relative, absolute and outside", NULL,
	 APEX "$ORIGIN s\na TXT x\n@ TXT x\n$ORIGIN t.s.z.\nb TXT x\n"
	      "$ORIGIN other.\nc TXT x\nd.z. TXT x\n$ORIGIN z.\ne TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n4 a.s other x\n5 s other x\n7 b.t.s other x\n"
	 "9 !the owner is outside the zone\n10 d other x\n12 e other x\n."},
	{"$TTL and other directives", NULL,
	 APEX "$TTL 1h30m\n$TTL x\n$TTL\n$ttl 5\n$ORIGIN a b\n$FOO 1\na TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n4 !a bad TTL\n5 !a directive needs one argument\n"
	 "7 !a directive needs one argument\n8 !an unknown directive\n"
	 "9 a other x\n."},
	{"$INCLUDE ends it", NULL, APEX "$INCLUDE x\na TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n"
	 "!:3: $INCLUDE is not followed, and without it the zone is not whole"},
	{"$GENERATE ends it, in any case", NULL, APEX "$generate 1-2 a$ TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n"
	 "!:3: $generate is not followed, and without it the zone is not whole"},
	{"TTL and class in either order, or not at all", NULL,
	 APEX "a 60 IN TXT x\na IN 60 TXT x\na 60 TXT x\na in txt x\n"
	      "a CLASS1 1w2D TYPE16 \\# 0\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other x\n4 =a other x\n5 =a other x\n"
	 "6 =a other x\n7 =a other \\# 0\n."},
	{"what is in front of the data must be known, once", NULL,
	 APEX "a 60 60 TXT x\na IN IN TXT x\na CH TXT x\na FOO x\na 60 IN\na TXT\n"
	      "a\n60 TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 !an unknown record type\n"
	 "4 !an unknown record type\n5 !the class is not IN\n"
	 "6 !an unknown record type\n7 !no record type\n8 !no data\n"
	 "9 !no record type\n10 60 other x\n."},
	{"parentheses join lines, comments and all", NULL,
	 APEX "a ( TXT ; x\n\n x )\nb TXT (a b\n\tc) d\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other x\n6 b other a b c d\n."},
	{"parentheses that do not match cost one line", NULL,
	 APEX "a TXT ( x\nb TXT y\nc TXT z )\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other x b TXT y c TXT z\n."},
	{"a parenthesis never closed gives its lines back", NULL,
	 APEX "a TXT ( x\nb TXT y\nc TXT z\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 !'(' is not closed\n4 b other y\n5 c other z\n."},
	{"one never opened", NULL, APEX "a TXT x )\nb TXT y\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 !')' without '('\n4 b other y\n."},
	{"quoted strings", NULL,
	 APEX "a TXT \"x; (y)\" \"\" \"q\\\"\"\nb TXT \"open\n\"c\" TXT x\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a other \"x; (y) \" \"q\\\"\n"
	 "4 !a quoted string is not closed\n5 !a quoted name\n."},
	{"escapes in owners and targets", NULL,
	 APEX "a\\.b CNAME c\\.d\ne\\032f CNAME \\103.x.\n\\; TXT x\ng\\ h TXT x\n"
	      "i\\25 CNAME .\nj CNAME \\256.\nk\\\n\\$a CNAME .\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a\\.b CNAME>c\\.d.z\n4 e\\032f CNAME>g.x\n"
	 "5 ; other x\n6 g\\032h other x\n7 !broken escape in a name\n"
	 "8 !broken escape in a name\n9 !a backslash at the end of a line\n"
	 "10 $a CNAME>\n."},
	{"CR LF", NULL,
	 "$ORIGIN z.\r\n@ SOA l. r. 7 1 2 3 4\r\na CNAME .\r\nb CNAME .\r\nc CNAME .\n"
	 "\r\nd CNAME .\r\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n4 b CNAME>\n5 c CNAME>\n7 d CNAME>\n."},
	{"targets", NULL,
	 APEX "a CNAME .\nb CNAME *.\nc CNAME X\nd CNAME X.\ne CNAME @\nf CNAME a..b\n"
	      "g CNAME x y\nh CNAME \\# 1 00\ni CNAME *.G.test.\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n4 b CNAME>*\n5 c CNAME>x.z\n"
	 "6 d CNAME>x\n7 e CNAME>z\n8 !a label is empty or over 63 octets\n"
	 "9 !more than one target\n10 !a name in the generic form is not read\n"
	 "11 i CNAME>*.g.test\n."},
	{"targets behind another origin are other targets", NULL,
	 APEX "a CNAME x\nb CNAME x\n$ORIGIN s\nc CNAME x\nd CNAME x\n$ORIGIN z.\n"
	      "e CNAME x\nf CNAME x\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>x.z\n4 b CNAME>x.z\n6 c.s CNAME>x.s.z\n"
	 "7 d.s CNAME>x.s.z\n9 e CNAME>x.z\n10 f CNAME>x.z\n."},
	{"what repeats but for the owner, and what only seems to", NULL,
	 APEX "a CNAME .\nB CNAME .\nb.z. CNAME .\n.c CNAME .\nd..e CNAME .\n@ CNAME .\n"
	      "z. CNAME .\ny.x. CNAME .\nxz. CNAME .\n\\f CNAME .\ng CNAME . \nh CNAME .;\n"
	      " CNAME .\n*.a CNAME .\ni\tCNAME .\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n4 b CNAME>\n5 =b CNAME>\n"
	 "6 !a label is empty or over 63 octets\n7 !a label is empty or over 63 octets\n"
	 "8  CNAME\n9 = CNAME\n10 !the owner is outside the zone\n"
	 "11 !the owner is outside the zone\n12 f CNAME>\n13 g CNAME>\n14 h CNAME>\n"
	 "15 =h CNAME>\n16 *.a CNAME>\n17 i CNAME>\n."},
	{"more endings than are remembered", NULL,
	 APEX "a CNAME a.\nb CNAME b.\nc CNAME c.\nd CNAME d.\ne CNAME e.\nf CNAME f.\n"
	      "g CNAME g.\nh CNAME h.\ni CNAME i.\na CNAME a.\nj CNAME i.\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>a\n4 b CNAME>b\n5 c CNAME>c\n6 d CNAME>d\n"
	 "7 e CNAME>e\n8 f CNAME>f\n9 g CNAME>g\n10 h CNAME>h\n11 i CNAME>i\n"
	 "12 a CNAME>a\n13 j CNAME>i\n."},
	{"data that is looked into", NULL,
	 APEX "a A 1.2.3\na AAAA 1.2.3.4\na AAAA ::1\na A 1.2.3.4/32\n@ SOA l. r. 1\n"
	      "a NS b c\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 !not an address of the record's type\n"
	 "4 !not an address of the record's type\n5 =a AAAA ::1\n"
	 "6 !not an address of the record's type\n7 !a SOA record has 7 fields\n"
	 "8 !more than one target\n."},
	{"a zone by its SOA's absolute owner", NULL,
	 "a.z. TXT x\nZ. SOA l. r. 7 1 2 3 4\na.z. CNAME b.z.\nc CNAME .\n",
	 "1 !a record before the SOA, and the zone's name is not known\n"
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>b.z\n4 c CNAME>\n."},
	{"a zone without a name", NULL, SOA "a CNAME .\nb CNAME x\nc.z. CNAME .\nd CNAME .\n",
	 "1  SOA l. r. 7 1 2 3 4\n2 a CNAME>\n"
	 "3 !a relative target, and the zone's name is not known\n"
	 "4 !the owner is outside the zone\n5 d CNAME>\n."},
	{"a zone that is said", "Z.", "a.z. CNAME .\nb.z. CNAME .\nz. SOA l. r. 7 1 2 3 4\n",
	 "1 a CNAME>\n2 b CNAME>\n3  SOA l. r. 7 1 2 3 4\n."},
	{"the root is no zone of ours", NULL, ". SOA l. r. 7 1 2 3 4\n",
	 "1 !the root is no policy zone\n!: no SOA record"},
	{"no SOA of the zone that is said", "z", "a CNAME .\n",
	 "1 a CNAME>\n!: no SOA record of the zone z"},
	{"nothing", NULL, "", "!: empty input where a zone was expected"},
	{"nothing but blanks and comments", NULL, "\n  \n; x\n\t;\n", "!: no SOA record"},
	{"an end without a line feed", NULL, APEX "a CNAME .",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n!:3: cut off in the middle of a line"},
	{"a framed zone needs none", NULL, "#ts-source/1\tbytes=42\n" APEX "a CNAME .",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n."},
	{"a frame that is torn", NULL, "#ts-source/1\tbytes=100\n" APEX "a CNAME .\n",
	 "2  SOA l. r. 7 1 2 3 4\n3 a CNAME>\n"
	 "!: the source is cut off: 57 of 100 bytes are missing"},
};

static const char *const types[] = {
	[ZONE_CNAME] = "CNAME", [ZONE_DNAME] = "DNAME", [ZONE_A] = "A",
	[ZONE_AAAA] = "AAAA", [ZONE_SOA] = "SOA", [ZONE_NS] = "NS",
	[ZONE_DNSSEC] = "DNSSEC", [ZONE_OTHER] = "other",
};

/* A file of these bytes and, to have the rest read at speed, of a comment. */
static int
file_of(const char *text, size_t n, bool padded)
{
	char pad[1024];
	const int fd = memfd_create("zone", 0);

	memset(pad, ';', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\n';
	if (fd < 0 || write(fd, text, n) != (ssize_t)n ||
	    (padded && write(fd, pad, sizeof(pad)) != sizeof(pad)))
		abort();
	return fd;
}

static size_t
print(char *to, size_t size, const struct zone_rr *rr)
{
	size_t i, n = (size_t)snprintf(to, size, "%d ", (int)rr->line);

	if (rr->why != NULL)
		return n + (size_t)snprintf(to + n, size - n, "!%s\n", rr->why);
	n += (size_t)snprintf(to + n, size - n, "%s%.*s %s", rr->same ? "=" : "",
			      (int)rr->owner.n, rr->owner.p, types[rr->type]);
	if (rr->target.p != NULL)
		n += (size_t)snprintf(to + n, size - n, ">%.*s",
				      (int)rr->target.n, rr->target.p);
	else if (rr->type != ZONE_CNAME)
		for (i = 0; i < rr->nrdata && i < DATA_MAX; i++)
			n += (size_t)snprintf(to + n, size - n, " %.*s",
					      (int)rr->rdata[i].n, rr->rdata[i].p);
	return n + (size_t)snprintf(to + n, size - n, "\n");
}

/* All of a file, at speed where that can be or not at all. */
static void
read_all(int fd, const char *origin, bool speed, char *got, size_t size)
{
	static struct zonefile z;
	struct zone_rr rr;
	enum zone_result r;
	char path[64];
	size_t n = 0;
	struct err e;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (zonefile_open(&z, path, origin, &e) < 0)
		abort();
	do {
		if (!speed)
			z.ntails = 0;
		r = zonefile_next(&z, &rr, &e);
		if (r > 0)
			n += print(got + n, size - n, &rr);
	} while (r > 0);
	(void)snprintf(got + n, size - n, "%s%s", r == 0 ? "." : "!",
		       r == 0 ? "" : e.msg + strlen(path));
	zonefile_close(&z);
}

static void
test_cases(void)
{
	size_t i;
	int how;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const size_t n = strlen(cases[i].text);
		/* What is said of an end is said of the very end. */
		const bool ends = strstr(cases[i].want, "!:") != NULL ||
				  cases[i].text[0] == '#';

		for (how = 0; how < (ends ? 1 : 3); how++) {
			const int fd = file_of(cases[i].text, n, how > 0);
			char got[4096];

			read_all(fd, cases[i].origin, how < 2, got, sizeof(got));
			(void)close(fd);
			ok(strcmp(got, cases[i].want) == 0,
			   "%s, %d:\n%s\n# wanted:\n%s", cases[i].what, how, got,
			   cases[i].want);
		}
	}
}

/* A line and an entry at their ceilings, and one byte or line over. */
static void
test_ceilings(void)
{
	static char text[ZONE_LINE_MAX + 200], got[3 * ZONE_LINE_MAX];
	int over, fd;
	size_t n, i;

	for (over = 0; over < 2; over++) {
		const size_t head = sizeof(APEX "a TXT ") - 1;

		memcpy(text, APEX "a TXT ", head);
		n = sizeof(APEX) - 1 + ZONE_LINE_MAX + (size_t)over;
		memset(text + head, 'x', n - head);
		memcpy(text + n, "\nb TXT y\n", 9);
		fd = file_of(text, n + 9, false);
		read_all(fd, NULL, true, got, sizeof(got));
		(void)close(fd);
		ok((strstr(got, "3 a other xxx") != NULL) == !over &&
		   (strstr(got, "3 !a line over 65536 bytes\n") != NULL) == over &&
		   strstr(got, "\n4 b other y\n.") != NULL,
		   "a line of 65536 bytes and %d: %.60s", over, got);
	}
	for (over = 0; over < 2; over++) {
		n = (size_t)snprintf(text, sizeof(text), APEX "a TXT (");
		for (i = 0; i < (size_t)ZONE_ENTRY_LINES - 2 + (size_t)over; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "x\n");
		n += (size_t)snprintf(text + n, sizeof(text) - n, "y\n)\nb TXT z\n");
		fd = file_of(text, n, false);
		read_all(fd, NULL, true, got, sizeof(got));
		(void)close(fd);
		ok((strstr(got, "3 a other x") != NULL) == !over &&
		   (strstr(got, "3 !'(' is not closed within 512 lines\n") != NULL) ==
			   over && strstr(got, " b other z\n.") != NULL,
		   "an entry of 512 lines and %d: %.80s", over, got);
	}
}

/* An owner that leaves no room for the zone's name, at the byte. */
static void
test_long_owners(void)
{
	char text[1200], got[2048], label[64];
	int over, at;

	memset(label, 'a', 63);
	label[63] = '\0';
	for (over = 0; over < 2; over++) {
		for (at = 0; at < 2; at++) {
			/* 3 * 64, a label of 57 or 58, "z" and the root: 255 octets
			 * on the wire, or 256. */
			const int n = snprintf(text, sizeof(text),
				APEX "b CNAME .\n%s.%s.%s.%.*s%s CNAME .\nc CNAME .\n",
				label, label, label, 59 + over, label,
				at == 1 ? ".z." : "");
			const int fd = file_of(text, (size_t)n, true);

			read_all(fd, NULL, true, got, sizeof(got));
			(void)close(fd);
			ok((strstr(got, "\n4 !name over 255 octets\n5 c CNAME>\n.") !=
			    NULL) == over &&
			   (strstr(got, "\n4 aaaa") != NULL) == !over,
			   "an owner of %d octets: %s", 255 + over, got);
		}
	}
}

int
main(void)
{
	test_cases();
	test_ceilings();
	test_long_owners();
	return done();
}
