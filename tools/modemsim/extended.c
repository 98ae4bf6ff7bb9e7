/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "tools/modemsim/private.h"

/* Extended syntax: V.250 5.4, V.253, and #UD. */

enum op { OP_RUN, OP_READ, OP_TEST, OP_SET };

struct request {
	struct hal_slice name;
	enum op op;
	struct hal_slice value; /* OP_SET */
};

struct field {
	uint32_t min, max, factory;
};

struct extended_command {
	const char *name;
	int (*run)(struct sim_modem *modem, const struct extended_command *command,
		   const struct request *request);
	enum sim_extended param; /* run_numbers */
	unsigned int fields;
	struct field field[SIM_FIELDS_MAX];
	size_t text; /* run_text: where in the options */
};

/* ---- parameters ---- */

/* An omitted field keeps its value. */
static int set_numbers(struct sim_modem *modem, const struct extended_command *command,
		       struct hal_slice value)
{
	uint32_t fields[SIM_FIELDS_MAX];
	uint32_t *current = modem->settings.extended[command->param];
	struct hal_slice token;
	unsigned int n = 0;

	for (unsigned int f = 0; f < command->fields; f++)
		fields[f] = current[f];
	for (; hal_slice_token(&value, ',', &token); n++) {
		if (n == command->fields)
			return -EINVAL;
		token = hal_slice_trim(token);
		if (token.len == 0)
			continue;
		if (hal_slice_u32(token, command->field[n].max, &fields[n]) < 0 ||
		    fields[n] < command->field[n].min)
			return -EINVAL;
	}
	for (unsigned int f = 0; f < command->fields; f++)
		current[f] = fields[f];
	return SIM_COMMAND_DONE;
}

static void show_numbers(struct sim_modem *modem, const struct extended_command *command,
			 bool ranges)
{
	const uint32_t *current = modem->settings.extended[command->param];
	char text[80];
	size_t len = 0;

	for (unsigned int f = 0; f < command->fields; f++) {
		const struct field *field = &command->field[f];
		const char *comma = f > 0 ? "," : "";
		int n = ranges ? snprintf(text + len, sizeof(text) - len,
					  "%s(%" PRIu32 "-%" PRIu32 ")", comma, field->min,
					  field->max)
			       : snprintf(text + len, sizeof(text) - len, "%s%" PRIu32, comma,
					  current[f]);

		len += (size_t)n; /* four fields of two ten-digit numbers at most fit */
	}
	sim_report_info(modem, "%s: %s", command->name, text);
}

static int run_numbers(struct sim_modem *modem, const struct extended_command *command,
		       const struct request *request)
{
	if (request->op == OP_RUN)
		return -EINVAL;
	if (request->op == OP_SET)
		return set_numbers(modem, command, request->value);
	show_numbers(modem, command, request->op == OP_TEST);
	return SIM_COMMAND_DONE;
}

/* The service class is read as a bare number, as fax programs expect it. */
static int run_class(struct sim_modem *modem, const struct extended_command *command,
		     const struct request *request)
{
	uint32_t *current = &modem->settings.extended[SIM_EXT_FCLASS][0];
	uint32_t value;

	(void)command;
	switch (request->op) {
	case OP_RUN:
		return -EINVAL;
	case OP_READ:
		sim_report_info(modem, "%" PRIu32, *current);
		return SIM_COMMAND_DONE;
	case OP_TEST:
		sim_report_info(modem, modem->options.voice ? "0,8" : "0");
		return SIM_COMMAND_DONE;
	case OP_SET:
		break;
	}
	if (hal_slice_u32(request->value, 8, &value) < 0)
		return -EINVAL;
	if (value != 0 && !(value == 8 && modem->options.voice))
		return -EINVAL;
	*current = value;
	return SIM_COMMAND_DONE;
}

/* V.253 10.2.4, as far as the line's relay goes. */
static int run_hook(struct sim_modem *modem, const struct extended_command *command,
		    const struct request *request)
{
	uint32_t value;

	(void)command;
	if (!modem->options.voice || request->op == OP_RUN)
		return -EINVAL;
	if (request->op == OP_READ)
		sim_report_info(modem, "+VLS: %d", modem->off_hook);
	if (request->op == OP_TEST)
		sim_report_info(modem, "+VLS: (0,1)");
	if (request->op != OP_SET)
		return SIM_COMMAND_DONE;
	if (!sim_modem_is_voice(modem) || hal_slice_u32(request->value, 1, &value) < 0)
		return -EINVAL;
	if (value == 1)
		sim_dial_off_hook(modem);
	else
		sim_dial_hang_up(modem, SIM_CAUSE_ATH, SIM_LINE_CLEARED);
	return SIM_COMMAND_DONE;
}

/* V.253 10.1.5, of which nothing but a hook flash does anything here; its length is no matter. */
static int run_tones(struct sim_modem *modem, const struct extended_command *command,
		     const struct request *request)
{
	struct hal_slice value = request->value, token;

	(void)command;
	if (!modem->options.voice || request->op == OP_RUN || request->op == OP_READ)
		return -EINVAL;
	if (request->op == OP_TEST) {
		sim_report_info(modem, "+VTS: (0,200-3000),(0,200-3000),(0-255)");
		return SIM_COMMAND_DONE;
	}
	if (!sim_modem_is_voice(modem) || !modem->off_hook)
		return -EINVAL;
	while (hal_slice_token(&value, ',', &token)) {
		token = hal_slice_trim(token);
		if (hal_slice_eq(token, HAL_SLICE("!")) || hal_slice_eq(token, HAL_SLICE("{!")))
			sim_exchange_flash(modem);
	}
	return SIM_COMMAND_DONE;
}

/* ---- information ---- */

