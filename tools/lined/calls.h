/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_LINED_CALLS_H
#define TOOLS_LINED_CALLS_H

/**
 * @file
 * Calls from their beginning to their record: whose they are, and what the policy grants them. At
 * the end they go into the history.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <trunkline/types.h>

struct lined;
struct tl_event;

#define LINED_OWNERS_MAX 8 /**< users that are remembered as owners of one call */

/** Users who have owned a call, the first one first. */
struct lined_call_owners {
	size_t n;
	uid_t uids[LINED_OWNERS_MAX];
};

struct lined_own_call {
	struct lined_own_call *next;
	uint64_t call;
	struct lined_call_owners owners;
	bool voice;
	uint32_t budget_s; /* that the policy lets it last, once; 0: any */
	uint64_t due_ms;   /* when that is used up, event_now_ms(); 0: never */
};

/** The settings are new: tell whether the history can be written. */
void lined_calls_check(struct lined *lined);
/** A call was dialled, by a connection of the user; budget_s: see struct lined_own_call. */
void lined_calls_dialled(struct lined *lined, tl_session session, uid_t uid, uint32_t budget_s);
/** A connection has become an owner of the session's call, for its user. */
void lined_calls_own(struct lined *lined, tl_session session, uid_t uid);
/** Every event, once: notes new owners; the daemon's own CALL_RECORD goes into the history. */
void lined_calls_event(struct lined *lined, const struct tl_event *event);
void lined_calls_fini(struct lined *lined);

/** The lines are taken away: what is still without a record gets it. */
void lined_calls_end(struct lined *lined);

#endif
