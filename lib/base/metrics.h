/*
 * Numbers in the text format of Prometheus, for the node exporter's textfile
 * collector:
 *
 *	struct metrics m = {&out, "ts_ipset", NULL};
 *	metrics_family(&m, "entries", "gauge", "Entries in the set.");
 *	metrics_u64(&m, 17, "set", name, NULL);
 *
 * gives: ts_ipset_entries{set="TSblockaddr"} 17
 *
 * All values of a family come together, as the format demands.
 */
#ifndef TS_BASE_METRICS_H
#define TS_BASE_METRICS_H

#include "base/out.h"

struct metrics {
	struct out *out;  /* borrowed */
	const char *stem; /* in front of every family's name */
	const char *name; /* of the family under way; borrowed */
};

/* type: "gauge" or "counter"; help: one line. */
void metrics_family(struct metrics *m, const char *name, const char *type,
		    const char *help);
/* Label names and values in turn, then NULL; values are escaped. */
void metrics_u64(const struct metrics *m, uint64_t v, ...)
	__attribute__((sentinel));
void metrics_real(const struct metrics *m, double v, ...)
	__attribute__((sentinel));

#endif
