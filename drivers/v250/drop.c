/* SPDX-License-Identifier: MIT */
/*
 * The ladder. Each step does something that ought to bring the line on hook and then has it
 * verified; whatever comes of it is reported to the core, which takes the next step or is content.
 */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>

#define STEP_ABORT                                  \
	{                                           \
		.name = "abort", .budget_ms = 10000 \
	}
#define STEP_DTR                                  \
	{                                         \
		.name = "dtr", .budget_ms = 10000 \
	}
#define STEP_HOOK                                  \
	{                                          \
		.name = "hook", .budget_ms = 16000 \
	}
#define STEP_REINIT                                                         \
	{                                                                   \
		.name = "reinit", .budget_ms = 16000, .erases_causes = true \
	}
#define STEP_REOPEN                                                         \
	{                                                                   \
		.name = "reopen", .budget_ms = 16000, .erases_causes = true \
	}

static int step_abort(struct v250 *v);
static int step_dtr(struct v250 *v);
static int step_hook(struct v250 *v);
static int step_reinit(struct v250 *v);
static int step_reopen(struct v250 *v);

/* While a call is being set up; online; off hook in command state. */
static const struct core_drop_step setup_ladder[] = {STEP_ABORT, STEP_HOOK, STEP_DTR, STEP_REINIT,
						     STEP_REOPEN};
static const struct core_drop_step online_ladder[] = {STEP_DTR, STEP_HOOK, STEP_REINIT,
						      STEP_REOPEN};
static const struct core_drop_step command_ladder[] = {STEP_HOOK, STEP_DTR, STEP_REINIT,
						       STEP_REOPEN};

static int (*const setup_steps[])(struct v250 *v) = {step_abort, step_hook, step_dtr, step_reinit,
						     step_reopen};
static int (*const online_steps[])(struct v250 *v) = {step_dtr, step_hook, step_reinit,
						      step_reopen};
static int (*const command_steps[])(struct v250 *v) = {step_hook, step_dtr, step_reinit,
						       step_reopen};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct core_drop_step *v250_ladder(void *driver, size_t *ret_n)
{
	struct v250 *v = driver;

	if (v->phase == V250_DIALING || v->phase == V250_ANSWERING) {
		v->steps = setup_steps;
		*ret_n = COUNT(setup_ladder);
		return setup_ladder;
	}
	if (v->phase == V250_ONLINE || at_queue_in_data(v->queue)) {
		v->steps = online_steps;
		*ret_n = COUNT(online_ladder);
		return online_ladder;
	}
	v->steps = command_steps;
	*ret_n = COUNT(command_ladder);
	return command_ladder;
}

static void step_done(struct v250 *v, enum tl_drop_result result, const char *answer,
		      const char *proof)
{
	struct core_drop_outcome outcome = {.result = result};

	(void)hal_slice_copy(hal_slice_str(answer), outcome.answer, sizeof(outcome.answer));
	(void)hal_slice_copy(hal_slice_str(proof), outcome.proof, sizeof(outcome.proof));
	if (result == TL_DROP_VERIFIED)
		v->phase = V250_ENDED;
	hal_timer_cancel(v->host.loop, &v->timer);
	v->step = NULL;
	core_drop_step_done(v->line, &outcome);
}

/* The modem has not done as it was told, or does not say; DCD may still show that the call is over.
 */
static void step_failed(struct v250 *v, enum tl_drop_result result, const char *answer)
{
	if (v->dcd_seen && v->queue && !v250_dcd(v))
		step_done(v, TL_DROP_VERIFIED, answer, "DCD low");
	else
		step_done(v, result, answer, NULL);
}

static void on_verified(struct v250 *v, const char *proof, const char *answer)
{
	if (proof)
		step_done(v, TL_DROP_VERIFIED, v->step_answer, proof);
	else
		step_done(v, TL_DROP_UNVERIFIED, answer, NULL);
}

static void verify(struct v250 *v, struct hal_slice answer)
{
	(void)hal_slice_escape(answer, v->step_answer, sizeof(v->step_answer));
	v250_verify(v, on_verified);
}

