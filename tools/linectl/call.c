/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include <trunkline/trunkline.h>

#include "tools/linectl/call.h"
#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/ending.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/lend.h"
#include "tools/linectl/private.h"
#include "tools/linectl/record.h"
#include "tools/linectl/session.h"
#include "tools/linectl/stream.h"
#include "tools/linectl/transfer.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

/* A call in the foreground. */
struct call {
	struct app *app;
	const char *line;
	char title[OUTPUT_CELL_MAX]; /* "102 on sim1" */
	struct varlink_reply reply;  /* the latest one, owns session and info */
	const char *session;
	struct json_object *info; /* NULL until something is known */
	uint64_t started_ms;
	uint64_t hangup_ms; /* when the time is up */
	bool dropping;
	bool carries;		       /* its bytes are wanted */
	struct varlink_client *stream; /* they come here, until they have been carried */
	bool carried;
	bool ran; /* the command */
	int command_status;
	bool finished;	/* and given back */
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

static bool has_progress(const struct output *output)
{
	return output->progress && !output->quiet && !output->json;
}

/* One line of stderr that is rewritten, and cut where the terminal ends. */
static void show_progress(const struct call *call)
{
	const struct output *output = &call->app->output;
	uint64_t seconds = (connect_now_ms() - call->started_ms) / 1000;
	char title[OUTPUT_CELL_MAX];
	char link[OUTPUT_CELL_MAX] = "";

	if (!has_progress(output))
		return;
	if (is_connected(call))
		record_link(call->info, link, sizeof(link));
	fprintf(output->err, "\r\033[K\033[?7l%s … %" PRIu64 " s%s%s%s%s%s\033[?7h",
		output_clean(call->title, title, sizeof(title)), seconds, *call->state ? " · " : "",
		call->state, *link ? " · " : "", link, call->dropping ? " · hanging up" : "");
	fflush(output->err);
}

/* Tell the state, once each. The record tells the end. */
static void show_state(struct call *call)
{
	const struct output *output = &call->app->output;
	const char *state = field_text(call->info, "state");
	bool changed = strcmp(state, call->state) != 0;

	if (!*state || is_over(call))
		return;
	snprintf(call->state, sizeof(call->state), "%s", state);
	if (has_progress(output))
		show_progress(call);
	else if (changed && output->json)
		output_json(output, call->reply.params);
	else if (changed && !(call->stream && is_connected(call))) /* carry() tells more */
		output_remark(output, "%s: %s", call->title, state);
}

/* When to look up: the live line counts seconds, and the time may be up. */
static uint64_t next_deadline(const struct call *call)
{
	uint64_t passed_ms = connect_now_ms() - call->started_ms;
	uint64_t deadline_ms = UINT64_MAX;

	if (call->hangup_ms && !call->dropping)
		deadline_ms = call->hangup_ms;
	if (has_progress(&call->app->output) &&
	    call->started_ms + (passed_ms / 1000 + 1) * 1000 < deadline_ms)
		deadline_ms = call->started_ms + (passed_ms / 1000 + 1) * 1000;
	return deadline_ms;
}

/* The next reply of the stream, the live line being kept alive. INTERRUPTED: by the user.
 * TIMEOUT: the time is up. */
static enum status await(struct call *call, struct varlink_reply *ret_reply)
{
	for (;;) {
		enum status status = connect_wait(call->app, next_deadline(call), ret_reply);

		if (status != STATUS_TIMEOUT)
			return status;
		if (call->hangup_ms && !call->dropping && connect_now_ms() >= call->hangup_ms)
			return STATUS_TIMEOUT;
		show_progress(call);
	}
}

/* @return OK; others have been told */
static enum status take_reply(struct call *call, struct varlink_reply *reply)
{
	uint64_t limit_s = call->app->options.hangup_after;
	enum status status;

