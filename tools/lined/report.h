/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_REPORT_H
#define TOOLS_LINED_REPORT_H

/** @file All that is wrong with a configuration, told at once. */

#define LINED_MISTAKES_MAX 20 /**< so many are kept */

/** Zeroed to begin with; given back with lined_report_fini(). */
struct lined_report {
	unsigned int n;	     /**< found */
	unsigned int n_kept; /**< fewer when there are many, or no memory */
	char *mistakes[LINED_MISTAKES_MAX];
};

/** One sentence: "lined.conf:12: …". The last one that is kept says so. */
void lined_report_add(struct lined_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void lined_report_fini(struct lined_report *report);

/**
 * All that are kept, a line each, without the last line end.
 * @return freed by the caller; NULL when out of memory
 */
char *lined_report_text(const struct lined_report *report);

#endif
