/* SPDX-License-Identifier: MIT */
#include "tools/linectl/private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <json-c/json.h>

#include <trunkline/trunkline.h>

#include "tools/linectl/child.h"
#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/field.h"
#include "tools/linectl/sim.h"

#define LINE_DEVICE "line0"

/* The descriptor as which the daemon finds its client. */
#define LINED_FD      3
#define LINED_FD_TEXT "3"

/* Opening and probing a modem takes seconds; one that is silent is given up within this. */
#define SETTLE_LIMIT_S 60
#define SETTLE_LOOK_MS 20

/* A daemon whose client is gone drops its calls first: a drop whose every step times out. */
#define LINED_END_MS	60000
#define MODEMSIM_END_MS 2000

#define LINE_TEXT_MAX 600

struct private
{
	struct child lined;
	struct child modemsim;
	struct varlink_reply lines; /* of ListLines, when they had been probed */
	struct varlink_client *second;
	char second_text[12]; /* the number that the daemon has it under */
};

const char *private_default_line(const struct options *options)
{
	if (options->device)
		return LINE_DEVICE;
	return options->sim ? SIM_LINE : NULL;
}

static enum status tell(const struct app *app, enum status status, const char *subject,
			const char *reason)
{
	return output_error(&app->output,
			    &(struct output_error){
				    .status = status,
				    .subject = subject,
				    .error = status == STATUS_USAGE ? "Usage" : "Failed",
				    .reason = reason,
			    });
}

static void add_line(struct child *child, const char *line)
{
	child_add(child, "--line");
	child_add(child, line);
}

