/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/record.h"
#include "tools/linectl/when.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

static const char *call_time(struct json_object *record, char *buf, size_t size)
{
	int64_t at = field_int(field_get(record, "wall_us"), "created");

	/* To the second. */
	output_time(at, true, buf, size);
	buf[strcspn(buf, ".")] = '\0';
	return buf;
}

static bool is_incoming(struct json_object *record)
{
	return strcmp(field_text(record, "direction"), "in") == 0;
}

static const char *call_number(struct json_object *record, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return field_text(record, is_incoming(record) ? "caller" : "called");
}

static const char *call_duration(struct json_object *record, char *buf, size_t size)
{
	int64_t ms = field_int(record, "duration_ms");

	return ms > 0 ? output_duration(ms, buf, size) : "";
}

static enum output_style call_style(struct json_object *record)
{
	return field_int(field_get(record, "wall_us"), "connected") > 0 ? OUTPUT_PLAIN : OUTPUT_DIM;
}

static const struct output_column columns[] = {
	{"TIME", NULL, call_time, NULL},	 {"LINE", "line_name", NULL, NULL},
	{"DIR", "direction", NULL, NULL},	 {"NUMBER", NULL, call_number, NULL},
	{"DURATION", NULL, call_duration, NULL}, {"END", NULL, record_end, call_style},
};

/* @return false after a usage error, which is told */
static bool put_when(struct app *app, struct varlink_build *b, const char *key, const char *text)
{
	char why[OPTIONS_WHY_MAX];
	int64_t seconds;

	if (!text)
		return true;
	if (when_parse(text, time(NULL), &seconds) == 0) {
		varlink_put_int(b, key, seconds);
		return true;
	}
	snprintf(why, sizeof(why), "--%s %.30s: must be %s", key, text, WHEN_FORMS);
	help_usage(app, app->command, why);
	return false;
}

/* @return OK, or the status; told */
static enum status make_params(struct app *app, const char *line, struct json_object **ret_params)
{
	const struct options *options = &app->options;
	struct varlink_build b;
	bool good;

	varlink_build_start(&b);
	varlink_put_text(&b, "line", line);
	varlink_put_text(&b, "outcome", options->outcome);
	good = put_when(app, &b, "since", options->since) &&
	       put_when(app, &b, "until", options->until);
	varlink_put_count(&b, "limit", options->limit);
	if (varlink_build_end(&b, ret_params) < 0)
		return good ? output_no_memory(&app->output) : STATUS_USAGE;
	if (good)
		return STATUS_OK;
	json_object_put(*ret_params);
	return STATUS_USAGE;
}

/* Each as it comes for programs; a table needs all of them. */
static enum status take_record(struct app *app, struct json_object *record,
			       struct json_object *table)
{
	if (app->output.json)
		output_json(&app->output, record);
	else if (varlink_array_add(table, json_object_get(record)) < 0)
		return output_no_memory(&app->output);
	return STATUS_OK;
}

static enum status take_all(struct app *app, const char *line, struct json_object *table)
{
	enum status status = STATUS_OK;
	bool more = true;

	while (status == STATUS_OK && more) {
		struct varlink_reply reply = {0};
		struct json_object *record;

		status = connect_next(app, connect_deadline(APP_REPLY_LIMIT_S), &reply);
		if (status == STATUS_TIMEOUT)
			return connect_tell_timeout(app);
		if (status != STATUS_OK)
			return status;
		more = reply.continues;
		record = field_get(reply.params, "record");
		if (reply.error)
			status = connect_tell(app, line, &reply);
		else if (record)
			status = take_record(app, record, table);
		varlink_reply_clear(&reply);
	}
	return status;
}

enum status history_run(struct app *app, const char **args)
{
	struct json_object *params = NULL;
	struct json_object *table;
	enum status status;

	status = make_params(app, args[0], &params);
	if (status != STATUS_OK)
		return status;
	table = json_object_new_array();
	if (!table) {
		json_object_put(params);
		return output_no_memory(&app->output);
	}
	status = connect_send(app, VARLINK_TRUNKLINE ".ListHistory", params, VARLINK_CALL_MORE);
	if (status == STATUS_OK)
		status = take_all(app, args[0], table);
	if (status == STATUS_OK && !app->output.json && field_count(table) > 0)
		output_table(&app->output, columns, sizeof(columns) / sizeof(columns[0]), table);
	else if (status == STATUS_OK)
		output_remark(&app->output, "no calls");
	json_object_put(table);
	return status;
}
