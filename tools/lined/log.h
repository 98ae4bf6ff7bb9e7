/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_LOG_H
#define TOOLS_LINED_LOG_H

/** @file Log lines on stderr: plain, or with the priority prefix that the journal understands. */

#include <trunkline/types.h>

struct lined_log {
	enum tl_log_level level; /**< lines above it are not written */
	bool prefix;		 /**< "<6>" in front, sd-daemon(3) */
};

/** Level info; with prefixes when the journal listens. */
void lined_log_init(struct lined_log *log);

void lined_log(const struct lined_log *log, enum tl_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** A tl_log_fn; user is the log. */
void lined_log_line(void *user, enum tl_log_level level, const char *line);

/** @return 0; -EINVAL no such level */
int lined_log_level_from_name(const char *name, enum tl_log_level *ret_level);
/** For messages. */
#define LINED_LOG_LEVELS "error, warning, info, debug or trace"

#endif
