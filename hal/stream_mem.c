/* SPDX-License-Identifier: MIT */
#include "hal/stream_mem.h"

#include <errno.h>
#include <stdlib.h>

#include "hal/ring.h"

#define DEFAULT_CAPACITY 4096

struct mem_end {
	struct hal_stream stream;
	struct mem_end *peer;	/* NULL when it is closed or the pair severed */
	struct hal_work work;	/* delivers events; after close: frees */
	struct hal_ring unread; /* what the peer has written */
	struct hal_stream_mem_limits limits;
	unsigned int lines; /* outputs and inputs, as seen here */
	struct hal_stream_counters counters;
	unsigned int pending; /* HAL_STREAM_OPENED, HAL_STREAM_LINES to be reported */
	bool wants_write;
	bool paused; /* no READABLE */
	bool watches_lines;
	bool minds_carrier; /* CLOCAL is off */
	bool severed;	    /* nothing works any more */
	bool lost;	    /* HAL_STREAM_LOST has been reported */
	bool closed;
	char buf[];
};

static struct mem_end *to_end(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct mem_end, stream);
}

static size_t limited(size_t n, size_t limit)
{
	return limit > 0 && n > limit ? limit : n;
}

/* What an end may write at once. */
static size_t get_room(const struct mem_end *end)
{
	const struct mem_end *peer = end->peer;
	size_t capacity = limited(peer->unread.size, end->limits.capacity);

	return capacity > peer->unread.len ? capacity - peer->unread.len : 0;
}

/* The far end is gone and all it has sent is read. */
static bool is_over(const struct mem_end *end)
{
	return end->severed || end->lost || (!end->peer && end->unread.len == 0);
}

static unsigned int get_events(const struct mem_end *end)
{
	unsigned int events = end->pending;

	if (is_over(end))
		return end->lost ? 0 : events | HAL_STREAM_LOST;
	if (end->unread.len > 0 && !end->paused)
		events |= HAL_STREAM_READABLE;
	if (end->wants_write && end->peer && get_room(end) > 0)
		events |= HAL_STREAM_WRITABLE;
	return events;
}

/* After a change of either end: its owner learns of it from the loop. Queued while there are any.
 */
static void notify(struct mem_end *end)
{
	if (end && get_events(end) != 0)
		hal_work_queue(end->stream.loop, &end->work);
}

static void run_end(struct hal_work *work)
{
	struct mem_end *end = HAL_CONTAINER_OF(work, struct mem_end, work);
	unsigned int events = get_events(end);

	end->pending = 0;
	end->lost = end->lost || (events & HAL_STREAM_LOST);
	/* Without a handler the bytes would be reported for ever. */
	if (events == 0 || !end->stream.fn)
		return;
	end->stream.fn(end->stream.user, events);
	if (!end->closed)
		notify(end);
}

static ssize_t mem_read(struct hal_stream *s, void *buf, size_t size)
{
	struct mem_end *end = to_end(s);
	size_t n;

	if (is_over(end))
		return -ENODEV;
	n = hal_ring_get(&end->unread, buf, limited(size, end->limits.max_read));
	if (n == 0)
		return -EAGAIN;
	notify(end->peer); /* there is room */
	notify(end);	   /* a paused end may be over now */
	notify(end);	   /* it may have been the last there will ever be */
	return (ssize_t)n;
}

static ssize_t mem_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct mem_end *end = to_end(s);
	size_t n;

	if (is_over(end) || !end->peer)
		return -ENODEV;
	n = limited(len, end->limits.max_write);
	if (n > get_room(end))
		n = get_room(end);
	if (n == 0)
		return -EAGAIN;
	n = hal_ring_put(&end->peer->unread, buf, n);
	notify(end->peer);
	return (ssize_t)n;
}

static int mem_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	if (is_over(to_end(s)))
		return -ENODEV;
	*ret_lines = to_end(s)->lines;
	return 0;
}

static void count_transitions(struct hal_stream_counters *counters, unsigned int changed)
{
	counters->cts += (changed & HAL_STREAM_CTS) != 0;
	counters->dsr += (changed & HAL_STREAM_DSR) != 0;
	counters->dcd += (changed & HAL_STREAM_DCD) != 0;
	counters->ri += (changed & HAL_STREAM_RI) != 0;
}

static unsigned int with_lines(unsigned int old, unsigned int lines, bool on)
{
	return on ? old | lines : old & ~lines;
}

static void change_inputs(struct mem_end *end, unsigned int lines, bool on)
{
	unsigned int old = end->lines;

	end->lines = with_lines(old, lines, on);
	if (end->lines == old)
		return;
	count_transitions(&end->counters, old ^ end->lines);
	if (end->watches_lines)
		end->pending |= HAL_STREAM_LINES;
	notify(end);
}

/* The null-modem cable. */
static unsigned int cross(unsigned int lines)
{
	return (lines & HAL_STREAM_DTR ? (unsigned int)HAL_STREAM_DSR : 0) |
	       (lines & HAL_STREAM_RTS ? (unsigned int)HAL_STREAM_CTS : 0);
}

/* DTR and RTS fall, and nothing passes any more. */
static void leave_peer(struct mem_end *end)
{
	struct mem_end *peer = end->peer;

	end->peer = NULL;
	if (!peer)
		return;
	change_inputs(peer, cross(HAL_STREAM_DTR | HAL_STREAM_RTS), false);
	peer->peer = NULL;
	notify(peer);
}

static void set_inputs(struct mem_end *end, unsigned int lines, bool on)
{
	bool falls = !on && (lines & end->lines & HAL_STREAM_DCD);

	change_inputs(end, lines, on);
	if (!falls || !end->minds_carrier)
		return;
	/* As the kernel does: who looks after the lines finds the port hung up already. */
	end->pending &= ~(unsigned int)HAL_STREAM_LINES;
	end->severed = true;
	leave_peer(end);
	notify(end);
}

