/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

static void print_changes(const struct app *app, struct json_object *params, const char *key,
			  const char *what)
{
	struct json_object *names = field_get(params, key);

	for (size_t i = 0; i < json_object_array_length(names); i++)
		fprintf(app->output.out, "%-8s  %s%s\n", key,
			json_object_get_string(json_object_array_get_idx(names, i)), what);
}

enum status raw_reload(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, args[0], "Reload", json_object_new_object(), &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json) {
		output_json(&app->output, reply.params);
	} else {
		print_changes(app, reply.params, "added", "");
		print_changes(app, reply.params, "removed", "");
		print_changes(app, reply.params, "changed", ", when no call is on it");
		print_changes(app, reply.params, "restart", ": from the next start on");
	}
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status raw_metrics(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, args[0], "GetMetrics", json_object_new_object(), &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	else
		fputs(field_text(reply.params, "text"), app->output.out);
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status raw_counters(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(app, args[0], "GetCounters", json_object_new_object(), &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json) {
		output_json(&app->output, reply.params);
	} else {
		json_object_object_foreach(field_get(reply.params, "counters"), name, value)
			fprintf(app->output.out, "%-20s  %8" PRId64 "\n", name,
				json_object_get_int64(value));
	}
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

/* "ListLines" belongs to io.trunkline; a name with a dot is complete. */
static void method_name(const char *name, char *buf, size_t size)
{
	bool complete = strchr(name, '.');

	snprintf(buf, size, "%s%s", complete ? "" : VARLINK_TRUNKLINE ".", name);
}

/* The error as the daemon sent it, for programs and for people alike. */
static enum status print_error(const struct app *app, const struct varlink_reply *reply)
{
	if (app->output.json)
		return connect_tell(app, NULL, reply);
	output_raw(&app->output, reply->message);
	return exit_from_error(reply->error);
}

/* With --json it is a document like those of other verbs. */
static enum status print_reply(const struct app *app, struct json_object *params)
{
	struct json_object *object;
	struct varlink_build b;

	if (!app->output.json) {
		output_raw(&app->output, params);
		return STATUS_OK;
	}
	varlink_build_start(&b);
	varlink_put(&b, "reply", json_object_get(params));
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&app->output);
	output_json(&app->output, object);
	json_object_put(object);
	return STATUS_OK;
}

enum status raw_call(struct app *app, const char **args)
{
	struct json_object *params = NULL;
	bool more = app->options.more;
	const char *text = args[1] ? args[1] : "{}";
	uint64_t deadline_ms = connect_deadline(app->options.timeout);
	char method[128];
	enum status status;

	if (varlink_json_parse(text, strlen(text), &params) < 0)
		return help_usage(app, app->command,
				  "JSON must be one object: '{\"line\": \"l1.1\"}'");
	method_name(args[0], method, sizeof(method));
	status = connect_send(app, method, params, more ? VARLINK_CALL_MORE : 0);
	while (status == STATUS_OK) {
		struct varlink_reply reply = {0};
		bool continues;

		status = connect_next(app, deadline_ms, &reply);
		if (status == STATUS_TIMEOUT)
			return connect_tell_timeout(app);
		if (status != STATUS_OK)
			break;
		continues = reply.continues;
		if (reply.error)
			status = print_error(app, &reply);
		else
			status = print_reply(app, reply.params);
		varlink_reply_clear(&reply);
		if (!continues)
			break;
	}
	return status;
}
