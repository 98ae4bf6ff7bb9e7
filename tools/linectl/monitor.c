/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

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
		fprintf(out, "  number %" PRId64, field_int(event, "rings"));
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

static enum status monitor_reply(struct app *app, const char *line, struct varlink_reply *reply)
{
	if (reply->error)
		return connect_tell(app, line, reply);
	if (app->output.json)
		output_json(&app->output, reply->params);
	else
		print_event(&app->output, field_get(reply->params, "event"));
	return STATUS_OK;
}

enum status monitor_run(struct app *app, const char **args)
{
	uint64_t deadline_ms = connect_deadline(app->options.timeout);
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_text(&b, "line", args[0]);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_send(app, VARLINK_TRUNKLINE ".Monitor", params, VARLINK_CALL_MORE);
	while (status == STATUS_OK) {
		struct varlink_reply reply = {0};

		status = connect_next(app, deadline_ms, &reply);
		if (status == STATUS_TIMEOUT)
			return STATUS_OK;
		if (status == STATUS_OK)
			status = monitor_reply(app, args[0], &reply);
		varlink_reply_clear(&reply);
	}
	return status;
}
