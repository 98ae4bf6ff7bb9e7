/* SPDX-License-Identifier: MIT */
/* How start, memory and end of the library grow with the number of lines: the exponent of the power
 * law that fits best. 1 is linear. */
#include <math.h>
#include <stdlib.h>

#include "tests/bench/bench.h"
#include "tests/bench/user.h"

#define POINTS 5
#define MANY   3 /* points */

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
	point.start_ms = bench_since_us(start) / 1e3;
	point.heap_kib = (double)(bench_heap() - heap) / 1024;
	start = bench_now_ns();
	user_stop(&user);
	point.end_ms = bench_since_us(start) / 1e3;
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

/*
 * The same costs twice: what the library needs without any line flattens the curve of few, and does
 * not show in that of many.
 */
struct curve {
	struct bench_figure whole, many;
	double costs[POINTS];
};

static void add(struct curve *curve, const size_t *lines, size_t points)
{
	size_t few = points > MANY ? points - MANY : 0;

	bench_add(&curve->whole, exponent(lines, curve->costs, points), 0);
	bench_add(&curve->many, exponent(lines + few, curve->costs + few, points - few), 0);
}

static void print(struct curve *curve)
{
	curve->whole.unit = curve->many.unit = "exponent";
	curve->whole.aim = BENCH_VALUE_MAX;
	curve->whole.wanted = 1.05;
	bench_print(&curve->whole);
	bench_print(&curve->many);
}

#define CURVE(id, text)                                                                     \
	{                                                                                   \
		.whole = {.name = "curve." id, .what = text " of 1 to 1000 lines"},         \
		.many = {.name = "curve." id ".many", .what = text " of 64 to 1000 lines"}, \
	}

int main(int argc, char **argv)
{
	static const size_t lines[POINTS] = {1, 8, 64, 256, 1000};
	static struct curve curves[] = {CURVE("start", "start"), CURVE("heap", "heap"),
					CURVE("end", "end")};
	struct bench_options options = bench_options(argc, argv);
	size_t points = options.brief ? 2 : POINTS, runs = options.brief ? 1 : 3;
	static struct emulator emulator;

	bench_raise_limits();
	emulator_start(&emulator, lines[points - 1]);
	for (size_t run = 0; run < runs; run++) {
		for (size_t i = 0; i < points; i++) {
			struct point point = measure(&emulator, lines[i]);

			curves[0].costs[i] = point.start_ms;
			curves[1].costs[i] = point.heap_kib;
			curves[2].costs[i] = point.end_ms;
		}
		for (size_t i = 0; i < 3; i++)
			add(&curves[i], lines, points);
	}
	for (size_t i = 0; i < 3; i++)
		print(&curves[i]);
	emulator_stop(&emulator);
	return EXIT_SUCCESS;
}
