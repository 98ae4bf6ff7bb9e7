/* SPDX-License-Identifier: MIT */
#include "tools/lined/usage.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define NOON   1795435200 /* 2026-11-23 12:00:00 UTC */
#define MINUTE 60
#define HOUR   (60 * MINUTE)

static void set_zone(void)
{
	cr_assert_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
}

Test(lined_usage, calls_of_the_last_hour_count)
{
	struct lined_usage usage = {0};

	lined_usage_dialled(&usage, NOON);
	lined_usage_dialled(&usage, NOON + 1);
	lined_usage_dialled(&usage, NOON + 10 * MINUTE);
	cr_expect_eq(lined_usage_calls(&usage, NOON + 10 * MINUTE), 3);
	cr_expect_eq(lined_usage_calls(&usage, NOON + 59 * MINUTE + 59), 3);
	cr_expect_eq(lined_usage_calls(&usage, NOON + HOUR), 1);
	cr_expect_eq(lined_usage_calls(&usage, NOON + 69 * MINUTE), 1);
	cr_expect_eq(lined_usage_calls(&usage, NOON + 70 * MINUTE), 0);
	lined_usage_dialled(&usage, NOON + 9 * HOUR);
	cr_expect_eq(lined_usage_calls(&usage, NOON + 9 * HOUR), 1);
}

Test(lined_usage, the_history_comes_from_the_newest_call_on)
{
	struct lined_usage usage = {0};

	lined_usage_dialled(&usage, NOON);
	lined_usage_dialled(&usage, NOON - 59 * MINUTE);
	lined_usage_dialled(&usage, NOON - HOUR);
	lined_usage_dialled(&usage, 0);
	lined_usage_dialled(&usage, -1);
	cr_expect_eq(lined_usage_calls(&usage, NOON), 2);
}

Test(lined_usage, a_clock_that_is_set_back_forgives_when_it_was_wrong)
{
	struct lined_usage usage = {0};

	set_zone();
	lined_usage_dialled(&usage, NOON);
	lined_usage_lasted(&usage, NOON, 100);
	cr_expect_eq(lined_usage_calls(&usage, NOON - 30 * MINUTE), 1, "summer time, or ntpd");
	cr_expect_eq(lined_usage_calls(&usage, NOON - 2 * HOUR), 0);
	cr_expect_eq(lined_usage_seconds(&usage, NOON - 2 * HOUR), 100, "the same day");
	cr_expect_eq(lined_usage_seconds(&usage, NOON - 48 * HOUR), 0);
	lined_usage_dialled(&usage, NOON - 2 * HOUR);
	lined_usage_lasted(&usage, NOON - 48 * HOUR, 7);
	cr_expect_eq(lined_usage_calls(&usage, NOON - 2 * HOUR), 1);
	cr_expect_eq(lined_usage_seconds(&usage, NOON - 48 * HOUR), 7);
}

Test(lined_usage, seconds_count_for_the_day_on_which_the_call_began)
{
	struct lined_usage usage = {0};

	set_zone();
	lined_usage_lasted(&usage, NOON, 100);
	lined_usage_lasted(&usage, NOON + 11 * HOUR, 50);
	lined_usage_lasted(&usage, NOON - 13 * HOUR, 1000);
	cr_expect_eq(lined_usage_seconds(&usage, NOON + 11 * HOUR), 150);
	cr_expect_eq(lined_usage_seconds(&usage, NOON + 12 * HOUR), 0, "midnight");
	lined_usage_lasted(&usage, NOON + 11 * HOUR, 3600);
	cr_expect_eq(lined_usage_seconds(&usage, NOON + 12 * HOUR), 0, "it began yesterday");
	lined_usage_lasted(&usage, NOON + 13 * HOUR, 5);
	cr_expect_eq(lined_usage_seconds(&usage, NOON + 13 * HOUR), 5);
}
