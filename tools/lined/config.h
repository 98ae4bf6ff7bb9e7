/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_CONFIG_H
#define TOOLS_LINED_CONFIG_H

/**
 * @file
 * The configuration files, lined.conf(5). Every mistake of a file is told, with its line and what
 * would be right; settings that come with any mistake are only good to be freed.
 */

#include <stddef.h>

struct lined_report;
struct lined_settings;

/** Longest file, and longest line: libinih hands on the start of a longer one as if it were the
 * whole. */
#define LINED_CONFIG_MAX      (256 * 1024)
#define LINED_CONFIG_LINE_MAX 180

/**
 * Read FOLDER/lined.conf, then FOLDER/conf.d/ *.conf in the order of their names; what is not there
 * is left out. A key of [lined] counts as it was given last; a line is in one file only.
 * @return 0; the error of the first file that has one, as lined_config_read()
 */
int lined_config_read_folder(const char *folder, struct lined_settings *settings,
			     struct lined_report *report);

/**
 * Read a file into the settings.
 * @return 0; -EINVAL mistakes; -EFBIG; -ENOMEM; negative errno of open(2) and read(2)
 */
int lined_config_read(const char *path, struct lined_settings *settings,
		      struct lined_report *report);

/** The same for text in memory, NUL-terminated behind its size. @param name of the file, for
 * messages */
int lined_config_parse(const char *name, const char *text, size_t size,
		       struct lined_settings *settings, struct lined_report *report);

#endif
