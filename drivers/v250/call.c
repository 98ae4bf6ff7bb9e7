/* SPDX-License-Identifier: MIT */
/* Placing and answering calls, and what happens while they last. */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void v250_cause_of(enum at_result result, bool connected, struct core_cause *ret_cause)
{
	static const struct {
		enum at_result result;
		enum tl_origin origin;
		enum tl_disconnect disconnect;
	} table[] = {
		{AT_RESULT_NO_DIALTONE, TL_ORIGIN_NETWORK, TL_DISCONNECT_NODIALTONE},
		{AT_RESULT_BUSY, TL_ORIGIN_NETWORK, TL_DISCONNECT_BUSY},
		{AT_RESULT_NO_ANSWER, TL_ORIGIN_TIMEOUT, TL_DISCONNECT_NOANSWER} /* S7 */,
		{AT_RESULT_DELAYED, TL_ORIGIN_NETWORK, TL_DISCONNECT_TEMPFAILURE},
		{AT_RESULT_BLACKLISTED, TL_ORIGIN_NETWORK, TL_DISCONNECT_BLOCKED},
		{AT_RESULT_NO_LINE, TL_ORIGIN_ERROR, TL_DISCONNECT_OUTOFORDER},
		{AT_RESULT_LINE_IN_USE, TL_ORIGIN_ERROR, TL_DISCONNECT_CONGESTION},
		{AT_RESULT_ERROR, TL_ORIGIN_ERROR, TL_DISCONNECT_TEMPFAILURE},
	};
	struct core_cause cause = {
		.origin = connected ? TL_ORIGIN_REMOTE : TL_ORIGIN_NETWORK,
		.disconnect = connected ? TL_DISCONNECT_NORMAL : TL_DISCONNECT_UNKNOWN,
		.domain = TL_CAUSE_V250,
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].result == result) {
			cause.origin = table[i].origin;
			cause.disconnect = table[i].disconnect;
		}
	}
	(void)snprintf(cause.text, sizeof(cause.text), "%s", at_result_name(result));
	*ret_cause = cause;
}

static void ended(struct v250 *v, const struct core_cause *cause, const char *proof)
{
	v->phase = V250_ENDED;
	core_call_ended(v->line, cause, proof);
}

void v250_carrier_hang_up(struct v250 *v)
{
	static const struct core_cause cause = {
		.origin = TL_ORIGIN_REMOTE,
		.disconnect = TL_DISCONNECT_NORMAL,
		.domain = TL_CAUSE_V250,
		.text = "carrier lost",
	};

	core_line_hung_up(v->line, &cause);
}

void v250_remote_end(struct v250 *v, uint64_t at_us, const char *text, const char *proof)
{
	struct core_cause cause = {
		.origin = TL_ORIGIN_REMOTE,
		.disconnect = TL_DISCONNECT_NORMAL,
		.domain = TL_CAUSE_V250,
	};

	(void)snprintf(cause.text, sizeof(cause.text), "%s", text);
	v250_new_activity(v, v->phase);
	v->needs_sync = true;
	v250_take_back(v);
	at_queue_leave_data(v->queue, true);
	if (at_us)
		core_call_ended_at(v->line, at_us);
	ended(v, &cause, proof);
}

void v250_talk_end(struct v250 *v, enum at_result result)
{
	struct core_cause cause;

	v250_cause_of(result, true, &cause);
	v->needs_sync = true;
	/* In voice a modem that hears a tone says so and stays off hook. */
	ended(v, &cause, NULL);
}

static void publish_link(struct v250 *v)
{
	struct core_link link = {.rate = v->link.rate};

	memcpy(link.modulation, v->link.modulation, sizeof(link.modulation));
	memcpy(link.error_control, v->link.error_control, sizeof(link.error_control));
	memcpy(link.compression, v->link.compression, sizeof(link.compression));
	core_call_set_link(v->line, &link);
}

static void online(struct v250 *v, struct hal_slice connect)
{
	v->phase = V250_ONLINE;
	at_link_add_connect(&v->link, connect);
	publish_link(v);
	v250_data_start(v);
	core_call_event(v->line, CORE_CALL_EVENT_CONNECT);
}

void v250_answered_itself(struct v250 *v, struct hal_slice connect)
{
	hal_timer_cancel(v->host.loop, &v->ring_timer);
	v250_caller_reset(v);
	v->media = TL_MEDIA_DATA;
	v->log_read = false;
	v->link = (struct at_link){0};
	at_queue_enter_data(v->queue);
	core_line_answered(v->line);
	if (v->queue)
		online(v, connect);
}

/* No result code in all the time that the modem was given to set up the call. */
static void silent(struct v250 *v)
{
	struct core_cause cause = {
		.origin = TL_ORIGIN_TIMEOUT,
		.disconnect = TL_DISCONNECT_NOANSWER,
		.text = "no result code in time",
	};

	v->needs_sync = true;
	ended(v, &cause, NULL);
}

static void refused(struct v250 *v, const struct at_answer *answer)
{
	bool hung_up = at_result_is_call_final(answer->result) && answer->result != AT_RESULT_VCON;
	struct core_cause cause;
	char proof[CORE_TEXT_MAX];

	v250_cause_of(answer->result, false, &cause);
	(void)hal_slice_escape(answer->final, proof, sizeof(proof));
	/* A call result means that the modem has hung up; a plain ERROR means nothing. */
	ended(v, &cause, hung_up && !v250_dcd(v) ? proof : NULL);
}

