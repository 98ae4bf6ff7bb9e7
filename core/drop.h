/* SPDX-License-Identifier: MIT */
#ifndef CORE_DROP_H
#define CORE_DROP_H

/*
 * The drop: runs the driver's ladder step by step until one of them proves that the line is on
 * hook, writes each step into the record, and tells the call how it went. One ladder per call;
 * whoever asks again joins.
 */

#include "core/driver.h"
#include "hal/loop.h"

struct core_call;

/* Slack on top of a step's own budget before the core goes on without the driver. */
#define CORE_DROP_SLACK_MS 500
/* How long a modem may think about its diagnosis before we go on without it. */
#define CORE_DIAGNOSE_BUDGET_MS 5000

struct core_drop {
	bool running;
	bool in_step; /* core_drop_step_done() is awaited */
	bool diagnosing;
	bool reopening; /* the line is opened anew, and its probing proves it on hook */
	const struct core_drop_step *steps;
	size_t n_steps;
	size_t index;
	uint64_t step_started_us;
	struct hal_timer timer;
};

void core_drop_init(struct core_drop *drop);
/* Run the ladder for the call. Ends with core_call_cleared() or core_call_drop_failed(). */
void core_drop_start(struct core_call *call);
/* Stop without a verdict; result is what the record says of the step under way. */
void core_drop_stop(struct core_call *call, enum tl_drop_result result);
/*
 * The port is closed for the moment: wait for what becomes of it, core_drop_stop() or the end of
 * the call. A drop that is started in the meantime waits as well.
 */
void core_drop_suspend(struct core_call *call);
/* The call has ended, its port is closed: opening it anew is the step to come, core_drop_reopened()
 * its success, core_drop_stop() its failure. */
void core_drop_reopen(struct core_call *call);
void core_drop_reopened(struct core_call *call);
void core_drop_step_result(struct core_call *call, const struct core_drop_outcome *outcome);
/* The diagnosis asked for before a step that erases causes is in. */
void core_drop_diagnosed(struct core_call *call);

#endif
