/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "tools/modemsim/private.h"

/* Setting up and ending calls, from both sides: D A H O, DTR, and what the line says. */

#define PULSE_FACTOR   10   /* a digit dialled by pulses takes so many times longer than by tone */
#define TONE_REPEAT_MS 4000 /* a voice modem reports a busy tone that goes on */

struct dial {
	char number[SIM_NUMBER_MAX];
	size_t len;
	uint32_t delay_ms;
	bool pulse;
	bool voice;
};

struct ending {
	enum sim_result result;
	enum sim_setup setup;
	enum sim_cause cause;
	char tone; /* what a voice modem hears of it */
};

static const struct ending endings[] = {
	[SIM_LINE_BUSY] = {SIM_BUSY, SIM_SETUP_BUSY, SIM_CAUSE_BUSY, 'b'},
	[SIM_LINE_REORDER] = {SIM_NO_CARRIER, SIM_SETUP_REORDER, SIM_CAUSE_REORDER, 'K'},
	[SIM_LINE_NO_DIALTONE] = {SIM_NO_DIALTONE, SIM_SETUP_NO_DIALTONE, SIM_CAUSE_NO_DIALTONE,
				  'q'},
	[SIM_LINE_CLEARED] = {SIM_NO_CARRIER, SIM_SETUP_NONE, SIM_CAUSE_CLEARDOWN, 'b'},
	[SIM_LINE_CUT] = {SIM_NO_CARRIER, SIM_SETUP_NONE, SIM_CAUSE_CARRIER_LOST, 'l'},
	[SIM_LINE_USELESS] = {SIM_NO_CARRIER, SIM_SETUP_NONE, SIM_CAUSE_N400, 'l'},
};

/* ---- off and on hook ---- */

/* Data that the call's end overtakes is no command afterwards. */
static void forget_data(struct sim_modem *modem)
{
	if (modem->state == SIM_MODEM_ONLINE) {
		sim_data_lost(modem, modem->input.len);
		hal_ring_drop(&modem->input, modem->input.len);
	}
	sim_data_unheard(modem, modem->line_rx.len);
	hal_ring_drop(&modem->line_rx, modem->line_rx.len);
	if (modem->read_paused)
		hal_work_queue(modem->loop, &modem->resume_work);
}

void sim_dial_hang_up(struct sim_modem *modem, enum sim_cause cause,
		      enum sim_line_event told_far_end)
{
	if (!modem->off_hook)
		return;
	sim_exchange_hangup(modem, told_far_end);
	hal_timer_cancel(modem->loop, &modem->setup_timer);
	hal_timer_cancel(modem->loop, &modem->line_timer);
	hal_timer_cancel(modem->loop, &modem->escape_timer);
	forget_data(modem);
	modem->off_hook = false;
	modem->state = SIM_MODEM_COMMAND;
	if (modem->diagnostics.cause == SIM_CAUSE_IN_PROGRESS)
		modem->diagnostics.cause = cause;
	sim_modem_update_outputs(modem);
	hal_debug(modem->log, modem->name, "on hook, cause %x", (unsigned int)cause);
}

/* The call could not be set up, or has ended by itself. */
static void finish(struct sim_modem *modem, const struct ending *ending)
{
	if (ending->setup != SIM_SETUP_NONE)
		modem->diagnostics.setup = ending->setup;
	if (modem->state == SIM_MODEM_ONLINE)
		sim_data_finish(modem);
	sim_dial_hang_up(modem, ending->cause, SIM_LINE_CLEARED);
	sim_report_result(modem, ending->result);
}

static void go_off_hook(struct sim_modem *modem)
{
	bool ringing = sim_modem_is_ringing(modem);

	modem->off_hook = true;
	modem->settings.sreg[1] = 0;
	modem->diagnostics = (struct sim_diagnostics){.cause = SIM_CAUSE_IN_PROGRESS};
	modem->link = (struct sim_link){0};
	if (ringing) {
		modem->stats.answered++;
		sim_exchange_answer(modem);
	}
	sim_modem_update_outputs(modem);
}

void sim_dial_off_hook(struct sim_modem *modem)
{
	if (!modem->off_hook)
		go_off_hook(modem);
}

