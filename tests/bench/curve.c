/* SPDX-License-Identifier: MIT */
/* How start, memory and end of the library grow with the number of lines: the exponent of the power
 * law that fits best. 1 is linear. */
#include <math.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/user.h"

#define POINTS 5

struct point {
	double start_ms, heap_kib, end_ms;
};

static struct point measure(const struct emulator *emulator, size_t lines)
{
	size_t heap = bench_heap();
	struct point point;
	struct user user;
	uint64_t start;

	start = bench_now_ns();
	user_start(&user, emulator->paths, lines);
	point.start_ms = (double)(bench_now_ns() - start) / 1e6;
	point.heap_kib = (double)(bench_heap() - heap) / 1024;
	start = bench_now_ns();
	user_stop(&user);
	point.end_ms = (double)(bench_now_ns() - start) / 1e6;
	return point;
}

/* Least squares through the logarithms. */
static double exponent(const size_t *lines, const double *costs, size_t n)
{
	double x = 0, y = 0, xx = 0, xy = 0;

	for (size_t i = 0; i < n; i++) {
		double lx = log((double)lines[i]), ly = log(costs[i] > 0 ? costs[i] : 1e-9);

		x += lx;
		y += ly;
		xx += lx * lx;
		xy += lx * ly;
	}
	return ((double)n * xy - x * y) / ((double)n * xx - x * x);
}

#define FIGURE(id, text)                                                                  \
	{                                                                                 \
		.name = (id), .what = (text), .unit = "exponent", .aim = BENCH_VALUE_MAX, \
		.wanted = 1.05                                                            \
	}

int main(int argc, char **argv)
{
	static const size_t lines[POINTS] = {1, 8, 64, 256, 1000};
	static struct bench_figure start = FIGURE("curve.start", "start of 1 to 1000 lines");
	static struct bench_figure heap = FIGURE("curve.heap", "heap of 1 to 1000 lines");
	static struct bench_figure end = FIGURE("curve.end", "end of 1 to 1000 lines");
	struct bench_options options = bench_options(argc, argv);
	size_t points = options.brief ? 2 : POINTS, runs = options.brief ? 1 : 3;
	static struct emulator emulator;

	bench_raise_limits();
	emulator_start(&emulator, lines[points - 1]);
	for (size_t run = 0; run < runs; run++) {
		double starts[POINTS], heaps[POINTS], ends[POINTS];

		for (size_t i = 0; i < points; i++) {
			struct point point = measure(&emulator, lines[i]);

			starts[i] = point.start_ms;
			heaps[i] = point.heap_kib;
			ends[i] = point.end_ms;
		}
		bench_add(&start, exponent(lines, starts, points), 0);
		bench_add(&heap, exponent(lines, heaps, points), 0);
		bench_add(&end, exponent(lines, ends, points), 0);
	}
	bench_print(&start);
	bench_print(&heap);
	bench_print(&end);
	emulator_stop(&emulator);
	return EXIT_SUCCESS;
}