	if (reply->error) {
		status = connect_tell(call->app, call->line, reply);
		varlink_reply_clear(reply);
		return status;
	}
	varlink_reply_clear(&call->reply);
	call->reply = *reply;
	call->session = field_text(reply->params, "session");
	call->info = field_get(reply->params, "info");
	if (limit_s && !call->hangup_ms && is_connected(call))
		call->hangup_ms = connect_now_ms() + limit_s * 1000 -
				  (uint64_t)field_int(call->info, "duration_ms");
	show_state(call);
	return STATUS_OK;
}

/* Have the call ended; the stream tells how that goes. */
static enum status drop(struct call *call, bool user)
{
	call->dropping = true;
	call->app->patience = 1;
	show_progress(call);
	return connect_send(call->app, VARLINK_TRUNKLINE ".Drop",
			    session_params_flag(call->session, "user", user), VARLINK_CALL_ONEWAY);
}

/* Few modems tell when a voice call is answered: nothing may follow. */
static bool is_dialled_voice(const struct call *call)
{
	return strcmp(field_text(call->info, "media"), "voice") == 0 &&
	       strcmp(field_text(call->info, "state"), "proceeding") == 0;
}

/* Until all is known of its end or, to be kept, it is as far as it may ever come. */
static bool is_done(const struct call *call)
{
	if (!call->reply.continues || (call->carries && !call->carried && is_connected(call)))
		return true;
	return call->app->options.keep &&
	       (is_over(call) || is_connected(call) || is_dialled_voice(call));
}

/* From the session to the end of the stream. */
static enum status follow(struct call *call)
{
	enum status status = STATUS_OK;

	/* The first signal drops the call, the second one leaves. One may have ended its bytes. */
	call->app->patience = call->dropping ? call->app->interrupts : 0;
	while (status == STATUS_OK && !is_done(call)) {
		struct varlink_reply reply = {0};

		status = await(call, &reply);
		if (status == STATUS_OK)
			status = take_reply(call, &reply);
		else if (status == STATUS_INTERRUPTED && !call->dropping)
			status = drop(call, true);
		else if (status == STATUS_TIMEOUT)
			status = drop(call, false);
		else if (status == STATUS_INTERRUPTED)
			output_remark(&call->app->output, "interrupted");
	}
	output_clear_progress(&call->app->output);
	return status;
}

/* The session is the user's from now on. */
static enum status leave(const struct call *call)
{
	const struct output *output = &call->app->output;
	enum status status = is_over(call) ? exit_from_record(call->info) : STATUS_OK;
	char end[OUTPUT_CELL_MAX];

	if (output->json) {
		/* A state has been told when it came. */
		if (!*call->state || is_over(call))
			output_json(output, call->reply.params);
		return status;
	}
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

/* The drop has failed: say so, the record has the steps. */
static void tell_not_on_hook(const struct call *call)
{
	char hint[EXIT_HINT_MAX];

	output_error(&call->app->output,
		     &(struct output_error){
			     .status = STATUS_NOT_ON_HOOK,
			     .subject = call->line,
			     .error = "NotOnHook",
			     .reason = "nothing proves that it is on hook",
			     .hint = exit_hint("NotOnHook", call->line, hint, sizeof(hint)),
		     });
}

static enum status tell_transfer(const struct call *call, enum status status)
{
	char end[OUTPUT_CELL_MAX];

