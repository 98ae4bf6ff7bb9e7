/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include <trunkline/trunkline.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/record.h"
#include "tools/linectl/session.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

/* How often a call in the foreground is looked at. One connection serves one method after the
 * other, so a stream of events would leave no way to drop the call; a person cannot tell a tenth of
 * a second. */
#define LOOK_MS	 100
#define FINAL_MS 20 /* between two looks at a record that is nearly complete */

/* A call in the foreground. */
struct call {
	struct app *app;
	const char *line;
	char title[OUTPUT_CELL_MAX]; /* "dialling 102 on sim1" */
	struct varlink_reply dialed; /* owns the session's name */
	const char *session;
	struct varlink_reply record; /* owns info */
	struct json_object *info;
	uint64_t started_ms;
	uint64_t shown_s;
	bool dropping;
	char state[24]; /* the one last told */
};

static bool is_connected(const struct call *call)
{
	return strcmp(field_text(call->info, "state"), "connected") == 0;
}

static bool is_over(const struct call *call)
{
	return field_bool(call->info, "over");
}

/* As much as will ever be known. A line that could not be brought on hook may take for ever. */
static bool is_final(const struct call *call)
{
	return field_bool(call->info, "final") ||
	       (is_over(call) && strcmp(field_text(call->info, "state"), "idle") != 0);
}

static bool has_progress(const struct output *output)
{
	return output->progress && !output->quiet && !output->json;
}

/* One line of stderr that is rewritten, and cut where the terminal ends. */
static void show_progress(struct call *call, bool changed)
{
	const struct output *output = &call->app->output;
	uint64_t seconds = (connect_now_ms() - call->started_ms) / 1000;
	char title[OUTPUT_CELL_MAX];
	char link[OUTPUT_CELL_MAX] = "";

	if (!changed && seconds == call->shown_s)
		return;
	call->shown_s = seconds;
	if (is_connected(call))
		record_link(call->info, link, sizeof(link));
	fprintf(output->err, "\r\033[K\033[?7l%s … %" PRIu64 " s · %s%s%s%s\033[?7h",
		output_clean(call->title, title, sizeof(title)), seconds, call->state,
		*link ? " · " : "", link, call->dropping ? " · hanging up" : "");
	fflush(output->err);
}

/* Tell the state, once each. The record tells the end. */
static void show_state(struct call *call)
{
	const struct output *output = &call->app->output;
	const char *state = field_text(call->info, "state");
	bool changed = strcmp(state, call->state) != 0;

	if (is_over(call))
		return;
	snprintf(call->state, sizeof(call->state), "%s", state);
	if (has_progress(output))
		show_progress(call, changed);
	else if (changed && output->json)
		output_json(output, call->record.params);
	else if (changed)
		output_remark(output, "%s: %s", call->title, state);
}

static void take_record(struct call *call, struct varlink_reply *reply)
{
	varlink_reply_clear(&call->record);
	call->record = *reply;
	call->info = field_get(reply->params, "info");
	show_state(call);
}

static enum status look(struct call *call)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_call(call->app, call->session, "GetSession", session_params(call->session),
			      &reply);
	if (status == STATUS_OK)
		take_record(call, &reply);
	return status;
}

/* The drop was refused. Where there was nothing left to drop the record tells all. */
static enum status refused(struct call *call, const struct varlink_reply *reply)
{
	enum status status = exit_from_error(reply->error);

	if (strcmp(reply->error, VARLINK_TRUNKLINE ".Already") == 0 ||
	    strcmp(reply->error, VARLINK_TRUNKLINE ".CallOver") == 0 || status == STATUS_GONE)
		return look(call);
	connect_tell(call->app, call->line, reply);
	return status == STATUS_NOT_ON_HOOK ? look(call) : status;
}

/* End the call, and see the end. */
static enum status drop(struct call *call, bool user)
{
	struct varlink_reply reply = {0};
	enum status status;

	call->dropping = true;
	if (has_progress(&call->app->output))
		show_progress(call, true);
	status = connect_try(call->app, "Drop", session_params_flag(call->session, "user", user),
			     &reply);
	if (status != STATUS_OK)
		return status;
	if (!reply.error) {
		take_record(call, &reply);
		return STATUS_OK;
	}
	status = refused(call, &reply);
	varlink_reply_clear(&reply);
	return status;
}

static enum status pause_or_drop(struct call *call)
{
	const struct options *options = &call->app->options;
	int64_t ms = field_int(call->info, "duration_ms");

	if (is_over(call)) {
		connect_pause(call->app, FINAL_MS);
		return look(call);
	}
	if (call->app->interrupts > 0 && !call->dropping)
		return drop(call, true);
	if (options->hangup_after && ms >= options->hangup_after * INT64_C(1000) && !call->dropping)
		return drop(call, false);
	connect_pause(call->app, LOOK_MS);
	return look(call);
}

/* Until all is known of its end or, to be kept, it is connected. */
static bool is_done(const struct call *call)
{
	if (call->app->options.keep)
		return is_over(call) || is_connected(call);
	return is_final(call);
}

static enum status follow(struct call *call)
{
	enum status status = look(call);

	while (status == STATUS_OK && !is_done(call))
		status = pause_or_drop(call);
	output_clear_progress(&call->app->output);
	return status;
}

static enum status leave_json(const struct call *call, enum status status)
{
	struct json_object *object;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "session", call->session);
	if (call->info)
		varlink_put(&b, "info", json_object_get(call->info));
	if (varlink_build_end(&b, &object) < 0)
		return output_no_memory(&call->app->output);
	output_json(&call->app->output, object);
	json_object_put(object);
	return status;
}

