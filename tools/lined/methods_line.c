/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <trunkline/ctx.h>
#include <trunkline/event.h>
#include <trunkline/hotplug.h>
#include <trunkline/line.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/lined/methods.h"
#include "tools/lined/metrics.h"
#include "tools/lined/reload.h"
#include "tools/lined/report.h"
#include "tools/varlink/json.h"

/* One line is told with the ports of its device, which have to be looked for. */
static int add_one(const struct lined *lined, tl_line line, struct json_object *array)
{
	struct json_object *object = NULL;
	int r;

	r = json_line(lined, line, &object);
	if (r < 0)
		return r;
	r = json_line_ports(lined, line, object);
	if (r < 0) {
		json_object_put(object);
		return r;
	}
	return varlink_array_add(array, object);
}

static int add_lines(const struct lined *lined, const tl_line *lines, size_t n,
		     struct json_object *array)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		struct json_object *line = NULL;

		r = json_line(lined, lines[i], &line);
		if (r == 0)
			r = varlink_array_add(array, line);
	}
	return r;
}

int method_list_lines(void *user, const void *args)
{
	const struct args_line *a = args;
	struct lined_client *client = user;
	struct json_object *array;
	tl_line *lines = NULL;
	tl_line line;
	size_t n = 0;
	int r;

	r = a->line ? client_find_line(client, a->line, &line)
		    : tl_line_list(client->lined->ctx, &lines, &n);
	if (r < 0)
		return r;
	array = json_object_new_array();
	r = !array    ? -ENOMEM
	    : a->line ? add_one(client->lined, line, array)
		      : add_lines(client->lined, lines, n, array);
	free(lines);
	if (r < 0) {
		json_object_put(array);
		return r;
	}
	client_reply(client, json_wrap("lines", array), false);
	return 0;
}

/* Who calls, which type Line tells everybody, too. */
static void put_caller(const struct lined_client *client, const struct tl_event *event,
		       struct json_object *object)
{
	struct tl_line_info *info = NULL;
	struct varlink_build b = {.object = object};

	if (tl_line_get_info(client->lined->ctx, tl_event_get_line(event), &info) < 0)
		return;
	if (tl_event_get_call(event) == 0 || tl_event_get_call(event) == tl_line_info_call(info)) {
		varlink_put_text(&b, "caller", tl_line_info_caller(info));
		varlink_put_text(&b, "caller_name", tl_line_info_caller_name(info));
	}
	tl_line_info_free(info);
}

static void monitor(struct lined_client *client, const struct tl_event *event)
{
	enum tl_event_type type = tl_event_get_type(event);
	uint64_t line = tl_event_get_line(event).id;
	struct json_object *object;

	/* A record tells numbers, which are not for everybody. */
	if (tl_event_get_client(event).id != client->id.id || type == TL_EVENT_CALL_RECORD)
		return;
	if (client->call.line.id != 0 && line != 0 && line != client->call.line.id)
		return;
	object = json_event(event);
	if (object && (type == TL_EVENT_RING || type == TL_EVENT_CALL_INFO))
		put_caller(client, event, object);
	client_reply(client, json_wrap("event", object), true);
}

int method_monitor(void *user, const void *args)
{
	const struct args_line *a = args;
	struct lined_client *client = user;
	tl_line line = {0};
	int r;

	if (a->line) {
		r = client_find_line(client, a->line, &line);
		if (r < 0)
			return r;
	}
	r = tl_client_watch(client->lined->ctx, client->id, true);
	if (r < 0)
		return r;
	client->call = (struct lined_call){.event = monitor, .line = line, .watching = true};
	return 0;
}

static int split_answer(const char *text, struct json_object *array)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = strndup(text, n);
		int r;

		if (!line)
			return -ENOMEM;
		r = varlink_array_add(array, varlink_json_new_string(line));
		free(line);
		if (r < 0)
			return r;
		text += n + (text[n] == '\n');
	}
	return 0;
}

static void answered(struct lined_client *client, const struct tl_event *event)
{
	struct json_object *array;
	int r;

	if (tl_event_get_type(event) != TL_EVENT_OP_DONE)
		return;
	r = tl_event_get_result(event);
	if (r < 0) {
		client_fail(client, r, tl_event_get_text(event));
		return;
	}
	array = json_object_new_array();
	r = array ? split_answer(tl_event_get_text(event), array) : -ENOMEM;
	if (r < 0) {
		json_object_put(array);
		client_fail(client, r, NULL);
		return;
	}
	client_reply(client, json_wrap("answer", array), false);
}

