/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
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
	{"SESSION", "session", NULL, NULL},	 {"LINE", "line_name", NULL, NULL},
	{"STATE", "state", NULL, session_style}, {"PEER", NULL, session_number, NULL},
	{"TIME", NULL, session_time, NULL},	 {"END", NULL, record_end, NULL},
	{"ROLE", NULL, session_role, NULL},
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

enum status session_release(struct app *app, const char **args)
{
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
