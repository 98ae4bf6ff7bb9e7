/* SPDX-License-Identifier: MIT */
#include "tools/linectl/lend.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/line.h"
#include "tools/linectl/program.h"
#include "tools/linectl/session.h"
#include "tools/linectl/stream.h"

#define REMOTE "rfc2217://" /* devices of terminal servers */

/* The daemon says nothing on it, and closes it at the end of the call. */
static bool is_over(struct varlink_client *stream)
{
	char bytes[64];
	ssize_t n = varlink_client_recv(stream, bytes, sizeof(bytes));

	return n <= 0 && n != -EAGAIN;
}

/* @param end becomes readable when the command ends */
static enum relay_end watch(struct app *app, struct varlink_client *stream, int end)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = app->signals, .events = POLLIN},
			{.fd = varlink_client_get_fd(stream), .events = POLLIN},
			{.fd = end, .events = POLLIN},
		};

		if (poll(fds, 3, -1) < 0)
			continue; /* EINTR: a stop that has been continued */
		connect_pause(app, 0);
		if (app->interrupts > 0)
			return RELAY_INTERRUPTED;
		if (fds[1].revents && is_over(stream))
			return RELAY_OVER;
		if (fds[2].revents) {
			/* What it has written goes out first. */
			shutdown(fds[1].fd, SHUT_WR);
			end = -1;
		}
	}
}

enum status lend_check(struct app *app, const char *line)
{
	struct varlink_reply reply = {0};
	struct json_object *device;
	bool remote;
	enum status status;

	status = connect_call(app, line, "ListLines", line_params(line), &reply);
	if (status != STATUS_OK)
		return status;
	device = field_at(field_get(reply.params, "lines"), 0);
	remote = strncmp(field_text(device, "device"), REMOTE, strlen(REMOTE)) == 0;
	varlink_reply_clear(&reply);
	if (!remote)
		return STATUS_OK;
	return output_error(
		&app->output,
		&(struct output_error){
			.status = STATUS_USAGE,
			.subject = line,
			.error = "Usage",
			.reason = "its modem is at a terminal server: there is no tty here "
				  "that --fd could give",
			.hint = "leave out --fd, or say --pty instead",
		});
}

enum relay_end lend_run(struct app *app, struct varlink_client *stream, struct json_object *info,
			int *ret_status)
{
	const char *session = field_text(info, "session");
	struct program program;
	enum status status;
	enum relay_end end;
	int fd = -1, r;

	status = stream_upgrade(app, stream, session, "Lend", session_params(session),
				VARLINK_CALL_FD);
	if (status == STATUS_OK)
		fd = varlink_client_take_fd(stream);
	if (status == STATUS_OK && fd < 0)
		status = connect_tell_lost(app, -EPROTO);
	*ret_status = (int)status;
	if (status != STATUS_OK)
		return RELAY_REFUSED;
	r = program_start_on(&program, app->options.command, fd, info);
	close(fd);
	if (r < 0) {
		*ret_status = program_tell(app, app->options.command[0], r);
		return RELAY_LEFT;
	}
	end = watch(app, stream, program.end);
	*ret_status = program_finish(&program);
	return end;
}
