/* SPDX-License-Identifier: MIT */
/* Who holds a call, and for how long it may last. */
#include <stdio.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/session.h"
#include "tools/varlink/json.h"
#include "tools/varlink/number.h"

enum status holder_join(struct app *app, const char **args)
{
	struct varlink_reply reply = {0};
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	varlink_put_bool(&b, "owner", app->options.owner);
	varlink_put_bool(&b, "keep", true);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	status = connect_call(app, args[0], "Join", params, &reply);
	if (status != STATUS_OK)
		return status;
	if (app->output.json)
		output_json(&app->output, reply.params);
	else
		fprintf(app->output.out, "%s\n", field_text(reply.params, "session"));
	varlink_reply_clear(&reply);
	return STATUS_OK;
}

enum status holder_hand_off(struct app *app, const char **args)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "session", args[0]);
	varlink_put_string(&b, "to", args[1]);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	return session_show_done(app, args[0], "HandOff", params, "handed over");
}

static enum status set_privilege(struct app *app, const char *session, const char *privilege,
				 const char *done)
{
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "session", session);
	varlink_put_string(&b, "privilege", privilege);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	return session_show_done(app, session, "SetPrivilege", params, done);
}

enum status holder_take(struct app *app, const char **args)
{
	return set_privilege(app, args[0], "owner", "yours");
}

enum status holder_give_up(struct app *app, const char **args)
{
	return set_privilege(app, args[0], "monitor", "given up");
}

enum status holder_limit(struct app *app, const char **args)
{
	struct json_object *params = NULL;
	struct varlink_build b;
	uint32_t seconds;

	if (number_parse(args[2], 0, UINT32_MAX, &seconds) < 0)
		return help_usage(app, app->command, "SECONDS must be a number");
	varlink_build_start(&b);
	varlink_put_string(&b, "session", args[0]);
	varlink_put_string(&b, "limit", args[1]);
	varlink_put_int(&b, "seconds", seconds);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	return session_show_done(app, args[0], "SetLimit", params, "limited");
}
