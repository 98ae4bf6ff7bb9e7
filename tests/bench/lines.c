/* SPDX-License-Identifier: MIT */
/* Many lines in one program: what open ones cost one that works, what all at once cost, what each
 * takes. All of it through the library. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/raw.h"
#include "tests/bench/user.h"

#define SLICE	   250 /* transactions */
#define LINES	   1000
#define PER_LINE   5	     /* transactions of each, when all are active */
#define UNANSWERED 600000000 /* us; longer than anything here takes */

struct rig {
	size_t lines;
	size_t slices, runs;
	struct emulator emulator;
};

/* ---- one active line among many ---- */

static double one_active_us(struct user *user)
{
	uint64_t cpu = bench_cpu_ns();

	user_ping_pong(user, user->n / 2, SLICE);
	return (double)(bench_cpu_ns() - cpu) / 1e3 / SLICE;
}

static void measure_one_active(struct rig *rig, size_t lines)
{
	struct bench_figure *figure = calloc(1, sizeof(*figure));
	struct user many, alone;
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
	user_start(&many, rig->emulator.paths, lines);
	user_start(&alone, rig->emulator.paths + lines, 1);
	for (size_t i = 0; i < rig->slices; i++)
		bench_add(figure, one_active_us(&many), one_active_us(&alone));
	bench_print(figure);
	user_stop(&alone);
	user_stop(&many);
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
	struct user user;
	struct raw raw;

	user_start(&user, rig->emulator.paths, rig->lines);
	raw_open(&raw, rig->emulator.paths + rig->lines, rig->lines);
	user_command_all(&user, rig->lines);
	raw_all(&raw, "AT\r", rig->lines);
	for (size_t i = 0; i < rig->runs; i++) {
		uint64_t start = bench_now_ns();
		double ours;

		user_command_all(&user, transactions);
		ours = per_second(transactions, start);
		start = bench_now_ns();
		raw_all(&raw, "AT\r", transactions);
		bench_add(&figure, ours, per_second(transactions, start));
	}
	bench_print(&figure);
	raw_close(&raw);
	user_stop(&user);
}

/* ---- memory ---- */

/* Of so many lines, with a command under way on each. The emulator is not that of the other
 * figures: whoever asked for what it answers late is gone by then. */
static size_t active_heap(size_t lines)
{
	static struct emulator emulator;
	struct user user;
	size_t before;

	emulator_start(&emulator, lines);
	before = bench_heap();
	user_start(&user, emulator.paths, lines);
	emulator_set_delay(&emulator, UNANSWERED);
	user_send_all(&user, lines);
	before = bench_heap() - before;
	user_stop(&user);
	emulator_stop(&emulator);
	return before;
}

/* In a process of its own: what malloc() keeps of the memory of others would be counted, too. */
static size_t heap_of(size_t lines)
{
	size_t heap;
	int ends[2];
	pid_t pid;

	(void)fflush(stdout);
	bench_check(pipe(ends) == 0, "pipe");
	pid = fork();
	bench_check(pid >= 0, "fork");
	if (pid == 0) {
		heap = active_heap(lines);
		bench_check(write(ends[1], &heap, sizeof(heap)) == sizeof(heap), "write");
		_exit(0);
	}
	close(ends[1]);
	bench_check(read(ends[0], &heap, sizeof(heap)) == sizeof(heap), "a process has failed");
	close(ends[0]);
	bench_check(waitpid(pid, NULL, 0) == pid, "waitpid");
	return heap;
}

static void measure_heap(struct rig *rig)
{
	static struct bench_figure figure = {
		.name = "lines.heap",
		.what = "heap per line, a command under way on each",
		.unit = "bytes",
		.aim = BENCH_VALUE_MAX,
		.wanted = 8192,
	};
	size_t few = rig->lines / 10;

	bench_add(&figure,
		  ((double)heap_of(rig->lines) - (double)heap_of(few)) / (double)(rig->lines - few),
		  0);
	bench_print(&figure);
}

int main(int argc, char **argv)
{
	struct bench_options options = bench_options(argc, argv);
	static const size_t counts[] = {1, 64, 256, LINES};
	static struct rig rig = {.lines = LINES, .slices = 40, .runs = 16};

	if (options.brief) {
		rig.lines = 20;
		rig.slices = 1;
		rig.runs = 1;
	}
	bench_raise_limits();
	measure_heap(&rig);
	emulator_start(&rig.emulator, 2 * rig.lines);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i] <= rig.lines)
			measure_one_active(&rig, counts[i]);
	measure_all_active(&rig, PER_LINE * rig.lines);
	emulator_stop(&rig.emulator);
	return EXIT_SUCCESS;
}
