/* SPDX-License-Identifier: MIT */
/*
 * AT transactions on a pty, one after the other: "AT" and "OK". In slices, ours and raw in turn, on
 * ptys of one emulator; raw against raw tells how far such a comparison can be trusted.
 */
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/engine.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define SLICE 200

struct rig {
	struct emulator emulator;
	struct raw raw, other;
	struct engine engine;
	struct user user;
};

struct subject {
	void (*run)(struct rig *rig, size_t n);
	struct bench_figure rate, cpu;
};

static void run_control(struct rig *rig, size_t n)
{
	raw_ping_pong(&rig->other, 0, "AT\r", n);
}

static void run_engine(struct rig *rig, size_t n)
{
	engine_ping_pong(&rig->engine, 0, n);
}

static void run_library(struct rig *rig, size_t n)
{
	user_ping_pong(&rig->user, 0, n);
}

#define RATE(id, text, limit, least)                                                          \
	{                                                                                     \
		.name = (id), .what = (text), .unit = "1/s", .beside = "raw epoll ping-pong", \
		.aim = (limit), .wanted = (least)                                             \
	}
#define CPU(id, text, limit, most)                                                           \
	{                                                                                    \
		.name = (id), .what = (text), .unit = "us", .beside = "raw epoll ping-pong", \
		.aim = (limit), .wanted = (most)                                             \
	}

static struct subject subjects[] = {
	{run_control,
	 RATE("at.control.rate", "raw, too: what the comparison is worth", BENCH_NO_AIM, 0),
	 CPU("at.control.cpu", "raw, too: CPU of each", BENCH_NO_AIM, 0)},
	{run_engine, RATE("at.engine.rate", "AT transactions, engine", BENCH_RATIO_MIN, 0.97),
	 CPU("at.engine.cpu", "AT transactions, engine: CPU of each", BENCH_RATIO_MAX, 1.15)},
	{run_library,
	 RATE("at.library.rate", "AT transactions, tl_line_command()", BENCH_RATIO_MIN, 0.97),
	 CPU("at.library.cpu", "AT transactions, tl_line_command(): CPU of each", BENCH_RATIO_MAX,
	     1.15)},
};

struct cost {
	double rate, cpu_us;
};

static struct cost slice(struct rig *rig, void (*run)(struct rig *rig, size_t n))
{
	uint64_t cpu = bench_cpu_ns(), start = bench_now_ns();

	run(rig, SLICE);
	return (struct cost){.rate = SLICE * 1e9 / (double)(bench_now_ns() - start),
			     .cpu_us = (double)(bench_cpu_ns() - cpu) / 1e3 / SLICE};
}

static void run_raw(struct rig *rig, size_t n)
{
	raw_ping_pong(&rig->raw, 0, "AT\r", n);
}

static void measure(struct rig *rig, struct subject *subject, size_t slices)
{
	(void)slice(rig, subject->run);
	for (size_t i = 0; i < slices; i++) {
		struct cost ours = slice(rig, subject->run);
		struct cost raw = slice(rig, run_raw);

		bench_add(&subject->rate, ours.rate, raw.rate);
		bench_add(&subject->cpu, ours.cpu_us, raw.cpu_us);
	}
	bench_print(&subject->rate);
	bench_print(&subject->cpu);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	size_t slices = options.brief ? 3 : 60;
	static struct rig rig;

	emulator_start(&rig.emulator, 4);
	raw_open(&rig.raw, rig.emulator.paths, 1);
	raw_open(&rig.other, rig.emulator.paths + 1, 1);
	engine_open(&rig.engine, rig.emulator.paths + 2, 1);
	user_start(&rig.user, rig.emulator.paths + 3, 1);
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		measure(&rig, &subjects[i], slices);
	user_stop(&rig.user);
	engine_close(&rig.engine);
	raw_close(&rig.other);
	raw_close(&rig.raw);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
