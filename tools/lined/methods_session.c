/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <trunkline/event.h>
#include <trunkline/session.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/lined/methods.h"
#include "tools/varlink/json.h"

static int reply_info(struct lined_client *client, tl_session session)
{
	struct json_object *info = NULL;
	int r;

	r = json_session(client->lined, session, &info);
	if (r < 0)
		return r;
	client_reply(client, json_wrap("info", info), false);
	return 0;
}

static int release(struct lined_client *client, tl_session session, unsigned int flags)
{
	int r;

	r = tl_session_release(client->lined->ctx, session, flags);
	if (r < 0)
		return r;
	lined_session_gone(client->lined, session);
	return 0;
}

/* The record as it is, then the session is gone. */
static int release_with_info(struct lined_client *client, tl_session session)
{
	struct json_object *info = NULL;
	int r;

	r = json_session(client->lined, session, &info);
	if (r < 0)
		return r;
	r = release(client, session, 0);
	if (r < 0) {
		json_object_put(info);
		return r;
	}
	client_reply(client, json_wrap("info", info), false);
	return 0;
}

/* @return true when the call has ended as it should; else the error is told */
static bool drop_succeeded(struct lined_client *client, const struct tl_event *event)
{
	int result = tl_event_get_result(event);

	if (result < 0)
		client_fail(client, result, tl_event_get_text(event));
	return result == 0;
}

static void dropped(struct lined_client *client, const struct tl_event *event)
{
	int r;

	if (tl_event_get_type(event) != TL_EVENT_OP_DONE || !drop_succeeded(client, event))
		return;
	r = reply_info(client, client->call.session);
	if (r < 0)
		client_fail(client, r, NULL);
}

/* The modem may still be telling why. */
static bool is_final(const struct lined_client *client, tl_session session)
{
	struct tl_session_info *info;
	bool final;

	if (tl_session_get_info(client->lined->ctx, session, &info) < 0)
		return true;
	final = tl_session_info_is_final(info);
	(void)tl_session_info_free(info);
	return final;
}

static void hung_up(struct lined_client *client, const struct tl_event *event)
{
	int r;

	if (tl_event_get_type(event) == TL_EVENT_OP_DONE) {
		if (!drop_succeeded(client, event))
			return;
		client->call.op = 0;
	}
	if (client->call.op != 0 || !is_final(client, client->call.session))
		return;
	/* It is we who release it. */
	client->call.event = NULL;
	r = release_with_info(client, client->call.session);
	if (r < 0)
		client_fail(client, r, NULL);
}

/* Drop, and have done() told when it is over. @return as tl_session_drop() */
static int start_drop(struct lined_client *client, tl_session session, bool user,
		      void (*done)(struct lined_client *, const struct tl_event *))
{
	uint64_t op;
	int r;

	r = tl_session_drop(client->lined->ctx, session, user ? TL_DROP_USER : 0, &op);
	if (r < 0)
		return r;
	client->call.event = done;
	client->call.session = session;
	client->call.op = op;
	return 0;
}

int method_drop(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_call(client, a->session, &session);
	if (r == 0)
		r = start_drop(client, session, a->flag, dropped);
	if (r == -EALREADY)
		return client_refuse(client, r,
				     "the call is over already: release gives the session back");
	return r;
}

int method_drop_beside(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_call(client, a->session, &session);
	return r < 0 ? r
		     : tl_session_drop(client->lined->ctx, session, a->flag ? TL_DROP_USER : 0,
				       NULL);
}

int method_hangup(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_session(client, a->session, &session);
	if (r < 0)
		return r;
	r = start_drop(client, session, a->flag, hung_up);
	/* Over already: only the session is left to be given back. */
	return r == -EALREADY || r == -ENODEV ? release_with_info(client, session) : r;
}

