/* SPDX-License-Identifier: MIT */
#include "core/limit.h"

#include <stdio.h>

#include "core/call.h"

static void reached(struct core_call *call, enum tl_limit limit)
{
	struct core_record *record = &call->record;

	(void)snprintf(record->note, sizeof(record->note),
		       limit == TL_LIMIT_DURATION ? "lasted %u s, the longest allowed"
						  : "no data for %u s, the longest allowed",
		       call->limits.seconds[limit]);
	hal_debug(&call->ctx->log, call->object, "%s: dropping", record->note);
	core_call_drop(call, TL_ORIGIN_TIMEOUT);
}

static struct core_call *to_call(struct core_limits *limits)
{
	return HAL_CONTAINER_OF(limits, struct core_call, limits);
}

static void on_duration(struct hal_timer *timer)
{
	struct core_limits *limits = HAL_CONTAINER_OF(timer, struct core_limits, duration);

	reached(to_call(limits), TL_LIMIT_DURATION);
}

/* Arm for seconds after from_us; what is past is due at once. */
static void arm(struct core_call *call, struct hal_timer *timer, uint64_t from_us, uint32_t seconds)
{
	struct hal_loop *loop = call->ctx->loop;
	uint64_t due = from_us + HAL_USEC_PER_SEC * seconds;
	uint64_t now = hal_loop_now_us(loop);

	if (seconds == 0)
		hal_timer_cancel(loop, timer);
	else
		hal_timer_arm_ms(loop, timer,
				 due > now ? (due - now + HAL_USEC_PER_MSEC - 1) / HAL_USEC_PER_MSEC
					   : 0);
}

/* Bytes only note when they came: the timer looks whether that was long enough ago. */
static void on_inactivity(struct hal_timer *timer)
{
	struct core_limits *limits = HAL_CONTAINER_OF(timer, struct core_limits, inactivity);
	struct core_call *call = to_call(limits);
	uint32_t seconds = limits->seconds[TL_LIMIT_INACTIVITY];

	if (hal_loop_now_us(call->ctx->loop) < limits->active_us + HAL_USEC_PER_SEC * seconds)
		arm(call, timer, limits->active_us, seconds);
	else
		reached(call, TL_LIMIT_INACTIVITY);
}

void core_limit_init(struct core_call *call)
{
	hal_timer_init(&call->limits.duration, on_duration);
	hal_timer_init(&call->limits.inactivity, on_inactivity);
}

static void arm_all(struct core_call *call)
{
	struct core_limits *limits = &call->limits;

	arm(call, &limits->duration, limits->started_us, limits->seconds[TL_LIMIT_DURATION]);
	if (call->record.media == TL_MEDIA_DATA)
		arm(call, &limits->inactivity, limits->active_us,
		    limits->seconds[TL_LIMIT_INACTIVITY]);
}

void core_limit_start(struct core_call *call)
{
	struct core_limits *limits = &call->limits;

	if (limits->started_us)
		return;
	limits->started_us = hal_loop_now_us(call->ctx->loop);
	limits->active_us = limits->started_us;
	arm_all(call);
}

void core_limit_stop(struct core_call *call)
{
	hal_timer_cancel(call->ctx->loop, &call->limits.duration);
	hal_timer_cancel(call->ctx->loop, &call->limits.inactivity);
}

void core_limit_set(struct core_call *call, enum tl_limit limit, uint32_t seconds)
{
	call->limits.seconds[limit] = seconds;
	if (call->limits.started_us && !call->dropping)
		arm_all(call);
}

void core_limit_touch(struct core_call *call)
{
	call->limits.active_us = hal_loop_now_us(call->ctx->loop);
}
