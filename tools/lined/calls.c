/* SPDX-License-Identifier: MIT */
#include "tools/lined/calls.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/ctx.h>
#include <trunkline/event.h>
#include <trunkline/line.h>
#include <trunkline/session.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/guard.h"
#include "tools/lined/history.h"
#include "tools/lined/json.h"
#include "tools/lined/settings.h"

/* Made when there is none. NULL when out of memory: then nobody but administrators sees it. */
static struct lined_own_call *find_call(struct lined *lined, uint64_t number)
{
	struct lined_own_call *call = lined->calls;

	while (call && call->call != number)
		call = call->next;
	if (call)
		return call;
	call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	call->call = number;
	call->next = lined->calls;
	lined->calls = call;
	return call;
}

static void forget_call(struct lined *lined, uint64_t number)
{
	struct lined_own_call **link = &lined->calls;
	struct lined_own_call *call;

	while (*link && (*link)->call != number)
		link = &(*link)->next;
	call = *link;
	if (!call)
		return;
	*link = call->next;
	free(call);
}

static void add_owner(struct lined *lined, uint64_t number, uid_t uid)
{
	struct lined_own_call *call = find_call(lined, number);
	struct lined_call_owners *owners;

	if (!call)
		return;
	owners = &call->owners;
	for (size_t i = 0; i < owners->n; i++) {
		if (owners->uids[i] == uid)
			return;
	}
	if (owners->n < LINED_OWNERS_MAX)
		owners->uids[owners->n++] = uid;
}

void lined_calls_dialled(struct lined *lined, tl_session session, uid_t uid, uint32_t budget_s)
{
	struct tl_session_info *info = NULL;
	struct lined_own_call *call;

	if (tl_session_get_info(lined->ctx, session, &info) < 0)
		return;
	add_owner(lined, tl_session_info_call(info), uid);
	call = find_call(lined, tl_session_info_call(info));
	if (call) {
		call->voice = tl_session_info_media(info) == TL_MEDIA_VOICE;
		call->budget_s = budget_s;
	}
	lined_guard_dialled(lined, tl_session_info_line_name(info));
	tl_session_info_free(info);
}

void lined_calls_own(struct lined *lined, tl_session session, uid_t uid)
{
	struct tl_session_info *info = NULL;

	if (tl_session_get_info(lined->ctx, session, &info) < 0)
		return;
	add_owner(lined, tl_session_info_call(info), uid);
	tl_session_info_free(info);
}

/* @return false when the client is nobody's, as the daemon's own is */
static bool find_uid(const struct lined *lined, tl_client id, uid_t *ret_uid)
{
	const struct lined_user *user = lined_find_user(lined, id);

	if (user) {
		*ret_uid = user->uid;
		return true;
	}
	for (const struct lined_client *c = lined->clients; c; c = c->next) {
		if (c->id.id == id.id) {
			*ret_uid = c->uid;
			return true;
		}
	}
	return false;
}

/* What is said of a history that fails: once, and when it is well again. */
static void tell_history(struct lined *lined, int error)
{
	const char *path = lined->settings->history;

	if (error < 0 && error != lined->history_error)
		lined_log(&lined->log, TL_LOG_ERROR, "history %s: %s: ended calls are not recorded",
			  path, strerror(-error));
	else if (error == 0 && lined->history_error < 0)
		lined_log(&lined->log, TL_LOG_INFO, "history %s: goes on", path);
	lined->history_error = error;
}

void lined_calls_check(struct lined *lined)
{
	const char *path = lined->settings->history;

	lined->history_error = 0;
	if (path)
		tell_history(lined, lined_history_check(path));
}

static void record(struct lined *lined, const struct tl_session_info *info)
{
	static const struct lined_call_owners nobody;
	const struct lined_own_call *call = find_call(lined, tl_session_info_call(info));
	const struct lined_settings *settings = lined->settings;
	struct json_object *object = NULL;
	int r;

	r = json_record(info, call ? &call->owners : &nobody, &object);
	if (r == 0)
		lined_guard_record(lined, object);
	if (!settings->history) {
		json_object_put(object);
		return;
	}
	if (r == 0)
		r = lined_history_add(settings->history, settings->history_size, object);
	json_object_put(object);
	tell_history(lined, r);
}

void lined_calls_event(struct lined *lined, const struct tl_event *event)
{
	enum tl_event_type type = tl_event_get_type(event);
	tl_client client = tl_event_get_client(event);
	struct lined_own_call *call;
	uid_t uid;

	if (type == TL_EVENT_CALL_STATE) {
		for (call = lined->calls; call; call = call->next) {
			if (call->call == tl_event_get_call(event))
				lined_guard_state(call, event);
		}
	}
	if (type == TL_EVENT_CALL_RECORD) {
		if (client.id != tl_ctx_get_client(lined->ctx).id)
			return;
		record(lined, tl_event_get_record(event));
		forget_call(lined, tl_event_get_call(event));
	} else if ((type == TL_EVENT_CALL_STATE || type == TL_EVENT_SESSION_NEW) &&
		   tl_event_get_privilege(event) == TL_PRIVILEGE_OWNER &&
		   find_uid(lined, client, &uid)) {
		/* Others come after the record, too: nothing would ever forget the call again. */
		add_owner(lined, tl_event_get_call(event), uid);
	}
}

void lined_calls_end(struct lined *lined)
{
	struct tl_event *event;
	tl_line *lines = NULL;
	size_t n = 0;

	if (tl_line_list(lined->ctx, &lines, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		/* Stale: cannot be. */
		(void)tl_line_remove(lined->ctx, lines[i]);
	free(lines);
	while (tl_ctx_next_event(lined->ctx, &event) > 0) {
		lined_calls_event(lined, event);
		tl_event_free(event);
	}
}

void lined_calls_fini(struct lined *lined)
{
	struct lined_own_call *call;

	while ((call = lined->calls) != NULL) {
		lined->calls = call->next;
		free(call);
	}
}
