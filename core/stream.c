/* SPDX-License-Identifier: MIT */
#include "core/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/line.h"
#include "core/session.h"

/* How often a port is asked whether it has sent everything: none can tell by itself. */
#define DRAIN_POLL_MS 20

static struct core_call *to_call(struct core_stream *stream)
{
	return HAL_CONTAINER_OF(stream, struct core_call, stream);
}

/* ---- events ---- */

/* @return -EAGAIN; -ENOMEM: an event could not be promised */
static int owe(struct core_edge *edge)
{
	if (!edge->event && !edge->queued) {
		edge->event = calloc(1, sizeof(*edge->event));
		if (!edge->event)
			return -ENOMEM;
	}
	edge->owed = true;
	return -EAGAIN;
}

static void wake(struct core_call *call, struct core_edge *edge, enum tl_event_type type)
{
	struct tl_event *event = edge->event;

	if (!edge->owed)
		return;
	edge->owed = false;
	if (edge->queued)
		return;
	edge->event = NULL;
	edge->queued = true;
	core_event_stream(call->stream.attached, event, type);
}

static void wake_reader(struct core_call *call)
{
	wake(call, &call->stream.readable, TL_EVENT_READABLE);
}

void core_stream_wake_writer(struct core_call *call)
{
	wake(call, &call->stream.writable, TL_EVENT_WRITABLE);
}

void core_stream_fetched(struct core_call *call, enum tl_event_type type)
{
	struct core_stream *stream = &call->stream;

	if (type == TL_EVENT_READABLE)
		stream->readable.queued = false;
	else
		stream->writable.queued = false;
}

static void forget_edge(struct core_edge *edge)
{
	edge->event = tl_event_free(edge->event);
	edge->owed = false;
	edge->queued = false;
}

/* ---- who has it ---- */

static void free_buffer(struct core_stream *stream)
{
	free(stream->in.buf);
	stream->in = (struct hal_ring){0};
	forget_edge(&stream->readable);
	forget_edge(&stream->writable);
}

/* The driver has been waiting for somebody to take bytes. */
static void go_on_reading(struct core_call *call)
{
	if (!call->stream.held)
		return;
	call->stream.held = false;
	if (call->line && call->line->call == call && call->line->driver)
		call->line->ops->data_taken(call->line->driver);
}

int core_stream_attach(struct core_session *session)
{
	struct core_stream *stream = &session->call->stream;
	char *buf;
	int r;

	if (stream->attached)
		return stream->attached == session ? -EALREADY : -EBUSY;
	if (session->call->record.media != TL_MEDIA_DATA || !session->call->line->ops->read)
		return -EOPNOTSUPP;
	buf = malloc(TL_STREAM_BUFFER + TL_STREAM_REST);
	if (!buf)
		return -ENOMEM;
	r = owe(&stream->readable);
	if (r == -ENOMEM) {
		free(buf);
		return r;
	}
	hal_ring_init(&stream->in, buf, TL_STREAM_BUFFER + TL_STREAM_REST);
	stream->attached = session;
	return 0;
}

void core_stream_detach(struct core_session *session)
{
	struct core_call *call = session->call;

	if (call->stream.attached != session)
		return;
	core_event_purge_stream(call->ctx, session->id);
	free_buffer(&call->stream);
	call->stream.attached = NULL;
	go_on_reading(call);
	/* Nobody else can go on with a port that may be in any state. */
	if (call->stream.lent)
		core_call_drop(call, TL_ORIGIN_CLIENT_LOST);
}

int core_stream_lend(struct core_call *call, int *ret_fd)
{
	struct core_line *line = call->line;
	int r;

	if (call->stream.lent)
		return -EALREADY;
	if (call->record.state != TL_CALL_CONNECTED || !line->driver)
		return -EAGAIN;
	if (!line->ops->lend)
		return -EOPNOTSUPP;
	r = line->ops->lend(line->driver, ret_fd);
	if (r < 0)
		return r;
	call->stream.lent = true;
	core_limit_set(call, TL_LIMIT_INACTIVITY, call->limits.seconds[TL_LIMIT_INACTIVITY]);
	core_text_copy(call->record.note, sizeof(call->record.note),
		       "the port was lent: its bytes are not counted");
	return 0;
}

void core_stream_move(struct core_session *session)
{
	if (session->call->stream.attached == session)
		core_event_move_stream(session);
}

/* ---- from the far end ---- */

size_t core_call_room(struct core_line *line)
{
	struct core_call *call = line->call;
	size_t len;

	/* Nobody is held up for a call that is being cleared. */
	if (!call || !call->stream.attached || call->stream.ended || call->drop.running)
		return SIZE_MAX;
	len = call->stream.in.len;
	call->stream.held = len >= TL_STREAM_BUFFER;
	return call->stream.held ? 0 : TL_STREAM_BUFFER - len;
}

