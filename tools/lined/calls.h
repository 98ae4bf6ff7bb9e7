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
};

/** The settings are new: tell whether the history can be written. */
void lined_calls_check(struct lined *lined);
/** A connection has become an owner of the session's call, for its user. */
void lined_calls_own(struct lined *lined, tl_session session, uid_t uid);
/** Every event, once: notes new owners; the daemon's own CALL_RECORD goes into the history. */
void lined_calls_event(struct lined *lined, const struct tl_event *event);
void lined_calls_fini(struct lined *lined);

/** The lines are taken away: what is still without a record gets it. */
void lined_calls_end(struct lined *lined);

#endif
