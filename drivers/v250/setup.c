/* SPDX-License-Identifier: MIT */
/*
 * From an open port to a modem that is known, set up and proved to be on hook: once after opening,
 * and in short after each call.
 */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>

#include "drivers/at/params.h"

#define PROBE_TRIES 3

/*
 * V.250: E0 §6.2.4, Q0 §6.2.5, V1 §6.2.6, X4 §6.2.7, &C1 §6.2.8, &D2 §6.2.9, S0 §6.3.8, S3–S5
 * §6.2.1–3. S2 and S12 (Hayes) are what V250_GUARD_MS relies on. The rest are reports that are nice
 * to have.
 */
static const struct at_step settings[] = {
	{"AT&F", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL}, /* §6.1.2; only after a hard reset */
	{"ATE0Q0V1X4", V250_LOCAL_MS, 0, NULL},
	{"ATS0=0", V250_LOCAL_MS, 0, NULL},
	{"ATS3=13S4=10S5=8", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"ATS2=43S12=50", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"AT+FCLASS=0", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"AT&C1", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"AT&D2", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"AT+MR=1;+ER=1;+DR=1;+ILRR=1", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
	{"AT+VCID=1", V250_LOCAL_MS, AT_STEP_OPTIONAL, NULL},
};

static void set_text(char *buf, size_t size, struct hal_slice line, const char *prefix)
{
	struct hal_slice p = hal_slice_str(prefix);

	if (buf[0])
		return; /* the first line counts */
	if (hal_slice_istarts(line, p))
		line = hal_slice_skip(line, p.len);
	line = hal_slice_trim(line);
	if (line.len >= 2 && line.data[0] == '"' && line.data[line.len - 1] == '"')
		line = hal_slice(line.data + 1, line.len - 2);
	(void)hal_slice_escape(line, buf, size);
}

static void on_manufacturer(void *user, struct hal_slice line)
{
	struct v250 *v = user;

	set_text(v->identity.manufacturer, sizeof(v->identity.manufacturer), line, "+GMI:");
}

static void on_model(void *user, struct hal_slice line)
{
	struct v250 *v = user;

	set_text(v->identity.model, sizeof(v->identity.model), line, "+GMM:");
}

static void on_revision(void *user, struct hal_slice line)
{
	struct v250 *v = user;

	set_text(v->identity.revision, sizeof(v->identity.revision), line, "+GMR:");
}

/* +GCAP (§6.1.9) names command sets; "+V" says V.253. Taken as a hint, +FCLASS=? decides. */
static void on_capabilities(void *user, struct hal_slice line)
{
	struct v250 *v = user;
	char shown[CORE_REASON_MAX];

	hal_debug(v->host.log, v->host.config->name, "capabilities %s",
		  hal_slice_escape(line, shown, sizeof(shown)));
}

static void on_classes(void *user, struct hal_slice line)
{
	struct v250 *v = user;
	struct hal_slice prefix = HAL_SLICE("+FCLASS:");

	if (hal_slice_istarts(line, prefix))
		line = hal_slice_skip(line, prefix.len);
	if (at_params_list_has(hal_slice_trim(line), 8))
		v->has_class8 = true;
}

static void on_diag(void *user, struct hal_slice line)
{
	struct v250 *v = user;

	if (hal_slice_istarts(line, HAL_SLICE("DIAG")))
		v->has_ud = true;
	if (v250_diag_log(line) == V250_LOG_IN_PROGRESS)
		v->in_progress = true;
}

static const struct at_step questions[] = {
	{"AT+GMI", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_manufacturer},
	{"AT+GMM", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_model},
	{"AT+GMR", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_revision},
	{"AT+GCAP", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_capabilities},
	{"AT+FCLASS=?", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_classes},
	{"AT#UD", V250_LOCAL_MS, AT_STEP_OPTIONAL, on_diag},
};

#define COUNT(steps) (sizeof(steps) / sizeof((steps)[0]))

static void ready(struct v250 *v, const struct core_line_identity *identity)
{
	v->phase = V250_READY;
	v->needs_sync = false;
	v->needs_setup = false;
	v->was_voice = false;
	v->dcd_seen = false;
	core_line_up(v->line, identity);
}

static void script_failed(struct v250 *v, int error, const struct at_step *step)
{
	char why[CORE_REASON_MAX];

	(void)snprintf(why, sizeof(why), "the modem %s %s",
		       error == -EPROTO ? "answered an error to" : "did not answer", step->text);
	v250_down(v, error, why);
}

/* ---- probing ---- */

/* See verify.c. */
static unsigned int proofs(const struct v250 *v)
{
	unsigned int found = TL_PROOF_NO_CARRIER | TL_PROOF_ATO;

	if (v->has_lines)
		found |= TL_PROOF_DCD;
	if (v->has_class8)
		found |= TL_PROOF_VLS;
	if (v->has_ud)
		found |= TL_PROOF_CALL_LOG;
	return found;
}

static void on_identified(void *user, int error, const struct at_step *failed)
{
	struct v250 *v = user;

	if (error == -ECANCELED)
		return;
	if (error < 0) {
		script_failed(v, error, failed);
		return;
	}
	if (v->in_progress) {
		v250_down(v, -EIO, "not on hook: AT#UD tells of a call in progress");
		return;
	}
	/* Every modem can dial with ';' and leave the talking to a telephone on the same line, but
	 * the end of such a call must be verifiable. */
	v->identity.media = 1U << TL_MEDIA_DATA;
	if (v->has_class8 || v->has_ud)
		v->identity.media |= 1U << TL_MEDIA_VOICE;
	v->identity.can_hold = v->has_class8 && v->host.config->flash_holds;
	v->identity.modem_lines = v->has_lines;
	v->identity.proofs = proofs(v);
	ready(v, &v->identity);
}

static void ask(struct v250 *v)
{
	int r;

	r = at_script_start(&v->script, v->queue, questions, COUNT(questions), on_identified, v);
	if (r < 0)
		v250_down(v, r, "the modem could not be asked what it is");
}

static void on_user_init(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	char why[CORE_REASON_MAX];

	if (answer->error == -ECANCELED)
		return;
	if (answer->error == 0 && answer->result == AT_RESULT_OK) {
		if (v->phase == V250_PROBING)
			ask(v);
		else
			ready(v, NULL);
		return;
	}
	(void)snprintf(why, sizeof(why), "the modem refused the configured init command %s",
		       v->host.config->init);
	v250_down(v, answer->error < 0 ? answer->error : -EPROTO, why);
}

static void on_settings(void *user, int error, const struct at_step *failed)
{
	struct v250 *v = user;
	int r;

	if (error == -ECANCELED)
		return;
	if (error < 0) {
		script_failed(v, error, failed);
		return;
	}
	/* The last of them asks for it. */
	v->identity.caller_id = !v->script.refused;
	if (v->host.config->init[0]) {
		r = v250_submit(v, v->host.config->init, V250_LOCAL_MS, 0, on_user_init);
		if (r < 0)
			v250_down(v, r, "the configured init command could not be sent");
	} else if (v->phase == V250_PROBING) {
		ask(v);
	} else {
		ready(v, NULL);
	}
}

static int start_settings(struct v250 *v, size_t first)
{
	return at_script_start(&v->script, v->queue, settings + first, COUNT(settings) - first,
			       on_settings, v);
}

static void set_up(struct v250 *v)
{
	int r;

	r = start_settings(v, v->host.factory ? 0 : 1);
	if (r < 0)
		v250_down(v, r, "the modem could not be set up");
}

static void on_probe_verified(struct v250 *v, const char *proof, const char *answer)
{
	char why[CORE_REASON_MAX];

	if (proof) {
		hal_debug(v->host.log, v->host.config->name, "on hook: %s", proof);
		/* Carrier that is always on says nothing. */
		if (v->carrier && !v250_dcd(v) && !v->found)
			v->found = "with carrier";
		if (v->found)
			hal_warning(v->host.log, v->host.config->name,
				    "found off hook, %s: dropped, proved by %s", v->found, proof);
		v->found = NULL;
		set_up(v);
		return;
	}
	(void)snprintf(why, sizeof(why), "not proved to be on hook: %s", answer);
	v250_down(v, -EIO, why);
}

static void on_probe_hook(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED)
		return;
	if (answer->error < 0 || answer->result == AT_RESULT_ERROR) {
		v250_down(v, answer->error < 0 ? answer->error : -EPROTO,
			  "the modem did not obey ATH");
		return;
	}
	/* Without a call it is OK. */
	if (answer->result == AT_RESULT_NO_CARRIER && !v->found)
		v->found = "with a call";
	v250_verify(v, on_probe_verified);
}

