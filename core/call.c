/* SPDX-License-Identifier: MIT */
#include "core/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <trunkline/error.h>

#include "core/event.h"
#include "core/final.h"
#include "core/keep.h"
#include "core/line.h"
#include "core/request.h"
#include "core/session.h"

struct core_call *core_call_new(struct core_line *line, enum tl_direction direction,
				enum tl_media media, enum tl_call_state state)
{
	struct tl_ctx *ctx = line->ctx;
	struct core_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->ctx = ctx;
	call->line = line;
	call->line_id = line->id;
	core_text_copy(call->line_name, sizeof(call->line_name), line->config.name);
	call->record.call = ++ctx->last_call;
	call->record.direction = direction;
	call->record.media = media;
	call->record.state = state;
	call->record.state_since_us = hal_clock_boot_us(ctx->clock);
	core_record_stamp(&call->record, ctx->clock, TL_MOMENT_CREATED);
	(void)snprintf(call->object, sizeof(call->object), "%s/call%llu", call->line_name,
		       (unsigned long long)call->record.call);
	hal_list_init(&call->sessions);
	hal_list_init(&call->setup);
	hal_list_init(&call->modes);
	hal_list_init(&call->drops);
	hal_list_init(&call->holds);
	hal_list_init(&call->finals);
	if (core_final_reserve(call) < 0) {
		free(call);
		return NULL;
	}
	core_stream_init(call);
	core_drop_init(&call->drop);
	core_limit_init(call);
	call->limits.seconds[TL_LIMIT_DURATION] = line->config.max_duration_s;
	call->limits.seconds[TL_LIMIT_INACTIVITY] = line->config.inactivity_s;
	hal_list_append(&ctx->call_list, &call->node);
	ctx->counts[TL_COUNT_CALLS]++;
	return call;
}

void core_call_announce(struct core_call *call)
{
	call->ctx->counts[TL_COUNT_CALLS_TOTAL]++;
	call->line->calls_total++;
	core_event_call(call, TL_EVENT_CALL_STATE);
}

void core_call_free(struct core_call *call)
{
	struct tl_ctx *ctx = call->ctx;

	core_limit_stop(call);
	core_stream_fini(call);
	hal_timer_cancel(ctx->loop, &call->drop.timer);
	core_final_forget(call);
	hal_list_del(&call->node);
	ctx->counts[TL_COUNT_CALLS]--;
	free(call);
}

void core_call_put(struct core_call *call)
{
	if (call->over && !call->line && hal_list_empty(&call->sessions))
		core_call_free(call);
}

bool core_call_is_unanswered(const struct core_call *call)
{
	enum tl_call_state state = call->record.state;

	return !call->over && !call->answering && !call->dropping &&
	       (state == TL_CALL_OFFERING || state == TL_CALL_ACCEPTED);
}

int core_call_may_hold(const struct core_call *call)
{
	if (call->record.media != TL_MEDIA_VOICE || !call->line->identity.can_hold)
		return -EOPNOTSUPP;
	if (call->holding || call->dropping || call->drop.running)
		return -EBUSY;
	return call->line->driver ? 0 : -ENODEV;
}

bool core_call_apply(struct core_call *call, enum core_call_event event)
{
	struct core_record *record = &call->record;
	struct core_call_move move = core_call_fsm(record->state, event);
	struct tl_ctx *ctx = call->ctx;

	if (!move.allowed) {
		hal_debug(&ctx->log, call->object, "event %s ignored in state %s",
			  core_call_event_name(event), tl_call_state_name(record->state));
		return false;
	}
	if (move.moment != CORE_MOMENT_NONE)
		core_record_stamp(record, ctx->clock, (enum tl_moment)move.moment);
	record->state = move.next;
	record->state_since_us = hal_clock_boot_us(ctx->clock);
	hal_debug(&ctx->log, call->object, "%s", tl_call_state_name(record->state));
	core_event_call(call, TL_EVENT_CALL_STATE);
	return true;
}

void core_call_place(struct core_call *call)
{
	struct core_line *line = call->line;
	struct core_cause cause = {
		.origin = TL_ORIGIN_ERROR,
		.disconnect = TL_DISCONNECT_TEMPFAILURE,
	};
	int r;

	call->waiting = false;
	core_line_set_state(line, TL_LINE_IN_USE, 0, NULL);
	/* It may have been waiting since before the modem was known. */
	if (line->identity.media & 1U << call->dial.media)
		r = line->ops->dial(line->driver, &call->dial);
	else
		r = -EOPNOTSUPP;
	if (r == 0) {
		call->went_off_hook = true;
		return;
	}
	core_request_done_all(&call->setup, r, NULL);
	core_text_copy(cause.text, sizeof(cause.text), tl_error_text(r));
	core_call_end(call, &cause, "nothing was sent");
}

