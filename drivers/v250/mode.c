/* SPDX-License-Identifier: MIT */
/*
 * Between data state and command state with the call kept, because somebody asks for it or because
 * of a doubt: the data has come to its end with NO CARRIER, and there is no DCD.
 *
 * A modem that says NO CARRIER is in command state, one that passes it on from the far end is not.
 * The escape sequence tells them apart, and is the question that harms least when it was data: a
 * modem that is online obeys it, says OK and goes back online with O; the far end has seen three
 * '+', and the call has paused for three seconds. One in command state says nothing to it. That
 * silence must be borne out by an answer to a command, with the S-registers of a resynchronisation
 * that was not asked for before; the end of the call itself is proved by the drop that follows.
 */
#include "drivers/v250/v250.h"

#include <errno.h>

static void mode_done(struct v250 *v, int error)
{
	bool asked = v->asked;

	v->asked = false;
	if (asked)
		core_call_mode_done(v->line, error);
}

/* That NO CARRIER was the modem's. */
static bool is_likely(const struct v250 *v)
{
	return v->answered || at_tail_is_whole(&v->tail);
}

static bool is_withdrawn(const struct at_answer *answer)
{
	return answer->error == -ECANCELED || answer->error == -ENODEV;
}

/* What was held was data after all. */
static void go_on(struct v250 *v)
{
	struct hal_slice held = at_tail_free(&v->tail);

	v->phase = V250_ONLINE;
	v->doubting = false;
	v->answered = false;
	core_call_data(v->line, held.data, held.len);
	core_call_writable(v->line);
	mode_done(v, 0);
}

static void on_returned(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (is_withdrawn(answer) || v->phase != V250_RETURNING)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_CONNECT) {
		go_on(v);
		return;
	}
	v->tail.len = 0;
	v->asked = false;
	v250_remote_end(
		v, 0, answer->error == 0 ? at_result_name(answer->result) : "no answer to O", NULL);
}

/* O, V.250 §6.3.7 */
static int go_online(struct v250 *v)
{
	v->phase = V250_RETURNING;
	return v250_submit(v, "ATO", V250_RETURN_MS, AT_CMD_CALL | AT_CMD_DATA | AT_CMD_ABORTABLE,
			   on_returned);
}

/* ---- doubt ---- */

static void on_command_state(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (is_withdrawn(answer) || v->phase != V250_DOUBTING)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_OK) {
		v->tail.len = 0;
		v250_remote_end(v, v->tail_us, at_result_name(AT_RESULT_NO_CARRIER), NULL);
		return;
	}
	at_queue_restart(v->queue);
	at_queue_enter_data(v->queue);
	go_on(v);
}

static void on_doubt_escaped(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	int r;

	if (is_withdrawn(answer) || !v->doubting)
		return;
	if (answer->error == 0) {
		r = go_online(v);
	} else if (!is_likely(v)) {
		go_on(v);
		return;
	} else {
		v->phase = V250_DOUBTING;
		at_queue_leave_data(v->queue, true);
		r = v250_submit(v, "AT", V250_LOCAL_MS, 0, on_command_state);
	}
	/* Lost, which has an event of its own. */
	if (r < 0)
		v->doubting = false;
}

void v250_doubt(struct v250 *v)
{
	/* Else an escape is under way already, which finds out, too. */
	if (at_queue_escape(v->queue, V250_GUARD_MS, V250_DOUBT_MS, on_doubt_escaped, v,
			    v->group) == 0)
		v->doubting = true;
}

/* ---- asked for ---- */

static void on_escaped(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	struct hal_slice held;

	if (is_withdrawn(answer) || v->phase != V250_ONLINE)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_NO_CARRIER) {
		v->asked = false;
		v250_remote_end(v, 0, at_result_name(answer->result), NULL);
		return;
	}
	if (answer->error < 0 && is_likely(v)) {
		mode_done(v, answer->error);
		v250_doubt(v);
		return;
	}
	held = at_tail_free(&v->tail);
	core_call_data(v->line, held.data, held.len);
	if (answer->error == 0)
		v->phase = V250_ASIDE;
	mode_done(v, answer->error);
}

int v250_escape(void *driver)
{
	struct v250 *v = driver;
	int r;

	if (v->phase != V250_ONLINE || v->doubting)
		return -EBUSY;
	r = at_queue_escape(v->queue, V250_GUARD_MS, V250_ESCAPE_MS, on_escaped, v, v->group);
	if (r == 0)
		v->asked = true;
	return r;
}

int v250_resume(void *driver)
{
	struct v250 *v = driver;
	int r;

	if (v->phase != V250_ASIDE)
		return -EBUSY;
	r = go_online(v);
	v->asked = r == 0;
	if (r < 0)
		v->phase = V250_ASIDE;
	return r;
}
