/* SPDX-License-Identifier: MIT */
#include "core/limit.h"

#include <stdio.h>

#include "core/call.h"
#include "core/event.h"

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

/* When it ends the call, as things are. */
static uint64_t due_us(const struct core_limits *limits, enum tl_limit limit)
{
	uint64_t from = limit == TL_LIMIT_DURATION ? limits->started_us : limits->active_us;

	return from + HAL_USEC_PER_SEC * limits->seconds[limit];
}

static uint64_t notice_us(const struct core_limits *limits, enum tl_limit limit)
{
	uint64_t before = HAL_USEC_PER_SEC * limits->seconds[limit] / 10;

	if (before > HAL_USEC_PER_SEC * TL_LIMIT_NOTICE_MAX_S)
		before = HAL_USEC_PER_SEC * TL_LIMIT_NOTICE_MAX_S;
	return due_us(limits, limit) - before;
}

static void arm(struct core_call *call, enum tl_limit limit)
{
	struct core_limits *limits = &call->limits;
	struct hal_timer *timer =
		limit == TL_LIMIT_DURATION ? &limits->duration : &limits->inactivity;
	uint64_t due = limits->announced[limit] ? due_us(limits, limit) : notice_us(limits, limit);

	/* Nobody sees the bytes of a port that is lent. */
	if (limits->seconds[limit] == 0 || (limit == TL_LIMIT_INACTIVITY && call->stream.lent))
		hal_timer_cancel(call->ctx->loop, timer);
	else
		hal_timer_arm_at_us(call->ctx->loop, timer, due);
}

/* Bytes only note when they came: the timer looks whether that was long enough ago. */
static void look(struct core_call *call, enum tl_limit limit)
{
	struct core_limits *limits = &call->limits;
	uint64_t now = hal_loop_now_us(call->ctx->loop);
	uint64_t due = due_us(limits, limit);

	if (now >= due) {
		reached(call, limit);
		return;
	}
	if (now < notice_us(limits, limit)) {
		limits->announced[limit] = false;
	} else if (!limits->announced[limit]) {
		limits->announced[limit] = true;
		core_event_limit(call, limit,
				 (due - now + HAL_USEC_PER_SEC - 1) / HAL_USEC_PER_SEC);
	}
	arm(call, limit);
}

static void on_duration(struct hal_timer *timer)
{
	look(to_call(HAL_CONTAINER_OF(timer, struct core_limits, duration)), TL_LIMIT_DURATION);
}

static void on_inactivity(struct hal_timer *timer)
{
	look(to_call(HAL_CONTAINER_OF(timer, struct core_limits, inactivity)), TL_LIMIT_INACTIVITY);
}

void core_limit_init(struct core_call *call)
{
	hal_timer_init(&call->limits.duration, on_duration);
	hal_timer_init(&call->limits.inactivity, on_inactivity);
}

static void arm_all(struct core_call *call)
{
	arm(call, TL_LIMIT_DURATION);
	if (call->record.media == TL_MEDIA_DATA)
		arm(call, TL_LIMIT_INACTIVITY);
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
	call->limits.announced[limit] = false;
	if (call->limits.started_us && !call->dropping)
		arm_all(call);
}

void core_limit_touch(struct core_call *call)
{
	call->limits.active_us = hal_loop_now_us(call->ctx->loop);
}
