/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_REPORT_H
#define TOOLS_LINED_REPORT_H

/** @file All that is wrong with a configuration, told at once. */

/** So many are kept, and so long. */
#define LINED_MISTAKES_MAX     20
#define LINED_MISTAKE_MAX_SIZE 640

/** Zeroed to begin with. */
struct lined_report {
	unsigned int n; /**< found; LINED_MISTAKES_MAX of them are kept */
	char mistakes[LINED_MISTAKES_MAX][LINED_MISTAKE_MAX_SIZE];
};

/** One sentence: "lined.conf:12: …". The last one that is kept says so. */
void lined_report_add(struct lined_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** How many are kept. */
unsigned int lined_report_kept(const struct lined_report *report);

/**
 * All that are kept, a line each, without the last line end.
 * @return freed by the caller; NULL when out of memory
 */
char *lined_report_text(const struct lined_report *report);

#endif