/* Off hook as a data modem: something must come of it within S7. */
static int begin_setup(struct sim_modem *modem, enum sim_modem_state state, uint32_t delay_ms)
{
	modem->state = state;
	modem->command_us = hal_loop_now_us(modem->loop);
	hal_timer_arm_ms(modem->loop, &modem->setup_timer,
			 delay_ms + modem->settings.sreg[7] * UINT64_C(1000));
	go_off_hook(modem);
	return SIM_COMMAND_TAKEN;
}

/* ---- commands ---- */

static int dial_char(const struct sim_modem *modem, struct dial *dial, char c)
{
	const struct sim_timing *timing = &modem->exchange->timing;

	switch (c) {
	case 'T':
		dial->pulse = false;
		return 0;
	case 'P':
		dial->pulse = true;
		return 0;
	case ',':
		dial->delay_ms += modem->settings.sreg[8] * 1000u;
		return 0;
	/* Dial tone, silence and register recall are there at once; the rest is decoration. */
	case 'W':
	case '@':
	case '!':
	case ' ':
	case '-':
	case '(':
	case ')':
		return 0;
	default:
		break;
	}
	if (!strchr("0123456789*#+ABCD", c) || dial->len + 1 >= sizeof(dial->number))
		return -EINVAL;
	dial->number[dial->len++] = c;
	dial->delay_ms += timing->digit_ms * (dial->pulse ? PULSE_FACTOR : 1);
	return 0;
}

static int parse(const struct sim_modem *modem, struct hal_slice text, struct dial *dial)
{
	*dial = (struct dial){.voice = sim_modem_is_voice(modem)};
	if (text.len > 0 && text.data[text.len - 1] == ';') {
		dial->voice = true;
		text.len--;
	}
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\0' || dial_char(modem, dial, hal_to_upper(text.data[i])) < 0)
			return -EINVAL;
	return 0;
}

/* X2 and X4 wait for dial tone, the others dial blindly. */
static bool waits_for_dialtone(const struct sim_modem *modem)
{
	return modem->settings.basic[SIM_X] == 2 || modem->settings.basic[SIM_X] == 4;
}

static int dial_voice(struct sim_modem *modem, const struct dial *dial)
{
	if (modem->options.unplugged_line) {
		finish(modem, &endings[SIM_LINE_NO_DIALTONE]);
		return SIM_COMMAND_TAKEN;
	}
	sim_dial_off_hook(modem);
	/* More digits into a call, or a tone, are heard by nobody. */
	if (dial->len > 0 && !modem->call)
		sim_exchange_dial(modem, dial->number, dial->delay_ms);
	return SIM_COMMAND_DONE;
}

int sim_dial_run(struct sim_modem *modem, struct hal_slice dial_string)
{
	struct dial dial;

	if (sim_modem_is_connected(modem) || parse(modem, dial_string, &dial) < 0)
		return -EINVAL;
	modem->stats.dialled++;
	if (sim_modem_is_ringing(modem)) {
		modem->diagnostics = (struct sim_diagnostics){.cause = SIM_CAUSE_INCOMING};
		sim_report_result(modem, SIM_NO_CARRIER);
		return SIM_COMMAND_TAKEN;
	}
	if (dial.voice)
		return dial_voice(modem, &dial);
	if (modem->call)
		return -EINVAL;
	(void)begin_setup(modem, SIM_MODEM_DIALING, dial.delay_ms);
	if (!modem->options.unplugged_line)
		sim_exchange_dial(modem, dial.number, dial.delay_ms);
	else if (waits_for_dialtone(modem))
		hal_timer_arm_ms(modem->loop, &modem->setup_timer,
				 modem->exchange->timing.dialtone_ms);
	return SIM_COMMAND_TAKEN;
}

int sim_dial_answer(struct sim_modem *modem)
{
	if (sim_modem_is_connected(modem))
		return -EINVAL;
	if (sim_modem_is_voice(modem)) {
		sim_dial_off_hook(modem);
		return SIM_COMMAND_DONE;
	}
	return begin_setup(modem, SIM_MODEM_ANSWERING, 0);
}

int sim_dial_online(struct sim_modem *modem)
{
	if (modem->state == SIM_MODEM_ESCAPED && modem->call) {
		modem->state = SIM_MODEM_ONLINE;
		modem->escapes = 0;
		modem->last_data_us = hal_loop_now_us(modem->loop);
		sim_report_connect(modem, false);
	} else if (modem->state == SIM_MODEM_ESCAPED) {
		/* The far end has gone and S10 has not run out yet: nothing to go back to. */
		finish(modem, &endings[SIM_LINE_CLEARED]);
	} else {
		sim_report_result(modem, modem->options.online_error ? SIM_ERROR : SIM_NO_CARRIER);
	}
	return SIM_COMMAND_TAKEN;
}

