/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/record.h"
#include "tools/linectl/session.h"
#include "tools/varlink/json.h"

static enum output_style session_style(struct json_object *info)
{
	const char *state = field_text(info, "state");

	if (strcmp(state, "connected") == 0)
		return OUTPUT_GOOD;
	if (strcmp(state, "unknown") == 0)
		return OUTPUT_BAD;
	return field_bool(info, "over") ? OUTPUT_DIM : OUTPUT_BOLD;
}

static const char *session_number(struct json_object *info, char *buf, size_t size)
{
	bool in = strcmp(field_text(info, "direction"), "in") == 0;
	const char *number = field_text(info, in ? "caller" : "called");

	snprintf(buf, size, "%s %s", in ? "from" : "to", *number ? number : "?");
	return buf;
}

/* How long it has waited to be released. */
static const char *session_age(struct json_object *info, char *buf, size_t size)
{
	struct json_object *boot = field_get(info, "boot_us");
	int64_t over = field_int(boot, "idle");

	if (!field_bool(info, "over"))
		return "";
	return output_age(over ? over : field_int(info, "state_since_us"), buf, size);
}

static const char *session_role(struct json_object *info, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s", field_text(info, "privilege"),
		 field_bool(info, "kept") ? ", kept" : "");
	return buf;
}

static const char *session_time(struct json_object *info, char *buf, size_t size)
{
	if (field_int(info, "duration_ms") == 0)
		return "";
	return output_duration(field_int(info, "duration_ms"), buf, size);
}

static const struct output_column session_columns[] = {
	{"SESSION", "session", NULL, NULL},   {"LINE", "line_name", NULL, NULL},
	{"CALL", "call", NULL, NULL},	      {"STATE", "state", NULL, session_style},
	{"PEER", NULL, session_number, NULL}, {"TIME", NULL, session_time, NULL},
	{"END", NULL, record_end, NULL},      {"OVER FOR", NULL, session_age, NULL},
	{"HOLDER", "holder", NULL, NULL},     {"ROLE", NULL, session_role, NULL},
};

struct json_object *session_params(const char *session)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "session", session);
	return varlink_build_end(&b, &params) < 0 ? NULL : params;
}

struct json_object *session_params_flag(const char *session, const char *flag, bool value)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "session", session);
	varlink_put_bool(&b, flag, value);
	return varlink_build_end(&b, &params) < 0 ? NULL : params;
}

enum status session_list(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *params = NULL;
	struct json_object *sessions;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_bool(&b, "all", app->options.all);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_call(app, args[0], "ListSessions", params, &reply);
	if (status != STATUS_OK)
		return status;
	sessions = field_get(reply.params, "sessions");
	if (app->output.json)
		output_json(&app->output, reply.params);
	else if (field_count(sessions) > 0)
		output_table(&app->output, session_columns,
			     sizeof(session_columns) / sizeof(session_columns[0]), sessions);
	else
		output_remark(&app->output, "no sessions");
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

/* The record that a reply carries: as JSON, or as print shows it. */
static enum status show_record(struct app *app, const char *session, const char *method,
			       struct json_object *params, record_printer print)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, session, method, params, &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	else
		print(&app->output, field_get(reply.params, "info"));
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status session_show_done(struct app *app, const char *subject, const char *method,
			      struct json_object *params, const char *done)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, subject, method, params, &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	else
		output_remark(&app->output, "%s: %s", subject, done);
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status session_info(struct app *app, const char **args)
{
	return show_record(app, args[0], "GetSession", session_params(args[0]), record_print);
}

enum status session_drop(struct app *app, const char **args)
{
	return show_record(app, args[0], "Drop", session_params_flag(args[0], "user", true),
			   record_print_short);
}

enum status session_hangup(struct app *app, const char **args)
{
	if (app->options.no_wait)
		return session_show_done(app, args[0], "Release",
					 session_params_flag(args[0], "drop", true), "hanging up");
	return show_record(app, args[0], "Hangup", session_params_flag(args[0], "user", true),
			   record_print_short);
}

/* Somebody may have been faster: what is gone already is no error. */
static enum status release_one(struct app *app, const char *session, struct json_object *released)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_try(app, "Release", session_params(session), &reply);
	if (status == STATUS_OK && !reply.error &&
	    varlink_array_add(released, json_object_new_string(session)) < 0)
		status = output_no_memory(&app->output);
	if (status == STATUS_OK && reply.error && exit_from_error(reply.error) != STATUS_NOT_FOUND)
		status = connect_tell(app, session, &reply);
	varlink_reply_clear(&reply);
	return status;
}

static enum status print_released(const struct app *app, struct json_object *released)
{
	struct json_object *object;
	struct varlink_build b;

	if (!app->output.json) {
		fprintf(app->output.out, "%zu released\n", field_count(released));
		return STATUS_OK;
	}
	varlink_build_start(&b);
	varlink_put(&b, "released", json_object_get(released));
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

static enum status release_over(struct app *app, struct json_object *sessions)
{
	struct json_object *released = json_object_new_array();
	enum status status = released ? STATUS_OK : output_no_memory(&app->output);

	for (size_t i = 0; i < field_count(sessions) && status == STATUS_OK; i++) {
		struct json_object *session = field_at(sessions, i);

		if (field_bool(session, "over") && field_bool(session, "kept"))
			status = release_one(app, field_text(session, "session"), released);
	}
	if (status == STATUS_OK)
		status = print_released(app, released);
	json_object_put(released);
	return status;
}

static enum status release_all_over(struct app *app)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, NULL, "ListSessions", json_object_new_object(), &reply);
	if (status == STATUS_OK)
		status = release_over(app, field_get(reply.params, "sessions"));
	varlink_reply_clear(&reply);
	return status;
}

enum status session_release(struct app *app, const char **args)
{
	if (app->options.all_over && args[0])
		return help_usage(app, app->command, "a SESSION and --all-over exclude each other");
	if (app->options.all_over)
		return release_all_over(app);
	if (!args[0])
		return help_usage(app, app->command, "SESSION or --all-over is missing");
	return session_show_done(app, args[0], "Release", session_params(args[0]), "released");
}

enum status session_hold(struct app *app, const char **args)
{
	return session_show_done(app, args[0], "Hold", session_params(args[0]), "on hold");
}

enum status session_unhold(struct app *app, const char **args)
{
	return session_show_done(app, args[0], "Unhold", session_params(args[0]), "taken back");
}

enum status session_reject(struct app *app, const char **args)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	return session_show_done(app, args[0], "Reject", params, "the call is left unanswered");
}
