/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_USAGE_H
#define TOOLS_LINED_USAGE_H

/**
 * @file
 * How much a line has been used for outgoing calls: in the last hour, to the minute, and today. By
 * the wall clock, since the history is; what was counted by a clock that has been set back by more
 * than an hour is forgotten.
 */

#include <stdint.h>

#define LINED_USAGE_MINUTES 60

struct lined_usage {
	struct lined_usage *next;
	char line[33];
	int64_t minute;			     /**< of the newest call, since 1970 */
	uint32_t calls[LINED_USAGE_MINUTES]; /**< by minute modulo 60, up to that one */
	int day;			     /**< of the seconds, 20261123; 0: none */
	uint64_t seconds;		     /**< connected, in calls that began on that day */
};

/** A call was dialled. @param at_s seconds since 1970 */
void lined_usage_dialled(struct lined_usage *usage, int64_t at_s);
/** A call that began then has lasted so long. */
void lined_usage_lasted(struct lined_usage *usage, int64_t began_s, uint64_t seconds);

/** Calls of the last 60 minutes. */
uint32_t lined_usage_calls(struct lined_usage *usage, int64_t now_s);
/** Seconds of the calls that began today, local time, and are over. */
uint64_t lined_usage_seconds(struct lined_usage *usage, int64_t now_s);

#endif
