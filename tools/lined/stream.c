/* SPDX-License-Identifier: MIT */
#include "tools/lined/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <trunkline/event.h>
#include <trunkline/session.h>
#include <trunkline/stream.h>

#include "tools/lined/client.h"
#include "tools/lined/daemon.h"
#include "tools/varlink/server.h"

/* Having moved so much in a turn of the loop: others have their turn. */
#define QUOTA (TL_STREAM_BUFFER / 2)
/* A tty gives 4,096 bytes at once and no more: behind half of that there is mostly more. */
#define READ_MORE 2048

struct buffer {
	size_t start, end;
	char bytes[TL_STREAM_BUFFER];
};

struct lined_stream {
	tl_session session;
	enum stream_end end;
	bool over;	/* the call sends nothing more */
	bool deaf;	/* the call takes nothing more */
	bool done;	/* the client sends nothing more */
	bool no_input;	/* little was in the socket, or nothing: EPOLLIN will come */
	bool unread;	/* nothing is on the line: an event will come */
	bool unwritten; /* it takes nothing now: an event will come */
	bool more;
	struct buffer in;  /* from the line */
	struct buffer out; /* to it */
};

static bool is_empty(const struct buffer *buffer)
{
	return buffer->start == buffer->end;
}

int stream_attach(struct lined_client *client, tl_session session, enum stream_end end)
{
	struct lined_stream *stream = calloc(1, sizeof(*stream));
	int r;

	if (!stream)
		return -ENOMEM;
	stream->session = session;
	stream->end = end;
	r = tl_session_attach(client->lined->ctx, session);
	if (r < 0) {
		free(stream);
		return r;
	}
	client->stream = stream;
	return 0;
}

int stream_lend(struct lined_client *client, tl_session session, int *ret_fd)
{
	int r;

	r = stream_attach(client, session, STREAM_END_HANGS_UP);
	if (r < 0)
		return r;
	r = tl_session_lend(client->lined->ctx, session, ret_fd);
	if (r < 0)
		stream_free(client);
	return r;
}

void stream_free(struct lined_client *client)
{
	if (!client->stream)
		return;
	/* Refused: the session has gone. */
	(void)tl_session_detach(client->lined->ctx, client->stream->session);
	free(client->stream);
	client->stream = NULL;
}

/* What a busy line gives piece by piece goes on in one: every piece would wake the client. */
static int fill_from_line(struct lined_client *client)
{
	struct lined_stream *stream = client->stream;
	struct buffer *in = &stream->in;
	ssize_t n = READ_MORE;

	if (stream->over || stream->unread)
		return 0;
	in->start = 0;
	in->end = 0;
	while (n >= READ_MORE && sizeof(in->bytes) - in->end >= READ_MORE) {
		n = tl_session_read(client->lined->ctx, stream->session, in->bytes + in->end,
				    sizeof(in->bytes) - in->end);
		in->end += n > 0 ? (size_t)n : 0;
	}
	stream->unread = n == -EAGAIN;
	stream->over = n == 0;
	/* An error comes again when what stands before it has been sent. */
	if (in->end > 0)
		return 1;
	return n == -EAGAIN ? 0 : (int)n;
}

/* @return bytes moved; 0 they have to wait; negative errno: the stream is lost */
static ssize_t to_client(struct lined_client *client)
{
	struct buffer *in = &client->stream->in;
	ssize_t n;
	int r;

	if (is_empty(in)) {
		r = fill_from_line(client);
		if (r <= 0)
			return r;
	}
	n = varlink_server_send(client->server, in->bytes + in->start, in->end - in->start);
	if (n < 0)
		return n == -EAGAIN ? 0 : n;
	in->start += (size_t)n;
	return n;
}

/* Has the client gone, not only stopped sending? Then the call is dropped for that. */
static bool is_gone(const struct lined_client *client)
{
	struct pollfd fd = {.fd = client->source.fd};

	return poll(&fd, 1, 0) > 0 && fd.revents & POLLHUP;
}

static int fill_from_client(struct lined_client *client)
{
	struct lined_stream *stream = client->stream;
	uint64_t op;
	ssize_t n;

	if (stream->done || stream->no_input)
		return 0;
	n = varlink_server_recv(client->server, stream->out.bytes, sizeof(stream->out.bytes));
	stream->no_input = n < (ssize_t)sizeof(stream->out.bytes);
	stream->done = n == 0;
	/* Refused: the call is over, or being dropped. */
	if (n == 0 && stream->end == STREAM_END_HANGS_UP && !is_gone(client))
		(void)tl_session_shutdown(client->lined->ctx, stream->session, TL_DRAIN_MS, &op);
	if (n == 0 && stream->end == STREAM_END_DETACHES)
		client->gone = true;
	if (n <= 0)
		return n == -EAGAIN ? 0 : (int)n;
	stream->out.start = 0;
	stream->out.end = (size_t)n;
	return 1;
}

/* As to_client(). */
static ssize_t to_line(struct lined_client *client)
{
	struct lined_stream *stream = client->stream;
	struct buffer *out = &stream->out;
	ssize_t n;
	int r;

	if (stream->deaf || stream->unwritten)
		return 0;
	if (is_empty(out)) {
		r = fill_from_client(client);
		if (r <= 0)
			return r;
	}
	n = tl_session_write(client->lined->ctx, stream->session, out->bytes + out->start,
			     out->end - out->start);
	stream->unwritten = n == -EAGAIN;
	/* What it has sent before can still be read. */
	stream->deaf = n == -ENOTCONN || n == -ENODEV;
	if (n < 0)
		return stream->unwritten || stream->deaf ? 0 : n;
	out->start += (size_t)n;
	return n;
}

void stream_pump(struct lined_client *client)
{
	struct lined_stream *stream = client->stream;
	size_t moved = 0;

	stream->more = true;
	while (stream->more && moved < QUOTA) {
		ssize_t in = to_client(client);
		ssize_t out = in < 0 ? 0 : to_line(client);

		stream->more = in > 0 || out > 0;
		if (in < 0 || out < 0 || (stream->over && is_empty(&stream->in))) {
			stream->more = false;
			client->gone = true;
		}
		moved += stream->more ? (size_t)(in + out) : 0;
	}
}

void stream_ready(struct lined_client *client, uint32_t events)
{
	struct lined_stream *stream = client->stream;

	if (events & EPOLLIN)
		stream->no_input = false;
	if (events & (EPOLLHUP | EPOLLERR)) {
		do
			stream->no_input = false;
		while (to_line(client) > 0);
		client->gone = true;
	}
}

void stream_event(struct lined_client *client, const struct tl_event *event)
{
	struct lined_stream *stream = client->stream;

	if (tl_event_get_session(event).id != stream->session.id)
		return;
	if (tl_event_get_type(event) == TL_EVENT_WRITABLE)
		stream->unwritten = false;
	else
		stream->unread = false;
	client->dirty = true;
}

uint32_t stream_events(const struct lined_client *client)
{
	const struct lined_stream *stream = client->stream;
	uint32_t events = 0;

	if (!stream->done && !stream->deaf && is_empty(&stream->out))
		events |= EPOLLIN;
	if (!is_empty(&stream->in))
		events |= EPOLLOUT;
	return events;
}

bool stream_has_more(const struct lined_client *client)
{
	return client->stream && client->stream->more && !client->gone;
}

void stream_wake_all(struct lined *lined)
{
	for (struct lined_client *c = lined->clients; c; c = c->next) {
		if (!c->stream)
			continue;
		c->stream->unread = false;
		c->dirty = true;
	}
}
