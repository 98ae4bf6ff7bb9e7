/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "tools/modemsim/private.h"

struct basic_command {
	char name[3];
	uint8_t max;
	uint8_t factory;      /* parameters only */
	enum sim_basic param; /* where the number is kept; SIM_BASIC_COUNT: run does the work */
	int (*run)(struct sim_modem *modem, uint32_t value);
};

static int run_hook(struct sim_modem *modem, uint32_t value)
{
	if (value == 1) {
		sim_dial_off_hook(modem);
		return SIM_COMMAND_DONE;
	}
	if (sim_fault_is_on(modem, SIM_FAULT_KEEPS_CALL))
		return SIM_COMMAND_DONE;
	sim_dial_hang_up(modem, SIM_CAUSE_ATH, SIM_LINE_CLEARED);
	/* Going on hook leaves voice mode. */
	modem->settings.extended[SIM_EXT_FCLASS][0] = 0;
	return SIM_COMMAND_DONE;
}

static int run_answer(struct sim_modem *modem, uint32_t value)
{
	(void)value;
	return sim_dial_answer(modem);
}

static int run_online(struct sim_modem *modem, uint32_t value)
{
	(void)value;
	return sim_dial_online(modem);
}

void sim_basic_reset(struct sim_modem *modem)
{
	sim_settings_reset(&modem->settings);
	if (!modem->off_hook)
		modem->diagnostics = (struct sim_diagnostics){.cause = SIM_CAUSE_NO_CALL};
	sim_modem_update_outputs(modem);
}

/* V.250 6.1.2 leaves it to us whether a call survives; it does. */
static int run_factory(struct sim_modem *modem, uint32_t value)
{
	(void)value;
	sim_basic_reset(modem);
	return SIM_COMMAND_DONE;
}

/* V.250 6.1.1: what follows on the line is ignored. */
static int run_reset(struct sim_modem *modem, uint32_t value)
{
	(void)value;
	sim_dial_hang_up(modem, SIM_CAUSE_ATZ, SIM_LINE_CLEARED);
	sim_basic_reset(modem);
	sim_report_result(modem, SIM_OK);
	return SIM_COMMAND_TAKEN;
}

static int run_identify(struct sim_modem *modem, uint32_t value)
{
	const struct sim_modem_options *options = &modem->options;

	sim_report_info(modem, "%s", value == 3 ? options->revision : options->model);
	return SIM_COMMAND_DONE;
}

static const struct basic_command commands[] = {
	{"E", 1, 1, SIM_E, NULL},
	{"Q", 1, 0, SIM_Q, NULL},
	{"V", 1, 1, SIM_V, NULL},
	{"X", 4, 4, SIM_X, NULL},
	{"L", 3, 2, SIM_L, NULL},
	{"M", 3, 1, SIM_M, NULL},
	{"&C", 1, 1, SIM_C, NULL},
	{"&D", 3, 2, SIM_D, NULL},
	{"A", 0, 0, SIM_BASIC_COUNT, run_answer},
	{"H", 1, 0, SIM_BASIC_COUNT, run_hook},
	{"I", 9, 0, SIM_BASIC_COUNT, run_identify},
	{"O", 1, 0, SIM_BASIC_COUNT, run_online},
	{"Z", 1, 0, SIM_BASIC_COUNT, run_reset},
	{"&F", 1, 0, SIM_BASIC_COUNT, run_factory},
};

static const struct basic_command *find(struct hal_slice name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (hal_slice_ieq(hal_slice_str(commands[i].name), name))
			return &commands[i];
	return NULL;
}

void sim_settings_reset(struct sim_settings *settings)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!commands[i].run)
			settings->basic[commands[i].param] = commands[i].factory;
	sim_sreg_reset(settings);
	sim_extended_reset(settings);
}

int sim_basic_run(struct sim_modem *modem, struct hal_slice *rest)
{
	size_t name_len = rest->data[0] == '&' && rest->len > 1 ? 2 : 1;
	const struct basic_command *command;
	struct hal_slice dial_string;
	uint32_t value;

	if (hal_to_upper(rest->data[0]) == 'D') {
		dial_string = hal_slice_skip(*rest, 1);
		*rest = hal_slice(NULL, 0);
		return sim_dial_run(modem, dial_string);
	}
	command = find(hal_slice(rest->data, name_len));
	if (!command)
		return -EINVAL;
	*rest = hal_slice_skip(*rest, name_len);
	if (sim_take_number(rest, command->max, &value) < 0)
		return -EINVAL;
	if (command->run)
		return command->run(modem, value);
	modem->settings.basic[command->param] = (uint8_t)value;
	if (command->param == SIM_C)
		sim_modem_update_outputs(modem);
	return SIM_COMMAND_DONE;
}