/* Nothing can be told to the caller of an analogue line; the offer just disappears here. */
static void reject(struct core_call *call)
{
	struct core_cause cause = {.origin = call->origin, .disconnect = TL_DISCONNECT_REJECT};
	struct core_line *line = call->line;

	line->muted = true;
	core_text_copy(call->record.note, sizeof(call->record.note),
		       "analogue lines cannot reject: left ringing, unanswered");
	core_record_set_cause(&call->record, &cause);
	core_call_cleared(call);
	core_line_set_state(line, TL_LINE_IN_USE, 0, "a rejected call is still ringing");
}

void core_call_drop(struct core_call *call, enum tl_origin origin)
{
	enum tl_call_state state = call->record.state;

	if (call->over)
		return;
	if (!call->dropping) {
		call->dropping = true;
		call->origin = origin;
	}
	if (call->drop.running)
		return;
	if (call->waiting)
		core_call_cleared(call);
	else if ((state == TL_CALL_OFFERING || state == TL_CALL_ACCEPTED) && !call->answering)
		reject(call);
	else
		core_drop_start(call);
}

void core_call_drain(struct core_call *call, enum tl_origin origin, uint32_t ms)
{
	if (call->dropping || call->drop.running || call->record.state != TL_CALL_CONNECTED) {
		core_call_drop(call, origin);
		return;
	}
	call->dropping = true;
	call->origin = origin;
	core_stream_drain(call, ms);
}

void core_call_end(struct core_call *call, const struct core_cause *cause, const char *proof)
{
	struct core_drop_outcome outcome = {.result = TL_DROP_VERIFIED};

	if (call->over || call->drop.running) {
		hal_debug(&call->ctx->log, call->object, "another end ignored: %s", cause->text);
		return;
	}
	core_record_set_cause(&call->record, cause);
	(void)core_call_apply(call, CORE_CALL_EVENT_END);
	core_stream_end(call);
	core_request_done_all(&call->setup, -ENOTCONN, cause->text);
	core_request_done_all(&call->holds, -ENOTCONN, cause->text);
	core_request_done_all(&call->modes, -ENOTCONN, cause->text);
	if (!proof) {
		core_drop_start(call);
		return;
	}
	core_text_copy(outcome.answer, sizeof(outcome.answer), cause->text);
	core_text_copy(outcome.proof, sizeof(outcome.proof), proof);
	core_record_add_drop(&call->record, "end", 0, &outcome);
	core_call_cleared(call);
}

static void set_own_cause(struct core_call *call)
{
	bool connected = call->record.moments[TL_MOMENT_CONNECTED].boot_us != 0;
	struct core_cause cause = {
		.origin = call->origin,
		.disconnect = connected ? TL_DISCONNECT_NORMAL : TL_DISCONNECT_CANCELLED,
	};

	core_record_stamp(&call->record, call->ctx->clock, TL_MOMENT_DISCONNECTED);
	if (call->dropping)
		core_record_set_cause(&call->record, &cause);
}

/* The call is over: nobody waits any longer. One that was given up may come here again. */
static void finish(struct core_call *call, int setup_result, int drop_result, const char *text)
{
	bool was_over = call->over;

	core_limit_stop(call);
	core_stream_stop_drain(call);
	core_stream_end(call);
	call->over = true;
	if (!was_over)
		core_keep_over(call);
	core_request_done_all(&call->setup, setup_result, text);
	core_request_done_all(&call->holds, setup_result, text);
	core_request_done_all(&call->modes, setup_result, text);
	core_request_done_all(&call->drops, drop_result, text);
}

void core_call_leave_line(struct core_call *call)
{
	struct core_line *line = call->line;

	if (line && line->next == call)
		line->next = NULL;
	if (line && line->call == call)
		line->call = NULL;
	call->line = NULL;
	/* The record is final now. */
	core_event_call(call, TL_EVENT_CALL_INFO);
	core_final_tell(call);
	core_call_put(call);
}

void core_call_cleared(struct core_call *call)
{
	struct core_line *line = call->line;

	set_own_cause(call);
	(void)core_call_apply(call, CORE_CALL_EVENT_CLEARED);
	finish(call, -ECANCELED, 0, NULL);
	if (line->call == call && !line->muted) {
		core_line_recover(line);
		return;
	}
	core_call_leave_line(call);
}

static void describe_failure(const struct core_call *call, char *buf, size_t size)
{
	const struct core_record *record = &call->record;
	size_t used;

	used = (size_t)snprintf(buf, size, "not proved to be on hook:");
	for (size_t i = 0; i < record->n_drops && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s %s %s", i ? "," : "",
					 record->drops[i].name,
					 tl_drop_result_name(record->drops[i].outcome.result));
}

