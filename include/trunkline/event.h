/* SPDX-License-Identifier: MIT */
#ifndef TRUNKLINE_EVENT_H
#define TRUNKLINE_EVENT_H

/**
 * @file
 * Events tell a state, not a transition: never infer the next one. Each event is for one client.
 */

#include <trunkline/session.h>
#include <trunkline/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tl_event_type {
	/** A request has completed: op, result, text. Comes exactly once for every accepted
	   request. */
	TL_EVENT_OP_DONE,
	/** A session was made for the client, on an incoming call or one that was handed to it:
	 * session, privilege, call_state. */
	TL_EVENT_SESSION_NEW,
	/** A call's state: call_state, origin and disconnect when it has ended. To every holder of
	 * a session on it (session is that client's), and to watching clients (session 0). IDLE is
	 * the last one. */
	TL_EVENT_CALL_STATE,
	/** Something else about a call has changed (caller's number, cause, owners, monitors,
	 * the receiver's own privilege), or the record is final: fetch the info. A change of
	 * holders is told to the others only, and not after the end of the call. */
	TL_EVENT_CALL_INFO,
	/** An incoming call rings: rings. To those who have the line open, and to watching clients.
	 */
	TL_EVENT_RING,
	/** A line's state: line_state, text says why. To those who have the line open, and to
	   watching clients. */
	TL_EVENT_LINE_STATE,
	/** Events were lost because the client did not fetch them: count. Fetch the infos anew. */
	TL_EVENT_LOST,
	/** An ended session of a client with tl_client_set_keep() will be released in count
	 * seconds; count 0: it has just been. To the client and to watching clients. */
	TL_EVENT_SESSION_EXPIRING,
	/** A call is over, and its record changes no more: record. Once for each call, whoever held
	 * it, to clients that watched by then. A call whose drop failed has no proof of its end
	 * before its line is on hook again, removed or gone, and is told then. Never lost: the
	 * memory for it is taken when the call begins, or the client begins to watch. */
	TL_EVENT_CALL_RECORD,
	/** To the client of an attached session, once after each -EAGAIN: a read (a write) may do
	 * more now, or the call has ended. See stream.h. */
	TL_EVENT_READABLE,
	TL_EVENT_WRITABLE,
	/** The far end has sent a break signal; to the client of the attached session. */
	TL_EVENT_BREAK,
	/** A limit will end the call in count seconds unless something changes: limit. To every
	 * holder and to watching clients. */
	TL_EVENT_LIMIT_NEAR,
};
#define TL_EVENT_TYPE_COUNT 13

struct tl_event;
struct tl_session_info;

/** @return NULL */
TL_API struct tl_event *tl_event_free(struct tl_event *event);
TL_API const char *tl_event_type_name(enum tl_event_type type);

/** What does not apply to the type is 0, NONE or "". Texts belong to the event. */
TL_API enum tl_event_type tl_event_get_type(const struct tl_event *event);
TL_API tl_client tl_event_get_client(const struct tl_event *event);
TL_API tl_line tl_event_get_line(const struct tl_event *event);
TL_API const char *tl_event_get_line_name(const struct tl_event *event);
TL_API tl_session tl_event_get_session(const struct tl_event *event);
TL_API uint64_t tl_event_get_call(const struct tl_event *event);
TL_API uint64_t tl_event_get_op(const struct tl_event *event);
/** 0, or a negative errno value. */
TL_API int tl_event_get_result(const struct tl_event *event);
/** As tl_session_get_info() gives it, but for nobody: session and client are 0, the privilege is
 * NONE. @return owned by the event; NULL for other types */
TL_API const struct tl_session_info *tl_event_get_record(const struct tl_event *event);
TL_API const char *tl_event_get_text(const struct tl_event *event);
TL_API enum tl_call_state tl_event_get_call_state(const struct tl_event *event);
TL_API enum tl_direction tl_event_get_direction(const struct tl_event *event);
TL_API enum tl_origin tl_event_get_origin(const struct tl_event *event);
TL_API enum tl_disconnect tl_event_get_disconnect(const struct tl_event *event);
TL_API enum tl_line_state tl_event_get_line_state(const struct tl_event *event);
TL_API enum tl_privilege tl_event_get_privilege(const struct tl_event *event);
/** Holders of the call. */
TL_API unsigned int tl_event_get_owners(const struct tl_event *event);
TL_API unsigned int tl_event_get_monitors(const struct tl_event *event);
TL_API uint32_t tl_event_get_rings(const struct tl_event *event);
TL_API uint64_t tl_event_get_count(const struct tl_event *event);
/** Of TL_EVENT_LIMIT_NEAR. */
TL_API enum tl_limit tl_event_get_limit(const struct tl_event *event);
/** CLOCK_BOOTTIME and wall clock, microseconds, when it happened. */
TL_API uint64_t tl_event_get_boot_us(const struct tl_event *event);
TL_API int64_t tl_event_get_wall_us(const struct tl_event *event);

#ifdef __cplusplus
}
#endif
#endif
