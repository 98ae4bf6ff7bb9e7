/* SPDX-License-Identifier: MIT */
#include "tools/linectl/relay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/linectl/connect.h"

enum { SIGNALS, IN, OUT, STREAM, PROGRAM, ASIDE, FDS };

static bool is_empty(const struct relay_buffer *buffer)
{
	return buffer->start == buffer->end;
}

static void end_input(struct relay *relay)
{
	relay->in = -1;
	if (relay->limit_ms)
		relay->end_ms = connect_now_ms() + relay->limit_ms;
}

static long filter(struct relay *relay, const char *from, size_t n)
{
	if (relay->filter)
		return relay->filter(relay->user, from, n, relay->to_line.bytes);
	memcpy(relay->to_line.bytes, from, n);
	return (long)n;
}

/* @return 0; -1 leave */
static int take_input(struct relay *relay)
{
	char bytes[RELAY_SIZE / 4];
	ssize_t n = read(relay->in, bytes, sizeof(bytes));
	long filtered;

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !relay->ended)
		return 0;
	/* A terminal says so when it is gone: then nobody reads either. */
	if (n < 0 && errno == EIO && relay->program < 0 && !relay->ended)
		return -1;
	if (n <= 0) {
		end_input(relay);
		return 0;
	}
	filtered = filter(relay, bytes, (size_t)n);
	if (filtered < 0)
		return -1;
	relay->to_line.start = 0;
	relay->to_line.end = (size_t)filtered;
	return 0;
}

static void send_input(struct relay *relay)
{
	struct relay_buffer *to = &relay->to_line;
	ssize_t n = varlink_client_send(relay->stream, to->bytes + to->start, to->end - to->start);

	if (n == -EAGAIN)
		return;
	if (n >= 0) {
		to->start += (size_t)n;
		return;
	}
	/* The call is over. What it has sent can still be read. */
	to->start = to->end;
	relay->shut = true;
	end_input(relay);
}

/* @return 0; -1 the call is over */
static int take_output(struct relay *relay)
{
	struct relay_buffer *from = &relay->from_line;
	ssize_t n = varlink_client_recv(relay->stream, from->bytes, sizeof(from->bytes));

	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return -1;
	from->start = 0;
	from->end = (size_t)n;
	relay->received += (uint64_t)n;
	/* A log that cannot be written is no reason to end a call. */
	if (relay->log >= 0 && write(relay->log, from->bytes, from->end) < 0)
		relay->log = -1;
	return 0;
}

/* @return 0; -1 leave */
static int write_output(struct relay *relay)
{
	struct relay_buffer *from = &relay->from_line;
	ssize_t n = write(relay->out, from->bytes + from->start, from->end - from->start);

	if (n >= 0)
		from->start += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		relay->out = -1;
	return relay->out < 0 && relay->program < 0 ? -1 : 0;
}

bool relay_read_aside(struct relay *relay)
{
	char bytes[RELAY_SIZE / 4];
	ssize_t n = relay->aside < 0 ? 0 : read(relay->aside, bytes, sizeof(bytes));

	if (n > 0)
		relay->read_aside(relay->user, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		relay->aside = -1;
	return n > 0;
}

static int time_left(const struct relay *relay)
{
	uint64_t now_ms = connect_now_ms();

	if (!relay->end_ms)
		return -1;
	return now_ms >= relay->end_ms ? 0 : (int)(relay->end_ms - now_ms);
}

/* @return as poll(2) */
static int wait_for(struct relay *relay, struct pollfd *fds)
{
	bool sending = !is_empty(&relay->to_line);
	bool writing = !is_empty(&relay->from_line);

	fds[SIGNALS] = (struct pollfd){.fd = relay->app->signals, .events = POLLIN};
	fds[IN] = (struct pollfd){.fd = sending ? -1 : relay->in, .events = POLLIN};
	fds[OUT] = (struct pollfd){.fd = writing ? relay->out : -1, .events = POLLOUT};
	fds[STREAM] = (struct pollfd){
		.fd = varlink_client_get_fd(relay->stream),
		.events = (short)((writing ? 0 : POLLIN) | (sending ? POLLOUT : 0))};
	/* Its end would come unasked, again and again. */
	if (!fds[STREAM].events)
		fds[STREAM].fd = -1;
	fds[PROGRAM] = (struct pollfd){.fd = relay->program, .events = POLLIN};
	fds[ASIDE] = (struct pollfd){.fd = relay->aside, .events = POLLIN};
	return poll(fds, FDS, time_left(relay));
}

/* What is known without waiting. */
static int settle(struct relay *relay)
{
	/* Others may still have the program's end open: what is there now is all that counts. */
	if (relay->ended && relay->in >= 0 && is_empty(&relay->to_line) && take_input(relay) < 0)
		return -1;
	if (relay->out < 0)
		relay->from_line.start = relay->from_line.end;
	if (relay->in < 0 && is_empty(&relay->to_line) && !relay->shut) {
		shutdown(varlink_client_get_fd(relay->stream), SHUT_WR);
		relay->shut = true;
	}
	return 0;
}

/* @return -1 leave; 0; 1 the call is over */
static int serve(struct relay *relay, const struct pollfd *fds)
{
	if (fds[ASIDE].revents)
		relay_read_aside(relay);
	if (fds[PROGRAM].revents) {
		relay->ended = true;
		relay->program = -1;
		relay->out = -1;
		return 0;
	}
	if (fds[OUT].revents && write_output(relay) < 0)
		return -1;
	if (fds[IN].revents && take_input(relay) < 0)
		return -1;
	if (fds[STREAM].revents && !is_empty(&relay->to_line))
		send_input(relay);
	return fds[STREAM].revents && is_empty(&relay->from_line) && take_output(relay) < 0;
}

enum relay_end relay_run(struct relay *relay)
{
	struct pollfd fds[FDS];
	int r = 0;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (settle(relay) < 0)
			return RELAY_LEFT;
		r = wait_for(relay, fds);
		if (r == 0)
			return RELAY_LEFT;
		if (r < 0)
			continue; /* EINTR: a stop that has been continued */
		connect_pause(relay->app, 0);
		if (relay->app->interrupts > relay->calls)
			return RELAY_INTERRUPTED;
		r = serve(relay, fds);
		if (r != 0)
			return r > 0 ? RELAY_OVER : RELAY_LEFT;
	}
}

void relay_say_goodbye(struct relay *relay, const char *bytes, size_t n, uint32_t limit_ms)
{
	struct relay_buffer *to = &relay->to_line;

	relay->in = -1;
	relay->out = -1;
	relay->program = -1;
	relay->calls = relay->app->interrupts;
	relay->end_ms = connect_now_ms() + limit_ms;
	memmove(to->bytes, to->bytes + to->start, to->end - to->start);
	to->end -= to->start;
	to->start = 0;
	if (n > sizeof(to->bytes) - to->end)
		n = sizeof(to->bytes) - to->end;
	memcpy(to->bytes + to->end, bytes, n);
	to->end += n;
}
