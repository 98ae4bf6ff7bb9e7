/* SPDX-License-Identifier: MIT */
/* A user's own command, for diagnosis. What would place, answer or end a call, or change how modem
 * and driver talk to each other, is refused. */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX   8192 /* of an answer */
#define TEXT_USUAL 512	/* of one that has more than a result */

/* How a basic command begins: at most one of these, then a letter (V.250 §5.3.1, Hayes). */
static const char prefixes[] = "&%\\";

static bool is_in(const char *set, char c)
{
	return c && strchr(set, hal_to_upper(c));
}

/* Calls; the form of the dialogue; DTR and DCD, which the drop relies on; all of them at once. */
static bool is_forbidden_basic(char prefix, char c)
{
	if (prefix)
		return prefix == '&' && is_in("CDFZ", c);
	/* '=' sets the register that was selected before, '/' repeats what was sent before. */
	return is_in("ADHOZEQV=/", c);
}

static size_t skip_digits(struct hal_slice body, size_t i)
{
	while (i < body.len && hal_is_digit(body.data[i]))
		i++;
	return i;
}

/* The registers that answer calls or hold characters and times of the dialogue. */
static bool is_forbidden_register(struct hal_slice number)
{
	static const uint32_t registers[] = {0, 2, 3, 4, 5, 12};
	uint32_t n = 0;

	if (number.len > 0 && hal_slice_u32(number, 255, &n) < 0)
		return true;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i] == n)
			return true;
	return false;
}

/* "S7?", "S7=60": the '?' or the value belong to it. @return 0; -EPERM */
static int check_register(struct hal_slice body, size_t *i)
{
	size_t from = *i, to = skip_digits(body, from);

	*i = to;
	if (to == body.len || (body.data[to] != '?' && body.data[to] != '='))
		return 0;
	if (body.data[to] == '=' && is_forbidden_register(hal_slice(body.data + from, to - from)))
		return -EPERM;
	*i = skip_digits(body, to + 1);
	return 0;
}

static int check_basic(struct hal_slice body, size_t *i)
{
	char prefix = is_in(prefixes, body.data[*i]) ? body.data[(*i)++] : '\0';
	char c;

	if (*i == body.len)
		return -EINVAL;
	c = hal_to_upper(body.data[(*i)++]);
	if (is_forbidden_basic(prefix, c))
		return -EPERM;
	if (c < 'A' || c > 'Z')
		return -EINVAL;
	if (!prefix && c == 'S')
		return check_register(body, i);
	*i = skip_digits(body, *i);
	if (*i < body.len && body.data[*i] == '?')
		(*i)++;
	return 0;
}

/* Reading them is no harm. */
static bool is_forbidden_extended(struct hal_slice command)
{
	static const char *const names[] = {"+CHUP", "+CHLD", "+VLS", "+FCLASS",
					    "+IPR",  "+ICF",  "+IFC"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct hal_slice name = hal_slice_str(names[i]);
		struct hal_slice rest = hal_slice_skip(command, name.len);

		if (hal_slice_istarts(command, name))
			return !hal_slice_eq(rest, HAL_SLICE("?")) &&
			       !hal_slice_eq(rest, HAL_SLICE("=?"));
	}
	return false;
}

/* Vendors' commands need no ';' behind a number: "*B1D5" dials. */
static bool hides_call(struct hal_slice command)
{
	for (size_t i = 1; i < command.len; i++) {
		char before = command.data[i - 1];

		if ((hal_is_digit(before) || before == '?') &&
		    is_forbidden_basic('\0', command.data[i]))
			return true;
	}
	return false;
}

/* Extended commands run to ';' (V.250 §5.4). */
static int check_extended(struct hal_slice body, size_t *i)
{
	struct hal_slice rest = hal_slice_skip(body, *i), command;

	(void)hal_slice_token(&rest, ';', &command);
	*i += command.len;
	if (is_forbidden_extended(command) || (command.data[0] != '+' && hides_call(command)))
		return -EPERM;
	return 0;
}

static int check(struct hal_slice body)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < body.len) {
		if (body.data[i] == ';')
			i++;
		else if (is_in("+#*^$-@!", body.data[i]))
			r = check_extended(body, &i);
		else
			r = check_basic(body, &i);
	}
	return r;
}

int v250_command_check(struct hal_slice body)
{
	char packed[AT_CMD_TEXT_MAX];
	size_t n = 0;

	/* Modems skip blanks wherever they stand. */
	for (size_t i = 0; i < body.len; i++) {
		if (body.data[i] < 0x20 || body.data[i] > 0x7e || n == sizeof(packed))
			return -EINVAL;
		if (body.data[i] != ' ')
			packed[n++] = body.data[i];
	}
	return check(hal_slice(packed, n));
}

/* Without memory the text is gone, and with it the command's success. */
static void grow_text(struct v250 *v, size_t size)
{
	char *text = realloc(v->text, size);

	if (!text) {
		free(v->text);
		v->text_len = 0;
	}
	v->text = text;
	v->text_size = text ? size : TEXT_MAX;
}

static void add_text(struct v250 *v, struct hal_slice line)
{
	size_t needed = v->text_len + line.len + 1;

	if (needed > TEXT_MAX)
		return;
	if (needed > v->text_size)
		grow_text(v, needed > TEXT_USUAL ? TEXT_MAX : TEXT_USUAL);
	if (!v->text)
		return;
	if (v->text_len)
		v->text[v->text_len++] = '\n';
	memcpy(v->text + v->text_len, line.data, line.len);
	v->text_len += line.len;
}

static void free_text(struct v250 *v)
{
	free(v->text);
	v->text = NULL;
	v->text_len = 0;
	v->text_size = 0;
}

static void on_line(void *user, struct hal_slice line)
{
	add_text(user, line);
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	struct hal_slice text = answer->final;
	int error = answer->error;

	if (error == -ECANCELED || error == -ENODEV)
		return;
	/* Most answers are a result alone. */
	if (v->text_size > 0) {
		if (error == 0)
			add_text(v, answer->final);
		text = hal_slice(v->text, v->text_len);
		if (error == 0 && !v->text)
			error = -ENOMEM;
	}
	if (answer->error == 0 && answer->result != AT_RESULT_OK)
		error = -EPROTO;
	v->phase = V250_READY;
	core_line_command_done(v->line, error, text);
	free_text(v);
}

int v250_command(void *driver, const char *text, uint32_t timeout_ms)
{
	struct v250 *v = driver;
	struct hal_slice body = hal_slice_str(text);
	struct at_cmd_spec spec = {
		.timeout_ms = timeout_ms,
		.flags = AT_CMD_SECRET,
		.on_line = on_line,
		.on_done = on_done,
		.user = v,
	};
	bool whole = text[0] == 'A' && text[1] == 'T';
	char command[AT_CMD_TEXT_MAX + 1];
	int r;

	if (whole || hal_slice_istarts(body, HAL_SLICE("AT")))
		body = hal_slice_skip(body, 2);
	r = v250_command_check(body);
	if (r < 0)
		return r;
	if (body.len + 2 > AT_CMD_TEXT_MAX)
		return -EINVAL;
	v250_new_activity(v, V250_COMMAND);
	free_text(v); /* of a command that a call has pushed aside */
	if (!whole) {
		command[0] = 'A';
		command[1] = 'T';
		(void)hal_slice_copy(body, command + 2, sizeof(command) - 2);
	}
	spec.text = whole ? text : command;
	spec.group = v->group;
	r = at_queue_submit(v->queue, &spec);
	if (r < 0)
		v->phase = V250_READY;
	return r;
}