	return transfer_conclude(call->app->transfer, status,
				 record_end(call->info, end, sizeof(end)));
}

/* How the call has ended, in one line: for the log of what has started linectl. */
static void tell_end(const struct call *call, const char *command)
{
	bool connected = field_int(field_get(call->info, "boot_us"), "connected") != 0;
	char end[OUTPUT_CELL_MAX];
	char clean[OUTPUT_CELL_MAX];

	fprintf(call->app->output.err, "linectl: %s: %s: %s%s%s\n",
		output_clean(call->title, clean, sizeof(clean)),
		connected ? "ended" : "not connected", record_end(call->info, end, sizeof(end)),
		*command ? "; " : "", command);
}

static void show_end(const struct call *call)
{
	const struct output *output = &call->app->output;
	const char *const *argv = call->app->options.command;
	char command[OUTPUT_CELL_MAX] = "";

	if (call->ran)
		ending_text(argv[0], call->command_status, command, sizeof(command));
	if (output->json && call->ran)
		json_object_object_add(call->reply.params, "command",
				       ending_document(argv[0], call->command_status));
	if (output->json) {
		output_json(output, call->reply.params);
	} else if (output->quiet && call->carries && !call->app->transfer) {
		tell_end(call, command);
	} else {
		record_print_short(output, call->info);
		output_row(output, "command", "%s", command);
	}
}

/* Show how it went and give the session back. */
static enum status finish(struct call *call)
{
	struct app *app = call->app;
	enum status result = exit_from_record(call->info);
	struct varlink_reply reply = {0};
	enum status status;

	show_end(call);
	if (result == STATUS_NOT_ON_HOOK)
		tell_not_on_hook(call);
	else if (app->interrupts > 0)
		result = STATUS_INTERRUPTED;
	status = connect_call(app, call->session, "Release", session_params(call->session), &reply);
	varlink_reply_clear(&reply);
	call->finished = status == STATUS_OK;
	if (app->transfer && call->command_status)
		result = tell_transfer(call, result);
	else if (result == STATUS_OK)
		result = (enum status)call->command_status;
	return status == STATUS_OK ? result : status;
}

/* Before the call is connected, so that no byte is missed. */
static enum status open_stream(struct call *call)
{
	struct app *app = call->app;
	enum status status = connect_second(app, &call->stream);
	bool ends = app->options.command || app->transfer;

	/* A port is lent when the call is connected. */
	if (status != STATUS_OK || app->options.fd)
		return status;
	return stream_attach(app, call->stream, call->session, ends ? "hang_up" : NULL);
}

/* From the connection of the call to its end. */
static enum status carry(struct call *call)
{
	struct app *app = call->app;
	enum status status = STATUS_OK;
	enum relay_end end;

	call->carried = true;
	/* By its session others may drop it. */
	output_remark(&app->output, "%s: %s, session %s", call->title, call->state, call->session);
	if (app->options.fd)
		end = lend_run(app, call->stream, call->info, &call->command_status);
	else
		end = stream_carry(app, call->stream, call->info, &call->command_status);
	call->ran = app->options.command && end != RELAY_REFUSED;
	/* The port that is lent is given back by the drop that a signal asks for. */
	if (!app->options.fd)
		call->stream = varlink_client_free(call->stream);
	/* The end of the stream says that it has ended, a signal is dealt with as in any call. */
	if (end == RELAY_LEFT || end == RELAY_REFUSED)
		status = drop(call, call->app->interrupts > 0);
	return status == STATUS_OK ? follow(call) : status;
}

/* The call has a session. */
static enum status attend(struct call *call)
{
	const struct options *options = &call->app->options;
	enum status status;

	if (options->no_wait)
		return leave(call);
	status = call->carries ? open_stream(call) : STATUS_OK;
	if (status == STATUS_OK)
		status = follow(call);
	if (status == STATUS_OK && call->stream && call->reply.continues)
		status = carry(call);
	if (status != STATUS_OK)
		return status;
	call->app->patience = 1;
	if (options->keep && call->app->interrupts == 0)
		return leave(call);
	return finish(call);
}

/* The daemon watches the time, as long as the user wants. */
static enum status begin(struct call *call, const char *method, struct json_object *params)
{
	struct app *app = call->app;
	struct varlink_reply reply = {0};
	enum status status;

