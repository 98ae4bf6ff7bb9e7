/* SPDX-License-Identifier: MIT */
#include "core/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <trunkline/error.h>

#include "core/event.h"
#include "core/hotplug.h"
#include "core/identity.h"
#include "core/line_fsm.h"
#include "core/offer.h"
#include "core/request.h"

static void on_retry(struct hal_timer *timer)
{
	struct core_line *line = HAL_CONTAINER_OF(timer, struct core_line, retry);

	hal_debug(&line->ctx->log, line->config.name, "opening again");
	core_line_attach(line);
}

int core_line_new(struct tl_ctx *ctx, const struct core_line_config *config,
		  const struct core_driver_ops *ops, struct core_line **ret_line)
{
	struct core_line *line = calloc(1, sizeof(*line));
	int r;

	if (!line)
		return -ENOMEM;
	r = core_handles_add(&ctx->lines, line, &line->id.id);
	if (r < 0) {
		free(line);
		return r;
	}
	line->ctx = ctx;
	line->config = *config;
	line->path = "";
	line->ops = ops;
	line->state = TL_LINE_ABSENT;
	line->since = core_stamp_now(ctx->clock);
	hal_list_init(&line->opens);
	hal_list_init(&line->commands);
	hal_list_init(&line->resets);
	hal_timer_init(&line->retry, on_retry);
	core_hotplug_init_line(line);
	hal_list_append(&ctx->line_list, &line->node);
	ctx->counts[TL_COUNT_LINES]++;
	*ret_line = line;
	return 0;
}

int core_line_find(struct tl_ctx *ctx, tl_line id, struct core_line **ret_line)
{
	void *object;
	int r;

	r = core_handles_find(&ctx->lines, id.id, &object);
	if (r < 0)
		return r;
	*ret_line = object;
	return 0;
}

void core_line_set_state(struct core_line *line, enum tl_line_state state, int error,
			 const char *why)
{
	struct tl_ctx *ctx = line->ctx;

	if (line->state == state && line->error == error && strcmp(line->why, why ? why : "") == 0)
		return;
	if (line->state != state && !core_line_fsm(line->state, state)) {
		hal_debug(&ctx->log, line->config.name, "state %s ignored in state %s",
			  tl_line_state_name(state), tl_line_state_name(line->state));
		return;
	}
	if (line->state != state)
		line->since = core_stamp_now(ctx->clock);
	line->state = state;
	line->error = error;
	core_text_copy(line->why, sizeof(line->why), why);
	hal_debug(&ctx->log, line->config.name, "%s%s%s", tl_line_state_name(state),
		  line->why[0] ? ": " : "", line->why);
	core_event_line(line, TL_EVENT_LINE_STATE);
}

void core_line_count(struct core_line *line)
{
	uint64_t timeouts = 0, resyncs = 0;

	if (!line->driver || !line->ops->count)
		return;
	line->ops->count(line->driver, &timeouts, &resyncs);
	line->ctx->counts[TL_COUNT_TIMEOUTS_TOTAL] += timeouts - line->old_timeouts;
	line->ctx->counts[TL_COUNT_RESYNCS_TOTAL] += resyncs - line->old_resyncs;
	line->old_timeouts = timeouts;
	line->old_resyncs = resyncs;
}

/* What went on with the modem is over: it begins anew. */
static void forget_activity(struct core_line *line)
{
	line->recovering = false;
	line->commanding = false;
	line->muted = false;
}

void core_line_detach(struct core_line *line)
{
	void *driver = line->driver;

	core_hotplug_stop_line(line);
	core_line_count(line);
	line->old_timeouts = 0;
	line->old_resyncs = 0;
	line->driver = NULL;
	forget_activity(line);
	if (driver)
		line->ops->detach(driver);
}

void core_line_attach_after(struct core_line *line, uint64_t ms)
{
	line->retry_at_us = hal_loop_now_us(line->ctx->loop) + ms * HAL_USEC_PER_MSEC;
	hal_timer_arm_ms(line->ctx->loop, &line->retry, ms);
}

