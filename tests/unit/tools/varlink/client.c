/* SPDX-License-Identifier: MIT */
#include "tools/varlink/client.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fixture.h"
#include "tools/varlink/conn.h"
#include "tools/varlink/json.h"

/* Give the fixture's raw end to a client. */
static struct varlink_client *new_client(struct fixture *f)
{
	struct varlink_client *client = NULL;

	cr_assert_eq(varlink_client_new(f->peer, &client), 0);
	f->peer = -1;
	return client;
}

Test(varlink_client, gets_the_replies_of_several_calls_in_order)
{
	struct varlink_reply reply = {0};
	struct varlink_client *client;
	struct fixture f;

	fixture_init(&f);
	client = new_client(&f);
	cr_assert_eq(varlink_client_call(client, "org.example.Echo", fixture_text("a"), 0), 0);
	cr_assert_eq(varlink_client_call(client, "org.example.Echo", fixture_text("b"), 0), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	for (const char *text = "a\0b"; *text; text += 2) {
		cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
		cr_assert_null(reply.error);
		cr_assert_not(reply.continues);
		cr_assert_str_eq(varlink_json_get_string(reply.params, "text"), text);
		varlink_reply_clear(&reply);
		if (*text == 'b')
			break;
	}
	varlink_client_free(client);
	fixture_fini(&f);
}

Test(varlink_client, sees_a_stream_and_its_error)
{
	struct varlink_reply reply = {0};
	struct varlink_client *client;
	struct fixture f;

	fixture_init(&f);
	client = new_client(&f);
	cr_assert_eq(varlink_client_call(client, "org.example.Stream", NULL, VARLINK_CALL_MORE), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("1"), true), 0);
	cr_assert_eq(varlink_server_error(f.server, "org.example.Over", fixture_text("2")), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);

	cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
	cr_assert(reply.continues);
	varlink_reply_clear(&reply);
	cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
	cr_assert_not(reply.continues);
	cr_assert_str_eq(reply.error, "org.example.Over");
	varlink_reply_clear(&reply);
	varlink_reply_clear(&reply);
	varlink_client_free(client);
	fixture_fini(&f);
}

Test(varlink_client, works_without_blocking)
{
	struct varlink_reply reply = {0};
	struct varlink_client *client;
	struct fixture f;

	fixture_init(&f);
	client = new_client(&f);
	cr_assert_eq(varlink_client_call(client, "org.example.Later", NULL, 0), 0);
	cr_assert_eq(varlink_client_events(client), POLLIN);
	cr_assert_eq(varlink_client_dispatch(client), 0);
	cr_assert_eq(varlink_client_next(client, &reply), 0);
	cr_assert_eq(varlink_client_wait(client, 0, &reply), -ETIMEDOUT);

	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_server_reply(f.server, fixture_text("x"), false), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_client_dispatch(client), 0);
	cr_assert_eq(varlink_client_next(client, &reply), 1);
	varlink_reply_clear(&reply);
	varlink_client_free(client);
	fixture_fini(&f);
}

