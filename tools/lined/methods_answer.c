/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <trunkline/ctx.h>
#include <trunkline/event.h>
#include <trunkline/line.h>
#include <trunkline/session.h>

#include "tools/lined/calls.h"
#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/methods.h"
#include "tools/lined/methods_call.h"
#include "tools/varlink/server.h"

#define RINGS_MAX      255  /* as S0 counts them, V.250 6.3.8 */
#define RING_PERIOD_MS 6000 /* of the slowest common cadence: 2 s on, 4 s off */

/* The offered call is ours: answer it, unless the modem has done so by itself. */
static int take(struct lined_client *client, tl_session session, bool answered)
{
	struct lined *lined = client->lined;
	tl_client owner;
	uint64_t op = 0;
	int r = 0;

	if (client->call.keep) {
		r = lined_get_user(lined, client->uid, &owner);
		if (r == 0)
			r = tl_session_move(lined->ctx, session, owner);
	}
	if (r == 0 && !answered)
		r = tl_session_answer(lined->ctx, session, client->call.media, &op);
	if (r < 0)
		return r;
	client->call.deadline_ms = 0;
	lined_calls_own(lined, session, client->uid);
	call_begin(client, session, op);
	return 0;
}

static bool is_offer(struct lined *lined, tl_session session)
{
	struct tl_session_info *info = NULL;
	bool offer;

	if (tl_session_get_info(lined->ctx, session, &info) < 0)
		return false;
	offer = tl_session_info_state(info) == TL_CALL_OFFERING;
	tl_session_info_free(info);
	return offer;
}

/* An offer that could not be answered rings on, for others: so it does when its client ends. */
static void give_back(struct lined_client *client, tl_session session)
{
	struct lined *lined = client->lined;
	tl_client leaver;

	if (!is_offer(lined, session)) {
		call_give_up(client, session);
		return;
	}
	if (tl_client_new(lined->ctx, "leaver", &leaver) < 0)
		return; /* it stays with the connection */
	/* Cannot fail: the client is new, the session is ours. */
	(void)tl_session_move(lined->ctx, session, leaver);
	(void)tl_client_close(lined->ctx, leaver);
}

static void fail(struct lined_client *client, tl_session session, int error)
{
	/* First, so that it is not offered to us again. */
	client_fail(client, error, NULL);
	give_back(client, session);
}

static void answer_now(struct lined_client *client)
{
	tl_session session = client->call.session;
	int r = take(client, session, false);

	if (r < 0)
		fail(client, session, r);
}

/* The modem has answered by itself. What event tells of that is for who follows the call. */
static void join(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = client->call.session;
	int r = take(client, session, true);

	if (r < 0)
		fail(client, session, r);
	else if (client->call.event)
		client->call.event(client, event);
}

/* Has it rung for long enough, or is known who calls, or that this is withheld? */
static bool is_ripe(const struct lined_client *client, const struct tl_session_info *info)
{
	return tl_session_info_rings(info) >= client->call.rings || *tl_session_info_caller(info) ||
	       *tl_session_info_caller_name(info);
}

static void await_offer(struct lined_client *client, const struct tl_event *event);

static void no_call(struct lined_client *client)
{
	client_fail(client, -ETIMEDOUT, "no call has come in");
}

static void wait_for_offer(struct lined_client *client)
{
	client->call.event = await_offer;
	client->call.late = no_call;
	client->call.deadline_ms = client->call.wait_until_ms;
}

/* The caller has given up before the call was to be answered: another one is as good. */
static void missed(struct lined_client *client, enum tl_disconnect disconnect)
{
	tl_session session = client->call.session;

	client->call.session = (tl_session){0};
	call_give_up(client, session);
	if (client->call.wait_until_ms > 0) {
		wait_for_offer(client);
		return;
	}
	client_refuse(client, -ENOTCONN, "the call has ended: %s", tl_disconnect_name(disconnect));
	client_fail(client, -ENOTCONN, NULL);
}

static void await_rings(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = client->call.session;
	struct tl_session_info *info = NULL;
	int r = tl_session_get_info(client->lined->ctx, session, &info);

	if (r < 0)
		client_fail(client, r, NULL);
	else if (tl_session_info_is_over(info))
		missed(client, tl_session_info_disconnect(info));
	else if (tl_session_info_state(info) != TL_CALL_OFFERING)
		join(client, event);
	else if (is_ripe(client, info))
		answer_now(client);
	tl_session_info_free(info);
}

/* A modem may not tell every ring, and whoever calls does not wait for ever. */
static void let_ring(struct lined_client *client, tl_session session)
{
	struct lined_call *call = &client->call;

	call->session = session;
	call->event = await_rings;
	call->late = answer_now;
	call->deadline_ms = event_now_ms() + (uint64_t)call->rings * RING_PERIOD_MS;
}

