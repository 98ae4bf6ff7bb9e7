/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_USER_H
#define TESTS_BENCH_USER_H

/* A program that uses the library as any program would: by its public headers, tl_ctx_wait(). */

#include <stddef.h>

#include <trunkline/trunkline.h>

#include "tests/bench/emulator.h"

#define USER_LINES_PER_CLIENT 32 /* a client may have only so many requests under way */

struct user {
	struct tl_ctx *ctx;
	size_t n;
	tl_line *lines;
	tl_client *clients; /* of line i: clients[i / USER_LINES_PER_CLIENT] */
};

/* Add the lines and wait until all are READY. */
void user_start(struct user *user, const char (*paths)[32], size_t n);
void user_stop(struct user *user);

/* Wait for the next event. @return it, to be freed by the caller */
struct tl_event *user_next(struct user *user);
/* Wait for one of that type. */
struct tl_event *user_await(struct user *user, enum tl_event_type type);
/* Wait until the request has completed, with 0. */
void user_await_op(struct user *user, uint64_t op);
/* Wait until n calls, each of another session, have come into that state. Other events are lost. */
void user_await_calls(struct user *user, enum tl_call_state state, size_t n);
/* Wait until the first n lines are READY. One that fails on a busy machine is tried again. */
void user_await_ready(struct user *user, size_t n);
tl_client user_client(const struct user *user, size_t line);
/* n times "AT" on one line, each when the one before has been answered. */
void user_ping_pong(struct user *user, size_t line, size_t n);
/* "AT" on each of the first n lines; the answers are left to the caller. */
void user_send_all(struct user *user, size_t n);
/* n times "AT" in all, one under way on each line. */
void user_command_all(struct user *user, size_t n);
/* Begin a voice call, or one of another kind. */
tl_session user_dial(struct user *user, size_t line);
tl_session user_dial_media(struct user *user, size_t line, enum tl_media media);
/* Begin to end it. @return the request */
uint64_t user_drop(struct user *user, tl_session session);
void user_release(struct user *user, tl_session session);

#endif
