/* SPDX-License-Identifier: MIT */
#include "tools/lined/policy.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/lined/settings.h"
#include "tools/varlink/number.h"
#include "tools/varlink/word.h"

#define CALLS_MAX   100000
#define MINUTES_MAX (24 * 60)

/* Where they are in use as the only or the first number to call: 000 Australia; 110 and 119 China,
 * Japan, Korea, Germany's police; 111 New Zealand; 112 Europe and most mobile networks; 118 Italy's
 * ambulance, Japan's coast guard; 911 North America; 999 Great Britain, Ireland, Hong Kong and
 * others. */
const struct lined_patterns lined_emergency_default = {
	.n = 8,
	.texts = {"000", "110", "111", "112", "118", "119", "911", "999"},
};

static const char *const names[LINED_RULE_COUNT + 1] = {
	[LINED_RULE_ALLOW] = "allow",
	[LINED_RULE_DENY] = "deny",
	[LINED_RULE_EMERGENCY] = "emergency",
	[LINED_RULE_QUIET_HOURS] = "quiet-hours",
	[LINED_RULE_CALLS_PER_HOUR] = "calls-per-hour",
	[LINED_RULE_MINUTES_PER_DAY] = "minutes-per-day",
};

const char *lined_rule_name(enum lined_rule rule)
{
	return names[rule];
}

/* ---- numbers ---- */

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

bool lined_pattern_fits(const char *pattern, const char *number)
{
	for (;; pattern++, number++) {
		while (is_in(" -.()/,WwTtPp@!", *number))
			number++;
		if (pattern[0] == '*' && !pattern[1])
			return true;
		if (!*pattern || toupper((unsigned char)*number) != *pattern)
			return !*pattern && !*number;
	}
}

const char *lined_patterns_find(const struct lined_patterns *patterns, const char *number)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (lined_pattern_fits(patterns->texts[i], number))
			return patterns->texts[i];
	}
	return NULL;
}

const char *lined_patterns_find_within(const struct lined_patterns *patterns, const char *number)
{
	const char *found = lined_patterns_find(patterns, number);

	for (; !found && *number; number++) {
		if (is_in(",Ww@!#*+", *number) && number[1])
			found = lined_patterns_find(patterns, number + 1);
	}
	return found;
}

bool lined_patterns_allow(const struct lined_patterns *patterns, const char *number)
{
	bool allowed = lined_patterns_find(patterns, number);

	while (allowed && (number = strchr(number, '!')) != NULL) {
		number++;
		allowed = !*number || lined_patterns_find(patterns, number);
	}
	return allowed;
}

/* ---- lists ---- */

/* The next word of a list. @return its length, 0 at the end */
static size_t next_word(const char **at)
{
	*at += strspn(*at, " \t,");
	return strcspn(*at, " \t,");
}

static int refuse_pattern(const char *word, size_t n, const char *what, char *why)
{
	snprintf(why, LINED_WHY_MAX, "'%.*s' %s", n > 40 ? 40 : (int)n, word, what);
	return -EINVAL;
}

static int add_pattern(struct lined_patterns *patterns, const char *word, size_t n, char *why)
{
	char *text = patterns->texts[patterns->n];
	size_t used = 0;

	if (patterns->n == LINED_PATTERNS_MAX)
		return refuse_pattern(word, n, "is one pattern too many: 32 are the most", why);
	for (size_t i = 0; i < n; i++) {
		char c = (char)toupper((unsigned char)word[i]);

		if (is_in("-.()/", c))
			continue;
		if (!is_in("0123456789*#ABCD", c) && !(c == '+' && used == 0))
			return refuse_pattern(
				word, n, "is no pattern: say digits, such as 0900* or +44*", why);
		if (used == LINED_PATTERN_SIZE - 1)
			return refuse_pattern(word, n, "is too long", why);
		text[used++] = c;
	}
	if (used == 0)
		return refuse_pattern(word, n, "has no digits", why);
	text[used] = '\0';
	patterns->n++;
	return 0;
}

int lined_patterns_parse(const char *list, struct lined_patterns *ret_patterns, char *why)
{
	struct lined_patterns patterns = {0};
	size_t n;

	if (strcmp(list, "none") == 0) {
		*ret_patterns = patterns;
		return 0;
	}
	for (const char *at = list; (n = next_word(&at)) > 0; at += n) {
		int r = add_pattern(&patterns, at, n, why);

		if (r < 0)
			return r;
	}
	if (patterns.n == 0) {
		snprintf(why, LINED_WHY_MAX, "must be numbers, such as 0900* +44*, or none");
		return -EINVAL;
	}
	*ret_patterns = patterns;
	return 0;
}

