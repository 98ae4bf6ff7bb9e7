/* SPDX-License-Identifier: MIT */
/*
 * Whole call lives, one after the other: dialled, up, dropped until verified, recorded, released,
 * and the line ready again. The limit is the very same dialogue, recorded from the library's log
 * and said again by a raw program to the same modem, so nothing but the commands' round trips.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/modemsim.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

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

int main(int argc, char **argv)
{
	static struct bench_figure figure = {
		.name = "calls.library",
		.what = "call lives, library",
		.unit = "1/s",
		.beside = "their commands alone, raw",
		.aim = BENCH_RATIO_MIN,
		.wanted = 0.8,
	};
	struct bench_options options = bench_options(argc, argv);
	size_t runs = options.brief ? 1 : 50, lives = options.brief ? 3 : SLICE;
	static struct dialogue dialogue;
	struct modemsim modemsim;
	struct user user;
	struct raw raw;

	modemsim_start(&modemsim, 2);
	user_start(&user, modemsim.paths, 1);
	raw_open(&raw, modemsim.paths + 1, 1);
	raw_ping_pong(&raw, 0, "ATE0Q0V1X4\r", 1);
	record(&user, &dialogue);
	for (size_t i = 0; i < runs; i++) {
		double ours = live_often(&user, lives);

		bench_add(&figure, ours, say_again(&raw, &dialogue, lives));
	}
	bench_print(&figure);
	raw_close(&raw);
	user_stop(&user);
	modemsim_stop(&modemsim);
	return EXIT_SUCCESS;
}
