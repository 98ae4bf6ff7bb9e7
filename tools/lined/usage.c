/* SPDX-License-Identifier: MIT */
#include "tools/lined/usage.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Bring the minutes up to date. @return false when the moment is too old to count */
static bool go_to(struct lined_usage *usage, int64_t minute)
{
	if (minute <= usage->minute)
		return minute > usage->minute - LINED_USAGE_MINUTES;
	if (minute - usage->minute > LINED_USAGE_MINUTES)
		usage->minute = minute - LINED_USAGE_MINUTES;
	while (usage->minute < minute)
		usage->calls[++usage->minute % LINED_USAGE_MINUTES] = 0;
	return true;
}

void lined_usage_dialled(struct lined_usage *usage, int64_t at_s)
{
	if (at_s >= 0 && go_to(usage, at_s / 60))
		usage->calls[at_s / 60 % LINED_USAGE_MINUTES]++;
}

uint32_t lined_usage_calls(struct lined_usage *usage, int64_t now_s)
{
	uint32_t n = 0;

	/* Counted by a clock that was wrong. */
	if (!go_to(usage, now_s / 60)) {
		memset(usage->calls, 0, sizeof(usage->calls));
		usage->minute = now_s / 60;
	}
	for (size_t i = 0; i < LINED_USAGE_MINUTES; i++)
		n += usage->calls[i];
	return n;
}

static int day_of(int64_t at_s)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	if (!localtime_r(&at, &tm))
		return 0;
	return ((tm.tm_year + 1900) * 100 + tm.tm_mon + 1) * 100 + tm.tm_mday;
}

void lined_usage_lasted(struct lined_usage *usage, int64_t began_s, uint64_t seconds)
{
	int day = day_of(began_s);

	if (day > usage->day) {
		usage->day = day;
		usage->seconds = 0;
	}
	if (day == usage->day)
		usage->seconds += seconds;
}

uint64_t lined_usage_seconds(struct lined_usage *usage, int64_t now_s)
{
	int today = day_of(now_s);

	/* Yesterday's; or counted by a clock that was wrong. */
	if (usage->day != today) {
		usage->day = today;
		usage->seconds = 0;
	}
	return usage->seconds;
}