static void await_offer(struct lined_client *client, const struct tl_event *event)
{
	tl_session session = tl_event_get_session(event);

	/* Any other call has been handed over by somebody. */
	if (tl_event_get_type(event) != TL_EVENT_SESSION_NEW ||
	    tl_event_get_line(event).id != client->call.line.id ||
	    tl_event_get_privilege(event) != TL_PRIVILEGE_OWNER ||
	    !is_offer(client->lined, session))
		return;
	let_ring(client, session);
	await_rings(client, event);
}

/* To be offered calls, and told when they ring. */
static int open_line(struct lined_client *client)
{
	struct lined_call *call = &client->call;
	int r;

	r = tl_line_open(client->lined->ctx, client->id, call->line, TL_PRIVILEGE_OWNER, 0);
	call->line_is_open = r == 0;
	return r;
}

static int refuse_offer(struct lined_client *client, const char *line, int error)
{
	if (error == -ENOTCONN)
		return client_refuse(client, error, "no call comes in on '%.40s'", line);
	if (error == -EPERM)
		return client_refuse(client, error, "a call is on '%.40s', but none comes in",
				     line);
	return error;
}

/* A call is there. */
static int answer(struct lined_client *client, tl_session session)
{
	int r;

	if (client->call.rings <= 1 || !is_offer(client->lined, session)) {
		r = take(client, session, false);
	} else {
		r = open_line(client);
		if (r == 0) {
			let_ring(client, session);
			await_rings(client, NULL);
		}
	}
	if (r < 0)
		give_back(client, session);
	return r;
}

static int read_answer(struct lined_client *client, const struct args_answer *args)
{
	struct lined_call call = {.keep = args->keep, .rings = args->rings ? args->rings : 1};
	int r;

	r = call_find_free_line(client, args->line, &call.line);
	if (r < 0)
		return r;
	r = call_read_media(client, args->media, &call.media);
	if (r < 0)
		return r;
	if (args->rings > RINGS_MAX)
		return client_refuse(client, -EINVAL, "rings is 1 to %d, not %u", RINGS_MAX,
				     args->rings);
	if (args->wait > 0)
		call.wait_until_ms = event_now_ms() + (uint64_t)args->wait * 1000;
	client->call = call;
	return 0;
}

/* The call that comes in; -EPERM: another one is on the line, maybe nobody's but being cleared. */
static int join_offer(struct lined_client *client, tl_line line, tl_session *ret_session)
{
	struct tl_session_info *info = NULL;
	tl_session session;
	bool answerable;
	int r;

	r = tl_line_join(client->lined->ctx, client->id, line, TL_PRIVILEGE_OWNER, &session);
	if (r < 0)
		return r;
	r = tl_session_get_info(client->lined->ctx, session, &info);
	answerable = r == 0 && (tl_session_info_state(info) == TL_CALL_OFFERING ||
				tl_session_info_state(info) == TL_CALL_ACCEPTED);
	tl_session_info_free(info);
	if (!answerable) {
		call_give_up(client, session);
		return r < 0 ? r : -EPERM;
	}
	*ret_session = session;
	return 0;
}

int method_answer(void *user, const void *args)
{
	const struct args_answer *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = read_answer(client, a);
	if (r < 0)
		return r;
	r = join_offer(client, client->call.line, &session);
	if (r == 0)
		return answer(client, session);
	if (a->wait == 0 || (r != -ENOTCONN && r != -EPERM))
		return refuse_offer(client, a->line, r);
	r = open_line(client);
	if (r == 0)
		wait_for_offer(client);
	return r;
}

static void rejected(struct lined_client *client, const struct tl_event *event)
{
	if (tl_event_get_type(event) != TL_EVENT_OP_DONE)
		return;
	if (tl_event_get_result(event) < 0)
		client_fail(client, tl_event_get_result(event), tl_event_get_text(event));
	else
		call_reply_record(client, NULL, false);
}

int method_reject(void *user, const void *args)
{
	const struct args_line *a = args;
	struct lined_client *client = user;
	struct lined *lined = client->lined;
	tl_session session;
	tl_line line;
	uint64_t op;
	int r;

	r = client_find_line(client, a->line, &line);
	if (r < 0)
		return r;
	r = tl_line_join(lined->ctx, client->id, line, TL_PRIVILEGE_OWNER, &session);
	if (r < 0)
		return refuse_offer(client, a->line, r);
	r = is_offer(lined, session) ? tl_session_drop(lined->ctx, session, 0, &op) : -EINVAL;
	if (r < 0) {
		call_give_up(client, session);
		return r;
	}
	client->call.event = rejected;
	client->call.session = session;
	client->call.op = op;
	if (varlink_server_wants_more(client->server))
		client_reply(client, call_session_reply(session), true);
	return 0;
}
