/*
 * One record of a set stream, ts-stream(5): the name of the set, then the
 * columns of a policy record.
 *
 * Set names are logical, "VERDICT-KIND-NUMBER" as in "block-ip4-0"; an applier
 * maps them to the names of its target.
 */
#ifndef TS_VALUES_SETREC_H
#define TS_VALUES_SETREC_H

#include "values/policy.h"

#define SET_NUMBER_MAX 99999
#define SET_NAME_MAX 20

struct set_name {
	enum verdict verdict;
	enum kind kind; /* KIND_IP4 or KIND_IP6 */
	uint32_t number;
};

/* false where it is not such a name. */
bool set_name_parse(struct span text, struct set_name *name);
/* NUL-ended text; returns its length. */
size_t set_name_format(const struct set_name *name, char dst[SET_NAME_MAX]);

/* A stream of them; "#set" lines are handed out as STREAM_SET, name filled. */
int setrec_open(struct stream *s, const char *path, struct err *e);
enum stream_result setrec_next(struct stream *s, struct set_name *name,
			       struct policy *rec, struct err *e);
void setrec_put(struct out *o, const struct set_name *name,
		const struct policy *rec);

#endif
