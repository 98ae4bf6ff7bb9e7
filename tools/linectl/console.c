/* SPDX-License-Identifier: MIT */
/* Commands go over one connection. What the modem says unasked comes over another, which traces. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tools/linectl/command.h"
#include "tools/linectl/connect.h"
#include "tools/linectl/edit.h"
#include "tools/linectl/field.h"
#include "tools/varlink/interface.h"
#include "tools/varlink/json.h"

#define COMMAND_MAX 512 /* the daemon takes fewer characters */
#define TEXT_MAX    512

struct console {
	struct app *app;
	const char *line;
	struct varlink_client *trace; /* NULL: stdin is no terminal */
	struct edit *edit;	      /* NULL: lines come as they are */
	char prompt[64];
	char input[256];
	size_t at, end; /* of what has been read of it */
	bool prompting;
	bool interrupted;     /* by Ctrl-C, and nothing has been done about it */
	bool leaving;	      /* another signal has come */
	unsigned int stopped; /* replies that nobody waits for any more */
	enum status status;   /* of the first failure */
};

/* What V.250, V.253 and the modems that we know understand, and lined lets through. */
static const char *const words[] = {
	"AT&V",	    "AT+DR?",	 "AT+DS?",	"AT+EB?",     "AT+ER?",	 "AT+ES?",    "AT+ESR?",
	"AT+ETBM?", "AT+EWIND?", "AT+FCLASS=?", "AT+FCLASS?", "AT+GCAP", "AT+GCI?",   "AT+GMI",
	"AT+GMM",   "AT+GMR",	 "AT+GOI",	"AT+GSN",     "AT+ICF?", "AT+IFC?",   "AT+ILRR?",
	"AT+IPR=?", "AT+IPR?",	 "AT+MR?",	"AT+MS=?",    "AT+MS?",	 "AT+VCID=0", "AT+VCID=1",
	"AT+VCID?", "AT+VLS=?",	 "AT+VLS?",	"AT#UD",      "ATI",	 "ATI0",      "ATI1",
	"ATI2",	    "ATI3",	 "ATI4",	"ATL0",	      "ATL1",	 "ATL2",      "ATL3",
	"ATM0",	    "ATM1",	 "ATM2",	"ATS0?",      "ATS10?",	 "ATS6?",     "ATS7?",
	"ATS8?",    "ATX0",	 "ATX1",	"ATX2",	      "ATX3",	 "ATX4",      NULL,
};

static void note(struct console *c, enum status status)
{
	if (c->status == STATUS_OK)
		c->status = status;
}

static int64_t now_wall_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* "18:40:03.120  * RING", above the line that is being typed. */
static void show(struct console *c, int64_t wall_us, char mark, const char *text)
{
	const struct output *output = &c->app->output;
	char clean[TEXT_MAX];
	char time[40];

	if (c->prompting && c->edit)
		edit_hide(c->edit);
	else if (c->prompting)
		fputs("\r\033[K", output->out);
	fprintf(output->out, "%s%s%s  %c %s\n", output_begin(output->color_out, OUTPUT_DIM),
		output_time(wall_us, false, time, sizeof(time)),
		output_end(output->color_out, OUTPUT_DIM), mark,
		output_clean(text, clean, sizeof(clean)));
	if (c->prompting && !c->edit)
		fputs(c->prompt, output->out);
	fflush(output->out);
	if (c->prompting && c->edit)
		edit_show(c->edit);
}

/* @return 0; negative errno: no more will come, which has been told */
static int take_traces(struct console *c)
{
	struct varlink_reply reply = {0};
	int r = 0;

	while (c->trace && (r = varlink_client_next(c->trace, &reply)) > 0) {
		struct json_object *trace = field_get(reply.params, "trace");

		if (reply.error) {
			note(c, connect_tell(c->app, c->line, &reply));
			r = -EPERM;
		} else if (field_bool(trace, "unsolicited")) {
			show(c, field_int(trace, "wall_us"), '*', field_text(trace, "text"));
		}
		varlink_reply_clear(&reply);
		if (r < 0)
			return r;
	}
	if (r < 0)
		note(c, connect_tell_lost(c->app, r));
	return r;
}

