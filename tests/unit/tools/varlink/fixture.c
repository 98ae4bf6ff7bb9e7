/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/varlink/json.h"

struct json_object *fixture_text(const char *text)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "text", text);
	cr_assert_eq(varlink_build_end(&b, &params), 0);
	return params;
}

static int call_echo(void *user, const void *args)
{
	struct fixture *f = user;

	return varlink_server_reply(f->server, fixture_text(*(const char *const *)args), false);
}

static int call_later(void *user, const void *args)
{
	struct fixture *f = user;

	(void)args;
	f->calls++;
	return 0;
}

static int call_fail(void *user, const void *args)
{
	(void)user;
	return -(int)*(const uint32_t *)args;
}

static int fail(void *user, int error)
{
	struct fixture *f = user;

	return varlink_server_error(f->server, "org.example.Failed",
				    fixture_text(error == -EBUSY ? "busy" : "?"));
}

static const struct varlink_param no_params[] = {{0}};
static const struct varlink_param echo_params[] = {{"text", VARLINK_STRING, true, 0}, {0}};
static const struct varlink_param fail_params[] = {{"error", VARLINK_UINT, true, 0}, {0}};

static const struct varlink_method methods[] = {
	{"Echo", echo_params, false, call_echo, 0},
	{"Later", no_params, false, call_later, 0},
	{"Stream", no_params, true, call_later, 0},
	{"Fail", fail_params, false, call_fail, 0},
	{0},
};

/* What may come beside a stream counts its calls only. */
static const struct varlink_method methods_beside[] = {
	{"Later", no_params, false, call_later, 0},
	{0},
};

static const struct varlink_method upgrades[] = {
	{"Echo", echo_params, false, call_echo, 0},
	{"Fail", fail_params, false, call_fail, 0},
	{0},
};

static const struct varlink_service service = {
	.vendor = "Example",
	.product = "Test",
	.version = "1",
	.url = "https://example.org/",
	.interface = "org.example",
	.description = "interface org.example\n",
	.methods = methods,
	.beside = methods_beside,
	.upgrades = upgrades,
	.fail = fail,
};

void fixture_init(struct fixture *f)
{
	int fds[2];

	*f = (struct fixture){0};
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	cr_assert_eq(varlink_server_new(fds[0], &service, f, &f->server), 0);
	f->server_fd = fds[0];
	f->peer = fds[1];
}

void fixture_fini(struct fixture *f)
{
	varlink_server_free(f->server);
	if (f->peer >= 0)
		close(f->peer);
}

void fixture_send(struct fixture *f, const char *bytes, size_t size)
{
	cr_assert_eq(send(f->peer, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

int fixture_call(struct fixture *f, const char *message)
{
	fixture_send(f, message, strlen(message) + 1);
	return varlink_server_dispatch(f->server);
}

char *fixture_receive(struct fixture *f)
{
	size_t size = 1 << 20;
	char *text = malloc(size + 1);
	size_t end = 0;
	ssize_t n;

	cr_assert_not_null(text);
	while ((n = recv(f->peer, text + end, size - end, MSG_DONTWAIT)) > 0)
		end += (size_t)n;
	text[end] = '\0';
	for (size_t i = 0; i < end; i++) {
		if (text[i] == '\0')
			text[i] = '\n';
	}
	return text;
}
