/* SPDX-License-Identifier: MIT */
#include "tests/bench/user.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"

#define COMMAND_TIMEOUT_MS 30000

tl_client user_client(const struct user *user, size_t line)
{
	return user->clients[line / USER_LINES_PER_CLIENT];
}

static void add_line(struct user *user, size_t index, const char *path)
{
	struct tl_line_params *params = tl_line_params_new();
	char name[32];

	(void)snprintf(name, sizeof(name), "line%zu", index);
	bench_check(params && tl_line_params_set(params, "name", name, NULL) == 0 &&
			    tl_line_params_set(params, "device", path, NULL) == 0 &&
			    tl_line_add(user->ctx, params, &user->lines[index]) == 0,
		    "a line cannot be added");
	(void)tl_line_params_free(params);
	if (index % USER_LINES_PER_CLIENT == 0)
		bench_check(tl_client_new(user->ctx, "bench",
					  &user->clients[index / USER_LINES_PER_CLIENT]) == 0,
			    "no client");
	bench_check(tl_line_open(user->ctx, user_client(user, index), user->lines[index],
				 TL_PRIVILEGE_OWNER, 0) == 0,
		    "a line cannot be opened");
}

struct tl_event *user_next(struct user *user)
{
	struct tl_event *event;

	while (tl_ctx_next_event(user->ctx, &event) == 0)
		bench_check(tl_ctx_wait(user->ctx, -1) == 0, "wait");
	return event;
}

struct tl_event *user_await(struct user *user, enum tl_event_type type)
{
	for (;;) {
		struct tl_event *event = user_next(user);

		if (tl_event_get_type(event) == type)
			return event;
		(void)tl_event_free(event);
	}
}

void user_await_op(struct user *user, uint64_t op)
{
	bool done = false;

	while (!done) {
		struct tl_event *event = user_await(user, TL_EVENT_OP_DONE);

		done = tl_event_get_op(event) == op;
		bench_check(!done || tl_event_get_result(event) == 0, tl_event_get_text(event));
		(void)tl_event_free(event);
	}
}

void user_await_calls(struct user *user, enum tl_call_state state, size_t n)
{
	while (n > 0) {
		struct tl_event *event = user_await(user, TL_EVENT_CALL_STATE);

		if (tl_event_get_call_state(event) == state)
			n--;
		(void)tl_event_free(event);
	}
}

static enum tl_line_state line_state(struct user *user, size_t line)
{
	struct tl_line_info *info;
	enum tl_line_state state;

	bench_check(tl_line_get_info(user->ctx, user->lines[line], &info) == 0, "no info");
	state = tl_line_info_state(info);
	(void)tl_line_info_free(info);
	return state;
}

void user_await_ready(struct user *user, size_t n)
{
	for (size_t i = 0; i < n; i++)
		while (line_state(user, i) != TL_LINE_READY)
			(void)tl_event_free(user_next(user));
}

static uint64_t send_command(struct user *user, tl_client client, tl_line line)
{
	uint64_t op;

	bench_check(tl_line_command(user->ctx, client, line, "AT", COMMAND_TIMEOUT_MS, &op) == 0,
		    "command");
	return op;
}

void user_ping_pong(struct user *user, size_t line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		user_await_op(user, send_command(user, user_client(user, line), user->lines[line]));
}

void user_send_all(struct user *user, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)send_command(user, user_client(user, i), user->lines[i]);
}

void user_command_all(struct user *user, size_t n)
{
	size_t sent = n < user->n ? n : user->n;

	user_send_all(user, sent);
	for (size_t done = 0; done < n; done++) {
		struct tl_event *event = user_await(user, TL_EVENT_OP_DONE);

		bench_check(tl_event_get_result(event) == 0, tl_event_get_text(event));
		if (sent < n) {
			(void)send_command(user, tl_event_get_client(event),
					   tl_event_get_line(event));
			sent++;
		}
		(void)tl_event_free(event);
	}
}

tl_session user_dial_media(struct user *user, size_t line, enum tl_media media)
{
	struct tl_dial_params *params = tl_dial_params_new();
	tl_session session;
	int r;

	bench_check(params != NULL, "no memory");
	tl_dial_params_set_media(params, media);
	r = tl_line_dial(user->ctx, user_client(user, line), user->lines[line], "300", params,
			 &session, NULL);
	bench_check(r == 0, "a call cannot be dialled");
	(void)tl_dial_params_free(params);
	return session;
}

tl_session user_dial(struct user *user, size_t line)
{
	return user_dial_media(user, line, TL_MEDIA_VOICE);
}

uint64_t user_drop(struct user *user, tl_session session)
{
	uint64_t op;

	bench_check(tl_session_drop(user->ctx, session, TL_DROP_USER, &op) == 0, "drop");
	return op;
}

void user_release(struct user *user, tl_session session)
{
	bench_check(tl_session_release(user->ctx, session, 0) == 0, "release");
}

void user_start(struct user *user, const char (*paths)[32], size_t n)
{
	user->n = n;
	user->lines = calloc(n, sizeof(*user->lines));
	user->clients = calloc(n / USER_LINES_PER_CLIENT + 1, sizeof(*user->clients));
	bench_check(user->lines && user->clients && tl_ctx_new(&user->ctx) == 0, "no context");
	for (size_t i = 0; i < n; i++)
		add_line(user, i, paths[i]);
	user_await_ready(user, n);
}

void user_stop(struct user *user)
{
	(void)tl_ctx_free(user->ctx);
	free(user->clients);
	free(user->lines);
}
