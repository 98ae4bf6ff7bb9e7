/* SPDX-License-Identifier: MIT */
#include "tools/lined/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_TEXT 512

void lined_log_init(struct lined_log *log)
{
	*log = (struct lined_log){.level = TL_LOG_INFO, .prefix = getenv("JOURNAL_STREAM") != NULL};
}

static int syslog_priority(enum tl_log_level level)
{
	switch (level) {
	case TL_LOG_ERROR:
		return 3;
	case TL_LOG_WARNING:
		return 4;
	case TL_LOG_INFO:
		return 6;
	case TL_LOG_DEBUG:
	case TL_LOG_TRACE:
		return 7;
	}
	return 7;
}

void lined_log_line(void *user, enum tl_log_level level, const char *line)
{
	const struct lined_log *log = user;

	if (level > log->level)
		return;
	if (log->prefix)
		fprintf(stderr, "<%d>%s\n", syslog_priority(level), line);
	else
		fprintf(stderr, "lined: %s\n", line);
}

void lined_log(const struct lined_log *log, enum tl_log_level level, const char *format, ...)
{
	char line[LINE_MAX_TEXT];
	struct lined_log copy = *log;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	lined_log_line(&copy, level, line);
}

int lined_log_level_from_name(const char *name, enum tl_log_level *ret_level)
{
	static const char *const names[] = {"error", "warning", "info", "debug", "trace"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_level = (enum tl_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}
