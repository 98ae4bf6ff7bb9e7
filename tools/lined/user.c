/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <trunkline/ctx.h>
#include <trunkline/session.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"

static void name_user(uid_t uid, char *buf, size_t size)
{
	const struct passwd *entry = getpwuid(uid);

	if (entry)
		snprintf(buf, size, "user %.30s", entry->pw_name);
	else
		snprintf(buf, size, "user %lu", (unsigned long)uid);
}

int lined_get_user(struct lined *lined, uid_t uid, tl_client *ret_client)
{
	struct lined_user *user;
	char name[32];
	int r;

	for (user = lined->users; user; user = user->next) {
		if (user->uid == uid) {
			*ret_client = user->id;
			return 0;
		}
	}
	user = calloc(1, sizeof(*user));
	if (!user)
		return -ENOMEM;
	snprintf(name, sizeof(name), "uid[%lu]", (unsigned long)uid);
	r = tl_client_new(lined->ctx, name, &user->id);
	if (r < 0) {
		free(user);
		return r;
	}
	/* Cannot fail: the client is new and the limits were checked when they were read. */
	(void)tl_client_set_keep(lined->ctx, user->id, lined->keep_sessions, lined->keep_age);
	user->uid = uid;
	name_user(uid, user->name, sizeof(user->name));
	user->next = lined->users;
	lined->users = user;
	lined->users_changed = true;
	*ret_client = user->id;
	return 0;
}

const struct lined_user *lined_find_user(const struct lined *lined, tl_client client)
{
	const struct lined_user *user = lined->users;

	while (user && user->id.id != client.id)
		user = user->next;
	return user;
}

/* Closing a client withdraws its requests: one of a session that is released already may still be
 * awaited. */
static bool is_awaited(const struct lined *lined)
{
	const struct lined_client *client = lined->clients;

	while (client && client->call.op == 0)
		client = client->next;
	return client;
}

const char *lined_holder_name(const struct lined *lined, tl_client client)
{
	const struct lined_user *user = lined_find_user(lined, client);

	if (user)
		return user->name;
	for (const struct lined_client *c = lined->clients; c; c = c->next)
		if (c->id.id == client.id)
			return c->name;
	return "";
}

static bool has_sessions(const struct lined *lined, const struct lined_user *user)
{
	tl_session *sessions = NULL;
	size_t n = 0;
	int r;

	r = tl_session_list(lined->ctx, user->id, &sessions, &n);
	free(sessions);
	return r < 0 || n > 0;
}

void lined_forget_users(struct lined *lined)
{
	struct lined_user **link = &lined->users;

	if (!lined->users_changed || lined->stopping || is_awaited(lined))
		return;
	lined->users_changed = false;
	while (*link) {
		struct lined_user *user = *link;

		if (has_sessions(lined, user)) {
			link = &user->next;
			continue;
		}
		*link = user->next;
		tl_client_close(lined->ctx, user->id);
		free(user);
	}
}
