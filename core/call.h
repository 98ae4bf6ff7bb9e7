/* SPDX-License-Identifier: MIT */
#ifndef CORE_CALL_H
#define CORE_CALL_H

/*
 * A call: the physical thing on a line, with its record. It outlives its end for as long as
 * somebody holds a session on it, and its line's removal too.
 */

#include "core/call_fsm.h"
#include "core/ctx.h"
#include "core/drop.h"
#include "core/limit.h"
#include "core/record.h"
#include "core/stream.h"

struct core_line;
struct core_request;

struct core_call {
	struct hal_list node; /* tl_ctx.call_list */
	struct tl_ctx *ctx;
	struct core_line *line; /* NULL: not on a line any more */
	tl_line line_id;
	char object[CORE_NAME_MAX + 24]; /* "sim1/call2" for logs */
	char line_name[CORE_NAME_MAX];
	struct core_record record;
	struct hal_list sessions; /* core_session.of_call */
	unsigned int owners, monitors;
	bool over; /* IDLE, or given up: the drop failed */
	uint64_t over_us;
	bool dropping;	/* by us; origin is who asked */
	bool answering; /* ops->answer() is under way */
	bool holding;	/* ops->hold() is under way; its client may be gone */
	bool waiting;	/* to be dialled as soon as the line is ready */
	bool went_off_hook;
	bool diagnosed; /* the modem has been asked why it ended */
	enum tl_origin origin;
	struct core_drop drop;
	struct core_dial dial;
	struct core_limits limits;
	struct core_stream stream;
	struct hal_list setup;	/* requests that wait for the dial or answer */
	struct hal_list drops;	/* requests that wait for the end */
	struct hal_list holds;	/* at most one request, to hold or take back */
	struct hal_list finals; /* tl_event.node of core/final.h, until it is told */
	struct hal_list modes;	/* at most one request: escape or resume */
};

/* @return NULL when out of memory */
struct core_call *core_call_new(struct core_line *line, enum tl_direction direction,
				enum tl_media media, enum tl_call_state state);
/* It stays: count it and tell of it. */
void core_call_announce(struct core_call *call);
/* Its line is done with it: the record is final, and told. Frees it if nobody holds it. */
void core_call_leave_line(struct core_call *call);
/* Free it if it is over, off its line and nobody holds it. */
void core_call_put(struct core_call *call);
/* Whatever its state: the context is going. */
void core_call_free(struct core_call *call);

/* An offer that nobody has answered, and that has not ended? */
bool core_call_is_unanswered(const struct core_call *call);
/* Can it be held, or taken back, now? @return 0; -EOPNOTSUPP; -EBUSY; -ENODEV */
int core_call_may_hold(const struct core_call *call);
/* Feed the state table; an event that is not allowed is logged and ignored. @return allowed */
bool core_call_apply(struct core_call *call, enum core_call_event event);
/* Hand the number to the driver. Errors end the call. */
void core_call_place(struct core_call *call);
/* Start to clear a live call on behalf of origin; joins what is under way. */
void core_call_drop(struct core_call *call, enum tl_origin origin);
/* The same when what has been written has gone out, after ms at most. */
void core_call_drain(struct core_call *call, enum tl_origin origin, uint32_t ms);
/* Ended by somebody else; proof as in core_call_ended(). */
void core_call_end(struct core_call *call, const struct core_cause *cause, const char *proof);
/* Verified on hook: IDLE. */
void core_call_cleared(struct core_call *call);
/* All steps failed, or reason: UNKNOWN, and the line is to become FAULTY. */
void core_call_drop_failed(struct core_call *call, int error, const char *reason);
/* Its device is gone: DISCONNECTED, then IDLE. */
void core_call_device_gone(struct core_call *call);

#endif