/* "06:30", up to "24:00". @return minute of the day, or -1 */
static int parse_minute(const char *text)
{
	int hour, minute;

	for (int i = 0; i < 5; i++) {
		if (i == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
			return -1;
	}
	hour = 10 * (text[0] - '0') + text[1] - '0';
	minute = 10 * (text[3] - '0') + text[4] - '0';
	if (minute > 59 || 60 * hour + minute > 24 * 60)
		return -1;
	return 60 * hour + minute;
}

static int add_span(struct lined_hours *hours, const char *word, size_t n)
{
	int from, to;

	/* "22:00-06:00" */
	if (n != 11 || word[5] != '-' || hours->n == LINED_HOURS_MAX)
		return -EINVAL;
	from = parse_minute(word);
	to = parse_minute(word + 6);
	if (from < 0 || to < 0 || from == 24 * 60 || from == to)
		return -EINVAL;
	hours->spans[hours->n].from = (uint16_t)from;
	hours->spans[hours->n++].to = (uint16_t)to;
	return 0;
}

int lined_hours_parse(const char *list, struct lined_hours *ret_hours, char *why)
{
	bool none = strcmp(list, "none") == 0;
	struct lined_hours hours = {0};
	int r = 0;
	size_t n;

	for (const char *at = list; !none && r == 0 && (n = next_word(&at)) > 0; at += n)
		r = add_span(&hours, at, n);
	if (r < 0 || (hours.n == 0 && !none)) {
		snprintf(why, LINED_WHY_MAX, "must be up to %d spans such as 22:00-06:00, or none",
			 LINED_HOURS_MAX);
		return -EINVAL;
	}
	*ret_hours = hours;
	return 0;
}

int lined_hours_find(const struct lined_hours *hours, unsigned int minute)
{
	for (size_t i = 0; i < hours->n; i++) {
		unsigned int from = hours->spans[i].from;
		unsigned int to = hours->spans[i].to;

		if (from < to ? minute >= from && minute < to : minute >= from || minute < to)
			return (int)i;
	}
	return -1;
}

/* ---- keys ---- */

static int set_number(const char *value, uint32_t max, char *why, uint32_t *ret_number)
{
	if (number_parse(value, 0, max, ret_number) == 0)
		return 0;
	snprintf(why, LINED_WHY_MAX, "must be a number from 0, no limit, to %u", max);
	return -EINVAL;
}

/* What is matched as a whole must not look like a prefix. */
static int set_emergency(struct lined_policy *policy, const char *value, char *why)
{
	struct lined_patterns *patterns = &policy->lists[LINED_RULE_EMERGENCY];
	int r;

	r = lined_patterns_parse(value, patterns, why);
	for (size_t i = 0; r == 0 && i < patterns->n; i++) {
		const char *text = patterns->texts[i];

		if (text[strlen(text) - 1] == '*')
			r = refuse_pattern(text, strlen(text), "must be a whole number, without *",
					   why);
	}
	return r;
}

static int set(struct lined_policy *policy, enum lined_rule rule, const char *value, char *why)
{
	switch (rule) {
	case LINED_RULE_ALLOW:
	case LINED_RULE_DENY:
		return lined_patterns_parse(value, &policy->lists[rule], why);
	case LINED_RULE_EMERGENCY:
		return set_emergency(policy, value, why);
	case LINED_RULE_QUIET_HOURS:
		return lined_hours_parse(value, &policy->quiet, why);
	case LINED_RULE_CALLS_PER_HOUR:
		return set_number(value, CALLS_MAX, why, &policy->calls_per_hour);
	case LINED_RULE_MINUTES_PER_DAY:
		return set_number(value, MINUTES_MAX, why, &policy->minutes_per_day);
	}
	return -EINVAL;
}

int lined_policy_set(struct lined_policy *policy, const char *key, const char *value, char *why)
{
	char reason[LINED_WHY_MAX];
	const char *nearest;

	for (enum lined_rule rule = 0; rule < LINED_RULE_COUNT; rule++) {
		if (strcmp(key, names[rule]) != 0)
			continue;
		if (set(policy, rule, value, reason) < 0) {
			snprintf(why, LINED_WHY_MAX, "%s = %.200s: %.200s", key, value, reason);
			return -EINVAL;
		}
		policy->given |= 1U << rule;
		return 0;
	}
	nearest = word_nearest(key, names);
	snprintf(why, LINED_WHY_MAX, "[policy] has no '%s': %s%s%s", key,
		 nearest ? "did you mean '" : "lined.conf(5) has the list", nearest ? nearest : "",
		 nearest ? "'?" : "");
	return -ENOENT;
}