/* Another connection. Its number must not be in the way of the first one's. */
static int add_second(struct private *private)
{
	int fds[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	private->lined.also = fcntl(fds[1], F_DUPFD_CLOEXEC, LINED_FD + 1);
	r = private->lined.also < 0 ? -errno : varlink_client_new(fds[0], &private->second);
	close(fds[1]);
	if (r < 0) {
		close(fds[0]);
		return r;
	}
	snprintf(private->second_text, sizeof(private->second_text), "%d", private->lined.also);
	child_add(&private->lined, "--fd");
	child_add(&private->lined, private->second_text);
	return 0;
}

static int start_twice(struct private *private)
{
	int r = add_second(private);

	if (r == 0)
		r = child_start(&private->lined);
	if (private->lined.also > 0)
		close(private->lined.also);
	return r;
}

struct varlink_client *private_take_second(struct app *app)
{
	struct varlink_client *second = app->private->second;

	app->private->second = NULL;
	return second;
}

/* Start the daemon with one end of a socket and take the other. */
static enum status start_lined(struct app *app, struct child *lined)
{
	const struct options *options = &app->options;
	int fds[2];
	int r;

	child_add(lined, "--fd");
	child_add(lined, LINED_FD_TEXT);
	child_add(lined, "--log-level");
	child_add(lined, options->log_level ? options->log_level : "error");
	if (options->trace)
		child_add(lined, "--trace");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return tell(app, STATUS_OTHER, "socketpair", strerror(errno));
	lined->fd = fds[1];
	lined->as = LINED_FD;
	r = app->command->flags & COMMAND_TWICE ? start_twice(app->private) : child_start(lined);
	close(fds[1]);
	if (r == 0)
		r = varlink_client_new(fds[0], &app->client);
	if (r == 0)
		return STATUS_OK;
	close(fds[0]);
	return tell(app, STATUS_OTHER, lined->path, strerror(-r));
}

/* As lined reads it: one that it would refuse is told here, as a person has written it. */
static enum status check_device(const struct app *app)
{
	const char *why = "not the path of a serial port";
	struct tl_line_params *params = tl_line_params_new();
	enum status status = STATUS_OK;

	if (!params)
		return output_no_memory(&app->output);
	if (strchr(app->options.device, ',') ||
	    tl_line_params_set(params, "device", app->options.device, &why) < 0)
		status = tell(app, STATUS_USAGE, "--device", why);
	tl_line_params_free(params);
	return status;
}

static enum status start_device(struct app *app)
{
	const struct options *options = &app->options;
	char line[LINE_TEXT_MAX];
	char baud[24] = "";
	enum status status = check_device(app);
	int n;

	if (status != STATUS_OK)
		return status;
	if (options->baud)
		snprintf(baud, sizeof(baud), ",baud=%u", options->baud);
	n = snprintf(line, sizeof(line), LINE_DEVICE "=%s%s", options->device, baud);
	if (n >= (int)sizeof(line))
		return tell(app, STATUS_USAGE, options->device, "not the path of a serial port");
	add_line(&app->private->lined, line);
	return start_lined(app, &app->private->lined);
}

static enum status start_sim(struct app *app)
{
	struct sim_line line;
	char text[LINE_TEXT_MAX];
	enum status status;

	status = sim_start(app, &app->private->modemsim, &line);
	if (status != STATUS_OK)
		return status;
	snprintf(text, sizeof(text), SIM_LINE "=%s,number=" SIM_NUMBER, line.port);
	add_line(&app->private->lined, text);
	return start_lined(app, &app->private->lined);
}

static bool is_settling(struct json_object *lines)
{
	for (size_t i = 0; i < field_count(lines); i++) {
		const char *state = field_text(field_at(lines, i), "state");

		if (strcmp(state, "opening") == 0 || strcmp(state, "probing") == 0)
			return true;
	}
	return false;
}

/* Until the modems have said what they are, or have not. */
static enum status settle(struct app *app)
{
	uint64_t end_ms = connect_deadline(SETTLE_LIMIT_S);
	struct varlink_reply *reply = &app->private->lines;
	enum status status;

	for (;;) {
		varlink_reply_clear(reply);
		status = connect_call(app, NULL, "ListLines", json_object_new_object(), reply);
		if (status != STATUS_OK || !is_settling(field_get(reply->params, "lines")))
			return status;
		if (app->interrupts > 0)
			return STATUS_INTERRUPTED;
		if (connect_now_ms() > end_ms)
			return tell(app, STATUS_MODEM, NULL, "the modem does not come to rest");
		connect_pause(app, SETTLE_LOOK_MS);
	}
}

enum status private_start(struct app *app)
{
	enum status status;

	app->private = calloc(1, sizeof(*app->private));
	if (!app->private)
		return output_no_memory(&app->output);
	child_init(&app->private->lined, "lined", "TRUNKLINE_LINED", TRUNKLINE_SBINDIR);
	status = app->options.sim ? start_sim(app) : start_device(app);
	return status == STATUS_OK ? settle(app) : status;
}

void private_stop(struct app *app)
{
	struct private *private = app->private;

	if (!private)
		return;
	private->second = varlink_client_free(private->second);
	/* It clears its lines; after a second Ctrl-C, on its own. */
	if (!child_wait(&private->lined, app, LINED_END_MS) && app->interrupts <= 1)
		kill(private->lined.pid, SIGKILL);
	if (private->modemsim.pid > 0)
		kill(private->modemsim.pid, SIGTERM);
	if (!child_wait(&private->modemsim, app, MODEMSIM_END_MS))
		kill(private->modemsim.pid, SIGKILL);
	varlink_reply_clear(&private->lines);
	free(private);
	app->private = NULL;
}

enum status private_restart(struct app *app)
{
	app->client = varlink_client_free(app->client);
	private_stop(app);
	return private_start(app);
}

enum status private_line_status(const struct app *app)
{
	struct json_object *line = field_at(field_get(app->private->lines.params, "lines"), 0);
	const char *error = field_text(line, "error");

	return *error ? exit_from_line_error(error) : STATUS_OK;
}

static bool is_line(struct json_object *line, const char *text)
{
	return strcmp(field_text(line, "name"), text) == 0 ||
	       strcmp(field_text(line, "line"), text) == 0 ||
	       strcmp(field_text(line, "device"), text) == 0;
}

static enum status check(const struct app *app, struct json_object *line)
{
	const char *error = field_text(line, "error");
	const char *why = field_text(line, "why");
	char hint[EXIT_HINT_MAX];

	if (!*error)
		return STATUS_OK;
	return output_error(&app->output,
			    &(struct output_error){
				    .status = exit_from_line_error(error),
				    .subject = app->options.device ? app->options.device
								   : field_text(line, "name"),
				    .error = error,
				    .reason = *why ? why : field_text(line, "state"),
				    .hint = exit_hint(error, NULL, hint, sizeof(hint)),
			    });
}

enum status private_check_line(struct app *app, const char *line)
{
	struct json_object *lines;

	if (!app->private || !(app->command->flags & COMMAND_READY))
		return STATUS_OK;
	lines = field_get(app->private->lines.params, "lines");
	for (size_t i = 0; i < field_count(lines); i++)
		if (is_line(field_at(lines, i), line))
			return check(app, field_at(lines, i));
	return STATUS_OK;
}
