/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_RELOAD_H
#define TOOLS_LINED_RELOAD_H

/** @file Another configuration for the running daemon. */

struct json_object;
struct lined;
struct lined_report;

/**
 * Read the configuration again and go by it; with any mistake the present one stays. Lines that are
 * new appear at once, others follow when they have no call: see lined_lines_change().
 *
 * @param report  all that is wrong; told in the log too
 * @param ret_changes what has changed, the answer of the method Reload; NULL: nobody asks
 * @return 0; -EINVAL and other errors of lined_options_read(); -ECANCELED the daemon is stopping;
 * -ENOMEM
 */
int lined_reload(struct lined *lined, struct lined_report *report,
		 struct json_object **ret_changes);

#endif
