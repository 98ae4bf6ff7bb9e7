/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_CONFIG_H
#define TOOLS_LINED_CONFIG_H

/** @file The configuration file, lined.conf(5). */

#include <stddef.h>

struct lined_settings;

/** Longest file, and longest line: libinih hands on the start of a longer one as if it were the
 * whole. */
#define LINED_CONFIG_MAX      (256 * 1024)
#define LINED_CONFIG_LINE_MAX 180

/**
 * Read a file into the settings. A file with any mistake is refused as a whole.
 *
 * @param settings on failure only good to be freed
 * @param why      written on failure: "lined.conf:12: …", at least LINED_WHY_MAX bytes
 * @return 0; -EINVAL; -ENOMEM; negative errno of open(2) and read(2)
 */
int lined_config_read(const char *path, struct lined_settings *settings, char *why);

/** The same for text in memory, NUL-terminated behind its size. @param name of the file, for
 * messages */
int lined_config_parse(const char *name, const char *text, size_t size,
		       struct lined_settings *settings, char *why);

#endif
