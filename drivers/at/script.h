/* SPDX-License-Identifier: MIT */
#ifndef DRIVERS_AT_SCRIPT_H
#define DRIVERS_AT_SCRIPT_H

/* Command sequences as const tables, run over a queue. */

#include "drivers/at/queue.h"

enum at_step_flags {
	AT_STEP_OPTIONAL = 1 << 0, /* ERROR does not fail the script; a time-out does */
	AT_STEP_LAST = 1 << 1,	   /* skip the rest of the script when this step answers OK */
};

struct at_step {
	const char *text;
	uint32_t timeout_ms;
	unsigned int flags;
	/* Information text of this step; NULL: ignored. */
	void (*on_line)(void *user, struct hal_slice line);
};

struct at_script {
	struct at_queue *queue;
	const struct at_step *steps;
	size_t n_steps;
	size_t index;
	uint32_t group;
	bool running;
	bool refused; /* the latest step has answered an error, which it may */
	void (*done)(void *user, int error, const struct at_step *failed);
	void *user;
};

/*
 * Run steps one after the other. done() runs exactly once, from the loop: error 0 all done; -EPROTO
 * the step failed answered ERROR; -ETIMEDOUT, -ENODEV; -ECANCELED after at_script_cancel(). user is
 * given to done and to each on_line. *script is zeroed before its first start.
 * @return 0; -EBUSY this script is running; -EINVAL no steps; errors of at_queue_submit()
 */
int at_script_start(struct at_script *script, struct at_queue *queue, const struct at_step *steps,
		    size_t n_steps,
		    void (*done)(void *user, int error, const struct at_step *failed), void *user);
void at_script_cancel(struct at_script *script);

#endif
