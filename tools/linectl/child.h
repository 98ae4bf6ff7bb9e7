/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_CHILD_H
#define LINECTL_CHILD_H

/** @file Programs that we start. */

#include <stdbool.h>
#include <sys/types.h>

#include "tools/linectl/app.h"

#define CHILD_PATH_MAX 512
#define CHILD_ARGS_MAX 16

struct child {
	const char *argv[CHILD_ARGS_MAX]; /**< NULL-terminated */
	int fd;				  /**< which it is to have; all others are closed-on-exec */
	int as;				  /**< under this number */
	int also;			  /**< another, under its own number; 0: none */
	int death_signal;		  /**< it gets when we die; 0: none, it notices */
	pid_t pid;			  /**< 0: not running */
	char path[CHILD_PATH_MAX];
};

/**
 * Find a program of ours: where the environment says, beside linectl (a build tree, a relocated
 * installation), where it was installed, or wherever PATH leads.
 * @param child zeroed
 */
void child_init(struct child *child, const char *name, const char *env, const char *dir);

/** One more argument; CHILD_ARGS_MAX - 2 in all. It must live until child_start(). */
void child_add(struct child *child, const char *arg);

/**
 * Start it, out of reach of the terminal's Ctrl-C.
 * @return 0; negative errno of fork(2), pipe2(2) and execvp(3)
 */
int child_start(struct child *child);

/** Wait for its end, for so long or until a second Ctrl-C. @return has it ended? True when it never
 * ran */
bool child_wait(struct child *child, struct app *app, int limit_ms);

#endif
