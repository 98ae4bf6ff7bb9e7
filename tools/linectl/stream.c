/* SPDX-License-Identifier: MIT */
#include "tools/linectl/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/ending.h"
#include "tools/linectl/program.h"
#include "tools/linectl/session.h"
#include "tools/linectl/transfer.h"
#include "tools/varlink/interface.h"

#define ATTACH_MS 30000 /* the daemon answers at once */

enum status stream_upgrade(struct app *app, struct varlink_client *stream, const char *session,
			   const char *method, struct json_object *params, unsigned int flags)
{
	struct varlink_reply reply = {0};
	enum status status = STATUS_OK;
	char full[64];
	int r;

	if (!params)
		return output_no_memory(&app->output);
	snprintf(full, sizeof(full), VARLINK_TRUNKLINE ".%s", method);
	r = varlink_client_call(stream, full, params, flags | VARLINK_CALL_UPGRADE);
	if (r == 0)
		r = varlink_client_wait(stream, ATTACH_MS, &reply);
	if (r == -ETIMEDOUT)
		return connect_tell_timeout(app);
	if (r < 0)
		return connect_tell_lost(app, r);
	if (reply.error)
		status = connect_tell(app, session, &reply);
	varlink_reply_clear(&reply);
	return status;
}

enum status stream_attach(struct app *app, struct varlink_client *stream, const char *session,
			  const char *end)
{
	struct json_object *params =
		end ? session_params_flag(session, end, true) : session_params(session);

	return stream_upgrade(app, stream, session, "Attach", params, 0);
}

static enum relay_end carry_program(struct relay *relay, struct json_object *info, int *ret_status)
{
	const struct options *options = &relay->app->options;
	struct program program;
	enum relay_end end;
	int r;

	r = program_start(
		&program,
		&(struct program_order){.argv = options->command, .pty = options->pty, .err = -1},
		info);
	if (r < 0) {
		*ret_status = program_tell(relay->app, options->command[0], r);
		return RELAY_LEFT;
	}
	relay->in = program.fd;
	relay->out = program.fd;
	relay->program = program.end;
	relay->limit_ms = STREAM_REST_MS;
	end = relay_run(relay);
	*ret_status = program_finish(&program);
	return end;
}

enum relay_end stream_carry(struct app *app, struct varlink_client *stream,
			    struct json_object *info, int *ret_status)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	enum relay_end end;

	if (!relay) {
		output_no_memory(&app->output);
		return RELAY_LEFT;
	}
	relay->app = app;
	relay->stream = stream;
	relay->in = STDIN_FILENO;
	relay->out = STDOUT_FILENO;
	relay->log = -1;
	relay->program = -1;
	relay->aside = -1;
	if (app->transfer)
		end = transfer_carry(app->transfer, relay, info, ret_status);
	else if (app->options.command)
		end = carry_program(relay, info, ret_status);
	else
		end = relay_run(relay);
	free(relay);
	return end;
}
