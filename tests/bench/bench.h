/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

/*
 * One figure: what a thing of ours costs, run by run beside what it cannot be better than, or what
 * others need for it. Each run measures both, one right after the other, and gives one ratio, so
 * that what else the machine does hits both; figures of different runs are never divided.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_RUNS_MAX 4096

enum bench_aim {
	BENCH_NO_AIM,
	BENCH_RATIO_MIN, /* median of ours / theirs */
	BENCH_RATIO_MAX,
	BENCH_VALUE_MIN, /* median of ours */
	BENCH_VALUE_MAX,
	BENCH_EACH_MAX, /* every run of ours */
};

struct bench_figure {
	const char *name;   /* "at.library.rate" */
	const char *what;   /* in a few words */
	const char *unit;   /* of ours and theirs */
	const char *beside; /* what theirs is; NULL: nothing */
	enum bench_aim aim;
	double wanted;
	bool no_ratio; /* of ours and theirs: they are differences, which may be nothing or less */
	size_t runs;
	double ours[BENCH_RUNS_MAX], theirs[BENCH_RUNS_MAX];
};

/* How the program was called. */
struct bench_options {
	bool brief; /* --brief: everything once, to see that it works */
};

/* Exits with 2 on anything but --brief. */
struct bench_options bench_options(int argc, char **argv);

/* Beyond BENCH_RUNS_MAX runs are left out. */
void bench_add(struct bench_figure *figure, double ours, double theirs);
double bench_quantile(const double *values, size_t n, double quantile);
/* For people in one line, then as JSON in one line. */
void bench_print(const struct bench_figure *figure);
/* The same of a figure that cannot be measured here. */
void bench_skip(const char *name, const char *what, const char *why);

uint64_t bench_now_ns(void);
double bench_since_us(uint64_t start_ns);
/* What this process has used so far. */
uint64_t bench_cpu_ns(void);
/* Bytes that malloc() has given out; 0 where that cannot be known (sanitizers). */
size_t bench_heap(void);
/* As many descriptors as are allowed. */
void bench_raise_limits(void);

/* Ends the program when something that should be so is not; a benchmark has no way on. */
void bench_check(bool ok, const char *what);

#endif