void core_call_data(struct core_line *line, const char *data, size_t len)
{
	struct core_call *call = line->call;
	struct core_stream *stream;

	/* What comes while the line is made ready again belongs to no call. Of a port that was
	 * lent: what the client has left unread. */
	if (!call || call->over || call->stream.lent || len == 0)
		return;
	call->record.bytes_in += len;
	core_limit_touch(call);
	stream = &call->stream;
	if (!stream->attached || stream->ended)
		return;
	(void)hal_ring_put(&stream->in, data,
			   len); /* beyond the buffer: the call is being cleared */
	wake_reader(call);
}

static ssize_t read_port(struct core_call *call, void *buf, size_t size)
{
	struct core_line *line = call->line;
	ssize_t n;

	if (call->record.state != TL_CALL_CONNECTED || call->stream.lent || call->drop.running ||
	    !line->driver)
		return -EAGAIN;
	n = line->ops->read(line->driver, buf, size);
	if (n <= 0)
		return -EAGAIN; /* or lost, which is told in its own way */
	call->record.bytes_in += (uint64_t)n;
	core_limit_touch(call);
	return n;
}

ssize_t core_stream_read(struct core_call *call, void *buf, size_t size)
{
	struct core_stream *stream = &call->stream;
	ssize_t n;

	if (stream->in.len > 0) {
		n = (ssize_t)hal_ring_get(&stream->in, buf, size);
		if (stream->in.len <= TL_STREAM_BUFFER / 2)
			go_on_reading(call);
		return n;
	}
	if (stream->ended)
		return 0;
	n = read_port(call, buf, size);
	/* It may have seen the end, or have had too little room. */
	if (n == -EAGAIN && (stream->in.len > 0 || stream->ended))
		return core_stream_read(call, buf, size);
	return n == -EAGAIN ? owe(&stream->readable) : n;
}

void core_stream_end(struct core_call *call)
{
	struct core_stream *stream = &call->stream;

	if (stream->ended)
		return;
	stream->ended = true;
	wake_reader(call);
	core_stream_wake_writer(call);
}

/* ---- to the far end ---- */

ssize_t core_stream_write(struct core_call *call, const void *buf, size_t len)
{
	struct core_stream *stream = &call->stream;
	struct core_line *line = call->line;
	ssize_t n;

	if (stream->ended || stream->shut || call->dropping)
		return call->record.cause.origin == TL_ORIGIN_DEVICE_GONE ? -ENODEV : -ENOTCONN;
	if (stream->lent)
		return -EBUSY;
	if (call->record.state != TL_CALL_CONNECTED || !line->driver)
		return owe(&stream->writable);
	n = line->ops->write(line->driver, buf, len);
	if (n <= 0)
		return owe(&stream->writable);
	call->record.bytes_out += (uint64_t)n;
	core_limit_touch(call);
	return n;
}

void core_call_writable(struct core_line *line)
{
	if (line->call && !line->call->over)
		core_stream_wake_writer(line->call);
}

/* ---- the end ---- */

static bool is_drained(const struct core_call *call)
{
	const struct core_line *line = call->line;

	if (!line->driver || !line->ops->unsent)
		return true;
	return line->ops->unsent(line->driver, false) == 0;
}

static void on_drain(struct hal_timer *timer)
{
	struct core_stream *stream = HAL_CONTAINER_OF(timer, struct core_stream, drain);
	struct core_call *call = to_call(stream);
	uint64_t now = hal_loop_now_us(call->ctx->loop);

	if (now >= stream->drain_end_us || is_drained(call))
		core_drop_start(call);
	else
		hal_timer_arm_ms(call->ctx->loop, timer, DRAIN_POLL_MS);
}

void core_stream_drain(struct core_call *call, uint32_t ms)
{
	struct core_stream *stream = &call->stream;

	stream->shut = true;
	stream->drain_end_us = hal_loop_now_us(call->ctx->loop) + ms * HAL_USEC_PER_MSEC;
	hal_timer_arm_ms(call->ctx->loop, &stream->drain, 0);
}

bool core_stream_is_drained(const struct core_call *call)
{
	return call->stream.drain_end_us > 0 && is_drained(call);
}

void core_stream_stop_drain(struct core_call *call)
{
	hal_timer_cancel(call->ctx->loop, &call->stream.drain);
	call->stream.drain_end_us = 0;
}

void core_stream_init(struct core_call *call)
{
	hal_timer_init(&call->stream.drain, on_drain);
}

void core_stream_fini(struct core_call *call)
{
	core_stream_stop_drain(call);
	free_buffer(&call->stream);
}
