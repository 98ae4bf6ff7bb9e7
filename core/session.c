/* SPDX-License-Identifier: MIT */
#include "core/session.h"

#include <errno.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/line.h"
#include "core/offer.h"

static enum core_role role_of(const struct core_session *session)
{
	unsigned int owners = session->call->owners;

	if (session->privilege == TL_PRIVILEGE_OWNER)
		return owners == 1 ? CORE_ROLE_SOLE_OWNER : CORE_ROLE_OWNER;
	return owners == 0 ? CORE_ROLE_LONE_MONITOR : CORE_ROLE_MONITOR;
}

bool core_session_is_sole_owner(const struct core_session *session)
{
	return role_of(session) == CORE_ROLE_SOLE_OWNER;
}

int core_session_may(const struct core_session *session, enum core_op op)
{
	const struct core_call *call = session->call;
	enum tl_call_state state = call->over ? TL_CALL_IDLE : call->record.state;
	int r = core_session_rule(role_of(session), state, op);

	if (call->over && call->record.cause.origin == TL_ORIGIN_DEVICE_GONE &&
	    (r == -ENOTCONN || (op == CORE_OP_DROP && r == -EALREADY)))
		return -ENODEV;
	if ((op == CORE_OP_ANSWER || op == CORE_OP_ACCEPT) && r == 0 &&
	    (call->answering || call->dropping))
		return -EBUSY;
	if ((op == CORE_OP_HOLD || op == CORE_OP_UNHOLD) && r == 0)
		return core_call_may_hold(call);
	return r;
}

unsigned int core_session_features(const struct core_session *session)
{
	unsigned int features = 0;

	for (unsigned int op = 0; op < CORE_OP_COUNT; op++)
		if (core_session_may(session, (enum core_op)op) == 0)
			features |= 1U << op;
	return features;
}

static unsigned int *count_of(struct core_call *call, enum tl_privilege privilege)
{
	return privilege == TL_PRIVILEGE_OWNER ? &call->owners : &call->monitors;
}

void core_session_set_privilege(struct core_session *session, enum tl_privilege privilege)
{
	struct core_call *call = session->call;

	if (privilege != TL_PRIVILEGE_OWNER)
		core_stream_detach(session);
	(*count_of(call, session->privilege))--;
	session->privilege = privilege;
	(*count_of(call, privilege))++;
}

int core_session_new(struct core_client *client, struct core_call *call,
		     enum tl_privilege privilege, struct core_session **ret_session)
{
	struct tl_ctx *ctx = client->ctx;
	struct core_session *session;
	int r;

	if (client->n_sessions >= client->max_sessions)
		return -ENOSPC;
	session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	r = core_handles_add(&ctx->sessions, session, &session->id.id);
	if (r < 0) {
		free(session);
		return r;
	}
	session->client = client;
	session->call = call;
	session->privilege = privilege;
	session->since_us = hal_loop_now_us(ctx->loop);
	hal_list_append(&client->sessions, &session->of_client);
	hal_list_append(&call->sessions, &session->of_call);
	client->n_sessions++;
	ctx->counts[TL_COUNT_SESSIONS]++;
	(*count_of(call, privilege))++;
	*ret_session = session;
	return 0;
}

void core_session_free(struct core_session *session)
{
	struct core_call *call = session->call;
	struct tl_ctx *ctx = call->ctx;

	core_stream_detach(session);
	core_event_purge_session(ctx, session->id.id);
	(*count_of(call, session->privilege))--;
	session->client->n_sessions--;
	ctx->counts[TL_COUNT_SESSIONS]--;
	hal_list_del(&session->of_client);
	hal_list_del(&session->of_call);
	core_handles_remove(&ctx->sessions, session->id.id);
	free(session);
	if (!call->over) {
		core_event_call(call, TL_EVENT_CALL_INFO);
		core_offer_again(call);
	}
	core_call_put(call);
}

int core_session_find(struct tl_ctx *ctx, tl_session id, struct core_session **ret_session)
{
	void *object;
	int r;

	r = core_handles_find(&ctx->sessions, id.id, &object);
	if (r < 0)
		return r;
	*ret_session = object;
	return 0;
}

struct core_session *core_session_of(const struct core_client *client, const struct core_call *call)
{
	struct core_session *session;
	struct hal_list *node;

	hal_list_for_each (node, &call->sessions) {
		session = HAL_CONTAINER_OF(node, struct core_session, of_call);
		if (session->client == client)
			return session;
	}
	return NULL;
}
