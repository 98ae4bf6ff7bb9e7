/* SPDX-License-Identifier: MIT */
/* Dial, then copy standard input to the far end and the far end to standard output:
 *     cc terminal.c -o terminal $(pkg-config --cflags --libs trunkline)
 *     ./terminal /dev/ttyUSB0 5551234 <request >answer
 * The end of the input ends the call, when all of it has been sent. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <trunkline/trunkline.h>
#include <unistd.h>

struct terminal {
	struct tl_ctx *ctx;
	tl_session session;
	const char *number;
	char typed[4096]; /* not yet sent: from at to len */
	size_t at, len;
	bool blocked; /* until TL_EVENT_WRITABLE */
	bool over;
};

static void check(int r, const char *what)
{
	if (r < 0)
		errx(EXIT_FAILURE, "%s: %s", what, tl_error_text(r));
}

/* Attached before the call is connected, so that nothing is missed. */
static void dial(struct terminal *t, const struct tl_event *event)
{
	enum tl_line_state state = tl_event_get_line_state(event);

	/* Of a call that has begun the record tells, too. */
	if (t->session.id)
		return;
	if (state == TL_LINE_READY) {
		check(tl_line_dial(t->ctx, tl_event_get_client(event), tl_event_get_line(event),
				   t->number, NULL, &t->session, NULL),
		      t->number);
		check(tl_session_attach(t->ctx, t->session), "attach");
	} else if (state == TL_LINE_FAULTY || state == TL_LINE_ABSENT || state == TL_LINE_GONE) {
		errx(EXIT_FAILURE, "%s", tl_event_get_text(event));
	}
}

static void show(struct terminal *t)
{
	char buf[16384];
	ssize_t n;

	while ((n = tl_session_read(t->ctx, t->session, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			err(EXIT_FAILURE, "standard output");
	fflush(stdout);
	t->over = n == 0;
}

static void send_typed(struct terminal *t)
{
	while (!t->blocked && t->at < t->len) {
		ssize_t n = tl_session_write(t->ctx, t->session, t->typed + t->at, t->len - t->at);

		if (n > 0)
			t->at += (size_t)n;
		else if (n == -EAGAIN)
			t->blocked = true;
		else
			t->at = t->len; /* the call is over; what has arrived is still read */
	}
}

static void read_typed(struct terminal *t)
{
	ssize_t n = read(STDIN_FILENO, t->typed, sizeof(t->typed));

	t->at = 0;
	t->len = n > 0 ? (size_t)n : 0;
	send_typed(t);
	/* From here on nothing is typed any more: wait for the end with a blocked writer. */
	if (n <= 0)
		t->blocked = tl_session_shutdown(t->ctx, t->session, TL_DRAIN_MS, NULL) <= 0;
}

static void on_event(struct terminal *t, const struct tl_event *event)
{
	if (tl_event_get_type(event) == TL_EVENT_LINE_STATE) {
		dial(t, event);
	} else if (tl_event_get_type(event) == TL_EVENT_READABLE) {
		show(t);
	} else if (tl_event_get_type(event) == TL_EVENT_WRITABLE) {
		t->blocked = false;
		send_typed(t);
	}
}

static void add_line(struct tl_ctx *ctx, const char *device)
{
	struct tl_line_params *params = tl_line_params_new();
	tl_line line;

	check(params ? 0 : -ENOMEM, device);
	check(tl_line_params_set(params, "name", "modem", NULL), "name");
	check(tl_line_params_set(params, "device", device, NULL), device);
	check(tl_line_add(ctx, params, &line), device);
	check(tl_line_open(ctx, tl_ctx_get_client(ctx), line, TL_PRIVILEGE_NONE, 0), device);
	tl_line_params_free(params);
}

/* Wait until there is something to do: at the end of the call, the device and the keyboard. */
static void turn(struct terminal *t)
{
	bool reads = t->session.id && !t->blocked && t->at == t->len;
	struct pollfd fds[] = {
		{.fd = tl_ctx_get_fd(t->ctx), .events = POLLIN},
		{.fd = reads ? STDIN_FILENO : -1, .events = POLLIN},
	};
	struct tl_event *event;

	if (poll(fds, 2, -1) < 0)
		err(EXIT_FAILURE, "poll");
	if (fds[1].revents)
		read_typed(t);
	check(tl_ctx_dispatch(t->ctx), "dispatch");
	while (tl_ctx_next_event(t->ctx, &event) > 0) {
		on_event(t, event);
		tl_event_free(event);
	}
}

static void tell_end(const struct terminal *t)
{
	struct tl_session_info *info;

	check(tl_session_get_info(t->ctx, t->session, &info), "call");
	warnx("%s %s", tl_disconnect_name(tl_session_info_disconnect(info)),
	      tl_session_info_cause(info));
	tl_session_info_free(info);
}

int main(int argc, char **argv)
{
	struct terminal t = {.number = argc == 3 ? argv[2] : NULL};

	check(t.number ? 0 : -EINVAL, "terminal DEVICE NUMBER");
	check(tl_ctx_new(&t.ctx), "context");
	add_line(t.ctx, argv[1]);
	while (!t.over)
		turn(&t);
	tell_end(&t);
	check(tl_session_release(t.ctx, t.session, TL_RELEASE_DROP), "release");
	t.ctx = tl_ctx_free(t.ctx);
	return EXIT_SUCCESS;
}
