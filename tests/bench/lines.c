/* SPDX-License-Identifier: MIT */
/* Many lines in one program: what an idle one costs, what all at once cost, what each takes. */
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/engine.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define SLICE 500
#define LINES 1000

struct rig {
	size_t lines;
	size_t runs;
	struct emulator emulator;
};

/* ---- one active line among many ---- */

static double one_active_us(struct engine *engine)
{
	uint64_t cpu = bench_cpu_ns();

	engine_ping_pong(engine, engine->n / 2, SLICE);
	return (double)(bench_cpu_ns() - cpu) / 1e3 / SLICE;
}

static void measure_one_active(struct rig *rig, size_t lines)
{
	struct bench_figure *figure = calloc(1, sizeof(*figure));
	struct engine many, alone;
	char name[32], what[64];

	bench_check(figure != NULL, "no memory");
	(void)snprintf(name, sizeof(name), "lines.one_active.%zu", lines);
	(void)snprintf(what, sizeof(what), "CPU per transaction, one active line of %zu", lines);
	*figure = (struct bench_figure){.name = name,
					.what = what,
					.unit = "us",
					.beside = "one line alone",
					.aim = BENCH_RATIO_MAX,
					.wanted = 1.2};
	engine_open(&many, rig->emulator.paths, lines);
	engine_open(&alone, rig->emulator.paths + lines, 1);
	for (size_t i = 0; i < rig->runs; i++)
		bench_add(figure, one_active_us(&many), one_active_us(&alone));
	bench_print(figure);
	engine_close(&alone);
	engine_close(&many);
	free(figure);
}

/* ---- all lines active ---- */

static double per_second(size_t n, uint64_t start)
{
	return (double)n * 1e9 / (double)(bench_now_ns() - start);
}

static void measure_all_active(struct rig *rig, size_t transactions)
{
	static struct bench_figure figure = {
		.name = "lines.all_active",
		.what = "AT transactions with all lines active",
		.unit = "1/s",
		.beside = "raw loop over as many ptys",
		.aim = BENCH_RATIO_MIN,
		.wanted = 0.85,
	};
	struct engine engine;
	struct raw raw;

	for (size_t i = 0; i < rig->runs; i++) {
		double ours, theirs;
		uint64_t start;

		engine_open(&engine, rig->emulator.paths, rig->lines);
		start = bench_now_ns();
		engine_all(&engine, transactions);
		ours = per_second(transactions, start);
		engine_close(&engine);

		raw_open(&raw, rig->emulator.paths, rig->lines);
		start = bench_now_ns();
		raw_all(&raw, "AT\r", transactions);
		theirs = per_second(transactions, start);
		raw_close(&raw);
		bench_add(&figure, ours, theirs);
	}
	bench_print(&figure);
}

/* ---- memory ---- */

static void measure_heap(struct rig *rig)
{
	static struct bench_figure figure = {
		.name = "lines.heap",
		.what = "heap per idle line",
		.unit = "bytes",
		.aim = BENCH_VALUE_MAX,
		.wanted = 8192,
	};
	size_t few = rig->lines / 10, before;
	struct user user;
	double base;

	before = bench_heap();
	user_start(&user, rig->emulator.paths, few);
	base = (double)(bench_heap() - before);
	user_stop(&user);
	before = bench_heap();
	user_start(&user, rig->emulator.paths, rig->lines);
	bench_add(&figure, ((double)(bench_heap() - before) - base) / (double)(rig->lines - few),
		  0);
	user_stop(&user);
	bench_print(&figure);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	static const size_t counts[] = {1, 64, 256, LINES};
	static struct rig rig = {.lines = LINES, .runs = 6};

	if (options.brief) {
		rig.lines = 20;
		rig.runs = 1;
	}
	bench_raise_limits();
	emulator_start(&rig.emulator, rig.lines + 1);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i] <= rig.lines)
			measure_one_active(&rig, counts[i]);
	measure_all_active(&rig, 20 * rig.lines);
	measure_heap(&rig);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