static int mem_set_lines(struct hal_stream *s, unsigned int lines, bool on)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	end->lines = with_lines(end->lines, lines, on);
	if (end->peer)
		set_inputs(end->peer, cross(lines), on);
	return 0;
}

static int mem_get_counters(struct hal_stream *s, struct hal_stream_counters *ret_counters)
{
	if (is_over(to_end(s)))
		return -ENODEV;
	*ret_counters = to_end(s)->counters;
	return 0;
}

static int mem_set_break(struct hal_stream *s, bool on)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	if (!on || !end->peer)
		return 0;
	end->peer->counters.brk++;
	if (end->peer->watches_lines)
		end->peer->pending |= HAL_STREAM_LINES;
	notify(end->peer);
	return 0;
}

/* As on a pty: every setting is accepted, and but for CLOCAL none has an effect. */
static int mem_configure(struct hal_stream *s, const struct hal_stream_config *config)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	end->minds_carrier = !config->clocal;
	return 0;
}

/* What has been written is on the other side already; only what is unread here is forgotten. */
static int mem_flush(struct hal_stream *s)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	hal_ring_drop(&end->unread, end->unread.len);
	notify(end->peer);
	notify(end);
	return 0;
}

/* What the other side has not read could be on the wire as well. */
static int mem_unsent(struct hal_stream *s, bool forget, size_t *ret_n)
{
	struct mem_end *end = to_end(s);

	if (is_over(end) || !end->peer)
		return -ENODEV;
	*ret_n = end->peer->unread.len;
	if (forget)
		hal_ring_drop(&end->peer->unread, end->peer->unread.len);
	return 0;
}

static int mem_want_write(struct hal_stream *s, bool on)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	end->wants_write = on;
	notify(end);
	return 0;
}

static int mem_want_read(struct hal_stream *s, bool on)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	end->paused = !on;
	notify(end);
	return 0;
}

static int mem_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	struct mem_end *end = to_end(s);

	if (is_over(end))
		return -ENODEV;
	end->watches_lines = interval_ms > 0;
	if (!end->watches_lines)
		end->pending &= ~(unsigned int)HAL_STREAM_LINES;
	return 0;
}

static void free_end(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct mem_end, work));
}

static void mem_close(struct hal_stream *s)
{
	struct mem_end *end = to_end(s);

	end->closed = true;
	leave_peer(end);
	hal_work_cancel(&end->work);
	hal_loop_free_later(s->loop, &end->work, free_end);
}

static const struct hal_stream_ops mem_ops = {
	.name = "mem",
	.read = mem_read,
	.write = mem_write,
	.get_lines = mem_get_lines,
	.set_lines = mem_set_lines,
	.get_counters = mem_get_counters,
	.set_break = mem_set_break,
	.configure = mem_configure,
	.flush = mem_flush,
	.unsent = mem_unsent,
	.want_write = mem_want_write,
	.want_read = mem_want_read,
	.watch_lines = mem_watch_lines,
	.close = mem_close,
};

static struct mem_end *new_end(struct hal_loop *loop, const struct hal_stream_mem_limits *limits)
{
	size_t capacity = limits->capacity > 0 ? limits->capacity : DEFAULT_CAPACITY;
	struct mem_end *end;

	end = calloc(1, sizeof(*end) + capacity);
	if (!end)
		return NULL;
	end->stream.ops = &mem_ops;
	end->stream.loop = loop;
	end->limits = *limits;
	end->pending = HAL_STREAM_OPENED;
	hal_ring_init(&end->unread, end->buf, capacity);
	hal_work_init(&end->work, run_end);
	if (!limits->without_lines) {
		end->stream.caps =
			HAL_STREAM_CAP_LINES | HAL_STREAM_CAP_COUNTERS | HAL_STREAM_CAP_BREAK;
		end->lines = HAL_STREAM_DTR | HAL_STREAM_RTS | HAL_STREAM_DSR | HAL_STREAM_CTS;
	}
	return end;
}

int hal_stream_mem_pair(struct hal_loop *loop, const struct hal_stream_mem_limits *limits,
			struct hal_stream **ret_a, struct hal_stream **ret_b)
{
	static const struct hal_stream_mem_limits none = {0};
	struct mem_end *a = new_end(loop, limits ? limits : &none);
	struct mem_end *b = new_end(loop, limits ? limits : &none);

	if (!a || !b) {
		free(a);
		free(b);
		return -ENOMEM;
	}
	a->peer = b;
	b->peer = a;
	notify(a);
	notify(b);
	*ret_a = &a->stream;
	*ret_b = &b->stream;
	return 0;
}

void hal_stream_mem_set_limits(struct hal_stream *s, const struct hal_stream_mem_limits *limits)
{
	struct mem_end *end = to_end(s);

	end->limits = *limits;
	notify(end);
	if (end->peer) {
		end->peer->limits = *limits;
		notify(end->peer);
	}
}

void hal_stream_mem_set_inputs(struct hal_stream *s, unsigned int lines, bool on)
{
	struct mem_end *peer = to_end(s)->peer;

	if (peer)
		set_inputs(peer, lines & ~(unsigned int)(HAL_STREAM_DTR | HAL_STREAM_RTS), on);
}

void hal_stream_mem_unplug(struct hal_stream *s)
{
	struct mem_end *end = to_end(s);
	struct mem_end *peer = end->peer;

	/* Who pulls the plug knows it: no event for this end. */
	end->severed = true;
	end->lost = true;
	end->peer = NULL;
	hal_work_cancel(&end->work);
	if (!peer)
		return;
	peer->severed = true;
	peer->peer = NULL;
	notify(peer);
}