static void take_signals(struct console *c)
{
	struct signalfd_siginfo info;

	while (read(c->app->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		c->interrupted |= info.ssi_signo == SIGINT;
		c->leaving |= info.ssi_signo != SIGINT;
	}
}

/* Let something happen. @return 1 stdin can be read; 0; negative errno as take_traces() */
static int wait_for(struct console *c, bool input)
{
	struct varlink_client *client = c->app->client;
	struct pollfd fds[] = {
		{.fd = input ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = c->app->signals, .events = POLLIN},
		{.fd = varlink_client_get_fd(client), .events = varlink_client_events(client)},
		{.fd = c->trace ? varlink_client_get_fd(c->trace) : -1, .events = POLLIN},
	};
	int r;

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return 0; /* EINTR: a stop that has been continued */
	take_signals(c);
	r = varlink_client_dispatch(client);
	if (r == 0 && c->trace)
		r = varlink_client_dispatch(c->trace);
	if (r < 0) {
		note(c, connect_tell_lost(c->app, r));
		return r;
	}
	r = take_traces(c);
	return r < 0 ? r : fds[0].revents != 0;
}

/* An edit_byte_fn. */
static int next_byte(void *user, char *ret)
{
	struct console *c = user;

	while (c->at == c->end) {
		ssize_t n;
		int r = wait_for(c, true);

		if (r < 0)
			return r;
		if (c->interrupted || c->leaving)
			return -EINTR;
		if (r == 0)
			continue;
		n = read(STDIN_FILENO, c->input, sizeof(c->input));
		if (n <= 0)
			return 0; /* of a terminal that is gone, too */
		c->at = 0;
		c->end = (size_t)n;
	}
	*ret = c->input[c->at++];
	return 1;
}

/* Too long a line is cut, and the daemon refuses it. @return 1; 0 the end; negative errno */
static int read_plain(struct console *c, char *buf, size_t size)
{
	size_t n = 0;
	char byte;
	int r;

	while ((r = next_byte(c, &byte)) > 0 && byte != '\n')
		if (n + 1 < size)
			buf[n++] = byte;
	buf[n] = '\0';
	return r == 0 && n > 0 ? 1 : r;
}

static int read_line(struct console *c, char *buf, size_t size)
{
	int r;

	if (c->trace && !c->edit) {
		fputs(c->prompt, c->app->output.out);
		fflush(c->app->output.out);
	}
	c->prompting = c->trace != NULL;
	r = c->edit ? edit_read(c->edit, buf, size) : read_plain(c, buf, size);
	c->prompting = false;
	if (c->trace && r <= 0)
		fputc('\n', c->app->output.out);
	return r;
}

static void print_answer(struct console *c, struct json_object *params)
{
	struct json_object *answer = field_get(params, "answer");
	const struct output *output = &c->app->output;

	if (output->json)
		output_json(output, params);
	for (size_t i = 0; i < field_count(answer) && !output->json; i++) {
		const char *text = json_object_get_string(field_at(answer, i));
		char clean[TEXT_MAX];

		if (c->trace)
			show(c, now_wall_us(), '<', text);
		else
			fprintf(output->out, "%s\n", output_clean(text, clean, sizeof(clean)));
	}
	fflush(output->out);
}

/* @return 0; negative errno: the connection is lost, which has been told */
static int await_answer(struct console *c)
{
	struct varlink_reply reply = {0};
	int r;

	for (;;) {
		r = varlink_client_next(c->app->client, &reply);
		if (r > 0 && c->stopped == 0)
			break;
		if (r > 0) {
			c->stopped--;
			varlink_reply_clear(&reply);
			continue;
		}
		if (r < 0) {
			note(c, connect_tell_lost(c->app, r));
			return r;
		}
		if (c->interrupted || c->leaving) {
			c->stopped++;
			output_remark(&c->app->output, "stopped waiting for the answer");
			return 0;
		}
		r = wait_for(c, false);
		if (r < 0)
			return r;
	}
	if (reply.error)
		note(c, connect_tell(c->app, c->line, &reply));
	else
		print_answer(c, reply.params);
	varlink_reply_clear(&reply);
	return 0;
}

static int run(struct console *c, const char *command)
{
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", c->line);
	varlink_put_string(&b, "command", command);
	varlink_put_count(&b, "timeout", (int64_t)c->app->options.timeout * 1000);
	if (varlink_build_end(&b, &params) < 0)
		params = NULL;
	status = connect_send(c->app, VARLINK_TRUNKLINE ".Command", params, 0);
	if (status != STATUS_OK) {
		note(c, status);
		return -ECONNRESET;
	}
	return await_answer(c);
}

/* Ctrl-C empties the line that is being typed; who types none is not at the keyboard. */
static enum status converse(struct console *c)
{
	char text[COMMAND_MAX];

	for (;;) {
		int r = read_line(c, text, sizeof(text));

		if (r == 0)
			return c->trace ? STATUS_OK : c->status;
		if (r > 0 && *text)
			r = run(c, text);
		if (c->leaving || (c->interrupted && !c->trace))
			return STATUS_INTERRUPTED;
		c->interrupted = false;
		if (r < 0 && r != -EINTR)
			return c->status;
		/* The failures of a person's commands have been seen. */
		if (c->trace)
			c->status = STATUS_OK;
	}
}

static enum status start_trace(struct console *c)
{
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;
	int r;

	status = connect_second(c->app, &c->trace);
	if (status != STATUS_OK)
		return status;
	varlink_build_start(&b);
	varlink_put_string(&b, "line", c->line);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&c->app->output);
	r = varlink_client_call(c->trace, VARLINK_TRUNKLINE ".Trace", params, VARLINK_CALL_MORE);
	return r < 0 ? connect_tell_lost(c->app, r) : STATUS_OK;
}