/* The session is the user's from now on. */
static enum status leave(const struct call *call)
{
	const struct output *output = &call->app->output;
	enum status status = is_over(call) ? exit_from_record(call->info) : STATUS_OK;
	char end[OUTPUT_CELL_MAX];

	if (output->json)
		return leave_json(call, status);
	fprintf(output->out, "%s\n", call->session);
	if (status == STATUS_OK)
		return status;
	return output_error(output, &(struct output_error){
					    .status = status,
					    .subject = call->line,
					    .error = "CallFailed",
					    .reason = record_end(call->info, end, sizeof(end)),
				    });
}

/* Show how it went and give the session back. */
static enum status finish(struct call *call)
{
	struct app *app = call->app;
	enum status result = exit_from_record(call->info);
	struct varlink_reply reply = {0};
	enum status status;

	if (app->interrupts > 0 && result != STATUS_NOT_ON_HOOK)
		result = STATUS_INTERRUPTED;
	if (app->output.json)
		output_json(&app->output, call->record.params);
	else
		record_print_short(&app->output, call->info);
	status = connect_call(app, call->session, "Release", session_params(call->session), &reply);
	varlink_reply_clear(&reply);
	return status == STATUS_OK ? result : status;
}

/* The call has a session. */
static enum status attend(struct call *call)
{
	const struct options *options = &call->app->options;
	enum status status;

	call->session = field_text(call->dialed.params, "session");
	if (options->no_wait)
		return leave(call);
	call->app->patience = 1;
	status = follow(call);
	if (status != STATUS_OK)
		return status;
	if (options->keep && call->app->interrupts == 0)
		return leave(call);
	return finish(call);
}

static enum status begin(struct call *call, const char *method, struct json_object *params)
{
	struct app *app = call->app;
	char title[OUTPUT_CELL_MAX];
	enum status status;

	call->started_ms = connect_now_ms();
	if (has_progress(&app->output))
		fprintf(app->output.err, "%s …", output_clean(call->title, title, sizeof(title)));
	/* The daemon watches the time, as long as the user wants. */
	app->reply_limit_s = 0;
	status = connect_call(app, call->line, method, params, &call->dialed);
	app->reply_limit_s = APP_REPLY_LIMIT_S;
	if (status == STATUS_OK)
		status = attend(call);
	varlink_reply_clear(&call->record);
	varlink_reply_clear(&call->dialed);
	return status;
}

static enum status check_options(struct app *app)
{
	struct options *options = &app->options;

	options->keep |= options->no_wait;
	if (options->keep && app->private)
		return help_usage(app, app->command,
				  "a private line ends with linectl: nothing to keep");
	if (options->keep && options->hangup_after)
		return help_usage(app, app->command, "--hangup-after needs linectl to stay");
	return STATUS_OK;
}

/* A number is checked before anything is sent, and the bad character is pointed at. */
static enum status check_number(const struct app *app, const char *number)
{
	size_t position = 0;
	char pointer[TL_NUMBER_MAX + 128];
	char clean[TL_NUMBER_MAX + 32];

	if (tl_number_check(number, &position) == 0)
		return STATUS_OK;
	/* All before the position is ASCII: it passed. */
	snprintf(pointer, sizeof(pointer),
		 "%s\n  %*s^ digits * # A-D + , W @ ! T P, between them "
		 "space - . ( ) /",
		 output_clean(number, clean, sizeof(clean)), (int)position, "");
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_USAGE,
						  .subject = "number",
						  .error = "InvalidArgument",
						  .reason = !*number ? "it is empty"
							    : position >= TL_NUMBER_MAX
								    ? "it is too long"
								    : "this cannot be dialled",
						  .hint = pointer,
					  });
}

enum status call_dial(struct app *app, const char **args)
{
	struct call call = {.app = app, .line = args[0]};
	const struct options *options = &app->options;
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	status = check_options(app);
	if (status == STATUS_OK)
		status = check_number(app, args[1]);
	if (status != STATUS_OK)
		return status;
	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	varlink_put_string(&b, "number", args[1]);
	varlink_put_string(&b, "media",
			   tl_media_name(options->voice ? TL_MEDIA_VOICE : TL_MEDIA_DATA));
	varlink_put_count(&b, "timeout", options->timeout);
	varlink_put_count(&b, "inactivity", options->inactivity);
	varlink_put_bool(&b, "keep", options->keep);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	snprintf(call.title, sizeof(call.title), "dialling %s on %s", args[1], args[0]);
	/* Its session is near: wait for it, and drop it then. */
	app->patience = 1;
	return begin(&call, "Dial", params);
}

enum status call_answer(struct app *app, const char **args)
{
	struct call call = {.app = app, .line = args[0]};
	const struct options *options = &app->options;
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	status = check_options(app);
	if (status != STATUS_OK)
		return status;
	varlink_build_start(&b);
	varlink_put_string(&b, "line", args[0]);
	varlink_put_string(&b, "media",
			   tl_media_name(options->voice ? TL_MEDIA_VOICE : TL_MEDIA_DATA));
	if (options->wait)
		varlink_put_int(&b, "wait", options->timeout ? options->timeout : INT32_MAX);
	varlink_put_bool(&b, "keep", options->keep);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	snprintf(call.title, sizeof(call.title), "answering on %s", args[0]);
	return begin(&call, "Answer", params);
}
