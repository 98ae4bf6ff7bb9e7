/* SPDX-License-Identifier: MIT */
#include "tools/varlink/client.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tools/varlink/conn.h"
#include "tools/varlink/json.h"

struct varlink_client {
	struct varlink_conn conn;
};

int varlink_client_new(int fd, struct varlink_client **ret_client)
{
	struct varlink_client *client;
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	r = varlink_conn_init(&client->conn, fd, VARLINK_REPLY_MAX);
	if (r < 0) {
		free(client);
		return r;
	}
	*ret_client = client;
	return 0;
}

int varlink_client_open(const char *path, struct varlink_client **ret_client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	int fd;
	int r;

	if (size >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, size);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	if (r == 0)
		r = varlink_client_new(fd, ret_client);
	if (r < 0)
		close(fd);
	return r;
}

struct varlink_client *varlink_client_free(struct varlink_client *client)
{
	if (client) {
		varlink_conn_fini(&client->conn);
		free(client);
	}
	return NULL;
}

int varlink_client_call(struct varlink_client *client, const char *method,
			struct json_object *params, unsigned int flags)
{
	struct json_object *message;
	struct varlink_build b;
	int r;

	client->conn.takes_fd |= (flags & VARLINK_CALL_FD) != 0;
	varlink_build_start(&b);
	varlink_put_string(&b, "method", method);
	if (params)
		varlink_put(&b, "parameters", params);
	if (flags & VARLINK_CALL_MORE)
		varlink_put_bool(&b, "more", true);
	if (flags & VARLINK_CALL_ONEWAY)
		varlink_put_bool(&b, "oneway", true);
	if (flags & VARLINK_CALL_UPGRADE)
		varlink_put_bool(&b, "upgrade", true);
	r = varlink_build_end(&b, &message);
	if (r < 0)
		return r;
	r = varlink_conn_queue(&client->conn, message);
	json_object_put(message);
	if (r == 0)
		r = varlink_conn_flush(&client->conn);
	/* A server that has cut us off may have said why: that is the reply. */
	return r == -EPIPE ? 0 : r;
}

void varlink_reply_clear(struct varlink_reply *reply)
{
	json_object_put(reply->message);
	*reply = (struct varlink_reply){0};
}

int varlink_client_take_fd(struct varlink_client *client)
{
	int fd = client->conn.in_fd;

	client->conn.in_fd = -1;
	return fd < 0 ? -ENOENT : fd;
}

int varlink_client_get_fd(const struct varlink_client *client)
{
	return client->conn.fd;
}

short varlink_client_events(const struct varlink_client *client)
{
	return varlink_conn_is_pending(&client->conn) ? POLLIN | POLLOUT : POLLIN;
}

int varlink_client_dispatch(struct varlink_client *client)
{
	int sent;
	int r;

	/* A server that has cut us off may have said why: read even when sending fails. */
	sent = varlink_conn_flush(&client->conn);
	r = varlink_conn_fill(&client->conn);
	if (r < 0)
		return r;
	return r > 0 || client->conn.eof ? 0 : sent;
}

/* Members that this end does not know are the server's business; those it knows must be right. */
static int read_reply(struct json_object *message, struct varlink_reply *ret_reply)
{
	struct json_object *params = varlink_json_get(message, "parameters");
	struct json_object *continues = varlink_json_get(message, "continues");
	const char *error = varlink_json_get_string(message, "error");

	if (!error && varlink_json_get(message, "error"))
		return -EPROTO;
	if (continues && !json_object_is_type(continues, json_type_boolean))
		return -EPROTO;
	if (!params) {
		params = json_object_new_object();
		if (!params)
			return -ENOMEM;
		if (json_object_object_add(message, "parameters", params) < 0) {
			json_object_put(params);
			return -ENOMEM;
		}
	}
	if (!json_object_is_type(params, json_type_object))
		return -EPROTO;
	*ret_reply = (struct varlink_reply){.message = message,
					    .params = params,
					    .error = error,
					    .continues = json_object_get_boolean(continues)};
	return 0;
}

int varlink_client_next(struct varlink_client *client, struct varlink_reply *ret_reply)
{
	struct json_object *message;
	int r;

	r = varlink_conn_next(&client->conn, &message);
	if (r == 0)
		return client->conn.eof ? -ECONNRESET : 0;
	if (r < 0)
		return r;
	r = read_reply(message, ret_reply);
	if (r < 0) {
		json_object_put(message);
		return r;
	}
	return 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int varlink_client_wait(struct varlink_client *client, int timeout_ms,
			struct varlink_reply *ret_reply)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	int r;

	while ((r = varlink_client_next(client, ret_reply)) == 0) {
		struct pollfd pollfd = {.fd = client->conn.fd,
					.events = varlink_client_events(client)};
		int64_t left_ms = timeout_ms < 0 ? -1 : deadline_ms - now_ms();

		if (timeout_ms >= 0 && left_ms < 0)
			left_ms = 0;
		r = poll(&pollfd, 1, (int)left_ms);
		if (r < 0)
			return -errno;
		if (r == 0)
			return -ETIMEDOUT;
		r = varlink_client_dispatch(client);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

ssize_t varlink_client_recv(struct varlink_client *client, void *buf, size_t size)
{
	return varlink_conn_recv(&client->conn, buf, size);
}

ssize_t varlink_client_send(struct varlink_client *client, const void *buf, size_t len)
{
	return varlink_conn_send(&client->conn, buf, len);
}
