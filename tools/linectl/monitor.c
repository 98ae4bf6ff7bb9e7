/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/monitor.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

#define TRACE_TEXT_MAX 512 /* of a line of the log there are as many */

static void put_word(FILE *out, const char *before, const char *text, const char *after)
{
	char clean[OUTPUT_CELL_MAX];

	if (*text && strcmp(text, "none") != 0)
		fprintf(out, "%s%s%s", before, output_clean(text, clean, sizeof(clean)), after);
}

/* "18:40:03.120  sim1     call 3  ringback" */
static void print_event(const struct output *output, struct json_object *event)
{
	bool color = output->color_out;
	FILE *out = output->out;
	char time[40];
	char line[OUTPUT_CELL_MAX];

	fprintf(out, "%s%s%s  %-10s", output_begin(color, OUTPUT_DIM),
		output_time(field_int(event, "wall_us"), false, time, sizeof(time)),
		output_end(color, OUTPUT_DIM),
		output_clean(field_text(event, "line_name"), line, sizeof(line)));
	put_word(out, "  ", field_text(event, "type"), "");
	if (field_int(event, "call") > 0)
		fprintf(out, "  call %" PRId64, field_int(event, "call"));
	put_word(out, " (", field_text(event, "session"), ")");
	put_word(out, "  ", field_text(event, "state"), "");
	put_word(out, ", ", field_text(event, "disconnect"), "");
	put_word(out, ", by ", field_text(event, "origin"), "");
	if (field_int(event, "rings") > 0)
		fprintf(out, "  ring %" PRId64, field_int(event, "rings"));
	put_word(out, ", from ", field_text(event, "caller"), "");
	put_word(out, ", ", field_text(event, "caller_name"), "");
	put_word(out, "  ", field_text(event, "privilege"), "");
	if (field_get(event, "owners"))
		fprintf(out, "  %" PRId64 " own it, %" PRId64 " watch", field_int(event, "owners"),
			field_int(event, "monitors"));
	if (field_get(event, "seconds"))
		fprintf(out, "  in %" PRId64 " s", field_int(event, "seconds"));
	if (field_int(event, "count") > 0)
		fprintf(out, "  %" PRId64 " events", field_int(event, "count"));
	put_word(out, "  ", field_text(event, "text"), "");
	fputc('\n', out);
	fflush(out);
}

static void print_event_reply(const struct output *output, struct json_object *params)
{
	print_event(output, field_get(params, "event"));
}

void monitor_print_trace(const struct output *output, struct json_object *trace)
{
	const char *text = field_text(trace, "text");
	bool color = output->color_out;
	char clean[TRACE_TEXT_MAX];
	char mark = '>';
	char time[40];

	if (strcmp(field_text(trace, "direction"), "received") == 0)
		mark = field_bool(trace, "unsolicited") ? '*' : '<';
	fprintf(output->out, "%s%s%s  %-10s  %s%c %s%s\n", output_begin(color, OUTPUT_DIM),
		output_time(field_int(trace, "wall_us"), false, time, sizeof(time)),
		output_end(color, OUTPUT_DIM), field_text(trace, "line_name"),
		output_begin(color, mark == '>' ? OUTPUT_BOLD : OUTPUT_PLAIN), mark,
		output_clean(text, clean, sizeof(clean)),
		output_end(color, mark == '>' ? OUTPUT_BOLD : OUTPUT_PLAIN));
	fflush(output->out);
}

static void print_trace_reply(const struct output *output, struct json_object *params)
{
	monitor_print_trace(output, field_get(params, "trace"));
}

typedef void (*print_fn)(const struct output *output, struct json_object *params);

static enum status take_reply(struct app *app, const char *line, print_fn print,
			      struct varlink_reply *reply)
{
	if (reply->error)
		return connect_tell(app, line, reply);
	if (app->output.json)
		output_json(&app->output, reply->params);
	else
		print(&app->output, reply->params);
	return STATUS_OK;
}

/* A method that replies for ever, about a line or about all. */
static enum status watch(struct app *app, const char *line, const char *method, print_fn print)
{
	uint64_t deadline_ms = connect_deadline(app->options.timeout);
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_text(&b, "line", line);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_send(app, method, params, VARLINK_CALL_MORE);
	while (status == STATUS_OK) {
		struct varlink_reply reply = {0};

		status = connect_next(app, deadline_ms, &reply);
		if (status == STATUS_TIMEOUT)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = take_reply(app, line, print, &reply);
		varlink_reply_clear(&reply);
	}
	return status;
}

enum status monitor_run(struct app *app, const char **args)
{
	return watch(app, args[0], VARLINK_TRUNKLINE ".Monitor", print_event_reply);
}

enum status monitor_trace(struct app *app, const char **args)
{
	return watch(app, args[0], VARLINK_TRUNKLINE ".Trace", print_trace_reply);
}