static void retry_later(struct core_line *line)
{
	line->retry_s = line->retry_s ? line->retry_s * 2 : 1;
	if (line->retry_s > CORE_LINE_RETRY_MAX_S)
		line->retry_s = CORE_LINE_RETRY_MAX_S;
	core_line_attach_after(line, UINT64_C(1000) * line->retry_s);
}

/* Remember the first reason: later attempts fail for others. */
static void note_fault(struct core_line *line, const char *why)
{
	struct core_fault *fault = &line->fault;

	if (fault->since.boot_us)
		return;
	fault->since = core_stamp_now(line->ctx->clock);
	core_text_copy(fault->why, sizeof(fault->why), why);
}

void core_line_attach(struct core_line *line)
{
	struct tl_ctx *ctx = line->ctx;
	struct core_driver_host host = {
		.loop = ctx->loop,
		.log = &ctx->log,
		.provider = ctx->provider,
		.config = &line->config,
		.factory = line->factory,
	};
	char why[CORE_REASON_MAX];
	int r;

	hal_timer_cancel(ctx->loop, &line->retry);
	core_hotplug_stop_line(line);
	line->retry_at_us = 0;
	line->factory = false;
	if (line->fault.since.boot_us)
		line->fault.attempts++;
	core_line_set_state(line, TL_LINE_OPENING, 0, NULL);
	r = core_identity_resolve(line, why);
	if (r < 0) {
		core_line_down(line, r, why);
		return;
	}
	host.device = line->path;
	r = line->ops->attach(line, &host, &line->driver);
	if (r < 0)
		core_line_down(line, r, tl_error_text(r));
}

void core_line_reset_soft(struct core_line *line)
{
	line->factory = false;
	if (line->driver && line->ops->probe(line->driver) == 0) {
		forget_activity(line);
		core_line_set_state(line, TL_LINE_OPENING, 0, NULL);
		return;
	}
	core_line_detach(line);
	core_line_attach(line);
}

void core_line_reset_hard(struct core_line *line)
{
	core_line_detach(line);
	line->factory = true;
	core_line_set_state(line, TL_LINE_OPENING, 0, NULL);
	core_line_attach_after(line, CORE_LINE_CLOSED_MS);
}

static void fail_requests(struct core_line *line, int error, const char *why)
{
	core_request_done_all(&line->commands, error, why);
	core_request_done_all(&line->resets, error, why);
}

/* A call that was to be dialled next cannot be. */
static void fail_next(struct core_line *line, int error, const char *why)
{
	struct core_call *call = line->next;
	struct core_cause cause = {
		.origin = error == -ENODEV ? TL_ORIGIN_DEVICE_GONE : TL_ORIGIN_ERROR,
		.disconnect = TL_DISCONNECT_OUTOFORDER,
	};

	if (!call)
		return;
	core_request_done_all(&call->setup, error, why);
	core_text_copy(cause.text, sizeof(cause.text), why);
	core_call_end(call, &cause, "nothing was sent");
}

void core_line_free(struct core_line *line)
{
	struct tl_ctx *ctx = line->ctx;

	core_line_detach(line);
	hal_timer_cancel(ctx->loop, &line->retry);
	fail_next(line, -ENODEV, "the line was removed");
	if (line->call)
		core_call_device_gone(line->call);
	fail_requests(line, -ENODEV, "the line was removed");
	core_line_set_state(line, TL_LINE_GONE, -ENODEV, "removed");
	while (!hal_list_empty(&line->opens))
		core_open_free(HAL_CONTAINER_OF(line->opens.next, struct core_open, of_line));
	hal_list_del(&line->node);
	core_handles_remove(&ctx->lines, line->id.id);
	ctx->counts[TL_COUNT_LINES]--;
	free(line);
}

bool core_line_is_off_hook(const struct core_line *line)
{
	const struct core_call *call = line->call;

	if (line->state == TL_LINE_FAULTY)
		return true;
	/* One that was lost track of counts until a probe has proved the line on hook. */
	return call && call->went_off_hook && call->record.state != TL_CALL_IDLE;
}