void sim_dial_abort(struct sim_modem *modem)
{
	static const struct ending aborted = {SIM_NO_CARRIER, SIM_SETUP_NONE, SIM_CAUSE_ABORT, 0};

	finish(modem, &aborted);
}

void sim_dial_dtr_dropped(struct sim_modem *modem)
{
	uint8_t action = modem->settings.basic[SIM_D];
	bool connected = sim_modem_is_connected(modem);
	bool in_command = modem->state == SIM_MODEM_COMMAND;

	modem->phase = SIM_LINE_WAIT_A;
	if (modem->options.ignore_dtr || sim_fault_is_on(modem, SIM_FAULT_DEAF_DTR) ||
	    (connected && sim_fault_is_on(modem, SIM_FAULT_STUCK)))
		return;
	if (action == 1 && modem->state == SIM_MODEM_ONLINE) {
		modem->state = SIM_MODEM_ESCAPED;
		sim_report_result(modem, SIM_OK);
	}
	if (action >= 2) {
		sim_dial_hang_up(modem, SIM_CAUSE_DTR, SIM_LINE_CLEARED);
		if (!in_command)
			sim_report_result(modem, SIM_NO_CARRIER);
	}
	if (action == 3)
		sim_basic_reset(modem);
	sim_data_flush(modem);
}

/* ---- what the line does ---- */

static bool answers_by_itself(const struct sim_modem *modem)
{
	uint8_t rings = modem->settings.sreg[1];
	uint8_t limit = modem->settings.sreg[0];
	uint32_t forced = modem->options.answer_rings;
	bool dtr = modem->dtr || modem->options.ignore_dtr || modem->settings.basic[SIM_D] < 2;

	if (modem->state != SIM_MODEM_COMMAND || sim_fault_is_on(modem, SIM_FAULT_SILENT))
		return false;
	return (forced > 0 && rings >= forced) || (limit > 0 && rings >= limit && dtr);
}

static void ring_on(struct sim_modem *modem)
{
	uint8_t *rings = &modem->settings.sreg[1];

	modem->stats.rings++;
	*rings = (uint8_t)(*rings + (*rings < UINT8_MAX));
	sim_report_result(modem, SIM_RING);
	if (answers_by_itself(modem))
		(void)sim_dial_answer(modem); /* in voice class it is done, else it will tell */
}

static void ring_off(struct sim_modem *modem)
{
	if (modem->settings.sreg[1] == 1 && modem->settings.extended[SIM_EXT_VCID][0] == 1)
		sim_report_caller(modem);
}

static bool has_v42bis(const struct sim_modem *modem)
{
	return modem->settings.extended[SIM_EXT_DS][0] == 3;
}

static bool has_lapm(const struct sim_modem *modem)
{
	return modem->settings.extended[SIM_EXT_ES][0] >= 2;
}

/* What is told is what is, where it has been said how fast it is. */
static uint32_t link_rate(const struct sim_modem *modem)
{
	const struct sim_modem *far = sim_exchange_far_end(modem);
	uint32_t rate = modem->options.rate;

	if (modem->channel.speed > 0)
		return modem->channel.speed;
	return far && far->options.rate < rate ? far->options.rate : rate;
}

static void tune_end(struct sim_modem *modem)
{
	uint32_t before = modem->diagnostics.rate;

	sim_channel_tune(modem);
	modem->diagnostics.rate = link_rate(modem);
	modem->link.renegotiations += modem->diagnostics.rate != before;
}

void sim_dial_tune(struct sim_modem *modem)
{
	struct sim_modem *far = sim_exchange_far_end(modem);

	if (!modem->call || !modem->call->carrier)
		return;
	tune_end(modem);
	if (far)
		tune_end(far);
}

