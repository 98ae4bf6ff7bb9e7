/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <trunkline/stream.h>
#include <unistd.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/methods.h"
#include "tools/lined/stream.h"

int method_attach(void *user, const void *args)
{
	const struct args_attach *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	if (!varlink_server_wants_upgrade(client->server))
		return client_refuse(client, -EINVAL, "Attach has to be called with \"upgrade\"");
	r = client_find_call(client, a->session, &session);
	if (r < 0)
		return r;
	r = stream_attach(client, session,
			  a->hang_up  ? STREAM_END_HANGS_UP
			  : a->detach ? STREAM_END_DETACHES
				      : STREAM_END_OF_INPUT);
	if (r == -EALREADY || r == -EBUSY)
		return client_refuse(client, -EBUSY, "somebody else is attached to the call");
	if (r < 0)
		return r;
	client_reply(client, json_object_new_object(), false);
	return 0;
}

/* @return the error, with its reason */
static int refuse_lending(struct lined_client *client, int r)
{
	switch (r) {
	case -EALREADY:
	case -EBUSY:
		return client_refuse(client, -EBUSY, "somebody else is attached to the call");
	case -EAGAIN:
		return client_refuse(client, -EBUSY, "the call is not online");
	case -EOPNOTSUPP:
		return client_refuse(client, r,
				     "only a data call on a tty has a descriptor to lend, not one "
				     "on a terminal server: use Attach");
	default:
		return r;
	}
}

int method_lend(void *user, const void *args)
{
	const struct args_session *a = args;
	struct lined_client *client = user;
	tl_session session;
	int fd = -1, r;

	if (!varlink_server_wants_upgrade(client->server))
		return client_refuse(client, -EINVAL, "Lend has to be called with \"upgrade\"");
	r = client_find_call(client, a->session, &session);
	if (r < 0)
		return r;
	r = stream_lend(client, session, &fd);
	if (r < 0)
		return refuse_lending(client, r);
	r = varlink_server_pass(client->server, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	client_reply(client, json_object_new_object(), false);
	return 0;
}

int method_break(void *user, const void *args)
{
	const struct args_break *a = args;
	struct lined_client *client = user;
	tl_session session;
	int r;

	r = client_find_call(client, a->session, &session);
	if (r < 0)
		return r;
	r = tl_session_send_break(client->lined->ctx, session, a->ms ? a->ms : LINED_BREAK_MS);
	if (r == -EINVAL)
		return client_refuse(client, r, "nobody is attached, or longer than %d ms",
				     TL_BREAK_MAX_MS);
	if (r == -EAGAIN)
		return client_refuse(client, -EBUSY, "the call is not online");
	if (r < 0)
		return r;
	client_reply(client, json_object_new_object(), false);
	return 0;
}