void core_call_drop_failed(struct core_call *call, int error, const char *reason)
{
	struct core_cause lost = {
		.origin = TL_ORIGIN_ERROR,
		.disconnect = TL_DISCONNECT_OUTOFORDER,
	};
	char why[CORE_REASON_MAX];

	if (reason)
		core_text_copy(why, sizeof(why), reason);
	else
		describe_failure(call, why, sizeof(why));
	hal_debug(&call->ctx->log, call->object, "drop failed: %s", why);
	/* Who asked is known, how it ended is not. */
	if (call->dropping) {
		lost.origin = call->origin;
		lost.disconnect = TL_DISCONNECT_UNKNOWN;
	}
	core_record_stamp(&call->record, call->ctx->clock, TL_MOMENT_DISCONNECTED);
	core_record_set_cause(&call->record, &lost);
	(void)core_call_apply(call, CORE_CALL_EVENT_LOSE_TRACK);
	finish(call, -EIO, -EIO, why);
	core_line_down(call->line, error, why);
}

void core_call_device_gone(struct core_call *call)
{
	static const struct core_cause cause = {
		.origin = TL_ORIGIN_DEVICE_GONE,
		.disconnect = TL_DISCONNECT_OUTOFORDER,
	};

	core_drop_stop(call, TL_DROP_DEVICE_GONE);
	core_record_set_cause(&call->record, &cause);
	if (call->record.state != TL_CALL_IDLE) {
		(void)core_call_apply(call, CORE_CALL_EVENT_END);
		(void)core_call_apply(call, CORE_CALL_EVENT_CLEARED);
	}
	finish(call, -ENODEV, 0, NULL);
	core_call_leave_line(call);
}

/* ---- upcalls ---- */

static struct core_call *live_call(struct core_line *line, const char *what)
{
	if (line->call && !line->call->over)
		return line->call;
	hal_debug(&line->ctx->log, line->config.name, "%s without a call ignored", what);
	return NULL;
}

void core_call_dialed(struct core_line *line, int error)
{
	struct core_call *call = live_call(line, "dialling");

	if (!call)
		return;
	if (error == 0)
		core_record_stamp(&call->record, call->ctx->clock, TL_MOMENT_DIALED);
	core_request_done_all(&call->setup, error, NULL);
}

void core_call_event(struct core_line *line, enum core_call_event event)
{
	struct core_call *call = live_call(line, core_call_event_name(event));

	if (!call || call->drop.running || !core_call_apply(call, event))
		return;
	/* The modem cannot see when a voice call is answered: its time runs from the dialling. */
	if (event == CORE_CALL_EVENT_PROCEED && call->record.media == TL_MEDIA_VOICE)
		core_limit_start(call);
	if (event != CORE_CALL_EVENT_CONNECT)
		return;
	call->answering = false;
	core_request_done_all(&call->setup, 0, NULL);
	if (call->owners == 0) {
		/* Nobody would ever hang it up. */
		core_call_drop(call, TL_ORIGIN_APPLICATION);
		return;
	}
	core_limit_start(call);
	core_stream_wake_writer(call);
}

void core_call_hold_done(struct core_line *line, int error)
{
	struct core_call *call = live_call(line, "hold");

	if (!call || !call->holding || call->drop.running)
		return;
	call->holding = false;
	if (error == 0)
		(void)core_call_apply(call, call->record.state == TL_CALL_CONNECTED
						    ? CORE_CALL_EVENT_HOLD
						    : CORE_CALL_EVENT_UNHOLD);
	core_request_done_all(&call->holds, error, NULL);
}

void core_call_set_link(struct core_line *line, const struct core_link *link)
{
	struct core_call *call = live_call(line, "link data");

	if (call)
		call->record.link = *link;
}

void core_call_break(struct core_line *line)
{
	struct core_call *call = live_call(line, "break");

	if (call && call->stream.attached)
		core_event_break(call->stream.attached);
}

void core_call_mode_done(struct core_line *line, int error)
{
	struct core_call *call = live_call(line, "change of mode");

	if (call)
		core_request_done_all(&call->modes, error, NULL);
}

void core_call_set_quality(struct core_line *line, const struct core_quality *quality)
{
	if (line->call)
		line->call->record.quality = *quality;
}

void core_call_note(struct core_line *line, const char *note)
{
	struct core_call *call = live_call(line, "note");

	if (call)
		core_text_copy(call->record.note, sizeof(call->record.note), note);
}

void core_call_ended_at(struct core_line *line, uint64_t at_us)
{
	struct core_call *call = live_call(line, "an end");

	if (call)
		core_record_stamp_ago(&call->record, call->ctx->clock, TL_MOMENT_DISCONNECTED,
				      hal_loop_now_us(call->ctx->loop) - at_us);
}

void core_call_ended(struct core_line *line, const struct core_cause *cause, const char *proof)
{
	struct core_call *call = live_call(line, cause->text);

	if (call)
		core_call_end(call, cause, proof);
}

void core_drop_step_done(struct core_line *line, const struct core_drop_outcome *outcome)
{
	struct core_call *call = live_call(line, "drop step");

	if (call)
		core_drop_step_result(call, outcome);
}