static void carrier(struct sim_modem *modem)
{
	const struct sim_modem *far = sim_exchange_far_end(modem);
	const struct sim_modem *other = far ? far : modem;
	struct sim_diagnostics *diagnostics = &modem->diagnostics;

	if (modem->state != SIM_MODEM_DIALING && modem->state != SIM_MODEM_ANSWERING)
		return;
	hal_timer_cancel(modem->loop, &modem->setup_timer);
	diagnostics->setup =
		modem->state == SIM_MODEM_DIALING ? SIM_SETUP_DATA_ANSWER : SIM_SETUP_DATA_CALLING;
	diagnostics->lapm = has_lapm(modem) && has_lapm(other);
	diagnostics->v42bis = diagnostics->lapm && has_v42bis(modem) && has_v42bis(other);
	sim_noise_start(&modem->noise, modem->options.seed);
	sim_channel_tune(modem);
	diagnostics->rate = link_rate(modem);
	modem->state = SIM_MODEM_ONLINE;
	modem->escapes = 0;
	modem->last_data_us = hal_loop_now_us(modem->loop);
	modem->stats.connects++;
	sim_modem_update_outputs(modem);
	sim_report_connect(modem, true);
}

/* Of those that dial. Hayes' numbers have none for it, so it is a word under V0, too. */
static void answered(struct sim_modem *modem)
{
	if (modem->options.says_vcon && sim_modem_is_voice(modem) && !modem->settings.basic[SIM_Q])
		sim_report_info(modem, "VCON");
}

static void hear_tone(struct sim_modem *modem)
{
	if (!sim_modem_is_voice(modem))
		return;
	sim_report_tone(modem, endings[modem->line_end].tone);
	hal_timer_arm_ms(modem->loop, &modem->line_timer, TONE_REPEAT_MS);
}

/* No far end any more, or never one. */
static void line_ended(struct sim_modem *modem, enum sim_line_event event)
{
	modem->line_end = event;
	switch (modem->state) {
	case SIM_MODEM_DIALING:
	case SIM_MODEM_ANSWERING:
		finish(modem, &endings[event]);
		return;
	case SIM_MODEM_ONLINE:
	case SIM_MODEM_ESCAPED:
		hal_timer_arm_ms(
			modem->loop, &modem->line_timer,
			event == SIM_LINE_USELESS ? 0 : modem->settings.sreg[10] * UINT64_C(100));
		return;
	case SIM_MODEM_COMMAND:
		if (modem->off_hook)
			hear_tone(modem);
		return;
	}
}

void sim_dial_line_event(struct sim_modem *modem, enum sim_line_event event)
{
	switch (event) {
	case SIM_LINE_RING_ON:
		ring_on(modem);
		break;
	case SIM_LINE_RING_OFF:
		ring_off(modem);
		break;
	case SIM_LINE_RING_STOPPED:
		modem->settings.sreg[1] = 0;
		break;
	case SIM_LINE_ANSWERED:
		answered(modem);
		break;
	case SIM_LINE_CARRIER:
		carrier(modem);
		break;
	case SIM_LINE_BUSY:
	case SIM_LINE_REORDER:
	case SIM_LINE_NO_DIALTONE:
	case SIM_LINE_CLEARED:
	case SIM_LINE_CUT:
	case SIM_LINE_USELESS:
		line_ended(modem, event);
		break;
	}
	sim_modem_update_outputs(modem);
	sim_data_flush(modem);
	/* Bytes that waited for room at the far end wait for nothing now. */
	if (modem->input.len > 0)
		hal_work_queue(modem->loop, &modem->resume_work);
}

void sim_dial_setup_timeout(struct hal_timer *timer)
{
	static const struct ending timeout = {SIM_NO_ANSWER, SIM_SETUP_NO_SIGNAL, SIM_CAUSE_S7, 0};
	static const struct ending no_answer_tone = {SIM_NO_CARRIER, SIM_SETUP_NO_SIGNAL,
						     SIM_CAUSE_S7, 0};
	struct sim_modem *modem = HAL_CONTAINER_OF(timer, struct sim_modem, setup_timer);

	if (modem->state == SIM_MODEM_ANSWERING)
		finish(modem, &no_answer_tone);
	else if (modem->options.unplugged_line && waits_for_dialtone(modem))
		finish(modem, &endings[SIM_LINE_NO_DIALTONE]);
	else
		finish(modem, &timeout);
	sim_data_flush(modem);
}

void sim_dial_line_timeout(struct hal_timer *timer)
{
	struct sim_modem *modem = HAL_CONTAINER_OF(timer, struct sim_modem, line_timer);

	if (modem->state == SIM_MODEM_COMMAND)
		hear_tone(modem);
	else
		finish(modem, &endings[modem->line_end]);
	sim_data_flush(modem);
}
