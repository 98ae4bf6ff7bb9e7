/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_GUARD_H
#define TOOLS_LINED_GUARD_H

/** @file The policy is applied: before each dialling, and to the calls that it gave some minutes.
 */

#include <stdbool.h>
#include <stdint.h>
#include <trunkline/types.h>

#include "tools/lined/policy.h"

struct json_object;
struct lined;
struct lined_client;
struct lined_own_call;
struct lined_usage;
struct tl_event;

/** For metrics. */
struct lined_guard_counts {
	uint64_t refused[LINED_RULE_COUNT]; /**< dialled numbers, by rule */
	uint64_t dropped;		    /**< calls whose minutes were used up */
};

struct lined_guard {
	struct lined_usage *usage; /**< by name of the line */
	struct lined_guard_counts counts;
};

/** Whole rules, "deny 0900*", with NUL. */
#define LINED_RULE_TEXT_MAX 64

/**
 * May the line be dialled on now, to this number? A refusal is told in the log, counted, and noted
 * for the client's answer.
 *
 * @param ret_budget_s seconds that the call may last, 0: any
 * @return 0; -EACCES
 */
int lined_guard_check(struct lined_client *client, const char *line, const char *number,
		      uint32_t *ret_budget_s);
/** It was dialled. */
void lined_guard_dialled(struct lined *lined, const char *line);
/** A call is over; type Record. */
void lined_guard_record(struct lined *lined, struct json_object *record);
/** Read what the history knows of the time before this start. */
void lined_guard_load(struct lined *lined);
void lined_guard_fini(struct lined *lined);

/** A state of a call: its minutes begin with the first one that costs something. */
void lined_guard_state(struct lined_own_call *call, const struct tl_event *event);
/** When the minutes of the first call are used up, event_now_ms(); UINT64_MAX: never. */
uint64_t lined_guard_due_ms(const struct lined *lined);
/** Drop the calls whose minutes are used up. */
void lined_guard_drop_due(struct lined *lined);

#endif
