/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_POLICY_H
#define TOOLS_LINED_POLICY_H

/**
 * @file
 * The policy against toll fraud and mishap, [policy] of lined.conf(5): which numbers may be
 * dialled, when, how often and for how long.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINED_PATTERNS_MAX 32 /**< in one list */
#define LINED_PATTERN_SIZE 34 /**< bytes of one, with NUL */
#define LINED_HOURS_MAX	   8

enum lined_rule {
	LINED_RULE_ALLOW,
	LINED_RULE_DENY,
	LINED_RULE_EMERGENCY, /**< never refuses anything */
	LINED_RULE_QUIET_HOURS,
	LINED_RULE_CALLS_PER_HOUR,
	LINED_RULE_MINUTES_PER_DAY,
};
#define LINED_RULE_COUNT 6

/** @return the key: "calls-per-hour" */
const char *lined_rule_name(enum lined_rule rule);

/** Each is made of 0-9 * # A-D, + in front; a * at the end stands for anything. */
struct lined_patterns {
	size_t n;
	char texts[LINED_PATTERNS_MAX][LINED_PATTERN_SIZE];
};

/** Minutes of the day; to < from goes past midnight. */
struct lined_hours {
	size_t n;
	struct {
		uint16_t from, to;
	} spans[LINED_HOURS_MAX];
};

/** What one section says. */
struct lined_policy {
	char *line;	    /**< NULL: of all lines */
	char *where;	    /**< "lined.conf:12", where its section begins first */
	unsigned int given; /**< bit i: enum lined_rule i */
	struct lined_patterns lists[LINED_RULE_EMERGENCY + 1];
	struct lined_hours quiet;
	uint32_t calls_per_hour; /**< 0: no limit */
	uint32_t minutes_per_day;
};

/**
 * Set a key.
 * @param why written on failure, at least LINED_WHY_MAX bytes
 * @return 0; -ENOENT no such key; -EINVAL
 */
int lined_policy_set(struct lined_policy *policy, const char *key, const char *value, char *why);

/**
 * @param list "0900* +44", separated by blanks and commas; "none"
 * @param why  as above
 * @return 0; -EINVAL
 */
int lined_patterns_parse(const char *list, struct lined_patterns *ret_patterns, char *why);
/** @param list "22:00-06:00 12:30-13:30"; "none". @return 0; -EINVAL */
int lined_hours_parse(const char *list, struct lined_hours *ret_hours, char *why);

/**
 * Is it this number? Compared are digits * # A-D and a + in front; separators and what only says
 * how to dial (T P W @ ! and pauses) are overlooked.
 */
bool lined_pattern_fits(const char *pattern, const char *number);
/** @return the first pattern that fits; NULL: none does */
const char *lined_patterns_find(const struct lined_patterns *patterns, const char *number);
/** The same, also for each number that begins within: after a pause, W, @, !, # or *, where an
 * exchange may take what follows for a number of its own, and after +, which modems on lines of
 * their own overlook. */
const char *lined_patterns_find_within(const struct lined_patterns *patterns, const char *number);
/** Do they allow it? After each ! (the hook flash) another number may be dialled, which one of them
 * has to fit by itself. */
bool lined_patterns_allow(const struct lined_patterns *patterns, const char *number);

/** @return index of the span that the minute of the day is in; -1: none */
int lined_hours_find(const struct lined_hours *hours, unsigned int minute);

/** The numbers that are emergency calls unless the configuration has others. */
extern const struct lined_patterns lined_emergency_default;

#endif
