/* SPDX-License-Identifier: MIT */
#include "tools/lined/policy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tools/lined/report.h"
#include "tools/lined/settings.h"

Test(lined_policy, a_pattern_fits_the_number_as_it_is_dialled)
{
	static const struct {
		const char *pattern;
		const char *number;
		bool fits;
	} rows[] = {
		{"0900*", "0900", true},
		{"0900*", "0900123", true},
		{"0900*", "090", false},
		{"0900*", "10900", false},
		{"112", "112", true},
		{"112", "1123", false},
		{"112", "11", false},
		{"*", "1", true},
		{"*", "+44", true},
		{"+44*", "+44 20 7946", true},
		{"+44*", "004420", false},
		{"+44*", "44", false},
		{"0900*", "0-9.0(0)/1", true},
		{"0900*", "T0900", true},
		{"0900*", "p0P9t0T0", true},
		{"0900*", ",,0900", true},
		{"0900*", "0,9W0@0!1", true},
		{"0900*", "09w00", true},
		{"112", "T 1-1-2,", true},
		{"*67*", "*67112", true},
		{"*67*", "67112", false},
		{"#31#0900*", "#31#09001", true},
		{"12A*", "12a4", true},
		{"12AD", "12ad", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(lined_pattern_fits(rows[i].pattern, rows[i].number), rows[i].fits,
			     "%s: %s", rows[i].pattern, rows[i].number);
}

Test(lined_policy, what_is_denied_cannot_hide_within)
{
	static const struct {
		const char *number;
		bool found;
	} rows[] = {
		{"0900123", true},  {"0,0900123", true},   {"9W0900123", true},
		{"9w 0900", true},  {"9@0900", true},	   {"100!0900123", true},
		{"0,,0900", true},  {"*31#0900123", true}, {"0,0,0900", true},
		{"0,T0900", true},  {"10900", false},	   {"0800,1", false},
		{"+0900123", true}, {"*31*0900", true},	   {"T+0900", true},
		{"0800+", false},   {"0800#", false},	   {"0800,", false},
	};
	char why[LINED_WHY_MAX];
	struct lined_patterns deny;

	cr_assert_eq(lined_patterns_parse("0190* 0900*", &deny, why), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = lined_patterns_find_within(&deny, rows[i].number);

		cr_expect_eq(found != NULL, rows[i].found, "%s", rows[i].number);
		if (found)
			cr_expect_str_eq(found, "0900*");
	}
}

Test(lined_policy, what_follows_a_flash_is_allowed_by_itself)
{
	static const struct {
		const char *number;
		bool allowed;
	} rows[] = {
		{"030123", true},    {"030 123 !", true},  {"030!030", true}, {"W030,1", true},
		{"030!0900", false}, {"030!,0900", false}, {"0!30", false},   {"0900!030", false},
		{"!030", true},	     {"030!!030", true},
	};
	char why[LINED_WHY_MAX];
	struct lined_patterns allow;

	cr_assert_eq(lined_patterns_parse("030*", &allow, why), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(lined_patterns_allow(&allow, rows[i].number), rows[i].allowed, "%s",
			     rows[i].number);
}

Test(lined_policy, keys_are_read_or_refused_with_what_would_be_right)
{
	static const struct {
		const char *key;
		const char *value;
		const char *why; /* NULL: taken */
	} rows[] = {
		{"deny", "0900* 0190*,+882*", NULL},
		{"deny", "none", NULL},
		{"allow", "*", NULL},
		{"allow", "0-800.*", NULL},
		{"deny", "", "must be numbers, such as"},
		{"deny", " , ", "must be numbers, such as"},
		{"deny", "()", "'()' has no digits"},
		{"deny", "09x*", "'09x*' is no pattern: say digits"},
		{"deny", "T0900*", "'T0900*' is no pattern"},
		{"deny", "0+44", "'0+44' is no pattern"},
		{"deny", "1234567890123456789012345678901234", "is too long"},
		{"deny",
		 "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 "
		 "31 32 33",
		 "'33' is one pattern too many"},
		{"emergency", "112 999", NULL},
		{"emergency", "112*", "'112*' must be a whole number"},
		{"quiet-hours", "22:00-06:00", NULL},
		{"quiet-hours", "00:00-24:00", NULL},
		{"quiet-hours", "none", NULL},
		{"quiet-hours", "", "must be up to 8 spans"},
		{"quiet-hours", "22-06", "must be up to 8 spans"},
		{"quiet-hours", "22:00-22:00", "must be up to 8 spans"},
		{"quiet-hours", "24:00-06:00", "must be up to 8 spans"},
		{"quiet-hours", "22:00-24:01", "must be up to 8 spans"},
		{"quiet-hours", "22:60-06:00", "must be up to 8 spans"},
		{"quiet-hours", "22:00-06:000", "must be up to 8 spans"},
		{"quiet-hours", "a2:00-06:00", "must be up to 8 spans"},
		{"calls-per-hour", "0", NULL},
		{"calls-per-hour", "100001", "must be a number from 0, no limit, to 100000"},
		{"minutes-per-day", "1440", NULL},
		{"minutes-per-day", "1441", "must be a number from 0, no limit, to 1440"},
		{"minutes-per-day", "-1", "must be a number"},
		{"denny", "1", "[policy] has no 'denny': did you mean 'deny'?"},
		{"minutes", "1", "[policy] has no 'minutes': lined.conf(5) has the list"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lined_policy policy = {0};
		char why[LINED_WHY_MAX] = "";
		int r = lined_policy_set(&policy, rows[i].key, rows[i].value, why);

		cr_expect_eq(r == 0, rows[i].why == NULL, "%s = %s: %s", rows[i].key, rows[i].value,
			     why);
		cr_expect_eq(policy.given != 0, r == 0);
		if (rows[i].why)
			cr_expect_not_null(strstr(why, rows[i].why), "%s = %s: %s", rows[i].key,
					   rows[i].value, why);
	}
}

Test(lined_policy, quiet_hours_go_past_midnight)
{
	static const struct {
		unsigned int minute;
		int span;
	} rows[] = {
		{22 * 60 - 1, -1}, {22 * 60, 0},  {1439, 0},	      {0, 0},
		{6 * 60 - 1, 0},   {6 * 60, -1},  {12 * 60 + 29, -1}, {12 * 60 + 30, 1},
		{13 * 60 - 1, 1},  {13 * 60, -1},
	};
	char why[LINED_WHY_MAX];
	struct lined_hours hours;

	cr_assert_eq(lined_hours_parse("22:00-06:00, 12:30-13:00", &hours, why), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(lined_hours_find(&hours, rows[i].minute), rows[i].span, "%u",
			     rows[i].minute);
}

Test(lined_policy, of_a_line_goes_before_that_of_all)
{
	struct lined_policy *all, *one;
	struct lined_settings settings;
	struct lined_report report = {0};
	char why[LINED_WHY_MAX];

	lined_settings_init(&settings);
	cr_expect_null(lined_settings_policy(&settings, "a", LINED_RULE_DENY));
	cr_assert_eq(lined_settings_add_policy(&settings, "a", "f:1", &one), 0);
	cr_assert_eq(lined_policy_set(one, "deny", "none", why), 0);
	cr_assert_eq(lined_settings_add_policy(&settings, NULL, "f:4", &all), 0);
	cr_assert_eq(lined_policy_set(all, "deny", "0900*", why), 0);
	cr_assert_eq(lined_policy_set(all, "allow", "*", why), 0);
	cr_assert_eq(lined_settings_add_policy(&settings, "a", "f:1", &one), 0, "it is there");
	cr_expect_eq(settings.n_policies, 2);
	cr_expect_eq(lined_settings_policy(&settings, "a", LINED_RULE_DENY), one);
	cr_expect_eq(lined_settings_policy(&settings, "a", LINED_RULE_ALLOW), all);
	cr_expect_eq(lined_settings_policy(&settings, "b", LINED_RULE_DENY), all);
	cr_expect_null(lined_settings_policy(&settings, "b", LINED_RULE_QUIET_HOURS));
	cr_expect_eq(lined_settings_check(&settings, &report), -EINVAL);
	cr_assert_eq(report.n, 1);
	cr_expect_str_eq(report.mistakes[0], "f:1: [policy a]: there is no line 'a'");
	settings.claim_marked = true;
	cr_expect_eq(lined_settings_check(&settings, &report), 0);
	lined_report_fini(&report);
	lined_settings_fini(&settings);
}
