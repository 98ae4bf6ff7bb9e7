/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <trunkline/session.h>
#include <trunkline/stream.h>

#include "core/event.h"
#include "core/keep.h"
#include "core/line.h"
#include "core/request.h"
#include "core/session.h"

/* Session and permission, with which every operation begins. */
static int find_for(struct tl_ctx *ctx, tl_session id, enum core_op op,
		    struct core_session **ret_session)
{
	int r;

	r = core_session_find(ctx, id, ret_session);
	if (r < 0)
		return r;
	return core_session_may(*ret_session, op);
}

int tl_session_answer(struct tl_ctx *ctx, tl_session id, enum tl_media media, uint64_t *ret_op)
{
	struct core_request *request;
	struct core_session *session;
	struct core_call *call;
	int r;

	if ((unsigned int)media >= TL_MEDIA_COUNT)
		return -EINVAL;
	r = find_for(ctx, id, CORE_OP_ANSWER, &session);
	if (r < 0)
		return r;
	call = session->call;
	if (!call->line->driver)
		return -ENODEV;
	if (!(call->line->identity.media & 1U << media))
		return -EOPNOTSUPP;
	r = core_request_new(session->client, call->line, id, &request);
	if (r < 0)
		return r;
	r = call->line->ops->answer(call->line->driver, media);
	if (r < 0) {
		core_request_withdraw(request);
		return r;
	}
	core_line_withdraw_command(call->line);
	call->record.media = media;
	call->answering = true;
	call->went_off_hook = true;
	hal_list_append(&call->setup, &request->of_target);
	if (ret_op)
		*ret_op = request->event.op;
	return 0;
}

int tl_session_accept(struct tl_ctx *ctx, tl_session id)
{
	struct core_session *session;
	int r;

	r = find_for(ctx, id, CORE_OP_ACCEPT, &session);
	if (r < 0)
		return r;
	(void)core_call_apply(session->call, CORE_CALL_EVENT_ACCEPT);
	return 0;
}

/* The session may, and its client may ask. */
static int request_for(struct tl_ctx *ctx, tl_session id, enum core_op op,
		       struct core_call **ret_call, struct core_request **ret_request)
{
	struct core_session *session;
	int r;

	r = find_for(ctx, id, op, &session);
	if (r < 0)
		return r;
	r = core_request_new(session->client, session->call->line, id, ret_request);
	if (r < 0)
		return r;
	*ret_call = session->call;
	return 0;
}

static int drop(struct tl_ctx *ctx, tl_session id, enum tl_origin origin, const uint32_t *drain_ms,
		uint64_t *ret_op)
{
	struct core_request *request;
	struct core_call *call;
	int r;

	r = request_for(ctx, id, CORE_OP_DROP, &call, &request);
	if (r < 0)
		return r;
	if (ret_op)
		*ret_op = request->event.op;
	hal_list_append(&call->drops, &request->of_target);
	if (drain_ms)
		core_call_drain(call, origin, *drain_ms);
	else
		core_call_drop(call, origin);
	return 0;
}

static int hold(struct tl_ctx *ctx, tl_session id, enum core_op op, uint64_t *ret_op)
{
	struct core_request *request;
	struct core_call *call;
	int r;

	r = request_for(ctx, id, op, &call, &request);
	if (r < 0)
		return r;
	r = call->line->ops->hold(call->line->driver, op == CORE_OP_HOLD);
	if (r < 0) {
		core_request_withdraw(request);
		return r;
	}
	call->holding = true;
	hal_list_append(&call->holds, &request->of_target);
	if (ret_op)
		*ret_op = request->event.op;
	return 0;
}

int tl_session_hold(struct tl_ctx *ctx, tl_session id, uint64_t *ret_op)
{
	return hold(ctx, id, CORE_OP_HOLD, ret_op);
}

int tl_session_unhold(struct tl_ctx *ctx, tl_session id, uint64_t *ret_op)
{
	return hold(ctx, id, CORE_OP_UNHOLD, ret_op);
}

int tl_session_drop(struct tl_ctx *ctx, tl_session id, unsigned int flags, uint64_t *ret_op)
{
	static const uint32_t drain_ms = TL_DRAIN_MS;

	if (flags & ~(unsigned int)(TL_DROP_USER | TL_DROP_DRAIN))
		return -EINVAL;
	return drop(ctx, id, flags & TL_DROP_USER ? TL_ORIGIN_USER : TL_ORIGIN_APPLICATION,
		    flags & TL_DROP_DRAIN ? &drain_ms : NULL, ret_op);
}

int tl_session_shutdown(struct tl_ctx *ctx, tl_session id, uint32_t drain_ms, uint64_t *ret_op)
{
	if (drain_ms > TL_DRAIN_MAX_MS)
		return -EINVAL;
	return drop(ctx, id, TL_ORIGIN_APPLICATION, &drain_ms, ret_op);
}

