/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/session.h"
#include "tools/linectl/stream.h"
#include "tools/varlink/interface.h"

#define BREAK_LIMIT_MS 5000

/* What is typed: "~." and its like are for us at the start of a line only. */
struct keys {
	struct app *app;
	const char *session;
	bool inside; /* of a line */
	bool escape; /* a '~' has been held back */
};

/* Lines of a terminal that is raw. */
static void say(const struct keys *keys, const char *text)
{
	if (!keys->app->options.quiet)
		fprintf(stderr, "\r\nlinectl: %s\r\n", text);
}

/* The stream can carry no calls: another connection has to. */
static void send_break(struct keys *keys)
{
	struct varlink_client *client = NULL;
	struct varlink_reply reply = {0};
	int r = 0;

	if (connect_second(keys->app, &client) != STATUS_OK)
		return;
	r = varlink_client_call(client, VARLINK_TRUNKLINE ".Break", session_params(keys->session),
				0);
	if (r == 0)
		r = varlink_client_wait(client, BREAK_LIMIT_MS, &reply);
	say(keys, r < 0 || reply.error ? "no break has been sent" : "break");
	varlink_reply_clear(&reply);
	varlink_client_free(client);
}

/* @return bytes for the line; -1 leave */
static long take_escape(struct keys *keys, char c, char *to)
{
	keys->escape = false;
	switch (c) {
	case '.':
		return -1;
	case '?':
		say(keys, "~. leave  ~# or ~B send a break  ~~ a tilde  ~? this help");
		return 0;
	case '#':
	case 'B':
		send_break(keys);
		return 0;
	case '~':
		*to = '~';
		keys->inside = true;
		return 1;
	default:
		to[0] = '~';
		to[1] = c;
		keys->inside = c != '\r' && c != '\n';
		return 2;
	}
}

/* A filter of struct relay. */
static long filter(void *user, const char *from, size_t n, char *to)
{
	struct keys *keys = user;
	long end = 0;

	for (size_t i = 0; i < n; i++) {
		if (keys->escape) {
			long taken = take_escape(keys, from[i], to + end);

			if (taken < 0)
				return -1;
			end += taken;
		} else if (from[i] == '~' && !keys->inside) {
			keys->escape = true;
		} else {
			keys->inside = from[i] != '\r' && from[i] != '\n';
			to[end++] = from[i];
		}
	}
	return end;
}

static enum relay_end converse(struct relay *relay, struct keys *keys)
{
	struct termios saved;
	struct termios raw;
	enum relay_end end;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &saved) < 0)
		return relay_run(relay);
	output_remark(&relay->app->output, "attached to %s; ~. leaves, ~? helps", keys->session);
	relay->filter = filter;
	relay->user = keys;
	raw = saved;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	end = relay_run(relay);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	fputs("\r\n", stderr);
	return end;
}

static enum status run(struct app *app, struct relay *relay, const char *session)
{
	struct keys keys = {.app = app, .session = session};
	enum status status = stream_attach(app, app->client, session, NULL);
	enum relay_end end;

	if (status != STATUS_OK)
		return status;
	relay->app = app;
	relay->stream = app->client;
	relay->in = STDIN_FILENO;
	relay->out = STDOUT_FILENO;
	relay->program = -1;
	relay->aside = -1;
	end = converse(relay, &keys);
	if (end == RELAY_INTERRUPTED)
		return STATUS_INTERRUPTED;
	output_remark(&app->output, end == RELAY_OVER ? "%s: the call has ended" : "%s: detached",
		      session);
	return STATUS_OK;
}

static enum status open_log(const struct app *app, int *ret_fd)
{
	const char *path = app->options.log;

	*ret_fd = -1;
	if (!path)
		return STATUS_OK;
	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (*ret_fd >= 0)
		return STATUS_OK;
	return output_error(&app->output, &(struct output_error){
						  .status = STATUS_OTHER,
						  .subject = path,
						  .error = "Failed",
						  .reason = strerror(errno),
					  });
}

enum status attach_run(struct app *app, const char **args)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	enum status status;

	if (!relay)
		return output_no_memory(&app->output);
	status = open_log(app, &relay->log);
	if (status == STATUS_OK)
		status = run(app, relay, args[0]);
	if (relay->log >= 0)
		close(relay->log);
	free(relay);
	return status;
}
