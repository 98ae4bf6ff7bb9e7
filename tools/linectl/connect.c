/* SPDX-License-Identifier: MIT */
#include "tools/linectl/connect.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "tools/linectl/command.h"
#include "tools/linectl/field.h"
#include "tools/linectl/private.h"
#include "tools/varlink/interface.h"

#define SOCKET_SYSTEM	"/run/lined/socket"
#define SOCKET_USER	"lined/socket" /* in XDG_RUNTIME_DIR */
#define SOCKET_PATH_MAX 128	       /* of a struct sockaddr_un it is 108 */

#define METHOD_MAX 64

uint64_t connect_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t connect_deadline(uint32_t seconds)
{
	return seconds ? connect_now_ms() + seconds * UINT64_C(1000) : UINT64_MAX;
}

static enum status tell(const struct app *app, enum status status, const char *error,
			const char *reason)
{
	return output_error(&app->output, &(struct output_error){
						  .status = status,
						  .error = error,
						  .reason = reason,
					  });
}

int connect_catch_signals(struct app *app)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	app->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return app->signals < 0 ? -errno : 0;
}

static enum status tell_no_daemon(const struct app *app, const char *path, int r)
{
	struct output_error error = {
		.status = STATUS_NO_DAEMON,
		.subject = path,
		.error = "NoDaemon",
		.reason = "the daemon is not running",
		.hint = "start it (lined --line NAME=DEVICE), or do without it: --device PATH, "
			"--sim",
	};

	if (r == -EACCES || r == -EPERM) {
		error.status = STATUS_PERMISSION;
		error.error = "NoPermission";
		error.reason = "you may not talk to the daemon";
		error.hint = "ask to be made a member of the group that the socket belongs to";
	} else if (r == -ENAMETOOLONG) {
		error.status = STATUS_USAGE;
		error.error = "Usage";
		error.reason = "too long for a socket's path";
		error.hint = NULL;
	}
	return output_error(&app->output, &error);
}

/* The system's daemon, else the one that the user runs. */
static int open_default(struct varlink_client **ret_client)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[SOCKET_PATH_MAX];
	int r;

	r = varlink_client_open(SOCKET_SYSTEM, ret_client);
	if ((r != -ENOENT && r != -ECONNREFUSED) || !runtime || !*runtime)
		return r;
	snprintf(path, sizeof(path), "%s/" SOCKET_USER, runtime);
	return varlink_client_open(path, ret_client) == 0 ? 0 : r;
}

/* The socket that the user has named, or NULL. */
static const char *named_socket(const struct app *app)
{
	const char *path = app->options.socket ? app->options.socket : getenv("TRUNKLINE_SOCKET");

	return path && *path ? path : NULL;
}

int connect_socket(const struct app *app, struct varlink_client **ret_client, const char **ret_path)
{
	const char *path = named_socket(app);

	*ret_path = path ? path : SOCKET_SYSTEM;
	return path ? varlink_client_open(path, ret_client) : open_default(ret_client);
}

/* @param optional a default daemon that cannot be reached is not told of */
static enum status open_socket(const struct app *app, bool optional,
			       struct varlink_client **ret_client)
{
	const char *path;
	int r = connect_socket(app, ret_client, &path);

	if (r == -ENOMEM)
		return output_no_memory(&app->output);
	if (r < 0 && optional)
		return STATUS_NO_DAEMON;
	return r < 0 ? tell_no_daemon(app, path, r) : STATUS_OK;
}

enum status connect_second(struct app *app, struct varlink_client **ret_client)
{
	if (!app->private)
		return open_socket(app, false, ret_client);
	*ret_client = private_take_second(app);
	return STATUS_OK;
}

enum status connect_open(struct app *app)
{
	if (connect_catch_signals(app) < 0)
		return tell(app, STATUS_OTHER, "Failed", "cannot catch signals");
	if (app->options.device || app->options.sim)
		return private_start(app);
	return open_socket(app, false, &app->client);
}

enum status connect_open_running(struct app *app)
{
	if (app->options.device || app->options.sim)
		return STATUS_NO_DAEMON;
	if (connect_catch_signals(app) < 0)
		return tell(app, STATUS_OTHER, "Failed", "cannot catch signals");
	return open_socket(app, !named_socket(app), &app->client);
}

void connect_close(struct app *app)
{
	app->client = varlink_client_free(app->client);
	private_stop(app);
	if (app->signals >= 0)
		close(app->signals);
	app->signals = -1;
}

/* Only Ctrl-C again is impatience: timeout(1) signals its child and then the group that it is in,
 * and a session that ends sends SIGTERM and SIGHUP. */