/* A call goes on undisturbed: the daemon refuses commands until it is over. */
static enum status check_call(const struct console *c)
{
	struct varlink_reply reply = {0};
	struct json_object *params = NULL;
	struct varlink_build b;
	enum status status;
	bool busy;

	varlink_build_start(&b);
	varlink_put_string(&b, "line", c->line);
	if (varlink_build_end(&b, &params) < 0)
		return output_no_memory(&c->app->output);
	status = connect_call(c->app, c->line, "ListLines", params, &reply);
	if (status != STATUS_OK)
		return status;
	busy = field_int(field_at(field_get(reply.params, "lines"), 0), "call") > 0;
	varlink_reply_clear(&reply);
	if (!busy || c->app->options.force)
		return STATUS_OK;
	return output_error(&c->app->output,
			    &(struct output_error){
				    .status = STATUS_BUSY,
				    .subject = c->line,
				    .error = "Busy",
				    .reason = "a call is on the line",
				    .hint = "--read-only shows the dialogue, --force waits for the "
					    "end of the call with you",
			    });
}

static enum status start_terminal(struct console *c)
{
	enum status status = start_trace(c);
	int r;

	if (status != STATUS_OK)
		return status;
	snprintf(c->prompt, sizeof(c->prompt), "%.60s> ", c->line);
	r = edit_new(c->prompt, words, next_byte, c, &c->edit);
	return r == -ENOMEM ? output_no_memory(&c->app->output) : STATUS_OK;
}

enum status console_run(struct app *app, const char **args)
{
	struct console c = {.app = app, .line = args[0]};
	enum status status;

	if (app->options.read_only)
		return monitor_trace(app, args);
	status = check_call(&c);
	if (status == STATUS_OK && !app->output.json && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO))
		status = start_terminal(&c);
	if (status == STATUS_OK)
		status = converse(&c);
	edit_free(c.edit);
	varlink_client_free(c.trace);
	return status;
}
