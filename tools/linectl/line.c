/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/line.h"
#include "tools/varlink/json.h"

enum output_style line_style(struct json_object *line)
{
	const char *state = field_text(line, "state");

	if (strcmp(state, "ready") == 0)
		return OUTPUT_GOOD;
	if (strcmp(state, "in-use") == 0)
		return OUTPUT_BOLD;
	if (strcmp(state, "faulty") == 0 || strcmp(state, "gone") == 0)
		return OUTPUT_BAD;
	return OUTPUT_DIM;
}

const char *line_state(struct json_object *line, char *buf, size_t size)
{
	int64_t rings = field_int(line, "rings");

	if (rings == 0)
		return field_text(line, "state");
	snprintf(buf, size, "ringing (%" PRId64 ")", rings);
	return buf;
}

/* What it is; for a line that is of no use, why. */
static const char *line_about(struct json_object *line, char *buf, size_t size)
{
	const char *maker = field_text(line, "manufacturer");
	const char *why = field_text(line, "why");

	if (*why)
		return why;
	snprintf(buf, size, "%s%s%s", maker, *maker ? " " : "", field_text(line, "model"));
	return buf;
}

static const struct output_column line_columns[] = {
	{"LINE", "name", NULL, NULL},	  {"STATE", NULL, line_state, line_style},
	{"DEVICE", "device", NULL, NULL}, {"NUMBER", "number", NULL, NULL},
	{"CALL", "call", NULL, NULL},	  {"ABOUT", NULL, line_about, NULL},
};

struct json_object *line_params(const char *line)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_text(&b, "line", line);
	return varlink_build_end(&b, &params) < 0 ? NULL : params;
}

void line_tell_none(const struct output *output)
{
	output_remark(output, "no lines: lined.conf(5) tells how to configure them");
}

enum status line_status(const struct app *app, struct json_object *lines)
{
	const char *error = field_text(field_at(lines, 0), "error");

	return app->private && *error ? exit_from_line_error(error) : STATUS_OK;
}

enum status line_list(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *lines;
	enum status status;

	status = connect_call(app, args[0], "ListLines", line_params(NULL), &reply);
	if (status != STATUS_OK)
		return status;
	lines = field_get(reply.params, "lines");
	if (app->output.json)
		output_json(&app->output, reply.params);
	else if (field_count(lines) > 0)
		output_table(&app->output, line_columns,
			     sizeof(line_columns) / sizeof(line_columns[0]), lines);
	else
		line_tell_none(&app->output);
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

static void print_words(const struct output *output, const char *label, struct json_object *words)
{
	char text[OUTPUT_CELL_MAX * 2] = "";
	size_t used = 0;

	for (size_t i = 0; i < field_count(words) && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? ", " : "",
					 json_object_get_string(field_at(words, i)));
	output_row(output, label, "%s", text);
}

void line_print_media(const struct output *output, struct json_object *media)
{
	print_words(output, "can", media);
}

/* What it was at first, since when, and what has been done about it. */
void line_print_fault(const struct output *output, struct json_object *line)
{
	const char *fault = field_text(line, "fault");
	int64_t attempts = field_int(line, "attempts");
	int64_t retry_ms = field_int(line, "retry_ms");
	char time[40];

	if (!*fault)
		return;
	if (strcmp(fault, field_text(line, "why")) != 0)
		output_row(output, "at first", "%s", fault);
	output_row(output, "since", "%s",
		   output_time(field_int(line, "fault_wall_us"), true, time, sizeof(time)));
	if (attempts > 0)
		output_row(output, "tried", "%" PRId64 " time%s since", attempts,
			   attempts > 1 ? "s" : "");
	if (retry_ms > 0)
		output_row(output, "next try", "in %" PRId64 " s", (retry_ms + 999) / 1000);
}

/* Only a device with several has something to tell. */
static void print_ports(const struct output *output, struct json_object *ports)
{
	const char *title = "ports";

	for (size_t i = 0; i < field_count(ports) && field_count(ports) > 1; i++) {
		struct json_object *port = field_at(ports, i);
		const char *role = field_text(port, "role");

		output_row(output, title, "%s  %s%s", field_text(port, "path"),
			   *role ? role : "of unknown use",
			   field_bool(port, "in_use") ? ", in use" : "");
		title = "";
	}
}

static void print_line(const struct output *output, struct json_object *line)
{
	const char *caller = field_text(line, "caller");
	const char *name = field_text(line, "caller_name");

	output_row(output, "line", "%s (%s)", field_text(line, "name"), field_text(line, "line"));
	print_words(output, "alias", field_get(line, "aliases"));
	output_row(output, "state", "%s", field_text(line, "state"));
	output_row(output, "why", "%s", field_text(line, "why"));
	line_print_fault(output, line);
	output_row(output, "device", "%s", field_text(line, "device"));
	print_ports(output, field_get(line, "ports"));
	output_row(output, "driver", "%s", field_text(line, "driver"));
	output_row(output, "number", "%s", field_text(line, "number"));
	output_row(output, "maker", "%s", field_text(line, "manufacturer"));
	output_row(output, "model", "%s", field_text(line, "model"));
	output_row(output, "revision", "%s", field_text(line, "revision"));
	line_print_media(output, field_get(line, "media"));
	output_row(output, "port", "%s",
		   field_bool(line, "modem_lines") ? "with modem lines (DTR, DCD)"
						   : "without modem lines");
	if (field_int(line, "rings") > 0)
		output_row(output, "rings", "%" PRId64, field_int(line, "rings"));
	output_row(output, "caller", "%s%s%s", caller, *caller && *name ? ", " : "", name);
	if (field_int(line, "call") > 0)
		output_row(output, "call", "%" PRId64, field_int(line, "call"));
	output_row(output, "calls", "%" PRId64 " so far", field_int(line, "calls_total"));
}

enum status line_show(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, args[0], "ListLines", line_params(args[0]), &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, field_at(field_get(reply.params, "lines"), 0));
	else
		print_line(&app->output, field_at(field_get(reply.params, "lines"), 0));
	status = line_status(app, field_get(reply.params, "lines"));
	varlink_reply_clear(&reply);
	return status;
}

enum status line_at(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *answer;
	struct json_object *params;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	varlink_put_string(&b, "command", args[1]);
	varlink_put_count(&b, "timeout", (int64_t)app->options.timeout * 1000);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_call(app, args[0], "Command", params, &reply);
	if (status != STATUS_OK)
		return status;
	answer = field_get(reply.params, "answer");
	if (app->output.json)
		output_json(&app->output, reply.params);
	for (size_t i = 0; i < field_count(answer) && !app->output.json; i++) {
		char text[512];

		fprintf(app->output.out, "%s\n",
			output_clean(json_object_get_string(field_at(answer, i)), text,
				     sizeof(text)));
	}
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status line_reset(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	varlink_put_bool(&b, "hard", app->options.hard);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_call(app, args[0], "Reset", params, &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	else
		output_remark(&app->output, "%s is ready", args[0]);
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status line_hotplug(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	if (strcmp(args[0], "add") != 0 && strcmp(args[0], "remove") != 0)
		return help_usage(app, app->command, "ACTION is add or remove");
	varlink_build_start(&b);
	varlink_put_string(&b, "action", args[0]);
	varlink_put_string(&b, "device", args[1]);
	varlink_put_text(&b, "sysfs", app->options.sysfs);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_call(app, NULL, "Hotplug", params, &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	varlink_reply_clear(&reply);
	return STATUS_OK;
}
