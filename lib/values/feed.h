/*
 * Reputation lists as publishers write them, to records of a policy stream.
 *
 * feed_run reads one source, finds out what form it has (or is told), and
 * writes its records to an output, in input order and in constant memory. What
 * it does not take is counted by reason and handed to a callback with its line:
 *
 *	bad	unparsable, wider than allowed, a public suffix, ...: counted
 *		against max_bad
 *	unheld	a sound rule that no list of addresses and names can hold
 *	note	taken or passed over, but worth a word
 *
 * The records are worth something only when feed_run has returned 0: the caller
 * writes the end record, or replaces a file, after that.
 */
#ifndef TS_VALUES_FEED_H
#define TS_VALUES_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/out.h"
#include "values/cover.h"
#include "values/gunzip.h"
#include "values/json.h"
#include "values/policy.h"
#include "values/source.h"
#include "values/suffix.h"

#define FEED_LINE_MAX 65536  /* bytes of a line; a longer one is a bad line */
#define FEED_VALUE_MAX 2048  /* bytes of a value in CSV */
#define FEED_SAMPLE_MAX 256  /* entries that detection looks at */
#define FEED_PATHS_MAX 8
#define FEED_COLUMN_MAX 10000
#define FEED_TAIL_MAX (NAME_TEXT_MAX + POLICY_SOURCE_MAX + 128)

enum feed_format {
	FEED_AUTO,
	FEED_PLAIN,   /* addresses, prefixes, ranges, netmasks, names */
	FEED_HOSTS,   /* "0.0.0.0 name ..." */
	FEED_ADBLOCK, /* "||name^" */
	FEED_DNSMASQ, /* "address=/name/" */
	FEED_COUNT,   /* "address TAB number of lists": the weight */
	FEED_TOR,     /* "ExitAddress ..." */
	FEED_CSV,     /* one column of it */
	FEED_JSON,    /* what is at some paths of one value, or of several */
	FEED_NDJSON,  /* the same, a value a line */
	FEED_FORMATS
};

/* Why an entry was left out, or what is to be said of it. */
enum feed_reason {
	FEED_OK,
	/* bad */
	FEED_SYNTAX, FEED_OCTET, FEED_LENGTH, FEED_MASK, FEED_RANGE,
	FEED_HOST_BITS, FEED_DEFAULT, FEED_WIDE, FEED_SUFFIX, FEED_URL,
	FEED_MAIL, FEED_PORT, FEED_WORDS, FEED_LABEL, FEED_NAME_LONG,
	FEED_NAME_BYTE, FEED_IDN, FEED_NO_NAME, FEED_WEIGHT, FEED_KEYWORD,
	FEED_COLUMN, FEED_NO_TEXT, FEED_PATH_SHAPE, FEED_BAD_JSON,
	FEED_LONG_LINE,
	/* unheld */
	FEED_MAPPED_HOST, FEED_EXCEPTION, FEED_RULE_OPTION, FEED_RULE_PATH,
	FEED_RULE_REGEX, FEED_RULE_COSMETIC, FEED_RULE_PATTERN, FEED_FORWARD,
	FEED_SETTING,
	/* notes */
	FEED_PRIVATE, FEED_OWN_HOST, FEED_HEADER, FEED_EMPTY,
	FEED_REASONS
};

/* A path into JSON: the members and elements that lead to the entries. */
struct feed_path {
	struct feed_step {
		struct span key; /* of an object; NULL: any member or element */
	} step[JSON_DEPTH_MAX];
	int n;
};

enum feed_class { FEED_CLASS_BAD, FEED_CLASS_UNHELD, FEED_CLASS_NOTE };

struct feed_options {
	const char *source; /* the token of the source column */
	enum verdict verdict;
	enum response response; /* of names that are blocked */
	const char *target;	/* of RESPONSE_REDIRECT: canonical name */
	int64_t expires;	/* or POLICY_NO_EXPIRY */
	enum feed_format format;
	bool subdomains;	/* a plain name covers what is below it too */
	bool refuse_host_bits;	/* else they are cleared */
	bool allow_suffix, allow_empty;
	unsigned widest4, widest6; /* the shortest prefix that is taken */
	double max_bad, max_cover; /* per cent */
	unsigned column;	   /* of CSV, from 1; 0: not told */
	struct feed_path path[FEED_PATHS_MAX];
	size_t npaths;
	uint64_t max_bytes; /* decoded */
};

/* The text is what the entry was, and not NUL-ended. */
typedef void feed_report_fn(void *ctx, uint64_t line, enum feed_reason why,
			    const char *text, size_t n);

/* The columns around a value, for one verdict. */
struct feed_frame {
	char head[3][16]; /* by enum kind: ip4, ip6, name */
	size_t nhead[3];
	char tail[2][FEED_TAIL_MAX]; /* of addresses, of names; with weight 1 */
	size_t ntail[2];
};

/* Where a row of CSV stands: a quoted value may go on over lines. */
struct feed_csv {
	char sep;	  /* 0: not known yet */
	bool inside;	  /* quotes */
	bool seen;	  /* a row */
	unsigned field;	  /* number of the one at hand */
	uint64_t line;	  /* where the row began */
	uint64_t bytes;	  /* of it */
	char value[FEED_VALUE_MAX];
	size_t n;	  /* FEED_VALUE_MAX + 1: it did not fit */
};

struct feed {
	struct feed_options opt;
	feed_report_fn *report;
	void *ctx;

	/* results */
	enum feed_format format;	/* as told or found */
	unsigned sampled, agreed;	/* entries looked at; of this format */
	bool unended;			/* the last line has no line feed */
	uint64_t entries, records;	/* taken; written */
	uint64_t bad;
	uint64_t count[FEED_REASONS];
	struct cover cover4, cover6;

	/* inside */
	struct in *in;
	struct out *out;
	uint64_t line;			/* of the entry at hand */
	struct suffix_list suffixes;	/* opened unless it is already */
	struct feed_frame frame[2];	/* by enum verdict */
	struct gunzip gz;
	struct feed_csv csv;
	struct json json;
	size_t given;			/* bytes that json has now */
};

extern const char *const feed_format_names[]; /* by enum feed_format, NULL-ended */

/* Reads ".a[].b": NULL, or what is wrong, as the end of a message. The text is
 * borrowed. "[]" is every element or member, ."x y" a key with other characters;
 * "." the value itself. */
const char *feed_path_parse(const char *text, struct feed_path *p);

const char *feed_reason_text(enum feed_reason r);
enum feed_class feed_reason_class(enum feed_reason r);

/* EX_DATAERR where the feed is refused, naming the reason; f->count tells the
 * rest in any case. src stays the caller's. */
int feed_run(struct feed *f, struct source *src, struct out *o, struct err *e);
void feed_close(struct feed *f); /* accepts a zeroed one */

#endif
