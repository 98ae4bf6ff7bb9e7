/* SPDX-License-Identifier: MIT */

/*
 * What a client sends, in one piece and in chunks as long as the first byte says: the server must
 * give the same replies either way, and its own client half must be able to read them.
 */

#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "tools/varlink/client.h"
#include "tools/varlink/json.h"
#include "tools/varlink/server.h"

#define INPUT_MAX 32768 /* fits into a socket's buffer */

struct args {
	const char *text;
	uint32_t number;
	bool flag;
};

struct peer {
	struct varlink_server *server;
	struct varlink_client *client;
	int fd; /* of the client */
	size_t replies;
	uint64_t hash;
};

static int call_echo(void *user, const void *args)
{
	const struct args *a = args;
	struct json_object *params = NULL;
	struct peer *peer = user;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_text(&b, "text", a->text);
	varlink_put_count(&b, "number", a->number);
	varlink_put_bool(&b, "flag", a->flag);
	FUZZ_CHECK(varlink_build_end(&b, &params) == 0);
	varlink_server_reply(peer->server, params, false);
	return 0;
}

static int call_stream(void *user, const void *args)
{
	struct peer *peer = user;

	(void)args;
	FUZZ_CHECK(varlink_server_wants_more(peer->server));
	varlink_server_reply(peer->server, json_object_new_object(), true);
	varlink_server_reply(peer->server, json_object_new_object(), false);
	return 0;
}

static int fail(void *user, int error)
{
	(void)user;
	return error;
}

static const struct varlink_param echo_params[] = {
	{"text", VARLINK_STRING, true, offsetof(struct args, text)},
	{"number", VARLINK_UINT, false, offsetof(struct args, number)},
	{"flag", VARLINK_BOOL, false, offsetof(struct args, flag)},
	{0},
};

static const struct varlink_param no_params[] = {{0}};

static const struct varlink_method methods[] = {
	{"Echo", echo_params, false, call_echo, 0},
	{"Stream", no_params, true, call_stream, 0},
	{0},
};

static const struct varlink_service service = {
	.vendor = "",
	.product = "",
	.version = "",
	.url = "",
	.interface = "a.b",
	.description = "interface a.b\n",
	.methods = methods,
	.fail = fail,
};

static void open_peer(struct peer *peer)
{
	int fds[2];

	*peer = (struct peer){0};
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	FUZZ_CHECK(varlink_server_new(fds[0], &service, peer, &peer->server) == 0);
	FUZZ_CHECK(varlink_client_new(fds[1], &peer->client) == 0);
	peer->fd = fds[1];
}

static void close_peer(struct peer *peer)
{
	varlink_server_free(peer->server);
	varlink_client_free(peer->client);
}

static void read_replies(struct peer *peer)
{
	struct varlink_reply reply;

	FUZZ_CHECK(varlink_client_dispatch(peer->client) == 0);
	while (varlink_client_next(peer->client, &reply) > 0) {
		const char *text = json_object_to_json_string(reply.message);

		for (; *text; text++)
			peer->hash = (peer->hash ^ (unsigned char)*text) * 1099511628211u;
		peer->replies++;
		varlink_reply_clear(&reply);
	}
}

/* @return the error that ended it, 0 for none */
static int talk(struct peer *peer, const uint8_t *data, size_t size, size_t chunk)
{
	int r = 0;

	for (size_t at = 0; at < size && r == 0; at += chunk) {
		size_t n = size - at < chunk ? size - at : chunk;

		FUZZ_CHECK(send(peer->fd, data + at, n, MSG_NOSIGNAL) == (ssize_t)n);
		r = varlink_server_dispatch(peer->server);
		read_replies(peer);
	}
	/* Replies that did not fit, and calls that had to wait for them. */
	for (size_t before = SIZE_MAX; r == 0 && before != peer->replies;) {
		before = peer->replies;
		r = varlink_server_dispatch(peer->server);
		read_replies(peer);
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer whole;
	struct peer cut;

	if (size < 2 || size > INPUT_MAX)
		return 0;
	open_peer(&whole);
	open_peer(&cut);
	FUZZ_CHECK(talk(&whole, data + 1, size - 1, size - 1) ==
		   talk(&cut, data + 1, size - 1, (size_t)data[0] + 1));
	FUZZ_CHECK(whole.replies == cut.replies && whole.hash == cut.hash);
	close_peer(&whole);
	close_peer(&cut);
	return 0;
}
