/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tools/linectl/call.h"
#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/help.h"
#include "tools/linectl/record.h"
#include "tools/linectl/session.h"
#include "tools/linectl/stream.h"
#include "tools/linectl/transfer.h"

/* How it went, once it is over; the other connection is the stream. */
static enum status conclude(struct app *app, const char *session)
{
	struct varlink_reply reply = {0};
	struct json_object *info = NULL;
	char end[OUTPUT_CELL_MAX] = "";
	enum status status;

	varlink_client_free(app->client);
	app->client = NULL;
	status = connect_second(app, &app->client);
	if (status == STATUS_OK)
		status = connect_call(app, session, "GetSession", session_params(session), &reply);
	if (status == STATUS_OK) {
		info = field_get(reply.params, "info");
		status = exit_from_record(info);
		record_end(info, end, sizeof(end));
	}
	status = transfer_conclude(app->transfer, status, end);
	varlink_reply_clear(&reply);
	return status;
}

/* By a call that is connected, and goes on. */
static enum status pass_by_session(struct app *app, const char *session)
{
	struct varlink_reply reply = {0};
	enum relay_end end = RELAY_LEFT;
	int passed = STATUS_OK;
	enum status status;

	status = connect_call(app, session, "GetSession", session_params(session), &reply);
	if (status == STATUS_OK)
		status = stream_attach(app, app->client, session, "detach");
	if (status == STATUS_OK)
		end = stream_carry(app, app->client, field_get(reply.params, "info"), &passed);
	varlink_reply_clear(&reply);
	if (status != STATUS_OK)
		return status;
	if (end == RELAY_INTERRUPTED || app->interrupts > 0)
		return transfer_conclude(app->transfer, STATUS_INTERRUPTED, "");
	return passed == STATUS_OK ? STATUS_OK : conclude(app, session);
}

static enum status refuse(struct app *app, const char *reason)
{
	return help_usage(app, app->command, reason);
}

/* stdout is for names of files that have come, and for documents. */
static void set_up(struct app *app)
{
	if (!app->output.json)
		app->output.out = app->output.err;
}

enum status files_send(struct app *app, const char **args)
{
	const struct options *options = &app->options;
	const char **files = options->session ? args : args + 2;
	enum status status;

	if (options->session && (app->private || options->inactivity || options->timeout))
		return refuse(app, "--session goes without options for a new call");
	if (options->xmodem && files[1])
		return refuse(app, "XMODEM sends one file");
	status = transfer_start(app, files);
	set_up(app);
	if (status == STATUS_OK)
		status = options->session ? pass_by_session(app, options->session)
					  : call_place(app, args);
	transfer_end(app);
	return status;
}

static enum status check_receiving(struct app *app, const char **args)
{
	const struct options *options = &app->options;

	if (options->session && (args[0] || app->private || options->inactivity ||
				 options->timeout || options->automatic || options->rings))
		return refuse(app, "--session goes without LINE and options for a new call");
	if (!options->session && !args[0])
		return refuse(app, "LINE or --session is missing");
	if (!args[0] || !args[1]) {
		if (options->inactivity)
			return refuse(app, "--inactivity is for calls that are placed");
	} else if (options->automatic || options->rings) {
		return refuse(app, "--auto and --rings answer: NUMBER is too much");
	}
	if (options->xmodem && options->automatic)
		return refuse(app, "--auto needs names, which XMODEM does not tell");
	if (options->xmodem && !options->name)
		return refuse(app, "XMODEM tells no name: --name is missing");
	if (options->name && (!options->xmodem || strchr(options->name, '/')))
		return refuse(app, "--name is for XMODEM, and no path");
	return STATUS_OK;
}

enum status files_receive(struct app *app, const char **args)
{
	struct options *options = &app->options;
	enum status status = check_receiving(app, args);

	if (status == STATUS_OK)
		status = transfer_start(app, NULL);
	set_up(app);
	options->wait = true;
	if (status != STATUS_OK)
		return status;
	if (options->session)
		status = pass_by_session(app, options->session);
	else if (args[1])
		status = call_place(app, args);
	else
		status = call_accept(app, args[0], true);
	transfer_end(app);
	return status;
}