int core_line_may_dial(const struct core_line *line, enum tl_media media)
{
	switch (line->state) {
	case TL_LINE_READY:
		break;
	case TL_LINE_IN_USE:
		/* A call that is over and only being tidied up does not keep the next one waiting.
		 */
		if (!line->call || !line->call->over || line->next || line->muted)
			return -EBUSY;
		break;
	case TL_LINE_OPENING:
	case TL_LINE_PROBING:
		/* It waits until the modem has said what it is; that it can is seen then. */
		return line->next ? -EBUSY : 0;
	case TL_LINE_FAULTY:
		return -ENOTRECOVERABLE;
	case TL_LINE_ABSENT:
	case TL_LINE_GONE:
		return -ENODEV;
	}
	if (line->commanding)
		return -EBUSY;
	if (!(line->identity.media & 1U << media))
		return -EOPNOTSUPP;
	return 0;
}

void core_line_withdraw_command(struct core_line *line)
{
	line->commanding = false;
	core_request_done_all(&line->commands, -ECANCELED, "a call took the line");
}

static void recover_now(struct core_line *line)
{
	int r;

	core_line_withdraw_command(line);
	/* Whoever had the port may have left it and the modem as they never were. */
	if (line->call->stream.lent) {
		core_line_reset_hard(line);
		return;
	}
	line->recovering = true;
	r = line->ops->recover(line->driver);
	if (r < 0)
		core_line_down(line, r, tl_error_text(r));
}

void core_line_recover(struct core_line *line)
{
	struct core_call *call = line->call;

	if (call->went_off_hook && !call->diagnosed && line->ops->diagnose) {
		call->diagnosed = true;
		if (line->ops->diagnose(line->driver) == 0)
			return;
	}
	recover_now(line);
}

/* ---- upcalls ---- */

void core_line_opened(struct core_line *line)
{
	core_line_set_state(line, TL_LINE_PROBING, 0, NULL);
}

/* The modem is on hook: whatever call was on the line is over for certain. */
static void release_call(struct core_line *line)
{
	struct core_call *call = line->call;

	if (!call)
		return;
	if (call->record.state != TL_CALL_IDLE)
		(void)core_call_apply(call, CORE_CALL_EVENT_CLEARED);
	core_call_leave_line(call);
}

void core_line_up(struct core_line *line, const struct core_line_identity *identity)
{
	struct core_call *next = line->next;
	bool reopened = line->call && line->call->drop.reopening;

	if (!core_line_fsm(line->state, TL_LINE_READY) ||
	    (line->call && !line->call->over && !reopened)) {
		hal_debug(&line->ctx->log, line->config.name, "ready in state %s ignored",
			  tl_line_state_name(line->state));
		return;
	}
	if (identity)
		line->identity = *identity;
	line->recovering = false;
	line->retry_s = 0;
	line->fault = (struct core_fault){0};
	if (reopened) {
		core_drop_reopened(line->call);
		return;
	}
	release_call(line);
	core_line_count(line);
	core_line_set_state(line, TL_LINE_READY, 0, NULL);
	core_request_done_all(&line->resets, 0, NULL);
	if (!next)
		return;
	line->next = NULL;
	line->call = next;
	core_call_place(next);
}

void core_line_down(struct core_line *line, int error, const char *why)
{
	if (line->call && !line->call->over) {
		core_drop_stop(line->call, TL_DROP_UNVERIFIED);
		core_call_drop_failed(line->call, error, why);
		return;
	}
	core_line_detach(line);
	fail_next(line, error == -ENOENT ? -ENODEV : -ENOTRECOVERABLE, why);
	/* Not there any more, and nobody has seen it go. */
	if (line->call && error == -ENOENT)
		core_call_device_gone(line->call);
	else if (line->call && line->call->record.state == TL_CALL_IDLE)
		release_call(line);
	note_fault(line, why);
	core_line_set_state(line, error == -ENOENT ? TL_LINE_ABSENT : TL_LINE_FAULTY, error, why);
	fail_requests(line, error, why);
	retry_later(line);
}

void core_line_lost(struct core_line *line)
{
	if (!core_hotplug_doubts(line))
		core_line_gone(line);
}

void core_line_lost_for(struct core_line *line, const char *why)
{
	if (!core_hotplug_doubts(line))
		core_line_gone_for(line, why);
}

