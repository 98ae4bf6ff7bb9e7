/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_LINES_H
#define TOOLS_LINED_LINES_H

/**
 * @file
 * The lines that are there, and those that the settings ask for. The former follow the latter as
 * soon as no call is in the way: what is the same stays untouched.
 */

#include <stdbool.h>
#include <trunkline/types.h>

struct lined;

/** A line as it was configured when it was added. */
struct lined_own_line {
	struct lined_own_line *next;
	tl_line id; /**< 0: it could not be added */
	char *name;
	char *text;   /**< as in struct lined_line */
	bool leaving; /**< no longer configured: takes no new calls */
	bool dropped; /**< its calls are being dropped, since it is leaving */
};

enum lined_change {
	LINED_SAME,
	LINED_ADDED,
	LINED_REMOVED,
	LINED_CHANGED,
};

/** What has become of this own line in the settings. @return LINED_ADDED never */
enum lined_change lined_lines_compare(const struct lined *lined, const struct lined_own_line *own);
/** @return NULL when there is none of the name */
const struct lined_own_line *lined_lines_find(const struct lined *lined, const char *name);

/**
 * The settings are new: drop the calls on lines that they do not have, and let the rest follow by
 * lined_lines_settle().
 */
void lined_lines_change(struct lined *lined);
/**
 * Take away, and add, what can be by now; to be called whenever something may have come to an end.
 * @return 0; of the first line that cannot be added: errors of tl_line_add(), already told
 */
int lined_lines_settle(struct lined *lined);
/** Forget them; the lines themselves stay. */
void lined_lines_fini(struct lined *lined);

/** Is the line waiting for its calls to end, to be taken away? */
bool lined_lines_is_leaving(const struct lined *lined, tl_line line);

#endif
