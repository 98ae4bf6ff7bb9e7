/* SPDX-License-Identifier: MIT */
#include "tools/lined/daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <trunkline/ctx.h>
#include <trunkline/error.h>
#include <trunkline/event.h>
#include <trunkline/hotplug.h>
#include <trunkline/line.h>
#include <unistd.h>

#include "tools/lined/calls.h"
#include "tools/lined/client.h"
#include "tools/lined/guard.h"
#include "tools/lined/lines.h"
#include "tools/lined/methods.h"
#include "tools/lined/notify.h"
#include "tools/lined/reload.h"
#include "tools/lined/report.h"
#include "tools/lined/settings.h"
#include "tools/lined/stream.h"
#include "tools/lined/tell.h"
#include "tools/lined/trace.h"

static int add_client(struct lined *lined, int fd)
{
	struct lined_client *client;
	int r;

	r = client_new(lined, fd, &client);
	if (r < 0)
		return r;
	lined_log(&lined->log, TL_LOG_DEBUG, "%s: connected", client->name);
	client->next = lined->clients;
	lined->clients = client;
	lined->n_clients++;
	lined->metrics.connections++;
	return 0;
}

static void accept_clients(void *user, uint32_t events)
{
	struct lined *lined = user;
	int fd;
	int r;

	(void)events;
	/* Not in a loop: the descriptor stays ready, and others have their turn. */
	fd = accept4(lined->listen_source.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		/* The connection stays in the backlog until another one is closed. */
		lined_log_limited(&lined->misdeeds, &lined->log, event_now_ms(),
				  "no descriptors are left: accepting nobody");
		lined->accepting = event_change(&lined->loop, &lined->listen_source, 0) < 0;
		return;
	}
	if (fd < 0)
		return;
	r = add_client(lined, fd);
	if (r < 0) {
		lined->metrics.refused++;
		client_turn_away(fd, r);
		close(fd);
	}
}

static void count_drop(struct lined *lined, uint64_t op)
{
	for (size_t i = 0; i < lined->n_drops; i++) {
		if (lined->drops[i] == op) {
			lined->drops[i] = lined->drops[--lined->n_drops];
			return;
		}
	}
}

static void note_event(struct lined *lined, const struct tl_event *event)
{
	tell_event(lined, event);
	metrics_event(&lined->metrics, event);
}

static void take_events(void *user, uint32_t events)
{
	struct lined *lined = user;
	tl_client own = tl_ctx_get_client(lined->ctx);
	struct tl_event *event;
	int r;

	(void)events;
	r = tl_ctx_dispatch(lined->ctx);
	if (r < 0)
		lined_log(&lined->log, TL_LOG_ERROR, "dispatch: %s", strerror(-r));
	while (tl_ctx_next_event(lined->ctx, &event) > 0) {
		lined_calls_event(lined, event);
		if (tl_event_get_type(event) == TL_EVENT_OP_DONE)
			count_drop(lined, tl_event_get_op(event));
		if (tl_event_get_client(event).id == own.id)
			note_event(lined, event);
		if (tl_event_get_type(event) == TL_EVENT_SESSION_EXPIRING &&
		    tl_event_get_count(event) == 0)
			lined_session_gone(lined, tl_event_get_session(event));
		for (struct lined_client *c = lined->clients; c; c = c->next)
			client_event(c, event);
		tl_event_free(event);
	}
}

void lined_session_gone(struct lined *lined, tl_session session)
{
	lined->users_changed = true;
	stream_wake_all(lined);
	for (struct lined_client *c = lined->clients; c; c = c->next) {
		/* One that waits for an operation will be told of its completion. */
		if (c->call.event && c->call.op == 0 && c->call.session.id == session.id)
			client_fail(c, -ESTALE, "the session was released by another connection");
	}
}

