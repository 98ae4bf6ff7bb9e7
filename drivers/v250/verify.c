/* SPDX-License-Identifier: MIT */
/*
 * Is the line on hook? OK to ATH is no proof. In this order:
 *
 * - DCD, where it has been seen high during the call: low is on hook, high is not.
 * - Voice in class 8: +VLS? (V.253 §10.2.4), 0 is on hook.
 * - AT#UD, whose key 60 says that the call has been cleared, and why (V.58). That answers the
 *   question why the call ended as well.
 * - O (V.250 §6.3.7), for data calls: a modem that still has the call goes online, or trains for
 *   S7, a second at least; without a call it says NO CARRIER at once, or ERROR. ERROR is believed
 *   only next to OK to a plain AT: a modem that has no O at all, and no AT#UD, and a port without
 *   DCD, would be believed wrongly. (Off hook without a carrier modems say NO CARRIER, too: voice
 *   calls in class 0 can only be verified by AT#UD, so setup.c does not offer voice without it.)
 */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>

static void finish(struct v250 *v, const char *proof, const char *answer)
{
	v250_verified_fn fn = v->verified;

	hal_timer_cancel(v->host.loop, &v->timer);
	v->verified = NULL;
	fn(v, proof, answer);
}

static const char *describe(const struct at_answer *answer, char *buf, size_t size)
{
	if (answer->error == -ETIMEDOUT)
		(void)snprintf(buf, size, "no answer");
	else
		(void)hal_slice_escape(answer->final, buf, size);
	return buf;
}

/* ---- DCD ---- */

static void on_dcd_stays(struct v250 *v)
{
	finish(v, NULL, "DCD high");
}

void v250_verify_lines(struct v250 *v)
{
	if (v->dcd_seen && !v250_dcd(v))
		finish(v, "DCD low", "");
}

/* ---- +VLS ---- */

static void on_vls_line(void *user, struct hal_slice line)
{
	struct v250 *v = user;
	struct hal_slice prefix = HAL_SLICE("+VLS:");
	uint32_t state;

	if (hal_slice_istarts(line, prefix))
		line = hal_slice_skip(line, prefix.len);
	if (hal_slice_u32(hal_slice_trim(line), 255, &state) == 0 && state == 0)
		v->on_hook = true;
}

static void on_vls(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	char text[CORE_TEXT_MAX];

	if (answer->error == -ECANCELED || !v->verified)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_OK && v->on_hook) {
		v->needs_sync = false;
		finish(v, "+VLS: 0", "");
	} else {
		finish(v, NULL, describe(answer, text, sizeof(text)));
	}
}

/* ---- O ---- */

static void on_control(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || !v->verified)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_OK)
		finish(v, "ATO: ERROR, AT: OK", "");
	else
		finish(v, NULL, "ATO: ERROR, AT: no OK");
}

static void on_online_try(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	char text[CORE_TEXT_MAX];

	if (answer->error == -ECANCELED || !v->verified)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_NO_CARRIER &&
	    at_queue_elapsed_ms(v->queue) <= V250_ATO_PROMPT_MS) {
		v->needs_sync = false;
		finish(v, "ATO: NO CARRIER", "");
		return;
	}
	if (answer->error == 0 && answer->result == AT_RESULT_ERROR &&
	    v250_submit(v, "AT", V250_LOCAL_MS, 0, on_control) == 0)
		return;
	finish(v, NULL, describe(answer, text, sizeof(text)));
}

static int try_online(struct v250 *v)
{
	return v250_submit(v, "ATO", V250_ATO_MS, AT_CMD_CALL | AT_CMD_DATA | AT_CMD_ABORTABLE,
			   on_online_try);
}

/* ---- AT#UD ---- */

static void on_ud(struct v250 *v, enum v250_call_log log)
{
	if (!v->verified)
		return;
	if (log == V250_LOG_CLEARED)
		finish(v, "AT#UD: call cleared", "");
	else if (log == V250_LOG_IN_PROGRESS || v->media == TL_MEDIA_VOICE)
		finish(v, NULL,
		       log == V250_LOG_IN_PROGRESS ? "AT#UD: call in progress"
						   : "AT#UD: no record");
	else if (try_online(v) < 0)
		finish(v, NULL, "the modem cannot be asked");
}

void v250_verify(struct v250 *v, v250_verified_fn fn)
{
	int r;

	v->verified = fn;
	v->on_hook = false;
	if (v->dcd_seen) {
		if (v250_dcd(v))
			v250_wait(v, V250_DCD_MS, on_dcd_stays);
		else
			finish(v, "DCD low", "");
		return;
	}
	if (v->was_voice)
		r = v250_query(v, "AT+VLS?", on_vls_line, on_vls);
	else if (v->has_ud && !v->log_stale)
		r = v250_read_log(v, on_ud);
	else
		r = try_online(v);
	if (r < 0)
		finish(v, NULL, "the modem cannot be asked");
}