/* The modem says itself that there is no call any more; a DCD that is still high knows better. */
static void take_no_carrier(struct v250 *v, struct hal_slice answer)
{
	char text[CORE_TEXT_MAX];

	if (v->dcd_seen)
		verify(v, answer);
	else
		step_done(v, TL_DROP_VERIFIED, hal_slice_escape(answer, text, sizeof(text)), text);
}

/* A command of a step that ought to end the call. */
static void on_step_command(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	char text[CORE_TEXT_MAX];

	if (answer->error == -ECANCELED || answer->error == -ENODEV || !v->step)
		return;
	if (answer->error < 0) {
		/* It may be online after all: the next step escapes first. */
		if (v->media == TL_MEDIA_DATA)
			at_queue_enter_data(v->queue);
		step_failed(v, TL_DROP_TIMEOUT, "");
	} else if (answer->result == AT_RESULT_NO_CARRIER) {
		take_no_carrier(v, answer->final);
	} else if (answer->result == AT_RESULT_OK) {
		verify(v, answer->final);
	} else {
		step_failed(v, TL_DROP_REFUSED,
			    hal_slice_escape(answer->final, text, sizeof(text)));
	}
}

/* ---- to command state ---- */

static void on_escaped(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV || !v->step)
		return;
	if (answer->error < 0)
		step_failed(v, TL_DROP_TIMEOUT, "+++: no answer");
	else if (v->escaped_to(v) < 0) /* NO CARRIER may be the far end's word: ATH all the same */
		step_failed(v, TL_DROP_TIMEOUT, "no commands are taken");
}

/* Go on with fn in command state, by +++ if need be. */
static int to_command(struct v250 *v, int (*fn)(struct v250 *v))
{
	if (!at_queue_in_data(v->queue)) {
		at_queue_restart(v->queue);
		return fn(v);
	}
	v->escaped_to = fn;
	return at_queue_escape(v->queue, V250_GUARD_MS, V250_ESCAPE_MS, on_escaped, v, v->group);
}

/* ---- abort: a character while the modem dials or answers (V.250 §5.6.1) ---- */

static int step_abort(struct v250 *v)
{
	if (at_queue_abort(v->queue, v->call_group, V250_ABORT_MS) == 0)
		return 0;
	/* Not sent yet: nothing to abort. */
	v->log_stale = true;
	at_queue_cancel_group(v->queue, v->call_group);
	return -EALREADY;
}

void v250_drop_aborted(struct v250 *v, const struct at_answer *answer)
{
	char text[CORE_TEXT_MAX];

	if (v->step != step_abort)
		return;
	if (answer->error < 0)
		step_failed(v, TL_DROP_TIMEOUT, "");
	else if (answer->result == AT_RESULT_CONNECT || answer->result == AT_RESULT_VCON)
		step_failed(v, TL_DROP_UNVERIFIED,
			    hal_slice_escape(answer->final, text, sizeof(text)));
	else if (at_result_is_call_final(answer->result))
		take_no_carrier(v, answer->final);
	else
		verify(v, answer->final);
}

/* ---- dtr (V.250 §6.2.9, &D2) ---- */

/* It did not help: the modem is where it was. */
static void dtr_failed(struct v250 *v, const char *answer)
{
	if (v->was_data)
		at_queue_enter_data(v->queue);
	step_done(v, TL_DROP_UNVERIFIED, answer, NULL);
}

static void on_dtr_verified(struct v250 *v, const char *proof, const char *answer)
{
	if (proof)
		step_done(v, TL_DROP_VERIFIED, "", proof);
	else
		dtr_failed(v, answer);
}

static void on_dtr_waited(struct v250 *v)
{
	if (v->dcd_seen)
		dtr_failed(v, "DCD high");
	else
		v250_verify(v, on_dtr_verified);
}