static void take_signal(void *user, uint32_t events)
{
	struct lined *lined = user;
	struct signalfd_siginfo info;

	(void)events;
	while (read(lined->signal_source.fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		struct lined_report report = {0};

		/* From the kernel it says that our terminal is gone. */
		if (info.ssi_signo != SIGHUP || info.ssi_code == SI_KERNEL)
			lined_stop(lined);
		else
			(void)lined_reload(lined, &report, NULL); /* it has told the log */
		lined_report_fini(&report);
	}
}

static int watch_devices(struct lined *lined, const struct lined_settings *settings)
{
	int r;

	r = tl_hotplug_start(lined->ctx, settings->hotplug, settings->claim_marked);
	if (r < 0)
		lined_log(&lined->log, TL_LOG_ERROR, "hotplug: %s", tl_error_text(r));
	else
		lined_log(&lined->log, TL_LOG_INFO, "hotplug: the feed is %s",
			  tl_hotplug_feed_name(tl_hotplug_get_feed(lined->ctx)));
	return r;
}

static int listen_at(struct lined *lined, const char *path)
{
	char buffer[sizeof(lined->listener.path)];
	int r;

	if (!path) {
		r = listener_default_path(buffer, sizeof(buffer));
		if (r < 0) {
			lined_log(&lined->log, TL_LOG_ERROR,
				  "no place for the socket (say --socket PATH): %s", strerror(-r));
			return r;
		}
		path = buffer;
	}
	r = listener_open(path, lined->settings->socket_group, lined->settings->socket_mode,
			  &lined->listener);
	if (r == -EADDRINUSE)
		lined_log(&lined->log, TL_LOG_ERROR, "lined is already running on %s", path);
	else if (r == -EEXIST)
		lined_log(&lined->log, TL_LOG_ERROR, "%s is there and is no socket", path);
	else if (r < 0)
		lined_log(&lined->log, TL_LOG_ERROR, "%s: %s", path, strerror(-r));
	if (r < 0)
		return r;
	lined->listen_source = (struct event_source){
		.fd = lined->listener.fd, .ready = accept_clients, .user = lined};
	lined->accepting = true;
	return event_add(&lined->loop, &lined->listen_source, EPOLLIN);
}

static int serve_inherited(struct lined *lined, const struct lined_settings *settings)
{
	const int fds[] = {settings->fd, settings->second_fd};
	int r = 0;

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]) && fds[i] >= 0 && r == 0; i++) {
		r = add_client(lined, fds[i]);
		if (r < 0)
			lined_log(&lined->log, TL_LOG_ERROR, "--fd %d: %s", fds[i], strerror(-r));
	}
	return r;
}

static int add_sources(struct lined *lined, const sigset_t *mask)
{
	int fd;
	int r;

	r = event_loop_init(&lined->loop);
	if (r < 0)
		return r;
	lined->ctx_source = (struct event_source){
		.fd = tl_ctx_get_fd(lined->ctx), .ready = take_events, .user = lined};
	r = event_add(&lined->loop, &lined->ctx_source, EPOLLIN);
	if (r < 0)
		return r;
	fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	lined->signal_source = (struct event_source){.fd = fd, .ready = take_signal, .user = lined};
	return event_add(&lined->loop, &lined->signal_source, EPOLLIN);
}

int lined_start(struct lined *lined, struct lined_settings *settings, const sigset_t *mask)
{
	const struct event_source none = {.fd = -1};
	int r;

	*lined = (struct lined){.log = settings->log,
				.settings = settings,
				.lines_changed = true,
				.loop = {.epoll = -1},
				.signal_source = none,
				.listen_source = none,
				.listener = {.fd = -1},
				.private = settings->fd >= 0,
				.keep_sessions = settings->keep_sessions,
				.keep_age = settings->keep_age};
	metrics_init(&lined->metrics);
	r = tl_ctx_new(&lined->ctx);
	if (r == 0)
		r = add_sources(lined, mask);
	if (r == 0)
		r = tl_client_watch(lined->ctx, tl_ctx_get_client(lined->ctx), true);
	if (r < 0) {
		lined_log(&lined->log, TL_LOG_ERROR, "cannot start: %s", strerror(-r));
		return r;
	}
	trace_update(lined);
	lined_calls_check(lined);
	lined_guard_load(lined);
	/* First the socket: a second daemon must not reach for the devices of the first. */
	r = lined->private ? serve_inherited(lined, settings) : listen_at(lined, settings->socket);
	if (r == 0)
		r = watch_devices(lined, settings);
	return r < 0 ? r : lined_lines_settle(lined);
}

/* Dispatch who has something new to send. */
static void dispatch_clients(struct lined *lined)
{
	bool dirty = true;

	/* One piece in each turn of the loop: others have their turn. */
	for (struct lined_client *c = lined->clients; c; c = c->next) {
		if (client_wants_more(c))
			listing_go_on(c);
		c->dirty |= stream_has_more(c);
	}
	while (dirty) {
		dirty = false;
		for (struct lined_client *c = lined->clients; c; c = c->next) {
			if (!c->dirty)
				continue;
			client_dispatch(c);
			dirty = true;
		}
	}
}

