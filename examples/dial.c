/* SPDX-License-Identifier: MIT */
/* Dial with the modem on a tty, tell how the call gets on, hang up at Ctrl-C, say how it ended:
 *     cc dial.c -o dial $(pkg-config --cflags --libs trunkline) && ./dial /dev/ttyUSB0 5551234 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <trunkline/trunkline.h>
#include <unistd.h>

static void check(int r, const char *what)
{
	if (r < 0)
		errx(EXIT_FAILURE, "%s: %s", what, tl_error_text(r));
}

/* Start to open the line, and ask to be told of it, but not of calls that come in. */
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

/* The record is there until the session is released. @return the call is over */
static bool on_call_state(struct tl_ctx *ctx, tl_session session)
{
	struct tl_session_info *info;
	bool over;

	check(tl_session_get_info(ctx, session, &info), "call");
	over = tl_session_info_is_over(info);
	printf("call: %s\n", tl_call_state_name(tl_session_info_state(info)));
	if (over)
		printf("ended: %s, by %s %s\n",
		       tl_disconnect_name(tl_session_info_disconnect(info)),
		       tl_origin_name(tl_session_info_origin(info)), tl_session_info_cause(info));
	tl_session_info_free(info);
	return over;
}

/* @return there is no call to wait for any more */
static bool on_event(struct tl_ctx *ctx, struct tl_event *event, const char *to, tl_session *call)
{
	enum tl_line_state state = tl_event_get_line_state(event);

	if (tl_event_get_type(event) == TL_EVENT_CALL_STATE)
		return on_call_state(ctx, *call);
	if (tl_event_get_type(event) != TL_EVENT_LINE_STATE || call->id)
		return false;
	printf("line: %s %s\n", tl_line_state_name(state), tl_event_get_text(event));
	if (state == TL_LINE_READY)
		check(tl_line_dial(ctx, tl_event_get_client(event), tl_event_get_line(event), to,
				   NULL, call, NULL),
		      to);
	return state != TL_LINE_OPENING && state != TL_LINE_PROBING && state != TL_LINE_READY;
}

int main(int argc, char **argv)
{
	struct pollfd fds[] = {{.events = POLLIN}, {.events = POLLIN}};
	struct signalfd_siginfo interrupt;
	tl_session session = {0};
	struct tl_event *event;
	struct tl_ctx *ctx;
	bool over = false;
	sigset_t set;

	check(argc == 3 ? 0 : -EINVAL, "dial DEVICE NUMBER");
	check(tl_ctx_new(&ctx), "context");
	add_line(ctx, argv[1]);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[0].fd = tl_ctx_get_fd(ctx);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);
	while (!over && poll(fds, 2, -1) > 0) {
		/* A drop only asks for the end, which an event will tell, as with any call. */
		if (fds[1].revents && read(fds[1].fd, &interrupt, sizeof(interrupt)) > 0)
			over = tl_session_drop(ctx, session, TL_DROP_USER, NULL) < 0;
		check(tl_ctx_dispatch(ctx), "dispatch");
		while (!over && tl_ctx_next_event(ctx, &event) > 0) {
			over = on_event(ctx, event, argv[2], &session);
			tl_event_free(event);
		}
	}
	if (session.id)
		check(tl_session_release(ctx, session, 0), "release");
	tl_ctx_free(ctx);
	return session.id ? EXIT_SUCCESS : EXIT_FAILURE;
}
