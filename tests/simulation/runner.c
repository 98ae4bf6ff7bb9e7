/* SPDX-License-Identifier: MIT */
#include "tests/simulation/runner.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/simulation/memory.h"

/* Processor time, so that a loaded machine makes little difference: a life takes a hundredth. Many
 * are tried to make one that does not end short. */
#define LIFE_SECONDS 60
#define TRY_SECONDS  5
#define TRIES_MAX    4000
#define WARM_SEEDS   100 /* after so many lives memory should grow no more */

static struct runner {
	struct world world;
	struct runner_report *report;
	bool trying;
} runner;

struct runner_report *runner_report_new(size_t n)
{
	void *p = mmap(NULL, n * sizeof(struct runner_report), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("simulate: mmap");
		exit(2);
	}
	return p;
}

static _Noreturn void fail(struct world *world, const char *what, uint64_t value)
{
	struct runner_report *report = runner.report;

	report->value = value;
	report->step = world->step;
	(void)snprintf(report->what, sizeof(report->what), "%s", what);
	world_say(world, "%s (%" PRIx64 ")", what, value);
	for (size_t i = 0; i < WORLD_MODEMS; i++)
		world_say(world, "modem %c: %s, %s hook, %s", world_name(i),
			  sim_modem_state_name(world->rig.modems[i].sim),
			  rig_is_off_hook(&world->rig, i) ? "off" : "on",
			  sim_modem_is_connected(world->rig.modems[i].sim) ? "carrier"
									   : "no carrier");
	_exit(1);
}

static uint64_t rss_kib(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
}

void runner_live(const struct program *program, struct runner_report *report, bool says)
{
	const struct itimerval limit = {
		.it_value = {.tv_sec = runner.trying ? TRY_SECONDS : LIFE_SECONDS},
	};
	struct world *world = &runner.world;
	uint64_t refused = memory_refused();

	(void)setitimer(ITIMER_VIRTUAL, &limit, NULL);
	report->seed = program->seed;
	runner.report = report;
	memset(world, 0, sizeof(*world));
	world->says = says;
	world->traces = says && getenv("RIG_TRACE") != NULL;
	world->fail = fail;
	program_run(program, world);
	report->seeds++;
	report->calls += world->calls;
	report->faults += world->faults + memory_refused() - refused;
	report->hash += world->hash;
	report->rss_last_kib = rss_kib();
	if (report->seeds <= WARM_SEEDS)
		report->rss_first_kib = report->rss_last_kib;
}

bool runner_failed(struct runner_report *report, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	if (report->what[0])
		return true;
	if (WIFSIGNALED(status))
		(void)snprintf(report->what, sizeof(report->what), "%s",
			       strsignal(WTERMSIG(status)));
	else
		(void)snprintf(report->what, sizeof(report->what), "exit status %d",
			       WEXITSTATUS(status));
	return true;
}

static void be_silent(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(2);
}

static void try_in_child(const struct program *program, struct runner_report *report, bool says)
{
	int status;
	pid_t pid;

	memset(report, 0, sizeof(*report));
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("simulate: fork");
		exit(2);
	}
	if (pid == 0) {
		runner.trying = true;
		if (!says)
			be_silent();
		runner_live(program, report, says);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	(void)runner_failed(report, status);
}

/* The program without n steps from first on; does it fail as before? Then it is the new one. */
static bool try_without(struct program *program, size_t first, size_t n,
			const struct runner_report *failure, struct runner_report *scratch)
{
	static struct program shorter;
	size_t rest = program->n - first - n;

	shorter = *program;
	memmove(&shorter.steps[first], &shorter.steps[first + n], rest * sizeof(shorter.steps[0]));
	shorter.n -= n;
	try_in_child(&shorter, scratch, false);
	if (strcmp(scratch->what, failure->what) != 0)
		return false;
	*program = shorter;
	return true;
}

/* What comes after the step that failed has not happened. */
static void cut_tail(struct program *program, const struct runner_report *failure)
{
	size_t n = program->n;

	while (n > 0 && program->steps[n - 1].index > failure->step)
		n--;
	if (n > 0 && failure->step > 0)
		program->n = n;
}

unsigned int runner_minimise(struct program *program, const struct runner_report *failure)
{
	struct runner_report *scratch = runner_report_new(1);
	unsigned int tries = 0;
	bool shrunk = true;

	cut_tail(program, failure);
	for (size_t chunk = program->n / 2; chunk > 0; chunk = chunk == 1 ? shrunk : chunk / 2) {
		size_t first = 0;

		shrunk = false;
		while (first < program->n && tries++ < TRIES_MAX) {
			size_t n = program->n - first < chunk ? program->n - first : chunk;

			if (try_without(program, first, n, failure, scratch))
				shrunk = true;
			else
				first += n;
		}
		if (tries >= TRIES_MAX)
			break;
	}
	(void)munmap(scratch, sizeof(*scratch));
	return tries;
}

void runner_show(const struct program *program, struct runner_report *report)
{
	try_in_child(program, report, true);
}