int tl_session_release(struct tl_ctx *ctx, tl_session id, unsigned int flags)
{
	struct core_session *session;
	int r;

	if (flags & ~(unsigned int)TL_RELEASE_DROP)
		return -EINVAL;
	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	r = core_session_may(session, CORE_OP_RELEASE);
	if (r < 0 && !(flags & TL_RELEASE_DROP))
		return r;
	if (r < 0)
		core_call_drop(session->call, TL_ORIGIN_APPLICATION);
	core_session_free(session);
	return 0;
}

int tl_session_set_privilege(struct tl_ctx *ctx, tl_session id, enum tl_privilege privilege)
{
	struct core_session *session;
	int r;

	if (privilege != TL_PRIVILEGE_MONITOR && privilege != TL_PRIVILEGE_OWNER)
		return -EINVAL;
	r = find_for(ctx, id, privilege == TL_PRIVILEGE_OWNER ? CORE_OP_TAKE : CORE_OP_GIVE_UP,
		     &session);
	if (r < 0)
		return r;
	core_session_set_privilege(session, privilege);
	if (!session->call->over)
		core_event_call_others(session->call, TL_EVENT_CALL_INFO, session);
	return 0;
}

int tl_session_hand_off(struct tl_ctx *ctx, tl_session id, tl_client to)
{
	struct core_session *session, *target;
	struct core_client *client;
	int r;

	r = find_for(ctx, id, CORE_OP_HAND_OFF, &session);
	if (r < 0)
		return r;
	r = core_client_find(ctx, to, &client);
	if (r < 0)
		return r;
	target = core_session_of(client, session->call);
	if (target && target->privilege == TL_PRIVILEGE_OWNER)
		return -EALREADY;
	if (target) {
		core_session_set_privilege(target, TL_PRIVILEGE_OWNER);
	} else {
		r = core_session_new(client, session->call, TL_PRIVILEGE_OWNER, &target);
		if (r < 0)
			return r;
		core_event_session_new(target);
	}
	core_event_call_others(session->call, TL_EVENT_CALL_INFO, session);
	return 0;
}

int tl_session_set_limit(struct tl_ctx *ctx, tl_session id, enum tl_limit limit, uint32_t seconds)
{
	struct core_session *session;
	int r;

	if ((unsigned int)limit >= TL_LIMIT_COUNT || seconds > TL_LIMIT_MAX_S)
		return -EINVAL;
	r = find_for(ctx, id, CORE_OP_LIMIT, &session);
	if (r < 0)
		return r;
	core_limit_set(session->call, limit, seconds);
	return 0;
}

int tl_session_set_note(struct tl_ctx *ctx, tl_session id, const char *text)
{
	struct core_session *session;
	struct core_record *record;
	int r;

	r = find_for(ctx, id, CORE_OP_LIMIT, &session);
	if (r < 0)
		return r;
	record = &session->call->record;
	core_text_copy(record->note, sizeof(record->note), text);
	return 0;
}

int tl_session_move(struct tl_ctx *ctx, tl_session id, tl_client to)
{
	struct core_session *session;
	struct core_client *client;
	int r;

	r = core_session_find(ctx, id, &session);
	if (r < 0)
		return r;
	r = core_client_find(ctx, to, &client);
	if (r < 0)
		return r;
	if (core_session_of(client, session->call))
		return -EALREADY;
	if (client->n_sessions >= client->max_sessions)
		return -ENOSPC;
	session->client->n_sessions--;
	hal_list_del(&session->of_client);
	session->client = client;
	session->since_us = hal_loop_now_us(ctx->loop);
	session->noticed = false;
	client->n_sessions++;
	hal_list_append(&client->sessions, &session->of_client);
	core_stream_move(session);
	core_keep_update(client);
	return 0;
}

static size_t list_client(const struct core_client *client, tl_session *sessions, size_t n)
{
	struct hal_list *node;

	hal_list_for_each (node, &client->sessions)
		sessions[n++] = HAL_CONTAINER_OF(node, struct core_session, of_client)->id;
	return n;
}

static void list_all(const struct tl_ctx *ctx, tl_session *sessions)
{
	struct hal_list *node;
	size_t n = 0;

	hal_list_for_each (node, &ctx->client_list)
		n = list_client(HAL_CONTAINER_OF(node, struct core_client, node), sessions, n);
}

int tl_session_list(struct tl_ctx *ctx, tl_client client_id, tl_session **ret_sessions,
		    size_t *ret_n)
{
	struct core_client *client = NULL;
	tl_session *sessions = NULL;
	size_t n;
	int r;

	if (client_id.id) {
		r = core_client_find(ctx, client_id, &client);
		if (r < 0)
			return r;
	}
	n = client ? client->n_sessions : ctx->counts[TL_COUNT_SESSIONS];
	if (n > 0) {
		sessions = calloc(n, sizeof(*sessions));
		if (!sessions)
			return -ENOMEM;
		if (client)
			(void)list_client(client, sessions, 0);
		else
			list_all(ctx, sessions);
	}
	*ret_sessions = sessions;
	*ret_n = n;
	return 0;
}