static void held(struct lined_client *client, const struct tl_event *event)
{
	int result = tl_event_get_result(event);

	if (tl_event_get_type(event) != TL_EVENT_OP_DONE)
		return;
	if (result < 0)
		client_fail(client, result, tl_event_get_text(event));
	else
		client_reply(client, json_object_new_object(), false);
}

static int refuse_hold(struct lined_client *client, tl_session session)
{
	struct tl_session_info *info = NULL;
	bool data;
	int r;

	r = tl_session_get_info(client->lined->ctx, session, &info);
	if (r < 0)
		return r;
	data = tl_session_info_media(info) == TL_MEDIA_DATA;
	tl_session_info_free(info);
	if (data)
		return client_refuse(client, -EOPNOTSUPP, "a data call cannot be held");
	return client_refuse(client, -EOPNOTSUPP,
			     "the line cannot hold: that takes a modem with class 8, and an "
			     "exchange that holds at a flash (flash in lined.conf(5))");
}

static int hold(struct lined_client *client, const struct args_session *args,
		int (*start)(struct tl_ctx *, tl_session, uint64_t *))
{
	tl_session session;
	uint64_t op;
	int r;

	r = client_find_session(client, args->session, &session);
	if (r < 0)
		return r;
	r = start(client->lined->ctx, session, &op);
	if (r == -EOPNOTSUPP)
		return refuse_hold(client, session);
	if (r == -EINVAL)
		return client_refuse(client, r, "the call is not connected");
	if (r == -EALREADY)
		return client_refuse(client, r,
				     start == tl_session_hold ? "it is on hold already"
							      : "it is not on hold");
	if (r < 0)
		return r;
	client->call.event = held;
	client->call.session = session;
	client->call.op = op;
	return 0;
}

int method_hold(void *user, const void *args)
{
	return hold(user, args, tl_session_hold);
}

int method_unhold(void *user, const void *args)
{
	return hold(user, args, tl_session_unhold);
}

int method_release(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_session(client, a->session, &session);
	if (r < 0)
		return r;
	r = release(client, session, a->flag ? TL_RELEASE_DROP : 0);
	if (r == -EBUSY)
		return client_refuse(client, r, "the call is not over: drop it first");
	if (r < 0)
		return r;
	client_reply(client, json_object_new_object(), false);
	return 0;
}

int method_get_session(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_call(client, a->session, &session);
	return r < 0 ? r : reply_info(client, session);
}

static int add_sessions(const struct lined *lined, tl_client client, struct json_object *array)
{
	tl_session *sessions = NULL;
	size_t n = 0;
	int r;

	r = tl_session_list(lined->ctx, client, &sessions, &n);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct json_object *info = NULL;

		r = json_session(lined, sessions[i], &info);
		if (r == 0)
			r = varlink_array_add(array, info);
	}
	free(sessions);
	return r;
}

static int add_own_sessions(const struct lined_client *client, struct json_object *array)
{
	const struct lined *lined = client->lined;
	int r = 0;

	for (const struct lined_client *c = lined->clients; c && r == 0; c = c->next) {
		if (c->uid == client->uid)
			r = add_sessions(lined, c->id, array);
	}
	for (const struct lined_user *u = lined->users; u && r == 0; u = u->next) {
		if (u->uid == client->uid)
			r = add_sessions(lined, u->id, array);
	}
	return r;
}

int method_list_sessions(void *user, const void *args)
{
	const struct args_list *a = args;
	struct lined_client *client = user;
	struct json_object *array;
	int r;

	if (a->all && !client_is_admin(client))
		return client_refuse(client, -EACCES,
				     "only administrators see the sessions of others");
	array = json_object_new_array();
	if (!array)
		return -ENOMEM;
	r = a->all ? add_sessions(client->lined, (tl_client){0}, array)
		   : add_own_sessions(client, array);
	if (r < 0) {
		json_object_put(array);
		return r;
	}
	client_reply(client, json_wrap("sessions", array), false);
	return 0;
}
