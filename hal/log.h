/* SPDX-License-Identifier: MIT */
#ifndef HAL_LOG_H
#define HAL_LOG_H

/*
 * Log lines go to one sink per context; the library itself decides nothing about files or formats.
 * Wire bytes have a level of their own. Numbers, PINs and texts pass through hal_log_private(),
 * which hides them unless the owner of the log has asked for personal information.
 */

#include <stdbool.h>
#include <stddef.h>

#include "hal/slice.h"

enum hal_log_level {
	HAL_LOG_ERROR,
	HAL_LOG_WARNING,
	HAL_LOG_INFO,
	HAL_LOG_DEBUG,
	HAL_LOG_TRACE, /* bytes on the wire */
};

#define HAL_LOG_LINE_MAX 512

typedef void (*hal_log_fn)(void *user, enum hal_log_level level, const char *line);

struct hal_log {
	hal_log_fn fn; /* NULL: silent */
	void *user;
	enum hal_log_level level; /* lines above it are not even formatted */
	bool personal;		  /* show numbers, PINs and texts */
};

/* object: "line3/call2", first word of the line; NULL or "" for none. Cut at HAL_LOG_LINE_MAX. */
void hal_log(const struct hal_log *log, enum hal_log_level level, const char *object,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

static inline bool hal_log_wants(const struct hal_log *log, enum hal_log_level level)
{
	return log->fn && level <= log->level;
}

/* What may be shown of a private text: the text itself, or "<N hidden>". @return buf or text */
const char *hal_log_private(const struct hal_log *log, const char *text, char *buf, size_t size);

#define hal_error(log, object, ...)   hal_log((log), HAL_LOG_ERROR, (object), __VA_ARGS__)
#define hal_warning(log, object, ...) hal_log((log), HAL_LOG_WARNING, (object), __VA_ARGS__)
#define hal_info(log, object, ...)    hal_log((log), HAL_LOG_INFO, (object), __VA_ARGS__)
/* The most frequent level: not worth a call when nobody listens. */
#define hal_debug(log, object, ...)                                           \
	do {                                                                  \
		if (hal_log_wants((log), HAL_LOG_DEBUG))                      \
			hal_log((log), HAL_LOG_DEBUG, (object), __VA_ARGS__); \
	} while (0)

#endif
