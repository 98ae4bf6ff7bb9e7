/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIMULATION_RUNNER_H
#define TESTS_SIMULATION_RUNNER_H

/*
 * Lives run in child processes, so that a crash, a sanitizer's report and a life without end are
 * failures like any other. What they found is in memory that is shared with the parent.
 */

#include "tests/simulation/program.h"

#define RUNNER_WHAT_MAX 96

struct runner_report {
	uint64_t seed; /* present or last life */
	uint64_t step;
	uint64_t seeds, calls, faults;
	uint64_t hash; /* of all lives, in whatever order they ran */
	uint64_t rss_first_kib, rss_last_kib;
	uint64_t value;
	char what[RUNNER_WHAT_MAX]; /* that failed; "": nothing */
};

/* Shared with child processes; zeroed. */
struct runner_report *runner_report_new(size_t n);

/* One life in this process; a failure is written to the report and ends the process. */
void runner_live(const struct program *program, struct runner_report *report, bool says);

/* In the parent: what does the wait status say? A failure that report->what does not tell of is
 * written there. @return failed */
bool runner_failed(struct runner_report *report, int status);

/*
 * Leave steps out for as long as the rest fails in the same way (delta debugging). program is made
 * shorter; report has its failure.
 * @return lives that were tried
 */
unsigned int runner_minimise(struct program *program, const struct runner_report *report);

/* Run in a child process and say what happens. */
void runner_show(const struct program *program, struct runner_report *report);

#endif