/* Free who is gone. @return somebody was */
static bool free_clients(struct lined *lined)
{
	struct lined_client **link = &lined->clients;
	bool freed = false;

	while (*link) {
		struct lined_client *client = *link;

		if (!client->gone) {
			link = &client->next;
			continue;
		}
		lined_log(&lined->log, TL_LOG_DEBUG, "%s: closed", client->name);
		*link = client->next;
		lined->n_clients--;
		if (lined->private && lined->n_clients == 0 && !lined->stopping)
			lined_stop(lined);
		client_free(client);
		freed = true;
		if (lined->listen_source.fd >= 0 && !lined->accepting)
			lined->accepting =
				event_change(&lined->loop, &lined->listen_source, EPOLLIN) == 0;
	}
	return freed;
}

/* What those who are gone leave may be told to others. */
static void settle(struct lined *lined)
{
	do
		dispatch_clients(lined);
	while (free_clients(lined));
	lined_forget_users(lined);
}

static uint64_t sooner(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Milliseconds to the first deadline, for epoll_wait(2). */
static int time_left(const struct lined *lined)
{
	uint64_t held_ms = lined_log_limit_deadline_ms(&lined->misdeeds);
	uint64_t now_ms = event_now_ms();
	uint64_t first_ms = sooner(metrics_due_ms(lined), lined_guard_due_ms(lined));

	if (lined->stopping)
		first_ms = lined->stop_deadline_ms;
	if (lined->watchdog_ms > 0)
		first_ms = sooner(first_ms, lined->watchdog_at_ms);
	if (held_ms > 0)
		first_ms = sooner(first_ms, held_ms);
	for (const struct lined_client *c = lined->clients; c; c = c->next) {
		if (c->call.deadline_ms > 0)
			first_ms = sooner(first_ms, c->call.deadline_ms);
		if (client_wants_more(c) || stream_has_more(c))
			return 0;
	}
	if (first_ms == UINT64_MAX)
		return -1;
	if (first_ms <= now_ms)
		return 0;
	return first_ms - now_ms > 3600000 ? 3600000 : (int)(first_ms - now_ms);
}

static void check_deadlines(struct lined *lined)
{
	uint64_t now_ms = event_now_ms();

	lined_log_limit_settle(&lined->misdeeds, &lined->log, now_ms);
	for (struct lined_client *c = lined->clients; c; c = c->next) {
		if (c->call.deadline_ms > 0 && c->call.deadline_ms <= now_ms)
			c->call.late(c);
	}
	lined_guard_drop_due(lined);
	if (lined->stopping && lined->stop_deadline_ms <= now_ms) {
		lined_log(&lined->log, TL_LOG_WARNING,
			  "%zu calls could not be ended in %d ms: closing their ports",
			  lined->n_drops, LINED_STOP_MS);
		lined->stopped = true;
	}
}

/* From here only: a loop that does not turn is what the watchdog is for. */
static void feed_watchdog(struct lined *lined)
{
	uint64_t now_ms = event_now_ms();

	if (lined->watchdog_ms == 0 || now_ms < lined->watchdog_at_ms)
		return;
	lined->watchdog_at_ms = now_ms + lined->watchdog_ms;
	/* One that is lost is made up for by the next, and READY=1 has shown that they arrive. */
	(void)lined_notify("WATCHDOG=1");
}

int lined_run(struct lined *lined)
{
	int r = 0;

	lined->watchdog_ms = lined_notify_watchdog_ms();
	while (r == 0 && !lined->stopped &&
	       !(lined->stopping && lined->n_drops == 0 && !lined_stop_more(lined))) {
		r = event_run(&lined->loop, time_left(lined));
		check_deadlines(lined);
		(void)lined_lines_settle(lined); /* it has told the log */
		settle(lined);
		metrics_write_due(lined);
		feed_watchdog(lined);
	}
	metrics_write(lined);
	lined_log_limit_settle(&lined->misdeeds, &lined->log, UINT64_MAX);
	return r;
}

void lined_fini(struct lined *lined)
{
	struct lined_user *user;

	listener_close(&lined->listener);
	while (lined->clients) {
		struct lined_client *client = lined->clients;

		lined->clients = client->next;
		client_free(client);
	}
	while ((user = lined->users) != NULL) {
		lined->users = user->next;
		free(user);
	}
	lined_lines_fini(lined);
	if (lined->ctx)
		lined_calls_end(lined);
	lined_calls_fini(lined);
	lined_guard_fini(lined);
	tell_fini(lined);
	metrics_fini(&lined->metrics);
	tl_ctx_free(lined->ctx);
	free(lined->drops);
	if (lined->signal_source.fd >= 0)
		close(lined->signal_source.fd);
	if (lined->loop.epoll >= 0)
		event_loop_fini(&lined->loop);
}
