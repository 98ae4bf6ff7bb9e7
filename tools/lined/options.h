/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_OPTIONS_H
#define TOOLS_LINED_OPTIONS_H

/** @file The command line, lined(8). */

#include "tools/lined/settings.h"

#define LINED_CONFIG_DEFAULT "/etc/trunkline/lined.conf"

/** What is left to do once the command line has been read. */
enum lined_action {
	LINED_SERVE,
	LINED_CHECK, /**< the configuration is fine: say so and leave */
	LINED_LEAVE, /**< all has been said */
};

/**
 * Read the command line, and the configuration file it names or the default one.
 *
 * @param settings initialised; on failure only good to be freed
 * @return 0; -EINVAL and other errors, already told on stderr
 */
int lined_options_read(int argc, char **argv, struct lined_settings *settings,
		       enum lined_action *ret_action);

#endif