static int step_dtr(struct v250 *v)
{
	int r;

	if (!v->has_lines)
		return -EOPNOTSUPP;
	r = hal_stream_set_lines(at_queue_stream(v->queue), HAL_STREAM_DTR, false);
	if (r < 0)
		return r;
	hal_timer_arm_ms(v->host.loop, &v->dtr_timer, V250_DTR_LOW_MS);
	v->was_data = at_queue_in_data(v->queue);
	v->needs_sync = true;
	at_queue_restart(v->queue);
	at_queue_leave_data(v->queue, true);
	v250_wait(v, v->dcd_seen ? V250_DCD_MS : V250_DTR_LOW_MS, on_dtr_waited);
	return 0;
}

void v250_drop_lines(struct v250 *v)
{
	if (v->step == step_dtr && v->dcd_seen && !v250_dcd(v))
		step_done(v, TL_DROP_VERIFIED, "", "DCD low");
}

/* ---- hook (V.250 §6.3.6) ---- */

static int send_hook(struct v250 *v)
{
	return v250_submit(v, "ATH", V250_HOOK_MS, AT_CMD_HOOK, on_step_command);
}

static int step_hook(struct v250 *v)
{
	return to_command(v, send_hook);
}

/* ---- reinit (V.250 §6.1.1) ---- */

static int send_reset(struct v250 *v)
{
	v->needs_setup = true;
	return v250_submit(v, "ATZ", V250_HOOK_MS, AT_CMD_HOOK, on_step_command);
}

static int step_reinit(struct v250 *v)
{
	return to_command(v, send_reset);
}

/* ---- reopen: closing the port lowers DTR by HUPCL, whatever the modem thinks of it ---- */

static void reopen(struct v250 *v)
{
	int r;

	r = v250_open(v);
	if (r == 0)
		return;
	if (r == -ENOENT || r == -ENODEV || r == -ENXIO) {
		v->phase = V250_DOWN;
		core_line_lost(v->line);
		return;
	}
	step_done(v, TL_DROP_REFUSED, v->why.text, NULL);
}

static int step_reopen(struct v250 *v)
{
	v250_close(v);
	hal_timer_cancel(v->host.loop, &v->dtr_timer);
	v->needs_setup = true;
	v250_wait(v, V250_REOPEN_MS, reopen);
	return 0;
}

static void on_first_words(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV || !v->step)
		return;
	if (answer->error < 0 || send_hook(v) < 0)
		step_failed(v, TL_DROP_TIMEOUT, "");
}

void v250_drop_opened(struct v250 *v)
{
	if (v->dcd_seen && v->has_lines)
		(void)hal_stream_watch_lines(at_queue_stream(v->queue), V250_LINES_POLL_MS);
	if (v250_submit(v, "ATQ0V1E0", V250_LOCAL_MS, 0, on_first_words) < 0)
		step_failed(v, TL_DROP_TIMEOUT, "");
}

/* ---- from the core and from the modem ---- */

int v250_drop(void *driver, size_t index)
{
	struct v250 *v = driver;
	int r;

	if (v->phase != V250_DROPPING) {
		v250_data_stop(v);
		v->call_group = v->group;
	}
	if (v->steps[index] == step_abort) {
		/* The command to be aborted must live on. */
		v->phase = V250_DROPPING;
		v->group = at_queue_group(v->queue);
	} else {
		if (v->queue)
			at_queue_cancel_group(v->queue, v->call_group);
		v250_new_activity(v, V250_DROPPING);
	}
	hal_work_cancel(&v->work);
	v->step = v->steps[index];
	v->step_answer[0] = '\0';
	if (!v->queue && v->step != step_reopen)
		r = -EOPNOTSUPP;
	else
		r = v->step(v);
	if (r < 0)
		v->step = NULL;
	return r;
}

void v250_drop_result(struct v250 *v, enum at_result result)
{
	/* What belongs to no command may be the far end's words, and proves nothing. */
	if (result != AT_RESULT_CONNECT)
		return;
	/* A call that we had given up has been answered after all. */
	at_queue_enter_data(v->queue);
	if (v->step)
		step_done(v, TL_DROP_UNVERIFIED, at_result_name(result), NULL);
}