void core_line_hung_up(struct core_line *line, const struct core_cause *cause)
{
	if (core_hotplug_doubts(line))
		line->hang_up = *cause;
	else
		core_line_gone(line);
}

void core_line_gone(struct core_line *line)
{
	core_line_gone_for(line, "the device has disappeared");
}

void core_line_gone_for(struct core_line *line, const char *why)
{
	core_line_detach(line);
	fail_next(line, -ENODEV, why);
	if (line->call)
		core_call_device_gone(line->call);
	note_fault(line, why);
	core_line_set_state(line, TL_LINE_GONE, -ENODEV, why);
	fail_requests(line, -ENODEV, why);
	retry_later(line);
}

static void new_offer(struct core_line *line)
{
	struct core_call *call;

	call = core_call_new(line, TL_DIRECTION_IN, TL_MEDIA_DATA, TL_CALL_OFFERING);
	if (!call) {
		hal_debug(&line->ctx->log, line->config.name, "no memory for an incoming call");
		return;
	}
	core_text_copy(call->record.caller, sizeof(call->record.caller), line->caller);
	core_text_copy(call->record.caller_name, sizeof(call->record.caller_name),
		       line->caller_name);
	/* The next caller may not tell. */
	line->caller[0] = '\0';
	line->caller_name[0] = '\0';
	line->call = call;
	core_line_set_state(line, TL_LINE_IN_USE, 0, NULL);
	core_offer(call);
	core_call_announce(call);
}

void core_line_ring(struct core_line *line)
{
	if (line->muted || (line->state != TL_LINE_READY && line->state != TL_LINE_IN_USE))
		return;
	if (!line->call)
		new_offer(line);
	if (!line->call || line->call->over || line->call->record.direction != TL_DIRECTION_IN)
		return;
	line->call->record.rings++;
	core_event_line(line, TL_EVENT_RING);
}

void core_line_answered(struct core_line *line)
{
	line->muted = false;
	core_line_withdraw_command(line);
	if (!line->call)
		new_offer(line);
	if (!line->call) {
		core_line_down(line, -ENOMEM, "no memory for a call that the modem has answered");
		return;
	}
	line->call->went_off_hook = true;
	core_call_note(line, "the modem answered by itself");
}

void core_line_ring_end(struct core_line *line)
{
	static const struct core_cause cause = {
		.origin = TL_ORIGIN_REMOTE,
		.disconnect = TL_DISCONNECT_NOANSWER,
		.text = "ringing stopped",
	};

	line->caller[0] = '\0';
	line->caller_name[0] = '\0';
	if (line->muted) {
		line->muted = false;
		core_line_up(line, NULL);
	} else if (line->call && core_call_is_unanswered(line->call)) {
		core_call_end(line->call, &cause, "never off hook");
	}
}

void core_line_caller(struct core_line *line, const char *number, const char *name)
{
	struct core_call *call = line->call;

	if (!call) {
		core_text_copy(line->caller, sizeof(line->caller), number);
		core_text_copy(line->caller_name, sizeof(line->caller_name), name);
		return;
	}
	if (call->over || call->record.direction != TL_DIRECTION_IN)
		return;
	core_text_copy(call->record.caller, sizeof(call->record.caller), number);
	core_text_copy(call->record.caller_name, sizeof(call->record.caller_name), name);
	core_event_call(call, TL_EVENT_CALL_INFO);
}

void core_line_command_done(struct core_line *line, int error, struct hal_slice text)
{
	struct hal_list *node = line->commands.next;

	line->commanding = false;
	if (!hal_list_empty(&line->commands))
		core_request_done(HAL_CONTAINER_OF(node, struct core_request, of_target), error,
				  text);
}

void core_call_diagnosed(struct core_line *line, const struct core_cause *cause)
{
	struct core_call *call = line->call;

	if (!call)
		return;
	if (cause && core_record_refine(&call->record, cause))
		core_event_call(call, TL_EVENT_CALL_INFO);
	if (call->over && !line->recovering)
		recover_now(line);
	else
		core_drop_diagnosed(call);
}