static void send_probe(struct v250 *v);

static void on_probe(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	int r;

	if (answer->error == -ECANCELED || v->phase != V250_PROBING)
		return;
	if (answer->error == -ETIMEDOUT) {
		/* The queue gets in step again, or has said that it is stuck. */
		if (v->probe_tries == PROBE_TRIES)
			v250_down(v, -ETIMEDOUT, "the modem answers too slowly");
		else if (v->probe_tries > 0)
			send_probe(v);
		return;
	}
	if (answer->error == 0 && answer->result != AT_RESULT_OK) {
		v250_down(v, -EPROTO, "the modem answers errors to plain commands");
		return;
	}
	/* Whatever was before us may have left a call: nobody knows it, so it ends (V.250 §6.3.6).
	 */
	v->carrier = v250_dcd(v);
	r = v250_submit(v, "ATH", V250_HOOK_MS, AT_CMD_HOOK, on_probe_hook);
	if (r < 0)
		v250_down(v, r, "ATH could not be sent");
}

static void send_probe(struct v250 *v)
{
	v->probe_tries++;
	/* A refusal means stuck or lost; both have an event of their own. */
	(void)v250_submit(v, "ATQ0V1E0", V250_LOCAL_MS / 2, 0, on_probe);
}

void v250_probe(struct v250 *v)
{
	v->media = TL_MEDIA_DATA;
	v250_new_activity(v, V250_PROBING);
	v->probe_tries = 0;
	v->in_progress = false;
	send_probe(v);
}

