/* SPDX-License-Identifier: MIT */
/*
 * From tl_session_drop() to IDLE, verified, at the client, with modems that take their time; and of
 * many calls at once. Beside it a raw program that says the same two commands and waits for their
 * answers. What is beyond that is added by us, and must not grow with the modem's latency.
 */
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define LINES 1000

struct rig {
	struct emulator emulator;
	struct user user;
	struct raw raw;
	size_t lines;
	tl_session sessions[LINES];
};

/* @return ns from the first drop to the last IDLE */
static double ours(struct rig *rig, size_t lines, uint32_t delay_us)
{
	uint64_t start, end;

	for (size_t i = 0; i < lines; i++)
		rig->sessions[i] = user_dial(&rig->user, i);
	user_await_calls(&rig->user, TL_CALL_PROCEEDING, lines);
	emulator_set_delay(&rig->emulator, delay_us);
	start = bench_now_ns();
	/* Should one fail, for the modem was not run for ten seconds, IDLE comes when the line is
	 * tried again. */
	for (size_t i = 0; i < lines; i++)
		(void)user_drop(&rig->user, rig->sessions[i]);
	user_await_calls(&rig->user, TL_CALL_IDLE, lines);
	end = bench_now_ns();
	emulator_set_delay(&rig->emulator, 0);
	user_await_ready(&rig->user, lines);
	for (size_t i = 0; i < lines; i++)
		user_release(&rig->user, rig->sessions[i]);
	return (double)(end - start);
}

/* The same without us: hang up, ask whether it is on hook. */
static double theirs(struct rig *rig, size_t lines, uint32_t delay_us)
{
	uint64_t start, end;

	emulator_set_delay(&rig->emulator, delay_us);
	start = bench_now_ns();
	raw_drop(&rig->raw, lines);
	end = bench_now_ns();
	emulator_set_delay(&rig->emulator, 0);
	return (double)(end - start);
}

static void measure_latencies(struct rig *rig, bool brief)
{
	static struct bench_figure figures[] = {
		{.name = "drop.added.0", .what = "added to drop, modem takes 0 ms"},
		{.name = "drop.added.10", .what = "added to drop, modem takes 10 ms"},
		{.name = "drop.added.100", .what = "added to drop, modem takes 100 ms"},
		{.name = "drop.added.1000", .what = "added to drop, modem takes 1000 ms"},
	};
	static const struct {
		uint32_t delay_us;
		size_t runs;
	} cases[] = {{0, 200}, {10000, 20}, {100000, 10}, {1000000, 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t delay_us = brief ? cases[i].delay_us / 100 : cases[i].delay_us;

		figures[i].unit = "us";
		figures[i].aim = BENCH_VALUE_MAX;
		figures[i].wanted = 300;
		for (size_t run = 0; run < (brief ? 1 : cases[i].runs); run++) {
			double limit = theirs(rig, 1, delay_us);

			bench_add(&figures[i], (ours(rig, 1, delay_us) - limit) / 1e3, 0);
		}
		bench_print(&figures[i]);
	}
}

static void measure_many(struct rig *rig, size_t runs)
{
	static struct bench_figure figure = {
		.name = "drop.all",
		.what = "1000 drops at once, to the last IDLE",
		.unit = "ms",
		.beside = "a raw program doing just that",
		.aim = BENCH_RATIO_MAX,
		.wanted = 2,
	};

	for (size_t i = 0; i < runs; i++) {
		double limit = theirs(rig, rig->lines, 0);

		bench_add(&figure, ours(rig, rig->lines, 0) / 1e6, limit / 1e6);
	}
	bench_print(&figure);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	static struct rig rig = {.lines = LINES};

	if (options.brief)
		rig.lines = 10;
	bench_raise_limits();
	emulator_start(&rig.emulator, rig.lines);
	user_start(&rig.user, rig.emulator.paths, rig.lines);
	raw_open(&rig.raw, rig.emulator.paths, rig.lines);
	measure_latencies(&rig, options.brief);
	measure_many(&rig, options.brief ? 1 : 5);
	raw_close(&rig.raw);
	user_stop(&rig.user);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
