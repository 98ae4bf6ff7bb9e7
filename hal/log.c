/* SPDX-License-Identifier: MIT */
#include "hal/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A longer name would leave no room for what happened. */
#define OBJECT_MAX 128

void hal_log(const struct hal_log *log, enum hal_log_level level, const char *object,
	     const char *format, ...)
{
	char line[HAL_LOG_LINE_MAX];
	int len = 0;
	va_list args;

	if (!hal_log_wants(log, level))
		return;
	if (object && *object)
		len = snprintf(line, sizeof(line), "%.*s: ", OBJECT_MAX, object);
	va_start(args, format);
	(void)vsnprintf(line + len, sizeof(line) - (size_t)len, format, args); /* cut is fine */
	va_end(args);
	log->fn(log->user, level, line);
}

const char *hal_log_private(const struct hal_log *log, const char *text, char *buf, size_t size)
{
	if (log->personal)
		return text ? text : "";
	(void)snprintf(buf, size, "<%zu hidden>", text ? strlen(text) : 0);
	return buf;
}