static void give_up_probing(struct v250 *v)
{
	const struct at_queue_counts *counts = at_queue_get_counts(v->queue);
	char why[CORE_REASON_MAX];

	if (counts->bytes_in > v->probe_bytes) {
		(void)snprintf(why, sizeof(why),
			       "something answers at %u bit/s, but not an AT modem: check the "
			       "device and its "
			       "speed",
			       v->host.config->baud);
		v250_down(v, -EPROTO, why);
		return;
	}
	(void)snprintf(why, sizeof(why),
		       "no modem answers at %u bit/s: check that it is on, the cable and the speed",
		       v->host.config->baud);
	v250_down(v, -ETIMEDOUT, why);
}

static void on_probe_escape(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED)
		return;
	if (answer->error < 0) {
		give_up_probing(v);
		return;
	}
	hal_warning(v->host.log, v->host.config->name,
		    "found in a call that nobody knows of: hanging up");
	v->found = "online";
	v250_probe(v);
}

void v250_probe_stuck(struct v250 *v)
{
	v->probe_tries = 0;
	/* It may be in the middle of a call that somebody left behind. */
	if (v->escaped) {
		give_up_probing(v);
		return;
	}
	v->escaped = true;
	v250_new_activity(v, V250_PROBING);
	at_queue_enter_data(v->queue);
	if (at_queue_escape(v->queue, V250_GUARD_MS, V250_ESCAPE_MS, on_probe_escape, v, v->group) <
	    0)
		give_up_probing(v);
}

/* ---- after a call ---- */

static void on_synced(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;

	if (answer->error == -ECANCELED)
		return;
	if (answer->error < 0 || answer->result != AT_RESULT_OK)
		v250_down(v, answer->error < 0 ? answer->error : -EPROTO,
			  "the modem did not answer after the call");
	else
		ready(v, NULL);
}

static int clean_up(struct v250 *v)
{
	if (v->needs_setup)
		return start_settings(v, 1);
	if (v->was_voice)
		return v250_submit(v, "AT+FCLASS=0", V250_LOCAL_MS, 0, on_synced);
	if (v->needs_sync)
		return v250_submit(v, "AT", V250_LOCAL_MS, 0, on_synced);
	ready(v, NULL);
	return 0;
}

int v250_recover(void *driver)
{
	struct v250 *v = driver;

	v250_new_activity(v, V250_RECOVERING);
	if (at_queue_in_data(v->queue)) /* DCD has shown the end, +++ was not answered */
		at_queue_leave_data(v->queue, true);
	v250_data_leave(v);
	at_queue_restart(v->queue);
	if (v->has_lines)
		(void)hal_stream_watch_lines(at_queue_stream(v->queue), 0);
	/* When many calls end at once, the other lines are proved on hook before this one is
	 * cleaned up: what ends waits for nothing that the next call needs. */
	if (!hal_timer_armed(&v->dtr_timer))
		v250_later(v, v250_recover_now);
	return 0;
}

void v250_recover_now(struct v250 *v)
{
	int r;

	if (v->phase != V250_RECOVERING)
		return;
	r = clean_up(v);
	if (r < 0)
		v250_down(v, r, "the modem could not be made ready for the next call");
}
