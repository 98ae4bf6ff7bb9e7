/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/line.h>
#include <trunkline/session.h>
#include <trunkline/types.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/lined/methods.h"
#include "tools/lined/stream.h"
#include "tools/varlink/json.h"

static int reply_done(struct lined_client *client, int result)
{
	if (result == 0)
		client_reply(client, json_object_new_object(), false);
	return result;
}

static int reply_session(struct lined_client *client, tl_session session)
{
	struct json_object *params = NULL;
	struct varlink_build b;
	int r;

	varlink_build_start(&b);
	json_put_id(&b, "session", session.id);
	r = varlink_build_end(&b, &params);
	if (r < 0) {
		/* It was made for this answer only. */
		(void)tl_session_release(client->lined->ctx, session, TL_RELEASE_DROP);
		return r;
	}
	client_reply(client, params, false);
	return 0;
}

static bool is_of_user(const struct lined *lined, tl_client holder, uid_t uid)
{
	const struct lined_user *user = lined_find_user(lined, holder);
	const struct lined_client *client = lined->clients;

	if (user)
		return user->uid == uid;
	while (client && client->id.id != holder.id)
		client = client->next;
	return client && client->uid == uid;
}

/* Calls of other users are for administrators only, as in lists; who has none is anybody's. */
static int may_join(const struct lined_client *client, uint64_t call)
{
	const struct lined *lined = client->lined;
	tl_session *sessions = NULL;
	bool owned = false, own = false;
	size_t n = 0;
	int r;

	r = tl_session_list(lined->ctx, (tl_client){0}, &sessions, &n);
	for (size_t i = 0; i < n && !own && r == 0; i++) {
		struct tl_session_info *info = NULL;

		r = tl_session_get_info(lined->ctx, sessions[i], &info);
		if (r == 0 && tl_session_info_call(info) == call &&
		    tl_session_info_privilege(info) == TL_PRIVILEGE_OWNER) {
			owned = true;
			own = is_of_user(lined, tl_session_info_client(info), client->uid);
		}
		tl_session_info_free(info);
	}
	free(sessions);
	if (r < 0)
		return r;
	return owned && !own ? -EACCES : 0;
}

static int check_join(struct lined_client *client, tl_line line)
{
	struct tl_line_info *info = NULL;
	int r;

	if (client_is_admin(client))
		return 0;
	r = tl_line_get_info(client->lined->ctx, line, &info);
	if (r < 0)
		return r;
	r = may_join(client, tl_line_info_call(info));
	tl_line_info_free(info);
	if (r == -EACCES)
		return client_refuse(client, r, "only administrators watch the calls of others");
	return r;
}

int method_join(void *user, const void *args)
{
	const struct args_join *a = args;
	enum tl_privilege privilege = a->owner ? TL_PRIVILEGE_OWNER : TL_PRIVILEGE_MONITOR;
	struct lined_client *client = user;
	tl_client holder = client->id;
	tl_session session;
	tl_line line;
	int r;

	r = client_find_line(client, a->line, &line);
	if (r == 0)
		r = check_join(client, line);
	if (r < 0)
		return r;
	if (a->keep) {
		r = lined_get_user(client->lined, client->uid, &holder);
		if (r < 0)
			return r;
	}
	r = tl_line_join(client->lined->ctx, holder, line, privilege, &session);
	if (r == -ENOTCONN)
		return client_refuse(client, r, "no call is on '%.40s'", a->line);
	if (r == -EPERM)
		return client_refuse(client, r, "the call on '%.40s' has an owner", a->line);
	return r < 0 ? r : reply_session(client, session);
}

/* A client by its identity, or the one that keeps what a user has. */
static int find_holder(struct lined_client *client, const char *text, tl_client *ret_holder)
{
	const struct passwd *entry;

	if (tl_id_parse(text, &ret_holder->id) == 0)
		return 0;
	entry = getpwnam(text);
	if (!entry)
		return client_refuse(client, -ENOENT,
				     "'%.40s' is neither a client, such as c2.1, nor a user", text);
	return lined_get_user(client->lined, entry->pw_uid, ret_holder);
}

int method_hand_off(void *user, const void *args)
{
	const struct args_hand_off *a = args;
	struct lined_client *client = user;
	tl_session session;
	tl_client holder;
	int r;

	r = client_find_session(client, a->session, &session);
	if (r < 0)
		return r;
	r = find_holder(client, a->to, &holder);
	if (r < 0)
		return r;
	r = tl_session_hand_off(client->lined->ctx, session, holder);
	if (r == -EALREADY)
		return client_refuse(client, r, "%.40s is an owner of this call already", a->to);
	if (r == -ESTALE)
		return client_refuse(client, r, "there is no client %.40s any more", a->to);
	return reply_done(client, r);
}

int method_set_privilege(void *user, const void *args)
{
	const struct args_privilege *a = args;
	struct lined_client *client = user;
	enum tl_privilege privilege;
	tl_session session;
	int r;

	if (strcmp(a->privilege, tl_privilege_name(TL_PRIVILEGE_OWNER)) == 0)
		privilege = TL_PRIVILEGE_OWNER;
	else if (strcmp(a->privilege, tl_privilege_name(TL_PRIVILEGE_MONITOR)) == 0)
		privilege = TL_PRIVILEGE_MONITOR;
	else
		return client_refuse(client, -EINVAL,
				     "a privilege is owner or monitor, not '%.40s'", a->privilege);
	r = client_find_session(client, a->session, &session);
	if (r < 0)
		return r;
	r = tl_session_set_privilege(client->lined->ctx, session, privilege);
	if (r == -EPERM)
		return client_refuse(client, r, "somebody owns the call: they can hand it over");
	if (r == -EBUSY)
		return client_refuse(client, r,
				     "you alone own the call: hand it over or drop it first");
	if (r == -EALREADY)
		return client_refuse(client, r, "you are %s already", a->privilege);
	stream_wake_all(client->lined);
	return reply_done(client, r);
}

static int read_limit(struct lined_client *client, const char *text, enum tl_limit *ret_limit)
{
	for (int i = 0; i < TL_LIMIT_COUNT; i++) {
		if (strcmp(text, tl_limit_name((enum tl_limit)i)) == 0) {
			*ret_limit = (enum tl_limit)i;
			return 0;
		}
	}
	return client_refuse(client, -EINVAL, "a limit is duration or inactivity, not '%.40s'",
			     text);
}

int method_set_limit(void *user, const void *args)
{
	const struct args_limit *a = args;
	struct lined_client *client = user;
	enum tl_limit limit = TL_LIMIT_DURATION;
	tl_session session;
	int r;

	r = read_limit(client, a->limit, &limit);
	if (r < 0)
		return r;
	if (a->seconds > TL_LIMIT_MAX_S)
		return client_refuse(client, -EINVAL, "a limit is %d seconds at most",
				     TL_LIMIT_MAX_S);
	r = client_find_session(client, a->session, &session);
	if (r < 0)
		return r;
	return reply_done(client,
			  tl_session_set_limit(client->lined->ctx, session, limit, a->seconds));
}
