/* SPDX-License-Identifier: MIT */
#include "core/drop.h"

#include <errno.h>

#include "core/call.h"
#include "core/line.h"
#include "core/record.h"
#include "core/request.h"

static struct core_call *to_call(struct core_drop *drop)
{
	return HAL_CONTAINER_OF(drop, struct core_call, drop);
}

static void take_step(struct core_call *call);

static void on_timer(struct hal_timer *timer)
{
	struct core_drop *drop = HAL_CONTAINER_OF(timer, struct core_drop, timer);
	struct core_drop_outcome outcome = {.result = TL_DROP_TIMEOUT};

	if (drop->diagnosing)
		core_drop_diagnosed(to_call(drop));
	else
		core_drop_step_result(to_call(drop), &outcome);
}

void core_drop_init(struct core_drop *drop)
{
	*drop = (struct core_drop){0};
	hal_timer_init(&drop->timer, on_timer);
}

static void next_step(struct core_call *call)
{
	call->drop.index++;
	take_step(call);
}

static void skip_step(struct core_call *call, const char *name, int error)
{
	struct core_drop_outcome outcome = {.result = TL_DROP_SKIPPED};

	if (error == -ENODEV)
		outcome.result = TL_DROP_DEVICE_GONE;
	core_record_add_drop(&call->record, name, 0, &outcome);
	next_step(call);
}

static void run_step(struct core_call *call)
{
	struct core_drop *drop = &call->drop;
	const struct core_drop_step *step = &drop->steps[drop->index];
	struct tl_ctx *ctx = call->ctx;
	int r;

	hal_debug(&ctx->log, call->object, "drop: step %s", step->name);
	drop->in_step = true;
	drop->step_started_us = hal_loop_now_us(ctx->loop);
	hal_timer_arm_ms(ctx->loop, &drop->timer, step->budget_ms + CORE_DROP_SLACK_MS);
	r = call->line->ops->drop(call->line->driver, drop->index);
	if (r == 0)
		return;
	hal_timer_cancel(ctx->loop, &drop->timer);
	drop->in_step = false;
	skip_step(call, step->name, r);
}

/* Post-call diagnostics first if the step would erase them. @return true when we wait for them */
static bool diagnose_first(struct core_call *call, const struct core_drop_step *step)
{
	struct core_drop *drop = &call->drop;
	const struct core_driver_ops *ops = call->line->ops;

	if (!step->erases_causes || !call->went_off_hook || call->diagnosed || !ops->diagnose)
		return false;
	call->diagnosed = true;
	if (ops->diagnose(call->line->driver) < 0)
		return false;
	drop->diagnosing = true;
	hal_timer_arm_ms(call->ctx->loop, &drop->timer, CORE_DIAGNOSE_BUDGET_MS);
	return true;
}

static void take_step(struct core_call *call)
{
	struct core_drop *drop = &call->drop;

	if (drop->index == drop->n_steps) {
		drop->running = false;
		call->ctx->counts[TL_COUNT_DROPS_FAILED_TOTAL]++;
		core_call_drop_failed(call, -EIO, NULL);
		return;
	}
	if (diagnose_first(call, &drop->steps[drop->index]))
		return;
	run_step(call);
}

void core_drop_diagnosed(struct core_call *call)
{
	if (!call->drop.diagnosing)
		return;
	call->drop.diagnosing = false;
	hal_timer_cancel(call->ctx->loop, &call->drop.timer);
	run_step(call);
}

void core_drop_start(struct core_call *call)
{
	struct core_drop *drop = &call->drop;
	bool drained;

	if (drop->running)
		return;
	core_limit_stop(call);
	drained = core_stream_is_drained(call);
	core_stream_stop_drain(call);
	call->ctx->counts[TL_COUNT_DROPS_TOTAL]++;
	drop->running = true;
	core_request_done_all(&call->modes, -ECANCELED, NULL);
	if (!call->line->driver)
		return;
	/* A pty holds nothing for long, but its other end may not have read all of it yet. */
	if (call->line->ops->unsent && !drained)
		call->record.bytes_unsent += call->line->ops->unsent(call->line->driver, true);
	drop->index = 0;
	drop->steps = call->line->ops->ladder(call->line->driver, &drop->n_steps);
	take_step(call);
}

void core_drop_stop(struct core_call *call, enum tl_drop_result result)
{
	struct core_drop *drop = &call->drop;
	struct core_drop_outcome outcome = {.result = result};
	uint64_t now = hal_loop_now_us(call->ctx->loop);

	hal_timer_cancel(call->ctx->loop, &drop->timer);
	if (drop->in_step)
		core_record_add_drop(&call->record, drop->steps[drop->index].name,
				     (uint32_t)((now - drop->step_started_us) / HAL_USEC_PER_MSEC),
				     &outcome);
	drop->running = false;
	drop->in_step = false;
	drop->diagnosing = false;
	drop->reopening = false;
}

void core_drop_suspend(struct core_call *call)
{
	hal_timer_cancel(call->ctx->loop, &call->drop.timer);
	call->drop.diagnosing = false;
	call->drop.reopening = false;
}

void core_drop_reopen(struct core_call *call)
{
	struct core_drop *drop = &call->drop;

	drop->reopening = true;
	drop->step_started_us = hal_loop_now_us(call->ctx->loop);
}

void core_drop_reopened(struct core_call *call)
{
	static const struct core_drop_outcome outcome = {
		.result = TL_DROP_VERIFIED,
		.proof = "on hook when opened anew",
	};
	struct core_drop *drop = &call->drop;
	uint64_t us = hal_loop_now_us(call->ctx->loop) - drop->step_started_us;

	core_record_add_drop(&call->record, "reopen", (uint32_t)(us / HAL_USEC_PER_MSEC), &outcome);
	drop->reopening = false;
	drop->running = false;
	core_call_cleared(call);
}

void core_drop_step_result(struct core_call *call, const struct core_drop_outcome *outcome)
{
	struct core_drop *drop = &call->drop;
	uint64_t now = hal_loop_now_us(call->ctx->loop);
	const char *name;
	uint32_t ms;

	if (!drop->in_step)
		return;
	name = drop->steps[drop->index].name;
	ms = (uint32_t)((now - drop->step_started_us) / HAL_USEC_PER_MSEC);
	drop->in_step = false;
	hal_timer_cancel(call->ctx->loop, &drop->timer);
	core_record_add_drop(&call->record, name, ms, outcome);
	hal_debug(&call->ctx->log, call->object, "drop: %s: %s after %u ms%s%s%s%s", name,
		  tl_drop_result_name(outcome->result), ms, outcome->answer[0] ? ", answer " : "",
		  outcome->answer, outcome->proof[0] ? ", proof " : "", outcome->proof);
	if (outcome->result != TL_DROP_VERIFIED) {
		next_step(call);
		return;
	}
	drop->running = false;
	core_call_cleared(call);
}
