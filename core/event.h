/* SPDX-License-Identifier: MIT */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

/*
 * Events on their way to clients. Completions are allocated when their request is accepted, so they
 * are never lost; other events are counted against a limit per client, and one LOST marker stands
 * for what did not fit.
 */

#include <string.h>

#include <trunkline/event.h>

#include "core/ctx.h"
#include "core/driver.h"
#include "hal/list.h"
#include "hal/slice.h"

struct core_call;
struct core_client;
struct core_line;
struct core_session;

struct tl_event {
	struct hal_list node;
	enum tl_event_type type;
	tl_client client;
	tl_line line;
	tl_session session;
	uint64_t call;
	uint64_t op;
	int result;
	enum tl_call_state call_state;
	enum tl_direction direction;
	enum tl_origin origin;
	enum tl_disconnect disconnect;
	enum tl_line_state line_state;
	enum tl_privilege privilege;
	uint32_t owners, monitors;
	uint32_t rings;
	uint64_t count;
	enum tl_limit limit;
	uint64_t boot_us;
	int64_t wall_us;
	char line_name[CORE_NAME_MAX];
	const char *text;		      /* once queued in the same block; NULL: "" */
	const struct tl_session_info *record; /* in the same block; NULL: none */
};

/* Which line it is about. Names are copied whole: to look for their end takes longer. */
static inline void core_event_set_line(struct tl_event *event, tl_line line,
				       const char name[CORE_NAME_MAX])
{
	event->line = line;
	memcpy(event->line_name, name, CORE_NAME_MAX);
}

/* A copy of it with this text, in one block. @return NULL: no memory */
struct tl_event *core_event_copy(const struct tl_event *event, struct hal_slice text);
/* Put a completion that was allocated beforehand into the queue; takes ownership. */
void core_event_complete(struct tl_ctx *ctx, struct tl_event *event);
/* What every event of the call says; the rest is zeroed. */
void core_event_fill_call(struct tl_event *event, const struct core_call *call,
			  enum tl_event_type type);
/* One event of this type to every holder of a session on the call and to watching clients. */
void core_event_call(struct core_call *call, enum tl_event_type type);
/* The same to all but the holder of a session, who has made the change. */
void core_event_call_others(struct core_call *call, enum tl_event_type type,
			    const struct core_session *by);
/* The session will be released after so many seconds, or (0) is released now. */
void core_event_expiring(struct core_session *session, uint64_t seconds);
void core_event_session_new(struct core_session *session);
/* A limit ends the call in so many seconds. */
void core_event_limit(struct core_call *call, enum tl_limit limit, uint64_t seconds);
void core_event_break(struct core_session *session);
/* READABLE or WRITABLE, allocated beforehand; takes ownership. */
void core_event_stream(struct core_session *session, struct tl_event *event,
		       enum tl_event_type type);
/* Forget the READABLE and WRITABLE that are queued for a session. */
void core_event_purge_stream(struct tl_ctx *ctx, tl_session session);
/* They are for its present client. */
void core_event_move_stream(struct core_session *session);
/* To those who have the line open and to watching clients. */
void core_event_line(struct core_line *line, enum tl_event_type type);
/* Forget what is queued for a session, completions and the news of its expiry excepted. */
void core_event_purge_session(struct tl_ctx *ctx, uint64_t session);
/* Forget all that is queued for a client. */
void core_event_purge_client(struct core_client *client);
/* Make the descriptor readable if events wait. */
void core_event_wake(struct tl_ctx *ctx);

#endif
