/* SPDX-License-Identifier: MIT */
/*
 * Seeded lives: random clients do random things to lines whose modems misbehave at random, in
 * virtual time, beside a reference model. The seed that breaks something is minimised, printed,
 * and replays exactly.
 *
 *     simulate [--seeds N] [--seconds S] [--first SEED | --fresh] [--jobs N] [--steps N]
 *              [--steps-only I,J,...] [--trace]
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulation/runner.h"

#define JOBS_MAX 64

struct options {
	uint64_t seeds;	  /* 0: as many as there is time for */
	uint64_t seconds; /* 0: as long as it takes */
	uint64_t first;
	uint64_t jobs;
	uint64_t steps;
	const char *only; /* NULL: all steps */
	bool trace;
};

static struct program program;

static _Noreturn void usage(const char *what)
{
	(void)fprintf(stderr,
		      "simulate: %s\n"
		      "usage: simulate [--seeds N] [--seconds S] [--first SEED | --fresh] "
		      "[--jobs N]\n"
		      "                [--steps N] [--steps-only I,J,...] [--trace]\n",
		      what);
	exit(2);
}

static uint64_t number(const char *text, uint64_t max)
{
	uint64_t value;

	if (hal_slice_u64(hal_slice_str(text), 10, max, &value) < 0)
		usage("that is no number, or too large");
	return value;
}

static uint64_t fresh_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		perror("simulate: getrandom");
		exit(2);
	}
	return seed;
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option long_options[] = {
		{"seeds", required_argument, NULL, 'n'},
		{"seconds", required_argument, NULL, 's'},
		{"first", required_argument, NULL, 'f'},
		{"fresh", no_argument, NULL, 'r'},
		{"jobs", required_argument, NULL, 'j'},
		{"steps", required_argument, NULL, 'p'},
		{"steps-only", required_argument, NULL, 'o'},
		{"trace", no_argument, NULL, 't'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'n')
			o->seeds = number(optarg, UINT64_MAX);
		else if (c == 's')
			o->seconds = number(optarg, UINT32_MAX);
		else if (c == 'f')
			o->first = number(optarg, UINT64_MAX);
		else if (c == 'r')
			o->first = fresh_seed();
		else if (c == 'j')
			o->jobs = number(optarg, JOBS_MAX);
		else if (c == 'p')
			o->steps = number(optarg, PROGRAM_STEPS_MAX);
		else if (c == 'o')
			o->only = optarg;
		else if (c == 't')
			o->trace = true;
		else
			usage("no such option");
	}
	if (optind < argc || o->jobs == 0)
		usage("one job at least, and nothing but options");
}

/* Only the steps of the list, which is in ascending order as it is printed. */
static void keep_only(const char *list)
{
	struct hal_slice rest = hal_slice_str(list), token;
	size_t n = 0;

	while (hal_slice_token(&rest, ',', &token)) {
		uint32_t index;

		if (hal_slice_u32(token, (uint32_t)program.n - 1, &index) < 0 || index < n)
			usage("--steps-only wants numbers of steps, ascending");
		program.steps[n++] = program.steps[index];
	}
	program.n = n;
}

static void make(const struct options *o, uint64_t seed)
{
	program_make(&program, seed, o->steps);
	if (o->only)
		keep_only(o->only);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A job lives every o->jobs-th seed. */
static _Noreturn void work(const struct options *o, uint64_t job, struct runner_report *report)
{
	uint64_t end_ms = now_ms() + o->seconds * 1000;

	for (uint64_t i = job; !o->seeds || i < o->seeds; i += o->jobs) {
		if (o->seconds && now_ms() >= end_ms)
			break;
		make(o, o->first + i);
		runner_live(&program, report, o->trace);
	}
	exit(0);
}

static void print_steps(const char *separator)
{
	for (size_t i = 0; i < program.n; i++)
		(void)printf("%s%" PRIu32, i ? separator : "", program.steps[i].index);
}

static void explain(const struct options *o, const struct runner_report *failure)
{
	struct runner_report *report = runner_report_new(1);
	size_t all;
	unsigned int tries;

	make(o, failure->seed);
	all = program.n;
	(void)printf("seed %" PRIu64 ", step %" PRIu64 ": %s (%" PRIx64 ")\n", failure->seed,
		     failure->step, failure->what, failure->value);
	tries = runner_minimise(&program, failure);
	(void)printf("%zu of %zu steps are enough (found in %u lives):\n", program.n, all, tries);
	runner_show(&program, report);
	(void)printf("replay: simulate --first %" PRIu64 " --seeds 1 --steps %" PRIu64
		     " --steps-only ",
		     failure->seed, o->steps);
	print_steps(",");
	(void)printf(" --trace\n");
}

static pid_t start(const struct options *o, uint64_t job, struct runner_report *report)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("simulate: fork");
		exit(2);
	}
	if (pid == 0)
		work(o, job, report);
	return pid;
}

/* Wait for all; the first failure ends the others. @return its report, or NULL */
static struct runner_report *supervise(const struct options *o, struct runner_report *reports)
{
	struct runner_report *failure = NULL;
	pid_t pids[JOBS_MAX];

	for (uint64_t j = 0; j < o->jobs; j++)
		pids[j] = start(o, j, &reports[j]);
	for (uint64_t left = o->jobs; left > 0;) {
		int status;
		pid_t pid = wait(&status);

		for (uint64_t j = 0; j < o->jobs; j++) {
			if (pids[j] != pid)
				continue;
			left--;
			pids[j] = 0;
			if (!failure && runner_failed(&reports[j], status))
				failure = &reports[j];
		}
		for (uint64_t j = 0; failure && j < o->jobs; j++)
			if (pids[j])
				(void)kill(pids[j], SIGKILL);
	}
	return failure;
}

/* Of all jobs, so that a loaded machine makes no difference. */
static double processor_seconds(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_CHILDREN, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void print_figures(const struct options *o, const struct runner_report *reports)
{
	struct runner_report sum = {0};

	for (uint64_t j = 0; j < o->jobs; j++) {
		sum.seeds += reports[j].seeds;
		sum.calls += reports[j].calls;
		sum.faults += reports[j].faults;
		sum.hash += reports[j].hash;
		sum.rss_first_kib += reports[j].rss_first_kib;
		sum.rss_last_kib += reports[j].rss_last_kib;
	}
	(void)printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " calls, %" PRIu64
		     " faults injected, %.0f calls per second of processor time\n",
		     sum.seeds, o->first, sum.calls, sum.faults,
		     (double)sum.calls / processor_seconds());
	(void)printf("maximum RSS %" PRIu64 " KiB after the first lives, %" PRIu64
		     " KiB after the last\ntrace %016" PRIx64 "\n",
		     sum.rss_first_kib, sum.rss_last_kib, sum.hash);
}

int main(int argc, char **argv)
{
	struct options o = {.first = 1, .jobs = 1, .steps = 200};
	struct runner_report *reports, *failure;
	parse(argc, argv, &o);
	if (!o.seeds && !o.seconds)
		o.seeds = 1000;
	if (o.trace)
		(void)setenv("RIG_TRACE", "1", 1);
	(void)printf("seeds from %" PRIu64 "\n", o.first);
	(void)fflush(stdout);
	reports = runner_report_new(o.jobs);
	failure = supervise(&o, reports);
	if (failure) {
		explain(&o, failure);
		return 1;
	}
	print_figures(&o, reports);
	return 0;
}
