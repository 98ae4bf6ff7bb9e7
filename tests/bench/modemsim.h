/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BENCH_MODEMSIM_H
#define TESTS_BENCH_MODEMSIM_H

/* modemsim's modems in a process of their own, all delays 0, with voice; 300 answers, and they
 * say so (VCON). */

#include <stddef.h>
#include <sys/types.h>

#define MODEMSIM_LINES_MAX 64

struct modemsim {
	pid_t pid;
	int wanted; /* closed: it ends */
	char paths[MODEMSIM_LINES_MAX][32];
};

/* Whatever fails ends the program. */
void modemsim_start(struct modemsim *modemsim, size_t lines);
void modemsim_stop(struct modemsim *modemsim);

#endif