	call->started_ms = connect_now_ms();
	status = connect_send(app, method, params, app->options.no_wait ? 0 : VARLINK_CALL_MORE);
	show_progress(call);
	if (status == STATUS_OK)
		status = await(call, &reply);
	if (status == STATUS_INTERRUPTED)
		output_remark(&app->output, "interrupted");
	if (status == STATUS_OK)
		status = take_reply(call, &reply);
	if (status == STATUS_OK)
		status = attend(call);
	varlink_client_free(call->stream);
	varlink_reply_clear(&call->reply);
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
						  .hint = *number ? pointer : NULL,
					  });
}

static enum status place(struct call *call, const char **args)
{
	struct app *app = call->app;
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
	snprintf(call->title, sizeof(call->title), "%s on %s", args[1], args[0]);
	/* Its session is near: wait for it, and drop it then. */
	app->patience = 1;
	return begin(call, VARLINK_TRUNKLINE ".Dial", params);
}

static enum status check_command(struct app *app)
{
	const struct options *options = &app->options;

	if (options->command && (options->keep || options->voice || options->hangup_after))
		return help_usage(app, app->command,
				  "COMMAND goes without --keep, --voice and --hangup-after");
	if (options->fd && options->pty)
		return help_usage(app, app->command,
				  "--fd gives the line's tty, --pty another one");
	if (!options->command && (options->automatic || options->pty || options->fd))
		return help_usage(app, app->command, "-- COMMAND is missing");
	return check_options(app);
}

enum status call_dial(struct app *app, const char **args)
{
	struct call call = {.app = app, .line = args[0]};

	return place(&call, args);
}

enum status call_place(struct app *app, const char **args)
{
	struct call call = {.app = app, .line = args[0], .carries = true};

	return place(&call, args);
}

enum status call_connect(struct app *app, const char **args)
{
	enum status status = check_command(app);

	/* stdout is for the bytes of the call. */
	app->output.out = app->output.err;
	if (status == STATUS_OK && app->options.fd)
		status = lend_check(app, args[0]);
	return status == STATUS_OK ? call_place(app, args) : status;
}

/* Exchanges tell who calls between the first two rings: the program of each call is to know. */
static uint32_t rings(const struct options *options)
{
	if (options->rings)
		return options->rings;
	return options->automatic ? 2 : 1;
}

static enum status answer(struct call *call)
{
	struct app *app = call->app;
	const struct options *options = &app->options;
	struct json_object *params = NULL;
	struct varlink_build b;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", call->line);
	varlink_put_string(&b, "media",
			   tl_media_name(options->voice ? TL_MEDIA_VOICE : TL_MEDIA_DATA));
	if (options->wait || options->automatic)
		varlink_put_int(&b, "wait", options->timeout ? options->timeout : INT32_MAX);
	varlink_put_count(&b, "rings", rings(options));
	varlink_put_bool(&b, "keep", options->keep);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&app->output);
	snprintf(call->title, sizeof(call->title), "incoming on %s", call->line);
	return begin(call, VARLINK_TRUNKLINE ".Answer", params);
}

enum status call_accept(struct app *app, const char *line, bool carries)
{
	enum status status = STATUS_OK;
	bool again = true;

	while (again) {
		struct call call = {.app = app, .line = line, .carries = carries};

		app->patience = 0;
		status = answer(&call);
		again = app->options.automatic && call.finished;
		/* Also a signal that has come behind the end of the call ends the waiting. */
		if (again && app->interrupts > 0) {
			again = false;
			if (status != STATUS_NOT_ON_HOOK)
				status = STATUS_INTERRUPTED;
		}
		/* A connection that was a stream is no connection any more, and it had two. */
		if (again && app->private) {
			status = private_restart(app);
			again = status == STATUS_OK;
		}
	}
	return status;
}

enum status call_answer(struct app *app, const char **args)
{
	bool carries = app->options.command != NULL;
	enum status status = check_command(app);

	if (carries)
		app->output.out = app->output.err;
	if (status == STATUS_OK && app->options.fd)
		status = lend_check(app, args[0]);
	return status == STATUS_OK ? call_accept(app, args[0], carries) : status;
}
