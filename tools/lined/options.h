/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_OPTIONS_H
#define TOOLS_LINED_OPTIONS_H

/** @file The command line, lined(8). */

#include "tools/lined/settings.h"

struct lined_report;

/** Folders, for lined_config_read_folder(): the administrator's wins. */
#define LINED_CONFIG_DEFAULT "/etc/trunkline"
#define LINED_CONFIG_VENDOR  "/usr/lib/trunkline"

/** What is left to do once the command line has been read. */
enum lined_action {
	LINED_SERVE,
	LINED_CHECK, /**< the configuration is fine: say so and leave */
	LINED_LEAVE, /**< all has been said */
};

/**
 * Read the command line, and the configuration it names or the default one.
 *
 * @param argv     reordered, otherwise left as it is: it can be read again
 * @param settings initialised; on failure only good to be freed
 * @param report   all that is wrong
 * @return 0; -EINVAL and other errors of reading files
 */
int lined_options_read(int argc, char **argv, struct lined_settings *settings,
		       enum lined_action *ret_action, struct lined_report *report);

#endif
