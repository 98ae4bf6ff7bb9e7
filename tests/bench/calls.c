/* SPDX-License-Identifier: MIT */
/*
 * Whole call lives, one after the other: dialled, up, dropped until verified, recorded, released,
 * and the line ready again. The limit is the very same dialogue, recorded from the library's log
 * and said again by a raw program to the same modem, so nothing but the commands' round trips.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/modemsim.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"
#include "tools/varlink/json.h"

#define COMMANDS_MAX 16
#define SLICE	     100

struct dialogue {
	bool recording;
	size_t n;
	char commands[COMMANDS_MAX][64];
};

static void live(struct user *user)
{
	tl_session session = user_dial(user, 0);
	struct tl_session_info *info;

	user_await_calls(user, TL_CALL_PROCEEDING, 1);
	user_await_op(user, user_drop(user, session));
	user_await_ready(user, 1);
	bench_check(tl_session_get_info(user->ctx, session, &info) == 0, "info");
	bench_check(tl_session_info_state(info) == TL_CALL_IDLE &&
			    tl_session_info_origin(info) == TL_ORIGIN_USER &&
			    tl_session_info_is_final(info),
		    "the record is wrong");
	(void)tl_session_info_free(info);
	user_release(user, session);
}

/* "line0: > ATH": what was sent */
static void take_log(void *user, enum tl_log_level level, const char *text)
{
	struct dialogue *dialogue = user;
	const char *command = strstr(text, "> ");

	if (!dialogue->recording || level != TL_LOG_TRACE || !command)
		return;
	bench_check(dialogue->n < COMMANDS_MAX, "too many commands");
	(void)snprintf(dialogue->commands[dialogue->n++], sizeof(dialogue->commands[0]), "%s\r",
		       command + 2);
}

static void record(struct user *user, struct dialogue *dialogue)
{
	tl_ctx_set_log(user->ctx, take_log, dialogue, TL_LOG_TRACE, true);
	dialogue->recording = true;
	live(user);
	dialogue->recording = false;
	tl_ctx_set_log(user->ctx, NULL, NULL, TL_LOG_ERROR, false);
	bench_check(dialogue->n > 0, "nothing was said");
}

static double say_again(struct raw *raw, const struct dialogue *dialogue, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++)
		for (size_t command = 0; command < dialogue->n; command++)
			raw_ping_pong(raw, 0, dialogue->commands[command], 1);
	return (double)lives * 1e9 / (double)(bench_now_ns() - start);
}

static double live_often(struct user *user, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++)
		live(user);
	return (double)lives * 1e9 / (double)(bench_now_ns() - start);
}

/* Dial returns when the modem has taken the number; Hangup drops, waits for the proof, and
 * releases.
 */
static void live_in_lined(struct varlink_client *client)
{
	struct varlink_reply reply;
	char params[64];

	reply = daemon_call(client, "io.trunkline.Dial",
			    "{\"line\":\"l0\",\"number\":\"300\",\"media\":\"voice\"}");
	(void)snprintf(params, sizeof(params), "{\"session\":\"%s\"}",
		       varlink_json_get_string(reply.params, "session"));
	varlink_reply_clear(&reply);
	reply = daemon_call(client, "io.trunkline.Hangup", params);
	bench_check(strcmp(varlink_json_get_string(varlink_json_get(reply.params, "info"), "state"),
			   "idle") == 0,
		    "the record is wrong");
	varlink_reply_clear(&reply);
}

static double live_often_in_lined(struct varlink_client *client, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++)
		live_in_lined(client);
	return (double)lives * 1e9 / (double)(bench_now_ns() - start);
}

static struct bench_figure library = {
	.name = "calls.library",
	.what = "call lives, library",
	.unit = "1/s",
	.beside = "their commands alone, raw",
	.aim = BENCH_RATIO_MIN,
	.wanted = 0.8,
};
static struct bench_figure daemon_too = {
	.name = "calls.lined",
	.what = "call lives, through lined",
	.unit = "1/s",
	.beside = "their commands alone, raw",
	.aim = BENCH_RATIO_MIN,
	.wanted = 0.5,
};

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? 1 : 20, lives = options.brief ? 3 : SLICE;
	static struct dialogue dialogue;
	struct varlink_client *client;
	struct modemsim modemsim;
	struct daemon daemon;
	struct user user;
	struct raw raw;

	modemsim_start(&modemsim, 3);
	user_start(&user, modemsim.paths, 1);
	daemon_start(&daemon, modemsim.paths + 1, 1);
	daemon_await_ready(&daemon, 1);
	client = daemon_connect(&daemon);
	raw_open(&raw, modemsim.paths + 2, 1);
	raw_ping_pong(&raw, 0, "ATE0Q0V1X4\r", 1);
	record(&user, &dialogue);
	for (size_t i = 0; i < runs; i++) {
		double ours = live_often(&user, lives);
		double limit = say_again(&raw, &dialogue, lives);

		bench_add(&library, ours, limit);
		bench_add(&daemon_too, live_often_in_lined(client, lives), limit);
	}
	bench_print(&library);
	bench_print(&daemon_too);
	(void)varlink_client_free(client);
	raw_close(&raw);
	daemon_stop(&daemon);
	user_stop(&user);
	modemsim_stop(&modemsim);
	return EXIT_SUCCESS;
}
