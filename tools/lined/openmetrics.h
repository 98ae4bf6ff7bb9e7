/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_OPENMETRICS_H
#define TOOLS_LINED_OPENMETRICS_H

/**
 * @file
 * Metrics as text: OpenMetrics 1.0, or the Prometheus text format 0.0.4, which node-exporter's
 * textfile collector reads. They differ in what a counter's family is called, and in units.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum openmetrics_type { OPENMETRICS_GAUGE, OPENMETRICS_COUNTER };

struct openmetrics_family {
	const char *name; /**< of a counter without _total; ends in _UNIT if there is one */
	enum openmetrics_type type;
	const char *unit; /**< "seconds"; NULL: none */
	const char *help; /**< needs no escaping */
};

struct openmetrics {
	FILE *file; /**< errors are for its owner to ask for, ferror(3) */
	bool prometheus;
	const struct openmetrics_family *family; /**< begun last */
};

/** Begin a family: all its samples follow, before the next one. It outlives them. */
void openmetrics_begin(struct openmetrics *m, const struct openmetrics_family *family);

struct openmetrics_label {
	const char *name; /**< NULL ends a list */
	const char *value;
};

/** A sample of the family. labels: ended by a NULL name; NULL: none. */
void openmetrics_count(struct openmetrics *m, const struct openmetrics_label *labels,
		       uint64_t value);
/** The same, in seconds. */
void openmetrics_seconds(struct openmetrics *m, const struct openmetrics_label *labels,
			 uint64_t ms);
/** The last line. */
void openmetrics_end(struct openmetrics *m);

#endif