Test(varlink_client, reads_what_was_replied_before_the_server_closed)
{
	struct varlink_reply reply = {0};
	struct varlink_client *client;
	struct fixture f;

	fixture_init(&f);
	client = new_client(&f);
	cr_assert_eq(varlink_client_call(client, "org.example.Echo", fixture_text("last"), 0), 0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	f.server = varlink_server_free(f.server);
	cr_assert_eq(varlink_client_call(client, "org.example.Later", NULL, 0), 0);
	cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
	varlink_reply_clear(&reply);
	cr_assert_eq(varlink_client_wait(client, 1000, &reply), -ECONNRESET);
	varlink_client_free(client);
	fixture_fini(&f);
}

static const struct {
	const char *name;
	const char *message;
	int result;
} replies[] = {
	{"no parameters", "{}", 0},
	{"null parameters", "{\"parameters\":null}", 0},
	{"unknown member", "{\"weather\":1}", 0},
	{"error is no string", "{\"error\":1}", -EPROTO},
	{"continues is no boolean", "{\"continues\":1}", -EPROTO},
	{"parameters are no object", "{\"parameters\":[]}", -EPROTO},
	{"garbage", "OK", -EPROTO},
};

Test(varlink_client, refuses_malformed_replies)
{
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		const char *message = replies[i].message;
		struct varlink_reply reply = {0};
		struct varlink_client *client = NULL;
		int fds[2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		cr_assert_eq(varlink_client_new(fds[0], &client), 0);
		cr_assert_eq(send(fds[1], message, strlen(message) + 1, 0),
			     (ssize_t)strlen(message) + 1);
		cr_assert_eq(varlink_client_wait(client, 1000, &reply), replies[i].result, "%s",
			     replies[i].name);
		cr_assert_eq(reply.params != NULL, replies[i].result == 0, "%s", replies[i].name);
		varlink_reply_clear(&reply);
		varlink_client_free(client);
		close(fds[1]);
	}
}

Test(varlink_client, a_call_to_a_server_that_does_not_read_fails_in_the_end)
{
	struct varlink_client *client;
	struct fixture f;
	int r = 0;

	fixture_init(&f);
	client = new_client(&f);
	for (int i = 0; i < 1000000 && r == 0; i++)
		r = varlink_client_call(client, "org.example.Later", NULL, VARLINK_CALL_ONEWAY);
	cr_assert_eq(r, -ENOBUFS);
	cr_assert_eq(varlink_client_events(client), POLLIN | POLLOUT);
	varlink_client_free(client);
	fixture_fini(&f);
}

Test(varlink_client, connects_by_path_and_says_why_not)
{
	char directory[] = "/tmp/varlink-XXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct varlink_client *client = NULL;
	char name[200];
	int listener;

	cr_assert_not_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	cr_assert_eq(varlink_client_open(address.sun_path, &client), -ENOENT);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(varlink_client_open(address.sun_path, &client), -ECONNREFUSED);
	cr_assert_eq(listen(listener, 1), 0);
	cr_assert_eq(varlink_client_open(address.sun_path, &client), 0);
	varlink_client_free(client);
	close(listener);
	unlink(address.sun_path);
	rmdir(directory);

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_assert_eq(varlink_client_open(name, &client), -ENAMETOOLONG);
}

Test(varlink_client, does_not_take_a_descriptor_that_is_none)
{
	struct varlink_client *client = NULL;

	cr_assert_eq(varlink_client_new(-1, &client), -EBADF);
	cr_assert_null(client);
}

/* Descriptors of the process. */
static size_t count_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

Test(varlink_client, a_reply_brings_a_descriptor_to_who_wants_it)
{
	for (unsigned int flags = 0; flags <= VARLINK_CALL_FD; flags += VARLINK_CALL_FD) {
		struct varlink_reply reply = {0};
		struct varlink_client *client;
		size_t before = count_fds();
		struct fixture f;
		int fds[2], fd;
		char c;

		fixture_init(&f);
		client = new_client(&f);
		cr_assert_eq(pipe(fds), 0);
		cr_assert_eq(varlink_server_pass(f.server, fds[1]), 0);
		cr_assert_eq(varlink_server_pass(f.server, fds[1]), -EBUSY);
		cr_assert_eq(
			varlink_client_call(client, "org.example.Echo", fixture_text("a"), flags),
			0);
		cr_assert_eq(varlink_server_dispatch(f.server), 0);
		cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
		varlink_reply_clear(&reply);
		fd = varlink_client_take_fd(client);
		if (flags) {
			cr_assert_geq(fd, 0);
			cr_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
			cr_assert_eq(write(fd, "x", 1), 1);
			cr_assert_eq(read(fds[0], &c, 1), 1);
			close(fd);
		}
		cr_assert_eq(varlink_client_take_fd(client), -ENOENT);
		/* Neither end has kept it. */
		cr_assert_eq(read(fds[0], &c, 1), 0);
		close(fds[0]);
		varlink_client_free(client);
		fixture_fini(&f);
		cr_assert_eq(count_fds(), before);
	}
}

Test(varlink_client, a_descriptor_that_is_not_taken_is_closed)
{
	struct varlink_reply reply = {0};
	struct varlink_client *client;
	struct fixture f;
	int fds[2];
	char c;

	fixture_init(&f);
	client = new_client(&f);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(varlink_server_pass(f.server, fds[1]), 0);
	cr_assert_eq(
		varlink_client_call(client, "org.example.Echo", fixture_text("a"), VARLINK_CALL_FD),
		0);
	cr_assert_eq(varlink_server_dispatch(f.server), 0);
	cr_assert_eq(varlink_client_wait(client, 1000, &reply), 0);
	varlink_reply_clear(&reply);
	varlink_client_free(client);
	cr_assert_eq(read(fds[0], &c, 1), 0);
	close(fds[0]);
	fixture_fini(&f);
}

/* The padding of the kernel's message has room for a second one. */
Test(varlink_client, more_descriptors_than_one_are_closed)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = {0};
	struct iovec bytes = {.iov_base = "{}", .iov_len = 3};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control};

	for (size_t n = 2; n <= 3; n++) {
		struct varlink_conn conn;
		size_t before = count_fds();
		int fds[2], pipes[3][2];

		cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		cr_assert_eq(varlink_conn_init(&conn, fds[0], VARLINK_REPLY_MAX), 0);
		conn.takes_fd = true;
		message.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(n * sizeof(int))};
		for (size_t i = 0; i < n; i++) {
			cr_assert_eq(pipe(pipes[i]), 0);
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &pipes[i][1],
			       sizeof(int));
		}
		cr_assert_eq(sendmsg(fds[1], &message, 0), 3);
		for (size_t i = 0; i < n; i++) {
			close(pipes[i][0]);
			close(pipes[i][1]);
		}
		cr_assert_eq(varlink_conn_fill(&conn), 1);
		cr_assert_geq(conn.in_fd, 0);
		varlink_conn_fini(&conn);
		close(fds[1]);
		cr_assert_eq(count_fds(), before, "%zu have been sent", n);
	}
}