static int run_text(struct sim_modem *modem, const struct extended_command *command,
		    const struct request *request)
{
	if (request->op == OP_TEST)
		return SIM_COMMAND_DONE;
	if (request->op == OP_SET)
		return -EINVAL;
	sim_report_info(modem, "%s", (const char *)&modem->options + command->text);
	return SIM_COMMAND_DONE;
}

static int run_capabilities(struct sim_modem *modem, const struct extended_command *command,
			    const struct request *request)
{
	(void)command;
	if (request->op == OP_SET)
		return -EINVAL;
	if (request->op != OP_TEST)
		sim_report_info(modem, "+GCAP: %s+ES,+DS",
				modem->options.voice ? "+FCLASS,+VCID," : "");
	return SIM_COMMAND_DONE;
}

static int run_caller_id(struct sim_modem *modem, const struct extended_command *command,
			 const struct request *request)
{
	if (modem->options.no_caller_id)
		return -EINVAL;
	return run_numbers(modem, command, request);
}

static int run_diagnostics(struct sim_modem *modem, const struct extended_command *command,
			   const struct request *request)
{
	(void)command;
	if (request->op != OP_RUN || modem->options.no_diagnostics)
		return -EINVAL;
	sim_report_diagnostics(modem);
	return SIM_COMMAND_DONE;
}

/* ---- table ---- */

#define NUMBERS(name, param, count, ...)                          \
	{                                                         \
		name, run_numbers, param, count, {__VA_ARGS__}, 0 \
	}
#define TEXT(name, member)                                         \
	{                                                          \
		name, run_text, SIM_EXT_COUNT, 0, {{0, 0, 0}},     \
			offsetof(struct sim_modem_options, member) \
	}
#define ACTION(name, run)                                   \
	{                                                   \
		name, run, SIM_EXT_COUNT, 0, {{0, 0, 0}}, 0 \
	}

static const struct extended_command commands[] = {
	NUMBERS("+IPR", SIM_EXT_IPR, 1, {0, 921600, 0}),		/* V.250 6.2.10 */
	NUMBERS("+ICF", SIM_EXT_ICF, 2, {0, 6, 3}, {0, 3, 3}),		/* 6.2.11 */
	NUMBERS("+IFC", SIM_EXT_IFC, 2, {0, 3, 2}, {0, 2, 2}),		/* 6.2.12 */
	NUMBERS("+ILRR", SIM_EXT_ILRR, 1, {0, 1, 0}),			/* 6.2.13 */
	NUMBERS("+MR", SIM_EXT_MR, 1, {0, 1, 0}),			/* 6.4.3 */
	NUMBERS("+ES", SIM_EXT_ES, 3, {0, 7, 3}, {0, 4, 0}, {0, 9, 2}), /* 6.5.1 */
	NUMBERS("+ER", SIM_EXT_ER, 1, {0, 1, 0}),			/* 6.5.5 */
	NUMBERS("+DS", SIM_EXT_DS, 4, {0, 3, 3}, {0, 1, 0}, {512, 65535, 2048},
		{6, 250, 32}),					   /* 6.6.1 */
	NUMBERS("+DR", SIM_EXT_DR, 1, {0, 1, 0}),		   /* 6.6.2 */
	{"+VCID", run_caller_id, SIM_EXT_VCID, 1, {{0, 1, 0}}, 0}, /* V.253 */
	ACTION("+FCLASS", run_class),
	ACTION("+VLS", run_hook),
	ACTION("+VTS", run_tones),
	TEXT("+GMI", manufacturer),
	TEXT("+GMM", model),
	TEXT("+GMR", revision),
	TEXT("+GSN", serial),
	ACTION("+GCAP", run_capabilities),
	ACTION("#UD", run_diagnostics),
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

void sim_extended_reset(struct sim_settings *settings)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		for (unsigned int f = 0; f < commands[i].fields; f++)
			settings->extended[commands[i].param][f] = commands[i].field[f].factory;
	settings->extended[SIM_EXT_FCLASS][0] = 0;
}

/* ---- parsing ---- */

static size_t name_length(struct hal_slice s)
{
	size_t n = 1;

	while (n < s.len && s.data[n] != '=' && s.data[n] != '?' && s.data[n] != ';' &&
	       s.data[n] != ' ')
		n++;
	return n;
}

/* Up to the next ';' that is in no string. */
static size_t command_length(struct hal_slice s)
{
	bool quoted = false;
	size_t n;

	for (n = 0; n < s.len && (quoted || s.data[n] != ';'); n++)
		quoted ^= s.data[n] == '"';
	return n;
}

static int parse(struct hal_slice text, struct request *request)
{
	size_t n = name_length(text);
	struct hal_slice tail = hal_slice_trim(hal_slice_skip(text, n));

	request->name = hal_slice(text.data, n);
	request->value = hal_slice_trim(hal_slice_skip(tail, 1));
	if (tail.len == 0)
		request->op = OP_RUN;
	else if (hal_slice_eq(tail, HAL_SLICE("?")))
		request->op = OP_READ;
	else if (hal_slice_eq(tail, HAL_SLICE("=?")))
		request->op = OP_TEST;
	else if (tail.data[0] == '=')
		request->op = OP_SET;
	else
		return -EINVAL;
	return 0;
}

int sim_extended_run(struct sim_modem *modem, struct hal_slice *rest)
{
	size_t len = command_length(*rest);
	struct request request;

	if (parse(hal_slice(rest->data, len), &request) < 0)
		return -EINVAL;
	*rest = hal_slice_skip(*rest, len);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (hal_slice_ieq(hal_slice_str(commands[i].name), request.name))
			return commands[i].run(modem, &commands[i], &request);
	return -EINVAL;
}
