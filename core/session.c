/* SPDX-License-Identifier: MIT */
#include "core/session.h"

#include <errno.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/line.h"
#include "core/request.h"

/*
 * state × operation for an owner: 0 allowed, else the error. After the call is over DROP gives
 * -EALREADY; where the device is gone -ENODEV takes its place and that of -ENOTCONN
 * (core_session_may).
 */
static const int rules[CORE_OP_COUNT][TL_CALL_STATE_COUNT] = {
	[CORE_OP_ANSWER] =
		{
			[TL_CALL_IDLE] = -ENOTCONN,
			[TL_CALL_OFFERING] = 0,
			[TL_CALL_ACCEPTED] = 0,
			[TL_CALL_DIALTONE] = -EINVAL,
			[TL_CALL_DIALING] = -EINVAL,
			[TL_CALL_PROCEEDING] = -EINVAL,
			[TL_CALL_RINGBACK] = -EINVAL,
			[TL_CALL_BUSY] = -EINVAL,
			[TL_CALL_SPECIALINFO] = -EINVAL,
			[TL_CALL_CONNECTED] = -EINVAL,
			[TL_CALL_ONHOLD] = -EINVAL,
			[TL_CALL_CONFERENCED] = -EINVAL,
			[TL_CALL_ONHOLDPENDCONF] = -EINVAL,
			[TL_CALL_ONHOLDPENDTRANSFER] = -EINVAL,
			[TL_CALL_DISCONNECTED] = -ENOTCONN,
			[TL_CALL_UNKNOWN] = -EINVAL,
		},
	[CORE_OP_ACCEPT] =
		{
			[TL_CALL_IDLE] = -ENOTCONN,
			[TL_CALL_OFFERING] = 0,
			[TL_CALL_ACCEPTED] = -EALREADY,
			[TL_CALL_DIALTONE] = -EINVAL,
			[TL_CALL_DIALING] = -EINVAL,
			[TL_CALL_PROCEEDING] = -EINVAL,
			[TL_CALL_RINGBACK] = -EINVAL,
			[TL_CALL_BUSY] = -EINVAL,
			[TL_CALL_SPECIALINFO] = -EINVAL,
			[TL_CALL_CONNECTED] = -EINVAL,
			[TL_CALL_ONHOLD] = -EINVAL,
			[TL_CALL_CONFERENCED] = -EINVAL,
			[TL_CALL_ONHOLDPENDCONF] = -EINVAL,
			[TL_CALL_ONHOLDPENDTRANSFER] = -EINVAL,
			[TL_CALL_DISCONNECTED] = -ENOTCONN,
			[TL_CALL_UNKNOWN] = -EINVAL,
		},
	[CORE_OP_DROP] = {[TL_CALL_IDLE] = -EALREADY},
	[CORE_OP_RELEASE] =
		{
			[TL_CALL_IDLE] = 0,
			[TL_CALL_OFFERING] = -EBUSY,
			[TL_CALL_ACCEPTED] = -EBUSY,
			[TL_CALL_DIALTONE] = -EBUSY,
			[TL_CALL_DIALING] = -EBUSY,
			[TL_CALL_PROCEEDING] = -EBUSY,
			[TL_CALL_RINGBACK] = -EBUSY,
			[TL_CALL_BUSY] = -EBUSY,
			[TL_CALL_SPECIALINFO] = -EBUSY,
			[TL_CALL_CONNECTED] = -EBUSY,
			[TL_CALL_ONHOLD] = -EBUSY,
			[TL_CALL_CONFERENCED] = -EBUSY,
			[TL_CALL_ONHOLDPENDCONF] = -EBUSY,
			[TL_CALL_ONHOLDPENDTRANSFER] = -EBUSY,
			[TL_CALL_DISCONNECTED] = -EBUSY,
			[TL_CALL_UNKNOWN] = -EBUSY,
		},
};

int core_session_rule(enum core_op op, enum tl_call_state state)
{
	return rules[op][state];
}

bool core_session_is_sole_owner(const struct core_session *session)
{
	return session->privilege == TL_PRIVILEGE_OWNER && session->call->owners == 1;
}

int core_session_may(const struct core_session *session, enum core_op op)
{
	const struct core_call *call = session->call;
	enum tl_call_state state = call->over ? TL_CALL_IDLE : call->record.state;
	int r = rules[op][state];

	if (op == CORE_OP_RELEASE)
		return core_session_is_sole_owner(session) ? r : 0;
	if (session->privilege != TL_PRIVILEGE_OWNER)
		return -EPERM;
	if ((r == -ENOTCONN || r == -EALREADY) && call->over &&
	    call->record.cause.origin == TL_ORIGIN_DEVICE_GONE)
		return -ENODEV;
	if ((op == CORE_OP_ANSWER || op == CORE_OP_ACCEPT) && r == 0 &&
	    (call->answering || call->dropping))
		return -EBUSY;
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

int core_session_new(struct core_client *client, struct core_call *call,
		     enum tl_privilege privilege, struct core_session **ret_session)
{
	struct tl_ctx *ctx = client->ctx;
	struct core_session *session;
	int r;

	if (client->n_sessions >= TL_SESSIONS_PER_CLIENT_MAX)
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
	hal_list_append(&client->sessions, &session->of_client);
	hal_list_append(&call->sessions, &session->of_call);
	client->n_sessions++;
	ctx->counts[TL_COUNT_SESSIONS]++;
	if (privilege == TL_PRIVILEGE_OWNER)
		call->owners++;
	else
		call->monitors++;
	*ret_session = session;
	return 0;
}

void core_session_free(struct core_session *session)
{
	struct core_call *call = session->call;
	struct tl_ctx *ctx = call->ctx;

	core_event_purge_session(ctx, session->id.id);
	if (session->privilege == TL_PRIVILEGE_OWNER)
		call->owners--;
	else
		call->monitors--;
	session->client->n_sessions--;
	ctx->counts[TL_COUNT_SESSIONS]--;
	hal_list_del(&session->of_client);
	hal_list_del(&session->of_call);
	core_handles_remove(&ctx->sessions, session->id.id);
	free(session);
	if (!call->over)
		core_event_call(call, TL_EVENT_CALL_INFO);
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
