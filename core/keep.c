/* SPDX-License-Identifier: MIT */
#include "core/keep.h"

#include <errno.h>

#include "core/event.h"
#include "core/session.h"

static struct core_session *to_session(struct hal_list *node)
{
	return HAL_CONTAINER_OF(node, struct core_session, of_client);
}

/* A session that comes to a client when it is old already begins anew. */
static uint64_t expires_us(const struct core_session *session)
{
	uint64_t over_us = session->call->over_us;
	uint64_t from_us = over_us > session->since_us ? over_us : session->since_us;

	return from_us + HAL_USEC_PER_SEC * session->client->max_age_s;
}

static uint64_t notice_us(const struct core_session *session)
{
	uint64_t notice = HAL_USEC_PER_SEC * session->client->max_age_s / 10;

	if (notice > HAL_USEC_PER_SEC * TL_KEEP_NOTICE_MAX_S)
		notice = HAL_USEC_PER_SEC * TL_KEEP_NOTICE_MAX_S;
	return expires_us(session) - notice;
}

/* Even one that is late has a second left. */
static void notice(struct core_session *session, uint64_t now)
{
	uint64_t left_us = expires_us(session) > now ? expires_us(session) - now : 1;

	session->noticed = true;
	core_event_expiring(session, (left_us + HAL_USEC_PER_SEC - 1) / HAL_USEC_PER_SEC);
}

static void age(struct core_session *session, uint64_t now)
{
	if (!session->call->over)
		return;
	if (!session->noticed && now >= notice_us(session)) {
		notice(session, now);
	} else if (session->noticed && now >= expires_us(session)) {
		hal_debug(&session->client->ctx->log, session->call->object,
			  "its record has expired");
		core_event_expiring(session, 0);
		core_session_free(session);
	}
}

static void on_timer(struct hal_timer *timer)
{
	struct core_client *client = HAL_CONTAINER_OF(timer, struct core_client, keep);
	uint64_t now = hal_loop_now_us(client->ctx->loop);
	struct hal_list *node, *tmp;

	hal_list_for_each_safe (node, tmp, &client->sessions)
		age(to_session(node), now);
	core_keep_update(client);
}

void core_keep_init(struct core_client *client)
{
	hal_timer_init(&client->keep, on_timer);
}

void core_keep_stop(struct core_client *client)
{
	hal_timer_cancel(client->ctx->loop, &client->keep);
}

void core_keep_update(struct core_client *client)
{
	struct hal_loop *loop = client->ctx->loop;
	uint64_t now = hal_loop_now_us(loop), next = UINT64_MAX;
	struct hal_list *node;

	hal_timer_cancel(loop, &client->keep);
	if (client->max_age_s == 0)
		return;
	hal_list_for_each (node, &client->sessions) {
		const struct core_session *session = to_session(node);
		uint64_t due = session->noticed ? expires_us(session) : notice_us(session);

		if (session->call->over && due < next)
			next = due;
	}
	if (next == UINT64_MAX)
		return;
	hal_timer_arm_ms(loop, &client->keep,
			 next > now ? (next - now + HAL_USEC_PER_MSEC - 1) / HAL_USEC_PER_MSEC : 0);
}

void core_keep_over(struct core_call *call)
{
	struct hal_list *node;

	call->over_us = hal_loop_now_us(call->ctx->loop);
	hal_list_for_each (node, &call->sessions)
		core_keep_update(HAL_CONTAINER_OF(node, struct core_session, of_call)->client);
}

int tl_client_set_keep(struct tl_ctx *ctx, tl_client id, uint32_t max_sessions, uint32_t max_age_s)
{
	struct core_client *client;
	struct hal_list *node;
	int r;

	if (max_sessions == 0 || max_sessions > TL_SESSIONS_PER_CLIENT_MAX)
		return -EINVAL;
	if (max_age_s > 0 && max_age_s < TL_KEEP_AGE_MIN_S)
		return -EINVAL;
	r = core_client_find(ctx, id, &client);
	if (r < 0)
		return r;
	client->max_sessions = max_sessions;
	if (max_age_s != client->max_age_s)
		hal_list_for_each (node, &client->sessions)
			to_session(node)->noticed = false;
	client->max_age_s = max_age_s;
	core_keep_update(client);
	return 0;
}