int method_command(void *user, const void *args)
{
	const struct args_command *a = args;
	struct lined_client *client = user;
	tl_line line;
	uint64_t op;
	int r;

	r = client_find_line(client, a->line, &line);
	if (r < 0)
		return r;
	r = tl_line_command(client->lined->ctx, client->id, line, a->command, a->timeout, &op);
	if (r == -EPERM)
		return client_refuse(client, r, "commands that touch calls are lined's to send");
	if (r < 0)
		return r;
	client->call = (struct lined_call){.event = answered, .op = op};
	return 0;
}

static void reset(struct lined_client *client, const struct tl_event *event)
{
	if (tl_event_get_type(event) != TL_EVENT_OP_DONE)
		return;
	if (tl_event_get_result(event) < 0)
		client_fail(client, tl_event_get_result(event), tl_event_get_text(event));
	else
		client_reply(client, json_object_new_object(), false);
}

int method_reset(void *user, const void *args)
{
	const struct args_reset *a = args;
	struct lined_client *client = user;
	tl_line line;
	uint64_t op;
	int r;

	r = client_find_line(client, a->line, &line);
	if (r < 0)
		return r;
	r = tl_line_reset(client->lined->ctx, client->id, line,
			  a->hard ? TL_RESET_HARD : TL_RESET_SOFT, &op);
	if (r == -EBUSY)
		return client_refuse(client, r, "a call is on the line, or it is being reset");
	if (r < 0)
		return r;
	client->call = (struct lined_call){.event = reset, .op = op};
	return 0;
}

int method_get_counters(void *user, const void *args)
{
	struct lined_client *client = user;
	struct json_object *counters = NULL;
	struct varlink_build b;
	int r;

	(void)args;
	varlink_build_start(&b);
	for (int i = 0; i < TL_COUNT_COUNT; i++) {
		enum tl_count count = (enum tl_count)i;

		varlink_put_int(&b, tl_count_name(count),
				(int64_t)tl_ctx_get_count(client->lined->ctx, count));
	}
	r = varlink_build_end(&b, &counters);
	if (r < 0)
		return r;
	client_reply(client, json_wrap("counters", counters), false);
	return 0;
}

int method_get_metrics(void *user, const void *args)
{
	struct lined_client *client = user;
	struct json_object *params = NULL;
	struct varlink_build b;
	char *text = NULL;
	int r;

	(void)args;
	r = metrics_text(client->lined, false, &text);
	if (r < 0)
		return r;
	varlink_build_start(&b);
	varlink_put_string(&b, "text", text);
	free(text);
	r = varlink_build_end(&b, &params);
	if (r < 0)
		return r;
	client_reply(client, params, false);
	return 0;
}

int method_list_ports(void *user, const void *args)
{
	struct lined_client *client = user;
	struct json_object *ports = NULL;
	int r;

	(void)args;
	r = json_ports(client->lined, &ports);
	if (r == -EOPNOTSUPP)
		return client_refuse(client, r, "built without libserialport");
	if (r == -EIO)
		return client_refuse(client, r, "the ports cannot be listed");
	if (r < 0)
		return r;
	client_reply(client, json_wrap("ports", ports), false);
	return 0;
}

int method_hotplug(void *user, const void *args)
{
	const struct args_hotplug *a = args;
	struct lined_client *client = user;
	enum tl_hotplug_action action;
	int r;

	if (strcmp(a->action, "add") == 0)
		action = TL_HOTPLUG_ADD;
	else if (strcmp(a->action, "remove") == 0)
		action = TL_HOTPLUG_REMOVE;
	else
		return client_refuse(client, -EINVAL, "action must be add or remove");
	r = tl_hotplug_tell(client->lined->ctx, action, a->device, a->sysfs);
	if (r == -EINVAL)
		return client_refuse(client, r, "the device must be a path from the root");
	if (r < 0)
		return r;
	client_reply(client, json_object_new_object(), false);
	return 0;
}

int method_reload(void *user, const void *args)
{
	struct lined_client *client = user;
	struct lined_report report = {0};
	struct json_object *changes = NULL;
	char *text;
	int r;

	(void)args;
	r = lined_reload(client->lined, &report, &changes);
	if (r == 0) {
		client_reply(client, changes, false);
	} else {
		text = lined_report_text(&report);
		client_fail(client, r, text);
		free(text);
	}
	lined_report_fini(&report);
	return 0;
}