static void count_signals(struct app *app)
{
	struct signalfd_siginfo info;

	while (read(app->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (app->interrupts == 0 || info.ssi_signo == SIGINT)
			app->interrupts++;
}

void connect_pause(struct app *app, int ms)
{
	struct pollfd fd = {.fd = app->signals, .events = POLLIN};

	poll(&fd, 1, ms);
	count_signals(app);
}

enum status connect_tell_lost(const struct app *app, int r)
{
	if (r == -ENOMEM)
		return output_no_memory(&app->output);
	if (r == -EPROTO || r == -EMSGSIZE)
		return tell(app, STATUS_NO_DAEMON, "NoDaemon", "what listens there is no lined");
	return tell(app, STATUS_NO_DAEMON, "NoDaemon", "the daemon has closed the connection");
}

/* Time left for poll(2), an hour at most: longer waits take several. */
static int poll_time(uint64_t deadline_ms)
{
	uint64_t now = connect_now_ms();
	uint64_t left = deadline_ms > now ? deadline_ms - now : 0;

	return left > 3600000 ? 3600000 : (int)left;
}

enum status connect_wait(struct app *app, uint64_t deadline_ms, struct varlink_reply *ret_reply)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = app->signals, .events = POLLIN},
			{.fd = varlink_client_get_fd(app->client),
			 .events = varlink_client_events(app->client)},
		};
		int r;

		r = varlink_client_next(app->client, ret_reply);
		if (r < 0)
			return connect_tell_lost(app, r);
		if (r > 0)
			return STATUS_OK;
		if (app->interrupts > app->patience)
			return STATUS_INTERRUPTED;
		r = poll(fds, 2, poll_time(deadline_ms));
		if (r == 0 && poll_time(deadline_ms) == 0)
			return STATUS_TIMEOUT;
		count_signals(app);
		r = varlink_client_dispatch(app->client);
		if (r < 0)
			return connect_tell_lost(app, r);
	}
}

enum status connect_next(struct app *app, uint64_t deadline_ms, struct varlink_reply *ret_reply)
{
	enum status status = connect_wait(app, deadline_ms, ret_reply);

	if (status == STATUS_INTERRUPTED)
		output_remark(&app->output, "interrupted");
	return status;
}

enum status connect_send(struct app *app, const char *method, struct json_object *params,
			 unsigned int flags)
{
	int r;

	if (!params)
		return output_no_memory(&app->output);
	r = varlink_client_call(app->client, method, params, flags);
	return r < 0 ? connect_tell_lost(app, r) : STATUS_OK;
}

enum status connect_tell_timeout(const struct app *app)
{
	return tell(app, STATUS_TIMEOUT, "Timeout", "the daemon has not replied in time");
}

enum status connect_tell(const struct app *app, const char *subject,
			 const struct varlink_reply *reply)
{
	const char *dot = strrchr(reply->error, '.');
	const char *name = dot ? dot + 1 : reply->error;
	const char *reason = field_text(reply->params, "reason");
	const char *line = strstr(app->command->synopsis, "LINE") ? subject : NULL;
	char hint[EXIT_HINT_MAX];

	return output_error(&app->output,
			    &(struct output_error){
				    .status = exit_from_error(reply->error),
				    .subject = subject,
				    .error = name,
				    .reason = *reason ? reason : name,
				    .hint = exit_hint(reply->error, line, hint, sizeof(hint)),
			    });
}

enum status connect_try(struct app *app, const char *method, struct json_object *params,
			struct varlink_reply *ret_reply)
{
	uint64_t deadline_ms = connect_deadline(app->reply_limit_s);
	char full[METHOD_MAX];
	enum status status;

	snprintf(full, sizeof(full), VARLINK_TRUNKLINE ".%s", method);
	status = connect_send(app, full, params, 0);
	if (status != STATUS_OK)
		return status;
	status = connect_next(app, deadline_ms, ret_reply);
	return status == STATUS_TIMEOUT ? connect_tell_timeout(app) : status;
}

enum status connect_call(struct app *app, const char *subject, const char *method,
			 struct json_object *params, struct varlink_reply *ret_reply)
{
	struct varlink_reply reply = {0};
	enum status status;

	status = connect_try(app, method, params, &reply);
	if (status != STATUS_OK)
		return status;
	if (reply.error) {
		status = connect_tell(app, subject, &reply);
		varlink_reply_clear(&reply);
		return status;
	}
	*ret_reply = reply;
	return STATUS_OK;
}
