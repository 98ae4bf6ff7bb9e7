/* SPDX-License-Identifier: MIT */
#include "tools/lined/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <trunkline/ctx.h>
#include <trunkline/error.h>
#include <trunkline/event.h>
#include <trunkline/line.h>
#include <trunkline/session.h>
#include <unistd.h>

#include "tools/lined/daemon.h"
#include "tools/lined/methods.h"
#include "tools/lined/settings.h"
#include "tools/lined/stream.h"
#include "tools/lined/trace.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"
#include "tools/varlink/server.h"

static void name_peer(pid_t pid, char *name, size_t size)
{
	char path[40];
	char comm[20] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(file);
	}
	/* A process names itself as it likes. */
	for (char *c = comm; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	snprintf(name, size, "%s[%ld]", comm[0] ? comm : "?", (long)pid);
}

static void client_ready(void *user, uint32_t events)
{
	struct lined_client *client = user;

	if (client->stream && varlink_server_is_upgraded(client->server)) {
		stream_ready(client, events);
		client_dispatch(client);
		return;
	}
	client_dispatch(client);
	/* The peer can neither hear an answer nor say more. What it had sent before has just been
	 * served. */
	if ((events & (EPOLLHUP | EPOLLERR)) && varlink_server_is_busy(client->server))
		client->gone = true;
}

/* Nobody keeps the others out, by mistake or on purpose. */
static int check_room(struct lined *lined, const struct lined_peer *peer)
{
	unsigned int max = LINED_CONNECTIONS_MAX;
	unsigned int n = 0;

	if (!lined_peer_is_trusted(peer)) {
		max -= LINED_CONNECTIONS_RESERVED;
		for (const struct lined_client *c = lined->clients; c; c = c->next)
			n += c->uid == peer->uid;
	}
	if (n < lined->settings->user_connections && lined->n_clients < max)
		return 0;
	lined_log_limited(&lined->misdeeds, &lined->log, event_now_ms(),
			  "connection refused: uid %lu has %u, all have %u",
			  (unsigned long)peer->uid, n, lined->n_clients);
	return -ENOSPC;
}

int client_new(struct lined *lined, int fd, struct lined_client **ret_client)
{
	struct lined_client *client;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	r = lined_peer_get(fd, &client->peer);
	if (r == 0)
		r = check_room(lined, &client->peer);
	if (r < 0)
		goto fail;
	client->lined = lined;
	client->uid = client->peer.uid;
	client->position = -1;
	client->events = EPOLLIN;
	client->source = (struct event_source){.fd = fd, .ready = client_ready, .user = client};
	name_peer(client->peer.pid, client->name, sizeof(client->name));

	r = tl_client_new(lined->ctx, client->name, &client->id);
	if (r < 0)
		goto fail;
	r = event_add(&lined->loop, &client->source, client->events);
	if (r < 0)
		goto fail_client;
	r = varlink_server_new(fd, &lined_service, client, &client->server);
	if (r < 0)
		goto fail_source;
	*ret_client = client;
	return 0;
fail_source:
	event_remove(&lined->loop, &client->source);
fail_client:
	tl_client_close(lined->ctx, client->id);
fail:
	lined_peer_fini(&client->peer);
	free(client);
	return r;
}

