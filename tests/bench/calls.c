/* SPDX-License-Identifier: MIT */
/*
 * Whole call lives, one after the other: a voice call is dialled, answered and so connected (VCON),
 * dropped until that is verified, recorded, released, and the line ready again. The limit is the
 * very same dialogue, recorded from the library's log and said again by a raw program to the same
 * modem, so nothing but the commands' round trips.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/daemon.h"
#include "tests/bench/modemsim.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"
#include "tools/varlink/json.h"

#define STEPS_MAX 16
#define SLICE	  100

/* A command, and the end of what the modem says before the next one. */
struct step {
	char command[64], end[64];
};

struct dialogue {
	bool recording;
	size_t n;
	struct step steps[STEPS_MAX];
};

static void live(struct user *user)
{
	tl_session session = user_dial(user, 0);
	struct tl_session_info *info;

	user_await_calls(user, TL_CALL_CONNECTED, 1);
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

static void take(const char *text, const char *end, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s%s", text, end);

	bench_check(len > 0 && (size_t)len < size, "a line is too long");
}

/* "line0: > ATH": sent; "line0: < OK": the answer; "line0: * VCON": not asked for */
static void take_log(void *user, enum tl_log_level level, const char *text)
{
	struct dialogue *dialogue = user;
	const char *line = strstr(text, ": ");

	if (!dialogue->recording || level != TL_LOG_TRACE)
		return;
	bench_check(line && strchr("><*", line[2]) && line[3] == ' ', text);
	line += 2;
	if (line[0] == '>') {
		bench_check(dialogue->n < STEPS_MAX, "too many commands");
		take(line + 2, "\r", dialogue->steps[dialogue->n++].command,
		     sizeof(dialogue->steps[0].command));
	} else {
		bench_check(dialogue->n > 0, "nothing was asked");
		take(line + 2, "\r\n", dialogue->steps[dialogue->n - 1].end,
		     sizeof(dialogue->steps[0].end));
	}
}

static void record(struct user *user, struct dialogue *dialogue)
{
	bool connected = false;

	tl_ctx_set_log(user->ctx, take_log, dialogue, TL_LOG_TRACE, true);
	dialogue->recording = true;
	live(user);
	dialogue->recording = false;
	tl_ctx_set_log(user->ctx, NULL, NULL, TL_LOG_ERROR, false);
	for (size_t i = 0; i < dialogue->n; i++)
		connected |= strcmp(dialogue->steps[i].end, "VCON\r\n") == 0;
	bench_check(connected, "it was not connected");
}

static double say_again(struct raw *raw, const struct dialogue *dialogue, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++) {
		for (size_t step = 0; step < dialogue->n; step++) {
			raw_send(raw, 0, dialogue->steps[step].command);
			raw_await(raw, 0, dialogue->steps[step].end);
		}
	}
	return (double)lives * 1e9 / (double)(bench_now_ns() - start);
}

static double live_often(struct user *user, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++)
		live(user);
	return (double)lives * 1e9 / (double)(bench_now_ns() - start);
}

struct lined {
	struct daemon daemon;
	struct varlink_client *client, *events;
};

static void lined_start(struct lined *lined, const char (*path)[32])
{
	daemon_start(&lined->daemon, path, 1);
	daemon_await_ready(&lined->daemon, 1);
	lined->client = daemon_connect(&lined->daemon);
	lined->events = daemon_monitor(&lined->daemon);
}

static void lined_stop(struct lined *lined)
{
	(void)varlink_client_free(lined->events);
	(void)varlink_client_free(lined->client);
	daemon_stop(&lined->daemon);
}

/* Dial returns when the modem has taken the number; Hangup drops, waits for the proof, and
 * releases.
 */
static void live_in_lined(struct lined *lined)
{
	char session[DAEMON_SESSION_SIZE], params[DAEMON_SESSION_SIZE + 32];
	struct varlink_reply reply;

	daemon_dial(lined->client, 0, session);
	daemon_await_events(lined->events, "call-state", "connected", 1);
	(void)snprintf(params, sizeof(params), "{\"session\":\"%s\"}", session);
	reply = daemon_call(lined->client, "io.trunkline.Hangup", params);
	bench_check(strcmp(varlink_json_get_string(varlink_json_get(reply.params, "info"), "state"),
			   "idle") == 0,
		    "the record is wrong");
	varlink_reply_clear(&reply);
}

static double live_often_in_lined(struct lined *lined, size_t lives)
{
	uint64_t start = bench_now_ns();

	for (size_t i = 0; i < lives; i++)
		live_in_lined(lined);
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
	struct modemsim modemsim;
	struct lined lined;
	struct user user;
	struct raw raw;

	modemsim_start(&modemsim, 3);
	user_start(&user, modemsim.paths, 1);
	lined_start(&lined, modemsim.paths + 1);
	raw_open(&raw, modemsim.paths + 2, 1);
	raw_ping_pong(&raw, 0, "ATE0Q0V1X4\r", 1);
	record(&user, &dialogue);
	for (size_t i = 0; i < runs; i++) {
		double ours = live_often(&user, lives);
		double limit = say_again(&raw, &dialogue, lives);

		bench_add(&library, ours, limit);
		bench_add(&daemon_too, live_often_in_lined(&lined, lives), limit);
	}
	bench_print(&library);
	bench_print(&daemon_too);
	raw_close(&raw);
	lined_stop(&lined);
	user_stop(&user);
	modemsim_stop(&modemsim);
	return EXIT_SUCCESS;
}
