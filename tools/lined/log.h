/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_LOG_H
#define TOOLS_LINED_LOG_H

/** @file Log lines, where they are read: stderr or syslog(3). */

#include <trunkline/types.h>

enum lined_log_way {
	LINED_LOG_PLAIN,   /**< stderr: a program reads it */
	LINED_LOG_TIMED,   /**< stderr: a terminal or a file, so that the time stands in front */
	LINED_LOG_JOURNAL, /**< stderr: "<6>" in front, sd-daemon(3) */
	LINED_LOG_SYSLOG,  /**< nobody reads stderr */
};

struct lined_log {
	enum tl_log_level level; /**< lines above it are not written */
	enum lined_log_way way;
};

/** How to write to a descriptor that is stderr. */
enum lined_log_way lined_log_choose(int fd);

/** Level info; the way that suits stderr. */
void lined_log_init(struct lined_log *log);

void lined_log(const struct lined_log *log, enum tl_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** A tl_log_fn; user is the log. Control characters become question marks. */
void lined_log_line(void *user, enum tl_log_level level, const char *text);

/** @return 0; -EINVAL no such level */
int lined_log_level_from_name(const char *name, enum tl_log_level *ret_level);
/** For messages. */
#define LINED_LOG_LEVELS "error, warning, info, debug or trace"

#endif
