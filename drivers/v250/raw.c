/* SPDX-License-Identifier: MIT */
/* A user's own command, for diagnosis. What would place, answer or end a call, or change how modem
 * and driver talk to each other, is refused. */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 8192 /* of an answer */

/* V.250 §5.3: basic commands are a letter and a decimal number, '&' and a letter, or an S-register.
 */
static bool is_forbidden_basic(char c, bool ampersand)
{
	static const char basic[] = "ADHOZEQV"; /* calls; then the form of the dialogue */

	c = hal_to_upper(c);
	if (ampersand)
		return c == 'F' || c == 'Z';
	return memchr(basic, c, sizeof(basic) - 1) != NULL;
}

static size_t skip_digits(struct hal_slice body, size_t i)
{
	while (i < body.len && hal_is_digit(body.data[i]))
		i++;
	return i;
}

/* "S7?", "S7=60": the '?' or the value belong to it. */
static size_t skip_register(struct hal_slice body, size_t i)
{
	i = skip_digits(body, i);
	if (i < body.len && body.data[i] == '?')
		return i + 1;
	if (i < body.len && body.data[i] == '=')
		return skip_digits(body, i + 1);
	return i;
}

/* Extended commands run to ';' (V.250 §5.4). */
static size_t skip_extended(struct hal_slice body, size_t i)
{
	while (i < body.len && body.data[i] != ';')
		i++;
	return i;
}

static bool is_forbidden_extended(struct hal_slice command)
{
	static const char *const names[] = {
		"+CHUP", "+CHLD", "+VLS=", "+FCLASS=", "+IPR=", "+ICF="};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (hal_slice_istarts(command, hal_slice_str(names[i])) &&
		    command.data[command.len - 1] != '?')
			return true;
	return false;
}

int v250_command_check(struct hal_slice body)
{
	size_t i = 0, end;

	while (i < body.len) {
		char c = body.data[i];
		bool ampersand = c == '&';

		if ((unsigned char)c < 0x20 || (unsigned char)c > 0x7e)
			return -EINVAL;
		if (c == ' ' || c == ';') {
			i++;
		} else if (strchr("+#*^$%-@!", c)) {
			end = skip_extended(body, i);
			if (is_forbidden_extended(hal_slice(body.data + i, end - i)))
				return -EPERM;
			i = end;
		} else {
			i += ampersand;
			if (i == body.len || is_forbidden_basic(body.data[i], ampersand))
				return i == body.len ? -EINVAL : -EPERM;
			i = hal_to_upper(body.data[i]) == 'S' && !ampersand
				    ? skip_register(body, i + 1)
				    : skip_digits(body, i + 1);
			/* "I3?", "&V1=": a form of its own, but never a new command. */
			while (i < body.len && (body.data[i] == '?' || body.data[i] == '='))
				i = skip_digits(body, i + 1);
		}
	}
	return 0;
}

static void add_text(struct v250 *v, struct hal_slice line)
{
	if (v->text_len + line.len + 2 > TEXT_MAX)
		return;
	if (v->text_len)
		v->text[v->text_len++] = '\n';
	memcpy(v->text + v->text_len, line.data, line.len);
	v->text_len += line.len;
	v->text[v->text_len] = '\0';
}

static void on_line(void *user, struct hal_slice line)
{
	add_text(user, line);
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct v250 *v = user;
	char *text = v->text;
	int error = answer->error;

	if (error == -ECANCELED || error == -ENODEV)
		return;
	if (error == 0)
		add_text(v, answer->final);
	if (error == 0 && answer->result != AT_RESULT_OK)
		error = -EPROTO;
	v->text = NULL;
	v->phase = V250_READY;
	core_line_command_done(v->line, error, text);
	free(text);
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
	char command[AT_CMD_TEXT_MAX + 1];
	int r;

	if (hal_slice_istarts(body, HAL_SLICE("AT")))
		body = hal_slice_skip(body, 2);
	r = v250_command_check(body);
	if (r < 0)
		return r;
	if (body.len + 2 > AT_CMD_TEXT_MAX)
		return -EINVAL;
	v250_new_activity(v, V250_COMMAND);
	v->text = calloc(1, TEXT_MAX);
	if (!v->text)
		return -ENOMEM;
	v->text_len = 0;
	(void)snprintf(command, sizeof(command), "AT%.*s", (int)body.len, body.data);
	spec.text = command;
	spec.group = v->group;
	r = at_queue_submit(v->queue, &spec);
	if (r == 0)
		return 0;
	free(v->text);
	v->text = NULL;
	v->phase = V250_READY;
	return r;
}
