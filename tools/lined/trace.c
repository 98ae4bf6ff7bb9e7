/* SPDX-License-Identifier: MIT */
#include "tools/lined/trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <trunkline/ctx.h>
#include <trunkline/line.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/lined/json.h"
#include "tools/lined/methods.h"
#include "tools/lined/settings.h"
#include "tools/varlink/json.h"

static int64_t now_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct json_object *json_trace(const char *name, char mark, const char *text)
{
	struct json_object *object = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_int(&b, "wall_us", now_wall_us());
	varlink_put_string(&b, "line_name", name);
	varlink_put_string(&b, "direction", mark == '>' ? "sent" : "received");
	varlink_put_bool(&b, "unsolicited", mark == '*');
	varlink_put_string(&b, "text", text);
	return varlink_build_end(&b, &object) < 0 ? NULL : object;
}

/* "NAME: > text", as tl_log_fn has it. */
static void tell(const struct lined *lined, const char *line)
{
	char name[sizeof(((struct lined_call *)0)->traced)];
	size_t length = strcspn(line, ":");

	if (length >= sizeof(name) || strlen(line) < length + strlen(": > "))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)length, line);
	line += length + strlen(": ");
	for (struct lined_client *c = lined->clients; c; c = c->next)
		if (c->call.tracing && !c->gone &&
		    (!c->call.traced[0] || strcmp(c->call.traced, name) == 0))
			client_reply(c, json_wrap("trace", json_trace(name, line[0], line + 2)),
				     true);
}

static void take_line(void *user, enum tl_log_level level, const char *line)
{
	struct lined *lined = user;

	if (level == TL_LOG_TRACE)
		tell(lined, line);
	lined_log_line(&lined->log, level, line);
}

void trace_update(struct lined *lined)
{
	enum tl_log_level level = lined->log.level;

	for (const struct lined_client *c = lined->clients; c; c = c->next)
		if (c->call.tracing)
			level = TL_LOG_TRACE;
	tl_ctx_set_log(lined->ctx, take_line, lined, level, lined->settings->personal);
}

int method_trace(void *user, const void *args)
{
	const struct args_line *a = args;
	struct lined_client *client = user;
	struct lined_call call = {.tracing = true};
	struct tl_line_info *info = NULL;
	tl_line line;
	int r;

	if (a->line) {
		r = client_find_line(client, a->line, &line);
		if (r == 0)
			r = tl_line_get_info(client->lined->ctx, line, &info);
		if (r < 0)
			return r;
		snprintf(call.traced, sizeof(call.traced), "%s", tl_line_info_name(info));
		tl_line_info_free(info);
	}
	client->call = call;
	trace_update(client->lined);
	return 0;
}
