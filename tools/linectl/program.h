/* SPDX-License-Identifier: MIT */
#ifndef LINECTL_PROGRAM_H
#define LINECTL_PROGRAM_H

/** @file The user's command, whose stdin and stdout are the stream of a call. */

#include <stdbool.h>
#include <sys/types.h>

struct app;
struct json_object;

struct program {
	pid_t pid;
	int fd;	 /**< our end of its stdin and stdout; non-blocking; -1: they are the line's tty */
	int end; /**< becomes readable when it ends */
};

struct program_order {
	const char **argv;		/**< NULL-terminated; what cannot be run exits with 127 */
	bool pty;			/**< with a terminal of its own, which controls it */
	const char *directory;		/**< where it runs; NULL: here */
	const char *const *environment; /**< "NAME=VALUE", NULL-terminated; NULL: nothing more */
	int err;			/**< its stderr; -1: ours */
};

/**
 * Start it, with the call in its environment (TRUNKLINE_CALLER and others).
 *
 * @param info type Session of io.trunkline
 * @return 0; negative errno
 */
int program_start(struct program *program, const struct program_order *order,
		  struct json_object *info);

/**
 * The same on the line's own tty, which does not control it: that would be hung up with it.
 * SIGHUP is sent to it when linectl dies.
 * @param tty stays the caller's
 */
int program_start_on(struct program *program, const char **argv, int tty, struct json_object *info);

/** Tell why a program could not be started. @return the status */
int program_tell(const struct app *app, const char *name, int error);

/**
 * The call is over: let it read to the end, then hang up, and kill it in the end. On the line's
 * tty there is no end to be read: it is hung up on at once.
 * @return its status as a shell tells it: 128 and the number of the signal that has killed it
 */
int program_finish(struct program *program);

#endif
