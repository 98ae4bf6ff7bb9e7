/* SPDX-License-Identifier: MIT */
#include "tools/linectl/when.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define NOW 1795435800 /* 2026-11-23 12:10:00 UTC */

Test(when, is_read_in_the_forms_that_people_type)
{
	static const struct {
		const char *text;
		const char *zone;
		int64_t seconds; /* negative: none */
	} rows[] = {
		{"45s", "UTC", NOW - 45},
		{"90m", "UTC", NOW - 5400},
		{"2h", "UTC", NOW - 7200},
		{"3d", "UTC", NOW - 3 * 86400},
		{"1w", "UTC", NOW - 7 * 86400},
		{"0s", "UTC", NOW},
		{"today", "UTC", NOW - 12 * 3600 - 600},
		{"yesterday", "UTC", NOW - 36 * 3600 - 600},
		{"14:00", "UTC", NOW + 6600},
		{"14:00:05", "UTC", NOW + 6605},
		{"2026-11-23", "UTC", NOW - 12 * 3600 - 600},
		{"2026-11-23 12:10", "UTC", NOW},
		{"2026-11-23T12:10", "UTC", NOW},
		{"2026-11-23 12:10:00", "UTC", NOW},
		{"2026-11-23 07:10", "EST5EDT,M3.2.0,M11.1.0", NOW},
		/* Clocks had been set back on the day before it. */
		{"2026-11-02 00:00", "EST5EDT,M3.2.0,M11.1.0", 1793595600},
		{"2026-11-01 00:00", "EST5EDT,M3.2.0,M11.1.0", 1793505600},
		{"", "UTC", -1},
		{"h", "UTC", -1},
		{"2", "UTC", -1},
		{"-2h", "UTC", -1},
		{"2x", "UTC", -1},
		{"2 h", "UTC", -1},
		{"999999999d", "UTC", -1},
		{"99999d", "UTC", -1},
		{"tomorrow", "UTC", -1},
		{"24:00", "UTC", -1},
		{"12:60", "UTC", -1},
		{"12:00:60", "UTC", -1},
		{"1:00", "UTC", -1},
		{"12:00 ", "UTC", -1},
		{"2026-02-30", "UTC", -1},
		{"2026-13-01", "UTC", -1},
		{"2026-1-1", "UTC", -1},
		{"2026-11-23 ", "UTC", -1},
		{"2026-11-23 25:00", "UTC", -1},
		{"1960-01-01", "UTC", -1},
		{"23-11-2026", "UTC", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t seconds = -1;

		cr_assert_eq(setenv("TZ", rows[i].zone, 1), 0);
		tzset();
		cr_expect_eq(when_parse(rows[i].text, NOW, &seconds),
			     rows[i].seconds < 0 ? -EINVAL : 0, "'%s'", rows[i].text);
		cr_expect_eq(seconds, rows[i].seconds, "'%s': %ld", rows[i].text, (long)seconds);
	}
}

Test(when, yesterday_begins_at_its_midnight_whatever_the_clocks_did)
{
	int64_t seconds;

	cr_assert_eq(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0);
	tzset();
	/* Monday noon; the Sunday had 25 hours. */
	cr_assert_eq(when_parse("yesterday", 1793638800, &seconds), 0);
	cr_expect_eq(seconds, 1793505600, "%ld", (long)seconds);
}
