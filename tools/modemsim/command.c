/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "tools/modemsim/private.h"

/* The command line: V.250 5.2. What a command does is in basic.c, extended.c, sreg.c and dial.c. */

static int run_line(struct sim_modem *modem, struct hal_slice rest)
{
	int r = SIM_COMMAND_DONE;

	while (r == SIM_COMMAND_DONE && rest.len > 0) {
		char c = hal_to_upper(rest.data[0]);

		if (c == ' ' || c == ';')
			rest = hal_slice_skip(rest, 1);
		else if (c == '+' || c == '#')
			r = sim_extended_run(modem, &rest);
		else if (c == 'S')
			r = sim_sreg_run(modem, &rest);
		else
			r = sim_basic_run(modem, &rest);
	}
	return r;
}

static void execute(struct sim_modem *modem)
{
	int r = -EINVAL;

	if (sim_fault_is_on(modem, SIM_FAULT_ECHO_ONLY) || sim_fault_is_on(modem, SIM_FAULT_SILENT))
		return;
	if (!modem->line_overflow && !sim_fault_is_on(modem, SIM_FAULT_ERROR))
		r = run_line(modem, hal_slice(modem->line, modem->line_len));
	if (r < 0)
		sim_report_result(modem, SIM_ERROR);
	if (r == SIM_COMMAND_DONE)
		sim_report_result(modem, SIM_OK);
}

static void line_done(struct sim_modem *modem)
{
	struct hal_slice body = hal_slice(modem->line, modem->line_len);
	char text[SIM_LINE_MAX];

	modem->phase = SIM_LINE_WAIT_A;
	modem->stats.commands++;
	if (hal_log_wants(modem->log, HAL_LOG_TRACE))
		hal_log(modem->log, HAL_LOG_TRACE, modem->name, "<- AT%s",
			hal_slice_escape(body, text, sizeof(text)));
	sim_fault_on_command(modem, body);
	if (!sim_fault_is_on(modem, SIM_FAULT_SLOW)) {
		execute(modem);
		return;
	}
	modem->thinking = true;
	hal_timer_arm_ms(modem->loop, &modem->think_timer, sim_fault_ms(modem, SIM_FAULT_SLOW));
}

void sim_command_resume(struct sim_modem *modem)
{
	modem->thinking = false;
	execute(modem);
	sim_modem_resume(modem);
}

static void body_byte(struct sim_modem *modem, char byte)
{
	if (byte == (char)modem->settings.sreg[5]) {
		modem->line_len -= modem->line_len > 0;
		return;
	}
	if (byte >= 0 && byte < ' ')
		return;
	if (modem->line_len == sizeof(modem->line))
		modem->line_overflow = true;
	else
		modem->line[modem->line_len++] = byte;
}

void sim_command_byte(struct sim_modem *modem, char byte)
{
	byte = (char)(byte & 0x7f);
	if (modem->settings.basic[SIM_E])
		sim_report_echo(modem, byte);
	switch (modem->phase) {
	case SIM_LINE_WAIT_A:
		if (hal_to_upper(byte) == 'A')
			modem->phase = SIM_LINE_WAIT_T;
		return;
	case SIM_LINE_WAIT_T:
		/* A/ repeats at once, without S3; what is in the line is still the last one. */
		if (byte == '/') {
			line_done(modem);
			return;
		}
		if (hal_to_upper(byte) == 'T') {
			modem->phase = SIM_LINE_BODY;
			modem->line_len = 0;
			modem->line_overflow = false;
		} else if (hal_to_upper(byte) != 'A') {
			modem->phase = SIM_LINE_WAIT_A;
		}
		return;
	case SIM_LINE_BODY:
		if (byte == (char)modem->settings.sreg[3])
			line_done(modem);
		else
			body_byte(modem, byte);
		return;
	}
}

int sim_take_number(struct hal_slice *rest, uint32_t max, uint32_t *ret_value)
{
	size_t n = 0;
	int r;

	while (n < rest->len && hal_is_digit(rest->data[n]))
		n++;
	if (n == 0) {
		*ret_value = 0;
		return 0;
	}
	r = hal_slice_u32(hal_slice(rest->data, n), max, ret_value);
	if (r < 0)
		return -EINVAL;
	*rest = hal_slice_skip(*rest, n);
	return 0;
}
