/* SPDX-License-Identifier: MIT */
#include "tools/lined/log_limit.h"

#include <stdarg.h>
#include <stdio.h>

void lined_log_limited(struct lined_log_limit *limit, const struct lined_log *log, uint64_t now_ms,
		       const char *format, ...)
{
	va_list args;

	lined_log_limit_settle(limit, log, now_ms);
	if (limit->n == 0)
		limit->until_ms = now_ms + LINED_LOG_WINDOW_MS;
	va_start(args, format);
	vsnprintf(limit->last, sizeof(limit->last), format, args);
	va_end(args);
	if (limit->n++ < LINED_LOG_BURST)
		lined_log(log, TL_LOG_WARNING, "%s", limit->last);
}

uint64_t lined_log_limit_deadline_ms(const struct lined_log_limit *limit)
{
	return limit->n > LINED_LOG_BURST ? limit->until_ms : 0;
}

void lined_log_limit_settle(struct lined_log_limit *limit, const struct lined_log *log,
			    uint64_t now_ms)
{
	if (now_ms < limit->until_ms)
		return;
	if (limit->n > LINED_LOG_BURST)
		lined_log(log, TL_LOG_WARNING, "%s (repeated %u times, or alike)", limit->last,
			  limit->n - LINED_LOG_BURST);
	limit->n = 0;
}