/* Completion of D or A. */
static void on_call_command(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV)
		return;
	if (v->phase == V250_DROPPING) {
		v250_drop_aborted(v, answer);
		return;
	}
	if (answer->error < 0) {
		silent(v);
		return;
	}
	if (answer->result == AT_RESULT_CONNECT) {
		online(v, answer->final);
	} else if (v->media == TL_MEDIA_VOICE &&
		   (answer->result == AT_RESULT_OK || answer->result == AT_RESULT_VCON)) {
		bool dialled = v->phase == V250_DIALING;

		v->phase = V250_TALKING;
		core_call_event(v->line,
				dialled ? CORE_CALL_EVENT_PROCEED : CORE_CALL_EVENT_CONNECT);
	} else {
		refused(v, answer);
	}
}

static void begin(struct v250 *v, enum tl_media media, enum v250_phase phase)
{
	v250_new_activity(v, phase);
	v->media = media;
	v->link = (struct at_link){0};
	v->dcd_seen = false;
	v->log_read = false;
	v->log_stale = false;
	v->was_voice = media == TL_MEDIA_VOICE && v->has_class8;
	hal_timer_cancel(v->host.loop, &v->ring_timer);
	v250_caller_reset(v);
}

/* ---- dialling ---- */

static void tell_dialed(struct v250 *v)
{
	core_call_dialed(v->line, 0);
}

/* S7 and D in one command line: D takes the rest of it (V.250 §6.3.1). */
static int send_dial(struct v250 *v)
{
	const struct core_dial *dial = &v->dial;
	unsigned int flags = AT_CMD_CALL | AT_CMD_ABORTABLE | AT_CMD_SECRET;
	bool voice = dial->media == TL_MEDIA_VOICE;
	char text[AT_CMD_TEXT_MAX];
	uint32_t s7 = dial->timeout_s > 255 ? 255 : dial->timeout_s;

	(void)snprintf(text, sizeof(text), "ATS7=%uD%s%s%s", s7, v->host.config->pulse ? "P" : "T",
		       dial->number, voice ? ";" : "");
	if (!voice)
		flags |= AT_CMD_DATA;
	return v250_submit(v, text, s7 * 1000 + V250_DIAL_SLACK_MS, flags, on_call_command);
}

static void on_dial_class(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	int r;

	if (answer->error == -ECANCELED || answer->error == -ENODEV)
		return;
	if (v->phase == V250_DROPPING) {
		v250_drop_aborted(v, answer);
		return;
	}
	if (answer->error < 0 || answer->result != AT_RESULT_OK) {
		core_call_dialed(v->line, answer->error < 0 ? answer->error : -EPROTO);
		on_call_command(v, answer);
		return;
	}
	r = send_dial(v);
	core_call_dialed(v->line, r);
	if (r < 0)
		silent(v);
}

int v250_dial(void *driver, const struct core_dial *dial)
{
	struct v250 *v = driver;
	int r;

	begin(v, dial->media, V250_DIALING);
	v->dial = *dial;
	if (v->was_voice)
		return v250_submit(v, "AT+FCLASS=8", V250_LOCAL_MS, 0, on_dial_class);
	r = send_dial(v);
	if (r == 0)
		v250_later(v, tell_dialed);
	return r;
}

/* ---- answering ---- */

static int send_answer(struct v250 *v)
{
	unsigned int flags = AT_CMD_CALL | AT_CMD_ABORTABLE;

	if (v->media == TL_MEDIA_DATA)
		flags |= AT_CMD_DATA;
	return v250_submit(v, "ATA", v->host.config->dial_timeout_s * 1000 + V250_DIAL_SLACK_MS,
			   flags, on_call_command);
}

static void on_answer_class(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV)
		return;
	if (v->phase == V250_DROPPING)
		v250_drop_aborted(v, answer);
	else if (answer->error < 0 || answer->result != AT_RESULT_OK)
		on_call_command(v, answer);
	else if (send_answer(v) < 0)
		silent(v);
}

int v250_answer(void *driver, enum tl_media media)
{
	struct v250 *v = driver;

	/* In class 0 A answers with a carrier: a telephone on the line has to take voice calls. */
	if (media == TL_MEDIA_VOICE && !v->has_class8)
		return -EOPNOTSUPP;
	begin(v, media, V250_ANSWERING);
	if (v->was_voice)
		return v250_submit(v, "AT+FCLASS=8", V250_LOCAL_MS, 0, on_answer_class);
	return send_answer(v);
}

/* ---- hold ---- */

static void on_flash(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED || answer->error == -ENODEV)
		return;
	if (answer->error == 0 && answer->result != AT_RESULT_OK)
		core_call_hold_done(v->line, -EPROTO);
	else
		core_call_hold_done(v->line, answer->error);
}

/*
 * The same flash holds and takes back. With its length, in 1/100 s, it does not depend on +VTD
 * (V.253 §10.1.5, as the manuals of Intel's and Conexant's modems have it); half a second is what
 * TAPI's "!" means.
 */
int v250_hold(void *driver, bool hold)
{
	struct v250 *v = driver;

	(void)hold;
	return v250_submit(v, "AT+VTS={!,50}", V250_FLASH_MS, 0, on_flash);
}
