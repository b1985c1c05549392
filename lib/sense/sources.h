/*
 * Who reports a record, and how many they are: the columns source and weight
 * of ts-stream(5), kept as small numbers and joined exactly.
 *
 * A report is a set of what lists say about the same thing, each as it was
 * read: its sources and their weight. Joining two reports is the union of
 * them, so it does not matter in which order and how often that is done. What
 * a report weighs:
 *
 * - of lists of one source each, the same source counts once with its larger
 *   weight, and different sources add;
 * - a list that names several sources says that together they weigh at least
 *   so much: what the others leave short of that is added.
 *
 * A joined weight stops at POLICY_WEIGHT_MAX. Absent sources ("-") count as one
 * source, which is written only where there is no other.
 */
#ifndef TS_SENSE_SOURCES_H
#define TS_SENSE_SOURCES_H

#include "base/buf.h"
#include "sense/intern.h"
#include "values/policy.h"

#define SOURCES_MEMO 4096

struct sources_memo {
	uint32_t a, b, to; /* a + 1; 0 is free */
};

/* What a report came to. */
struct sources_weighed {
	uint32_t report; /* + 1; 0 is free */
	uint32_t set;
	uint16_t weight;
};

/* A column as it was written. */
#define SOURCES_TEXTS 64
struct sources_shown {
	uint32_t set; /* + 1; 0 is free */
	uint32_t n;
	char text[POLICY_SOURCE_MAX];
};

/* Where the result for a and b may be remembered. */
static inline struct sources_memo *
sources_memo(struct sources_memo *table, uint32_t a, uint32_t b)
{
	return &table[(a * 2654435761U ^ b * 40503U) % SOURCES_MEMO];
}

struct sources {
	struct intern tokens; /* text of one source */
	struct intern sets;   /* uint32_t token[], ascending */
	struct intern reports; /* struct said[], ascending */
	struct sources_memo joins[SOURCES_MEMO], unions[SOURCES_MEMO],
		parts[SOURCES_MEMO];
	struct sources_weighed weighed[SOURCES_MEMO];
	struct sources_shown shown[SOURCES_TEXTS];
};

/* NULL for want of memory. */
struct sources *sources_new(void);
void sources_free(struct sources *s);

/* The report of one record. */
int sources_read(struct sources *s, struct span source, uint16_t weight,
		 uint32_t *report, struct err *e);
int sources_join(struct sources *s, uint32_t a, uint32_t b, uint32_t *report,
		 struct err *e);
/* A report that weighs what a does, with the sources of both. */
int sources_part(struct sources *s, uint32_t a, uint32_t b, uint32_t *report,
		 struct err *e);
/* What a report comes to. */
int sources_weigh(struct sources *s, uint32_t report, uint32_t *set,
		  uint16_t *weight, struct err *e);
/* All sources of both sets. */
int sources_union(struct sources *s, uint32_t a, uint32_t b, uint32_t *set,
		  struct err *e);
/*
 * Adds the column of a set to b, in byte order. Over POLICY_SOURCE_MAX bytes
 * the last ones are left out and "+" stands for them.
 */
int sources_text(struct sources *s, uint32_t set, struct buf *b,
		 struct err *e);

#endif
