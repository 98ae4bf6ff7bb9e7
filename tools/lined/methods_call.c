/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <trunkline/ctx.h>
#include <trunkline/event.h>
#include <trunkline/line.h>
#include <trunkline/session.h>

#include "tools/lined/calls.h"
#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/guard.h"
#include "tools/lined/json.h"
#include "tools/lined/lines.h"
#include "tools/lined/methods.h"
#include "tools/lined/methods_call.h"
#include "tools/lined/stream.h"
#include "tools/varlink/json.h"

struct json_object *call_session_reply(tl_session session)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	json_put_id(&b, "session", session.id);
	return varlink_build_end(&b, &params) < 0 ? NULL : params;
}

void call_give_up(struct lined_client *client, tl_session session)
{
	/* Stale already: somebody else has released it. */
	(void)tl_session_release(client->lined->ctx, session, TL_RELEASE_DROP);
	lined_session_gone(client->lined, session);
}

void call_reply_record(struct lined_client *client, const struct tl_event *event, bool continues)
{
	tl_session session = client->call.session;
	struct json_object *info = NULL;
	struct json_object *params = NULL;
	struct varlink_build b;
	int r;

	r = json_session(client->lined, session, &info);
	if (r < 0) {
		client_fail(client, r, NULL);
		return;
	}
	varlink_build_start(&b);
	json_put_id(&b, "session", session.id);
	if (event)
		varlink_put(&b, "event", json_event(event));
	varlink_put(&b, "info", info);
	client_reply(client, varlink_build_end(&b, &params) < 0 ? NULL : params, continues);
}

/* Will the record still change? What could not be brought on hook may for ever. */
static bool is_settled(const struct tl_session_info *info)
{
	return tl_session_info_is_final(info) ||
	       (tl_session_info_is_over(info) && tl_session_info_state(info) != TL_CALL_IDLE);
}

/* Tell each state; at the end the whole record. */
static void follow(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = client->call.session;
	struct tl_session_info *info = NULL;
	bool settled;
	int r;

	if (tl_event_get_type(event) == TL_EVENT_CALL_STATE &&
	    tl_event_get_session(event).id == session.id)
		call_reply_record(client, event, true);
	/* Telling it may have failed, which has ended the call. */
	if (!client->call.event)
		return;
	r = tl_session_get_info(client->lined->ctx, session, &info);
	if (r < 0) {
		client_fail(client, r, NULL);
		return;
	}
	settled = is_settled(info);
	tl_session_info_free(info);
	if (settled)
		call_reply_record(client, NULL, false);
}

/* The modem has taken the number, or the call is answered; or not. */
static void placed(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = client->call.session;
	int result = tl_event_get_result(event);

	if (tl_event_get_type(event) != TL_EVENT_OP_DONE)
		return;
	if (result == 0) {
		client_reply(client, call_session_reply(session), false);
		return;
	}
	client_fail(client, result, tl_event_get_text(event));
	call_give_up(client, session);
}

/* The connection becomes the stream of the call when that is connected. */
static void await_stream(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = client->call.session;
	struct tl_session_info *info = NULL;
	const char *why = NULL;
	int r;

	if (tl_event_get_type(event) == TL_EVENT_OP_DONE) {
		client->call.op = 0;
		r = tl_event_get_result(event);
		why = tl_event_get_text(event);
		if (r < 0)
			goto fail;
	}
	r = tl_session_get_info(client->lined->ctx, session, &info);
	if (r == 0 && tl_session_info_is_over(info))
		r = client_refuse(client, -ENOTCONN, "the call has ended: %s",
				  tl_disconnect_name(tl_session_info_disconnect(info)));
	else if (r == 0 && tl_session_info_state(info) == TL_CALL_CONNECTED)
		client_reply(client, call_session_reply(session), false);
	tl_session_info_free(info);
	if (r == 0)
		return;
fail:
	client_fail(client, r, why);
	call_give_up(client, session);
}

static void begin_stream(struct lined_client *client, tl_session session, uint64_t op)
{
	int r = stream_attach(client, session, STREAM_END_OF_INPUT);

	client->call.event = await_stream;
	client->call.op = op;
	if (r == 0)
		return;
	client_fail(client, r, NULL);
	call_give_up(client, session);
}

