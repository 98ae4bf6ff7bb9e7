/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_LOG_LIMIT_H
#define TOOLS_LINED_LOG_LIMIT_H

/** @file Warnings that anybody can cause as often as they like: they must not fill the log. */

#include <stdint.h>

#include "tools/lined/log.h"

/** So many are written in each LINED_LOG_WINDOW_MS; then their number, with the last of them. */
#define LINED_LOG_BURST	    10
#define LINED_LOG_WINDOW_MS 60000

/** All zero at first. */
struct lined_log_limit {
	uint64_t until_ms;
	unsigned int n; /**< in this window */
	char last[256];
};

/** Write a warning, or keep it back. */
void lined_log_limited(struct lined_log_limit *limit, const struct lined_log *log, uint64_t now_ms,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** When lined_log_limit_settle() has something to say; 0: nothing is kept back. */
uint64_t lined_log_limit_deadline_ms(const struct lined_log_limit *limit);
/** Tell of what was kept back if the window is over. */
void lined_log_limit_settle(struct lined_log_limit *limit, const struct lined_log *log,
			    uint64_t now_ms);

#endif
