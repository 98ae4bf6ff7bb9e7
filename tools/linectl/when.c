/* SPDX-License-Identifier: MIT */
#include "tools/linectl/when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "tools/varlink/number.h"

#define AGO_MAX 99999

/* A decimal number of exactly so many digits; *at goes behind it. @return -1 when it is none */
static int take_digits(const char **at, size_t digits)
{
	int number = 0;

	for (size_t i = 0; i < digits; i++) {
		if (!isdigit((unsigned char)**at))
			return -1;
		number = 10 * number + (*(*at)++ - '0');
	}
	return number;
}

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "14:00", "14:00:30" */
static bool take_time(const char **at, struct tm *tm)
{
	tm->tm_hour = take_digits(at, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take(at, ':'))
		return false;
	tm->tm_min = take_digits(at, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (!take(at, ':'))
		return true;
	tm->tm_sec = take_digits(at, 2);
	return tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

static bool take_date(const char **at, struct tm *tm)
{
	tm->tm_year = take_digits(at, 4) - 1900;
	if (!take(at, '-'))
		return false;
	tm->tm_mon = take_digits(at, 2) - 1;
	if (!take(at, '-'))
		return false;
	tm->tm_mday = take_digits(at, 2);
	return true;
}

static int to_seconds(struct tm *tm, int64_t *ret_s)
{
	const struct tm wanted = *tm;
	time_t seconds;

	tm->tm_isdst = -1;
	seconds = mktime(tm);
	/* mktime() makes the 30th of February the 2nd of March. */
	if (seconds < 0 || tm->tm_mday != wanted.tm_mday || tm->tm_mon != wanted.tm_mon)
		return -EINVAL;
	*ret_s = seconds;
	return 0;
}

/* "90m". @return -EINVAL when it is none */
static int parse_ago(const char *text, int64_t now_s, int64_t *ret_s)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}, {'w', 7 * 24 * 3600}};
	size_t n = strlen(text);
	char digits[8] = "";
	uint32_t number;

	if (n < 2 || n > sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, n - 1);
	if (number_parse(digits, 0, AGO_MAX, &number) < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text[n - 1] == units[i].unit) {
			*ret_s = now_s - (int64_t)number * units[i].seconds;
			return *ret_s < 0 ? -EINVAL : 0;
		}
	}
	return -EINVAL;
}

int when_parse(const char *text, int64_t now_s, int64_t *ret_s)
{
	time_t now = (time_t)now_s;
	const char *at = text;
	struct tm tm;
	int64_t ago_s;

	if (parse_ago(text, now_s, &ago_s) == 0) {
		*ret_s = ago_s;
		return 0;
	}
	if (!localtime_r(&now, &tm))
		return -EINVAL;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (strcmp(text, "today") == 0)
		return to_seconds(&tm, ret_s);
	if (strcmp(text, "yesterday") == 0) {
		tm.tm_mday--;
		tm.tm_isdst = -1;
		(void)mktime(&tm); /* the day before the 1st */
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		return to_seconds(&tm, ret_s);
	}
	if (!strchr(text, '-'))
		return take_time(&at, &tm) && !*at ? to_seconds(&tm, ret_s) : -EINVAL;
	if (!take_date(&at, &tm))
		return -EINVAL;
	if ((take(&at, ' ') || take(&at, 'T')) && !take_time(&at, &tm))
		return -EINVAL;
	return *at ? -EINVAL : to_seconds(&tm, ret_s);
}