void call_begin(struct lined_client *client, tl_session session, uint64_t op)
{
	client->call.session = session;
	if (varlink_server_wants_more(client->server)) {
		client->call.event = follow;
		client_reply(client, call_session_reply(session), true);
	} else if (varlink_server_wants_upgrade(client->server)) {
		begin_stream(client, session, op);
	} else if (op == 0) {
		client_reply(client, call_session_reply(session), false);
	} else {
		client->call.event = placed;
		client->call.op = op;
	}
}

int call_read_media(struct lined_client *client, const char *text, enum tl_media *ret_media)
{
	if (!text) {
		*ret_media = TL_MEDIA_DATA;
		return 0;
	}
	for (int i = 0; i < TL_MEDIA_COUNT; i++) {
		if (strcmp(text, tl_media_name((enum tl_media)i)) == 0) {
			*ret_media = (enum tl_media)i;
			return 0;
		}
	}
	return client_refuse(client, -EINVAL, "media is data or voice, not '%.40s'", text);
}

static int check_number(struct lined_client *client, const char *number)
{
	size_t position;

	if (tl_number_check(number, &position) == 0)
		return 0;
	client->position = (int64_t)position;
	if (!*number)
		return client_refuse(client, -EINVAL, "the number is empty");
	if (position >= TL_NUMBER_MAX)
		return client_refuse(client, -EINVAL, "the number has more than %d digits",
				     TL_NUMBER_MAX);
	return client_refuse(client, -EINVAL, "character %zu of the number cannot be dialled",
			     position + 1);
}

int call_find_free_line(struct lined_client *client, const char *text, tl_line *ret_line)
{
	tl_line line;
	int r;

	r = client_find_line(client, text, &line);
	if (r < 0)
		return r;
	if (lined_lines_is_leaving(client->lined, line))
		return client_refuse(client, -ENODEV, "'%.40s' is no longer configured", text);
	*ret_line = line;
	return 0;
}

/* Why the line cannot be used, in its own words. */
static int refuse_line(struct lined_client *client, tl_line line, int error)
{
	struct tl_line_info *info = NULL;

	if (tl_line_get_info(client->lined->ctx, line, &info) == 0 && *tl_line_info_why(info))
		client_refuse(client, error, "%s: %s", tl_line_info_name(info),
			      tl_line_info_why(info));
	tl_line_info_free(info);
	return error;
}

static int dial(struct lined_client *client, tl_line line, const struct args_dial *args,
		enum tl_media media, uint32_t budget_s)
{
	struct lined *lined = client->lined;
	struct tl_dial_params *params;
	tl_client owner = client->id;
	tl_session session;
	uint64_t op;
	int r;

	if (args->keep) {
		r = lined_get_user(lined, client->uid, &owner);
		if (r < 0)
			return r;
	}
	params = tl_dial_params_new();
	if (!params)
		return -ENOMEM;
	tl_dial_params_set_media(params, media);
	tl_dial_params_set_timeout(params, args->timeout);
	tl_dial_params_set_max_duration(params, args->max_duration);
	tl_dial_params_set_inactivity(params, args->inactivity);
	r = tl_line_dial(lined->ctx, owner, line, args->number, params, &session, &op);
	tl_dial_params_free(params);
	if (r == -ENODEV || r == -ENOTRECOVERABLE)
		return refuse_line(client, line, r);
	if (r < 0)
		return r;
	lined_calls_dialled(lined, session, client->uid, budget_s);
	call_begin(client, session, op);
	return 0;
}

/* May it be dialled? ret_budget_s: as lined_guard_check(). */
static int ask_policy(struct lined_client *client, tl_line line, const char *number,
		      uint32_t *ret_budget_s)
{
	struct tl_line_info *info = NULL;
	int r;

	r = tl_line_get_info(client->lined->ctx, line, &info);
	if (r < 0)
		return r;
	r = lined_guard_check(client, tl_line_info_name(info), number, ret_budget_s);
	tl_line_info_free(info);
	return r;
}

int method_dial(void *user, const void *args)
{
	const struct args_dial *a = args;
	struct lined_client *client = user;
	enum tl_media media = TL_MEDIA_DATA;
	uint32_t budget_s = 0;
	tl_line line = {0};
	int r;

	r = call_find_free_line(client, a->line, &line);
	if (r < 0)
		return r;
	r = call_read_media(client, a->media, &media);
	if (r < 0)
		return r;
	r = check_number(client, a->number);
	if (r < 0)
		return r;
	r = ask_policy(client, line, a->number, &budget_s);
	if (r < 0)
		return r;
	return dial(client, line, a, media, budget_s);
}