void client_turn_away(int fd, int error)
{
	char text[256];
	int n;

	n = snprintf(text, sizeof(text),
		     "{\"error\":\"" VARLINK_TRUNKLINE ".%s\",\"parameters\":{\"reason\":"
		     "\"connection refused: %s\"}}",
		     tl_error_name(error), tl_error_text(error));
	/* With its NUL. What does not fit into an empty queue was not meant to be read. */
	(void)send(fd, text, (size_t)n + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void client_free(struct lined_client *client)
{
	struct lined *lined = client->lined;

	if (client->method && varlink_server_is_busy(client->server))
		metrics_request(&lined->metrics, client->method, "Closed");
	event_remove(&lined->loop, &client->source);
	stream_free(client);
	varlink_server_free(client->server);
	if (client->call.tracing)
		trace_update(lined);
	/* Withdrawing its requests would hide the ends of the drops that the daemon's own end waits
	 * for. */
	if (!lined->stopping)
		tl_client_close(lined->ctx, client->id);
	stream_wake_all(lined);
	listing_free(client->call.listing);
	lined_peer_fini(&client->peer);
	free(client);
}

static void wait_for(struct lined_client *client, uint32_t events)
{
	/* Cannot fail: it is there. */
	if (events != client->events)
		(void)event_change(&client->lined->loop, &client->source, events);
	client->events = events;
}

void client_dispatch(struct lined_client *client)
{
	int r;

	client->dirty = false;
	if (client->gone)
		return;
	r = varlink_server_dispatch(client->server);
	if (r == 0 && varlink_server_is_upgraded(client->server)) {
		stream_pump(client);
		/* In the next turn it goes on anyway: until then nothing is taken back. The reply
		 * to the upgrade may still wait for room. */
		wait_for(client, stream_events(client) |
					 (stream_has_more(client) ? client->events : 0) |
					 (varlink_server_events(client->server) & EPOLLOUT));
		return;
	}
	if (r < 0 && r != -ECONNRESET && r != -EPIPE) {
		metrics_cut_off(&client->lined->metrics, r);
		lined_log_limited(&client->lined->misdeeds, &client->lined->log, event_now_ms(),
				  "%s: connection cut off: %s", client->name,
				  r == -EPROTO	   ? "does not speak Varlink"
				  : r == -EMSGSIZE ? "sends too long a message"
				  : r == -ENOBUFS  ? "does not read"
						   : strerror(-r));
	}
	if (r == 0)
		wait_for(client, varlink_server_events(client->server));
	client->gone = r < 0;
}

void client_event(struct lined_client *client, const struct tl_event *event)
{
	enum tl_event_type type = tl_event_get_type(event);
	const struct lined_call *call = &client->call;
	uint64_t session = tl_event_get_session(event).id;
	bool concerned;

	if (type == TL_EVENT_READABLE || type == TL_EVENT_WRITABLE) {
		if (client->stream)
			stream_event(client, event);
		return;
	}
	if (!call->event || client->gone)
		return;
	if (type == TL_EVENT_OP_DONE)
		concerned = call->op != 0 && call->op == tl_event_get_op(event);
	else if (type == TL_EVENT_LOST)
		concerned = true;
	else
		concerned = tl_event_get_client(event).id == client->id.id ||
			    (session != 0 && session == call->session.id);
	if (!concerned)
		return;
	/* Nobody is told why a call beside the stream was refused. */
	client->reason[0] = '\0';
	call->event(client, event);
}

bool client_is_streaming(const struct lined_client *client)
{
	return client->call.event || client->call.tracing || client->call.listing;
}

bool client_wants_more(const struct lined_client *client)
{
	return client->call.listing && !client->gone &&
	       !(varlink_server_events(client->server) & EPOLLOUT);
}

/* result: "Ok", or the name of an error. */
static void end_call(struct lined_client *client, const char *result)
{
	struct tl_ctx *ctx = client->lined->ctx;
	bool tracing = client->call.tracing;

	if (client->method)
		metrics_request(&client->lined->metrics, client->method, result);
	client->method = NULL;
	if (!varlink_server_is_upgraded(client->server))
		stream_free(client);
	/* Both can only fail when the client or the line is gone, and with them the interest. */
	if (client->call.line_is_open)
		(void)tl_line_close(ctx, client->id, client->call.line);
	if (client->call.watching)
		(void)tl_client_watch(ctx, client->id, false);
	listing_free(client->call.listing);
	client->call = (struct lined_call){0};
	if (tracing)
		trace_update(client->lined);
}

void client_reply(struct lined_client *client, struct json_object *params, bool continues)
{
	int r;

	r = varlink_server_reply(client->server, params, continues);
	client->dirty = true;
	if (r == -EMSGSIZE)
		client_fail(client, -ENOSPC, "the answer is too long for one message");
	else if (!continues)
		end_call(client, tl_error_name(0));
}

void client_fail(struct lined_client *client, int error, const char *reason)
{
	struct json_object *params = NULL;
	const char *what = client->rule[0] ? "Refused" : tl_error_name(error);
	struct varlink_build b;
	char name[64];

	if (!reason || !*reason)
		reason = client->reason[0] ? client->reason : tl_error_text(error);
	snprintf(name, sizeof(name), VARLINK_TRUNKLINE ".%s", what);
	varlink_build_start(&b);
	varlink_put_string(&b, "reason", reason);
	varlink_put_text(&b, "rule", client->rule);
	if (client->position >= 0)
		varlink_put_int(&b, "position", client->position);
	if (varlink_build_end(&b, &params) < 0)
		params = NULL; /* loses the connection, as it must when there is no memory to answer
				*/
	varlink_server_error(client->server, name, params);
	client->reason[0] = '\0';
	client->rule[0] = '\0';
	client->position = -1;
	client->dirty = true;
	end_call(client, what);
}

int client_refuse(struct lined_client *client, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(client->reason, sizeof(client->reason), format, args);
	va_end(args);
	return error;
}

enum lined_role client_role(const struct lined_client *client)
{
	return lined_role_of(client->lined->settings->who, &client->peer);
}

bool client_is_admin(const struct lined_client *client)
{
	return client_role(client) == LINED_ADMIN;
}

int client_find_line(struct lined_client *client, const char *text, tl_line *ret_line)
{
	int r;

	if (client->lined->stopping)
		return client_refuse(client, -ECANCELED, "lined is stopping");
	r = tl_line_find(client->lined->ctx, text, ret_line);
	if (r < 0)
		return client_refuse(client, r, "there is no line '%.40s'", text);
	return 0;
}

/* May the client use what this other client owns? */
static bool may_use(const struct lined_client *client, tl_client owner)
{
	const struct lined_user *user;

	if (owner.id == client->id.id)
		return true;
	user = lined_find_user(client->lined, owner);
	return user && (user->uid == client->uid || client->uid == 0);
}

/* The owner is a connection of the same user. */
static bool is_sibling(const struct lined_client *client, tl_client owner)
{
	for (const struct lined_client *c = client->lined->clients; c; c = c->next)
		if (c->id.id == owner.id)
			return c->uid == client->uid || client->uid == 0;
	return false;
}

static int find_session(struct lined_client *client, const char *text, bool siblings,
			tl_session *ret_session)
{
	struct tl_session_info *info = NULL;
	tl_session session;
	tl_client owner;
	int r;

	if (tl_id_parse(text, &session.id) < 0)
		return client_refuse(client, -EINVAL, "'%.40s' is no session: they look like s3.17",
				     text);
	r = tl_session_get_info(client->lined->ctx, session, &info);
	if (r < 0)
		return client_refuse(client, r, "%.40s: %s", text, tl_error_text(r));
	owner = tl_session_info_client(info);
	tl_session_info_free(info);
	if (may_use(client, owner) || (siblings && is_sibling(client, owner))) {
		*ret_session = session;
		return 0;
	}
	return client_refuse(client, -EPERM,
			     is_sibling(client, owner)
				     ? "session %.40s is another program's, Drop ends its call"
				     : "session %.40s is somebody else's",
			     text);
}

int client_find_session(struct lined_client *client, const char *text, tl_session *ret_session)
{
	return find_session(client, text, false, ret_session);
}

int client_find_call(struct lined_client *client, const char *text, tl_session *ret_session)
{
	return find_session(client, text, true, ret_session);
}
