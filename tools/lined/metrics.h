/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_METRICS_H
#define TOOLS_LINED_METRICS_H

/**
 * @file
 * What is counted for linectl metrics and the metrics file. Labels come from the configuration and
 * from lists of words that do not grow, and no number of a telephone is among them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <trunkline/types.h>

struct lined;
struct tl_event;

#define METRICS_LINE_MAX 33 /**< names of lines, with NUL */
#define METRICS_STEP_MAX 16 /**< names of steps of drops, with NUL */

/** Why a connection was cut off. */
enum metrics_cut {
	METRICS_CUT_PROTOCOL, /**< does not speak Varlink */
	METRICS_CUT_TOO_LONG, /**< a message that is too long */
	METRICS_CUT_NOT_READING,
	METRICS_CUT_OTHER,
	METRICS_CUT_COUNT,
};

/** For how long a call has been over. */
enum metrics_age {
	METRICS_AGE_MINUTE, /**< less than */
	METRICS_AGE_HOUR,
	METRICS_AGE_DAY,
	METRICS_AGE_OLDER,
	METRICS_AGE_COUNT,
};

struct metrics_calls {
	enum tl_direction direction;
	enum tl_origin origin;
	enum tl_disconnect disconnect;
	uint64_t n;
};

struct metrics_steps {
	char name[METRICS_STEP_MAX];
	enum tl_drop_result result;
	uint64_t n;
};

/** Of a line, by its name: one that is reopened counts on. */
struct metrics_line {
	struct metrics_line *next;
	char name[METRICS_LINE_MAX];
	struct metrics_calls *calls;
	size_t n_calls;
	struct metrics_steps *steps;
	size_t n_steps;
	uint64_t bytes_in, bytes_out, bytes_unsent; /**< of calls that are over */
	uint64_t quality[TL_QUALITY_COUNT];	    /**< the same; not the rates */
	uint64_t off_hook_us;			    /**< in calls that are over */
	uint64_t off_hook_since_us;		    /**< boot clock; 0: on hook */
};

struct metrics_requests {
	const char *method;
	const char *result; /**< "Ok", or the name of an error */
	uint64_t n;
};

struct lined_metrics {
	struct metrics_line *lines;
	struct metrics_requests *requests;
	size_t n_requests;
	uint64_t connections;
	uint64_t refused;
	uint64_t cut_off[METRICS_CUT_COUNT];
	int64_t start_ms;     /**< wall clock */
	uint64_t write_at_ms; /**< event_now_ms(); 0: at once */
	bool unwritable;      /**< the file, and that was told */
};

void metrics_init(struct lined_metrics *metrics);
void metrics_fini(struct lined_metrics *metrics);

/** An event of a watching client. What there is no memory for is not counted. */
void metrics_event(struct lined_metrics *metrics, const struct tl_event *event);
/** A request is over. The names are static. */
void metrics_request(struct lined_metrics *metrics, const char *method, const char *result);
/** A connection was lost because of this error of varlink_server_dispatch(). */
void metrics_cut_off(struct lined_metrics *metrics, int error);
enum metrics_age metrics_age_of(uint64_t seconds);
/** For labels. */
const char *metrics_age_name(enum metrics_age age);
/** What was counted of a line. @return NULL: nothing yet */
const struct metrics_line *metrics_find_line(const struct lined_metrics *metrics, const char *name);
/** The configuration has changed: forget lines that it does not name, write the file that it does.
 */
void metrics_reloaded(struct lined *lined);

/**
 * All metrics as text (metrics_text.c).
 * @param prometheus in the older format, see openmetrics.h
 * @param ret_text   freed by the caller
 * @return 0; -ENOMEM
 */
int metrics_text(const struct lined *lined, bool prometheus, char **ret_text);

/** When the file is to be written next, event_now_ms(); UINT64_MAX: never (metrics_file.c). */
uint64_t metrics_due_ms(const struct lined *lined);
/** Write the file if that is due. A failure is logged when it begins and when it ends. */
void metrics_write_due(struct lined *lined);
/** Write it now, if there is to be one. */
void metrics_write(struct lined *lined);

#endif
