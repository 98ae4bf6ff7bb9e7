/* SPDX-License-Identifier: MIT */
#include "hal/stream_rfc2217.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/netaddr.h"
#include "hal/stream_tcp.h"
#include "hal/telnet.h"

#define DATA_MAX 4096 /* each way, not yet encoded, not yet read */
#define OUT_MAX	 2048 /* encoded */
/* Encoded data at a time: what is left of OUT_MAX is for commands and answers. */
#define ENCODE_MAX 512
#define MARK_BYTES (HAL_STREAM_RFC2217_WINDOW / 4)
/* What is with the server may be waiting for a modem of 300 bit/s. */
#define SLOWEST_BYTES_S 30
/* Signs of life are looked at so often in the time that is given. */
#define LOOKS 4

/* What the server is to be told next, beside enum hal_com_port_say */
#define SAY_MARK HAL_COM_PORT_SAY_COUNT

#define BIT(say)  (1U << (say))
#define SAY_LINES (BIT(HAL_COM_PORT_SAY_DTR) | BIT(HAL_COM_PORT_SAY_RTS))
#define SAY_MASKS (BIT(HAL_COM_PORT_SAY_LINESTATE_MASK) | BIT(HAL_COM_PORT_SAY_MODEMSTATE_MASK))

enum phase { LINKING, AGREEING, SETTING, OPEN, LOST };

struct client {
	struct hal_stream stream;
	struct hal_stream *link; /* NULL: lost */
	struct hal_telnet telnet;
	enum phase phase;
	struct hal_com_port_client port;
	unsigned int to_say;	  /* BIT() of enum hal_com_port_say and SAY_MARK */
	unsigned int unconfirmed; /* likewise, while SETTING */
	struct hal_work work;	  /* reports events; after close: frees */
	struct hal_timer timer;
	unsigned int pending; /* OPENED, LINES */
	bool suspended;	      /* by the server */
	bool wants_write, paused, watches_lines;
	bool held; /* the link is not read, for lack of room */
	bool closed, lost_told;
	bool answers_marks;
	bool marked;	    /* an answer is to come */
	size_t on_way;	    /* bytes of data sent since the last mark that was answered was */
	size_t before_mark; /* those of them that the next answer proves */
	uint64_t heard_us;
	size_t said_len; /* data before it was open: a banner, or why it is refused */
	char said[64];
	char name[HAL_NETADDR_TEXT_MAX];
	struct hal_error why; /* it is lost */
	struct hal_ring rx, tx, out;
	char rx_buf[DATA_MAX];
	char tx_buf[DATA_MAX];
	char out_buf[OUT_MAX];
};

static struct client *to_client(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct client, stream);
}

/* ---- events for the owner ---- */

static unsigned int get_events(const struct client *c)
{
	unsigned int events = c->pending;

	if (c->lost_told)
		return 0;
	if (c->phase == LOST && (c->rx.len == 0 || c->paused))
		return events | HAL_STREAM_LOST;
	if (c->rx.len > 0 && !c->paused)
		events |= HAL_STREAM_READABLE;
	if (c->phase == OPEN && c->wants_write && hal_ring_space(&c->tx) > 0)
		events |= HAL_STREAM_WRITABLE;
	return events;
}

static void notify(struct client *c)
{
	if (get_events(c) != 0)
		hal_work_queue(c->stream.loop, &c->work);
}

static void on_work(struct hal_work *work)
{
	struct client *c = HAL_CONTAINER_OF(work, struct client, work);
	unsigned int events = get_events(c);

	c->pending = 0;
	c->lost_told = c->lost_told || (events & HAL_STREAM_LOST);
	if (events == 0 || !c->stream.fn)
		return;
	c->stream.fn(c->stream.user, events);
	if (!c->closed)
		notify(c);
}

static void lose(struct client *c, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void lose(struct client *c, int error, const char *format, ...)
{
	struct hal_stream *link = c->link;
	va_list args;

	c->phase = LOST;
	c->stream.error = error;
	va_start(args, format);
	(void)vsnprintf(c->why.text, sizeof(c->why.text), format, args);
	va_end(args);
	c->stream.why = c->why.text;
	hal_timer_cancel(c->stream.loop, &c->timer);
	c->link = NULL;
	hal_stream_close(link);
	notify(c);
}

/* ---- to the server ---- */

static bool say_mark(struct client *c)
{
	if (!hal_telnet_mark(&c->telnet))
		return false;
	c->marked = true;
	c->before_mark = c->on_way;
	return true;
}

/* @return false: no room */
static bool say(struct client *c, unsigned int what)
{
	struct hal_com_port_message message;

	if (what == SAY_MARK)
		return say_mark(c);
	message = hal_com_port_make(&c->port, (enum hal_com_port_say)what);
	return hal_telnet_send_com_port(&c->telnet, message.command,
					hal_slice(message.value, message.len));
}

static void say_all(struct client *c)
{
	for (unsigned int i = 0; i <= SAY_MARK && c->to_say != 0; i++) {
		if (!(c->to_say & BIT(i)))
			continue;
		if (!say(c, i))
			return;
		c->to_say &= ~BIT(i);
	}
}

static void mark(struct client *c)
{
	if (!c->marked)
		c->to_say |= BIT(SAY_MARK);
}

static void encode_data(struct client *c)
{
	struct hal_slice piece = hal_ring_peek(&c->tx);
	size_t n = piece.len < ENCODE_MAX ? piece.len : ENCODE_MAX;

	if (c->answers_marks && n > HAL_STREAM_RFC2217_WINDOW - c->on_way)
		n = HAL_STREAM_RFC2217_WINDOW - c->on_way;
	if (c->phase != OPEN || c->suspended || c->out.len > 0 || n == 0)
		return;
	n = hal_telnet_send(&c->telnet, hal_slice(piece.data, n));
	hal_ring_drop(&c->tx, n);
	if (!c->answers_marks)
		return;
	c->on_way += n;
	if (c->on_way >= MARK_BYTES)
		mark(c);
}

static void pump(struct client *c)
{
	ssize_t n = 1;

	if (!c->link || c->phase == LINKING)
		return;
	while (n > 0) {
		struct hal_slice piece;

		encode_data(c);
		say_all(c);
		piece = hal_ring_peek(&c->out);
		if (piece.len == 0)
			break;
		/* A loss has an event of its own. */
		n = hal_stream_write(c->link, piece.data, piece.len);
		if (n > 0)
			hal_ring_drop(&c->out, (size_t)n);
	}
	(void)hal_stream_want_write(c->link, c->out.len > 0);
	notify(c);
}

/* ---- opening ---- */

/* Those of which the server tells whether it could. */
static unsigned int settings_of(const struct hal_stream_config *config)
{
	return (config->baud > 0 ? BIT(HAL_COM_PORT_SAY_BAUDRATE) : 0) |
	       BIT(HAL_COM_PORT_SAY_DATASIZE) | BIT(HAL_COM_PORT_SAY_PARITY) |
	       BIT(HAL_COM_PORT_SAY_STOPSIZE);
}

static void arm(struct client *c, uint64_t ms)
{
	hal_timer_arm_ms(c->stream.loop, &c->timer, ms);
}

static void start_looking(struct client *c)
{
	c->heard_us = hal_loop_now_us(c->stream.loop);
	if (c->port.config.silence_s > 0 && c->answers_marks)
		arm(c, UINT64_C(1000) * c->port.config.silence_s / LOOKS);
}

static void open_up(struct client *c)
{
	c->phase = OPEN;
	c->stream.caps = HAL_STREAM_CAP_BREAK | HAL_STREAM_CAP_BAUD;
	if (!(c->unconfirmed & BIT(HAL_COM_PORT_SAY_DTR)))
		c->stream.caps |= HAL_STREAM_CAP_LINES | HAL_STREAM_CAP_COUNTERS;
	c->pending |= HAL_STREAM_OPENED;
	hal_timer_cancel(c->stream.loop, &c->timer);
	start_looking(c);
	notify(c);
}

static void on_linked(struct client *c)
{
	c->phase = AGREEING;
	hal_telnet_start(&c->telnet);
	arm(c, HAL_STREAM_RFC2217_AGREE_MS);
	pump(c);
}

static void on_agreed(void *user, bool agreed)
{
	struct client *c = user;

	if (!agreed && c->phase < OPEN) {
		lose(c, -EPROTO, "%s is a telnet server without RFC 2217", c->name);
		return;
	}
	if (c->phase != AGREEING)
		return;
	c->phase = SETTING;
	c->unconfirmed = settings_of(&c->port.config) | BIT(HAL_COM_PORT_SAY_DTR);
	c->to_say |=
		c->unconfirmed | BIT(HAL_COM_PORT_SAY_FLOW) | SAY_LINES | SAY_MASKS | BIT(SAY_MARK);
	arm(c, HAL_STREAM_RFC2217_ANSWER_MS);
}

/* Nobody has answered what is not confirmed now. */
static void on_answer_timer(struct client *c)
{
	unsigned int asked = settings_of(&c->port.config) | BIT(HAL_COM_PORT_SAY_DTR);

	if (c->unconfirmed == asked && !c->answers_marks)
		lose(c, -ETIMEDOUT, "%s does not answer", c->name);
	else
		open_up(c);
}

static void on_agree_timer(struct client *c)
{
	if (c->heard_us == 0)
		lose(c, -ETIMEDOUT, "%s takes connections and says nothing", c->name);
	else
		lose(c, -EPROTO, "%s does not speak RFC 2217", c->name);
}

static void look_for_life(struct client *c)
{
	uint64_t now = hal_loop_now_us(c->stream.loop);
	uint64_t limit = c->port.config.silence_s * HAL_USEC_PER_SEC;
	uint64_t patience = limit + c->on_way * HAL_USEC_PER_SEC / SLOWEST_BYTES_S;

	if (c->held)
		c->heard_us = now; /* we do not listen */
	if (now - c->heard_us >= patience) {
		lose(c, -ENODEV, "nothing heard from %s for %llu s", c->name,
		     (unsigned long long)((now - c->heard_us) / HAL_USEC_PER_SEC));
		return;
	}
	if (now - c->heard_us >= limit / LOOKS)
		mark(c);
	arm(c, UINT64_C(1000) * c->port.config.silence_s / LOOKS);
	pump(c);
}

static void on_timer(struct hal_timer *timer)
{
	struct client *c = HAL_CONTAINER_OF(timer, struct client, timer);

	switch (c->phase) {
	case AGREEING:
		on_agree_timer(c);
		break;
	case SETTING:
		on_answer_timer(c);
		break;
	case OPEN:
		look_for_life(c);
		break;
	case LINKING:
	case LOST:
		break;
	}
}

/* ---- from the server ---- */

static void on_data(void *user, struct hal_slice data)
{
	struct client *c = user;

	if (c->phase == OPEN) {
		(void)hal_ring_put(&c->rx, data.data, data.len); /* fits: see get_room() */
		return;
	}
	for (size_t i = 0; i < data.len && c->said_len < sizeof(c->said); i++)
		c->said[c->said_len++] = data.data[i];
}

static void on_mark(void *user)
{
	struct client *c = user;

	if (!c->marked)
		return;
	c->answers_marks = true;
	c->marked = false;
	c->on_way -= c->before_mark;
	c->before_mark = 0;
	if (c->phase == OPEN && c->on_way >= MARK_BYTES)
		mark(c);
	if (c->phase != SETTING)
		return;
	if (c->unconfirmed == 0)
		open_up(c);
	else
		arm(c, HAL_STREAM_RFC2217_GRACE_MS);
}

static void on_confirmed(struct client *c, enum hal_com_port_say say)
{
	if (c->phase != SETTING)
		return;
	c->unconfirmed &= ~BIT(say);
	if (c->unconfirmed == 0 && c->answers_marks)
		open_up(c);
}

static void on_com_port(void *user, uint8_t command, struct hal_slice value)
{
	enum hal_com_port_say say;
	struct client *c = user;

	switch (hal_com_port_take(&c->port, command, value, &say)) {
	case HAL_COM_PORT_NEWS_NONE:
		break;
	case HAL_COM_PORT_CONFIRMED:
		on_confirmed(c, say);
		break;
	case HAL_COM_PORT_REFUSED:
		if (c->phase == SETTING)
			lose(c, -EINVAL, "%s: these settings are not possible", c->name);
		break;
	case HAL_COM_PORT_INPUTS:
		if (c->watches_lines)
			c->pending |= HAL_STREAM_LINES;
		break;
	case HAL_COM_PORT_SUSPENDED:
		c->suspended = true;
		break;
	case HAL_COM_PORT_RESUMED:
		c->suspended = false;
		break;
	}
}

static size_t get_room(const struct client *c)
{
	size_t room = hal_ring_space(&c->out), data = hal_ring_space(&c->rx);

	room = room > HAL_TELNET_ANSWER_MAX(0) ? room - HAL_TELNET_ANSWER_MAX(0) : 0;
	return data < room ? data : room;
}

static void hold(struct client *c, bool on)
{
	if (!c->link || c->held == on)
		return;
	c->held = on;
	c->heard_us = hal_loop_now_us(c->stream.loop);
	(void)hal_stream_want_read(c->link, !on); /* a loss has an event of its own */
}

static void receive(struct client *c)
{
	char chunk[1024];
	size_t room = get_room(c);
	ssize_t n;

	if (room == 0) {
		hold(c, true);
		return;
	}
	n = hal_stream_read(c->link, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
	if (n < 0)
		return;
	c->heard_us = hal_loop_now_us(c->stream.loop);
	hal_telnet_receive(&c->telnet, hal_slice(chunk, (size_t)n));
	pump(c);
}

static void on_link_lost(struct client *c)
{
	const char *why = c->link->why ? c->link->why : "the connection is lost";
	char said[3 * sizeof(c->said)];
	struct hal_slice text;

	if (c->phase == OPEN) {
		lose(c, -ENODEV, "%s", why);
		return;
	}
	text = hal_slice_trim(hal_slice(c->said, c->said_len));
	while (text.len > 0 && (text.data[text.len - 1] == '\r' || text.data[text.len - 1] == '\n'))
		text.len--;
	(void)hal_slice_escape(text, said, sizeof(said));
	/* What is not known to have gone has not been there. */
	lose(c, c->link->error == 0 || c->link->error == -ENODEV ? -ENOENT : c->link->error,
	     text.len > 0 ? "%.120s: %.64s" : "%s", why, said);
}

static void on_link(void *user, unsigned int events)
{
	struct client *c = user;

	if (events & HAL_STREAM_OPENED)
		on_linked(c);
	if (c->link && (events & HAL_STREAM_READABLE))
		receive(c);
	if (c->link && (events & HAL_STREAM_WRITABLE)) {
		pump(c);
		if (c->held && get_room(c) > 0)
			hold(c, false);
	}
	if (c->link && (events & HAL_STREAM_LOST))
		on_link_lost(c);
}

/* ---- what the owner asks for ---- */

static int check(const struct client *c)
{
	return c->phase == LOST ? -ENODEV : 0;
}

static ssize_t client_read(struct hal_stream *s, void *buf, size_t size)
{
	struct client *c = to_client(s);
	size_t n = c->lost_told ? 0 : hal_ring_get(&c->rx, buf, size);

	if (n == 0)
		return c->phase == LOST ? -ENODEV : -EAGAIN;
	if (c->held && get_room(c) > 0)
		hold(c, false);
	notify(c); /* it may have been the last there will ever be */
	return (ssize_t)n;
}

static ssize_t client_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct client *c = to_client(s);
	size_t n;

	if (c->phase != OPEN)
		return c->phase == LOST ? -ENODEV : -EAGAIN;
	n = hal_ring_put(&c->tx, buf, len);
	if (n == 0)
		return -EAGAIN;
	pump(c);
	return (ssize_t)n;
}

static int client_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	int r = check(to_client(s));

	if (r == 0)
		*ret_lines = to_client(s)->port.lines;
	return r;
}

/* Have the server told, once there is room. */
static int tell(struct client *c, unsigned int to_say)
{
	int r = check(c);

	if (r < 0)
		return r;
	c->to_say |= to_say;
	pump(c);
	return 0;
}

static int client_set_lines(struct hal_stream *s, unsigned int lines, bool on)
{
	struct client *c = to_client(s);

	c->port.lines = on ? c->port.lines | lines : c->port.lines & ~lines;
	return tell(c, (lines & HAL_STREAM_DTR ? BIT(HAL_COM_PORT_SAY_DTR) : 0) |
			       (lines & HAL_STREAM_RTS ? BIT(HAL_COM_PORT_SAY_RTS) : 0));
}

static int client_get_counters(struct hal_stream *s, struct hal_stream_counters *ret_counters)
{
	int r = check(to_client(s));

	if (r == 0)
		*ret_counters = to_client(s)->port.counters;
	return r;
}

static int client_set_break(struct hal_stream *s, bool on)
{
	to_client(s)->port.break_on = on;
	return tell(to_client(s), BIT(HAL_COM_PORT_SAY_BREAK));
}

static bool is_possible(const struct hal_stream_config *config)
{
	return config->bits >= 7 && config->bits <= 8 && config->stop >= 1 && config->stop <= 2;
}

static int client_configure(struct hal_stream *s, const struct hal_stream_config *config)
{
	struct client *c = to_client(s);

	if (!is_possible(config))
		return -EINVAL;
	c->port.config = *config;
	return tell(c, settings_of(config) | BIT(HAL_COM_PORT_SAY_FLOW));
}

static int client_flush(struct hal_stream *s)
{
	struct client *c = to_client(s);

	hal_ring_drop(&c->rx, c->rx.len);
	hal_ring_drop(&c->tx, c->tx.len);
	hold(c, false);
	return tell(c, BIT(HAL_COM_PORT_SAY_PURGE));
}

static int client_want_write(struct hal_stream *s, bool on)
{
	to_client(s)->wants_write = on;
	notify(to_client(s));
	return check(to_client(s));
}

static int client_want_read(struct hal_stream *s, bool on)
{
	to_client(s)->paused = !on;
	notify(to_client(s));
	return check(to_client(s));
}

static int client_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	to_client(s)->watches_lines = interval_ms > 0;
	return check(to_client(s));
}

static void free_client(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct client, work));
}

/* What is closed with bytes unread is reset, and the far end may never see what was sent last. */
static void say_goodbye(struct client *c)
{
	char chunk[1024];

	c->port.lines = 0;
	hal_ring_drop(&c->tx, c->tx.len);
	c->to_say = SAY_LINES | (c->port.break_on ? BIT(HAL_COM_PORT_SAY_BREAK) : 0);
	c->port.break_on = false;
	pump(c);
	for (int i = 0; i < 64 && hal_stream_read(c->link, chunk, sizeof(chunk)) > 0; i++)
		;
}

static void client_close(struct hal_stream *s)
{
	struct client *c = to_client(s);

	c->closed = true;
	if (c->phase == OPEN)
		say_goodbye(c);
	hal_stream_close(c->link);
	hal_timer_cancel(s->loop, &c->timer);
	hal_work_cancel(&c->work);
	hal_loop_free_later(s->loop, &c->work, free_client);
}

static const struct hal_stream_ops client_ops = {
	.name = "rfc2217",
	.read = client_read,
	.write = client_write,
	.get_lines = client_get_lines,
	.set_lines = client_set_lines,
	.get_counters = client_get_counters,
	.set_break = client_set_break,
	.configure = client_configure,
	.flush = client_flush,
	.want_write = client_want_write,
	.want_read = client_want_read,
	.watch_lines = client_watch_lines,
	.close = client_close,
};

static const struct hal_telnet_events telnet_events = {
	.on_data = on_data,
	.on_agreed = on_agreed,
	.on_mark = on_mark,
	.on_com_port = on_com_port,
};

int hal_stream_rfc2217_new(struct hal_loop *loop, struct hal_stream *link, const char *name,
			   const struct hal_stream_config *config, struct hal_stream **ret_stream)
{
	struct client *c;

	if (!is_possible(config))
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->stream.ops = &client_ops;
	c->stream.loop = loop;
	c->link = link;
	c->port.config = *config;
	c->port.lines = HAL_STREAM_DTR | HAL_STREAM_RTS;
	(void)hal_slice_copy(hal_slice_str(name), c->name, sizeof(c->name));
	hal_ring_init(&c->rx, c->rx_buf, sizeof(c->rx_buf));
	hal_ring_init(&c->tx, c->tx_buf, sizeof(c->tx_buf));
	hal_ring_init(&c->out, c->out_buf, sizeof(c->out_buf));
	hal_telnet_init(&c->telnet, HAL_TELNET_CLIENT, &telnet_events, c, &c->out);
	hal_work_init(&c->work, on_work);
	hal_timer_init(&c->timer, on_timer);
	hal_stream_set_handler(link, on_link, c);
	*ret_stream = &c->stream;
	return 0;
}

int hal_stream_rfc2217_open(struct hal_loop *loop, const char *url,
			    const struct hal_stream_config *config, struct hal_error *err,
			    struct hal_stream **ret_stream)
{
	struct hal_netaddr address;
	struct hal_stream *link;
	int r;

	r = hal_netaddr_parse(url, &address);
	if (r < 0) {
		(void)snprintf(err->text, sizeof(err->text), "%.120s is no rfc2217://HOST:PORT",
			       url);
		return r;
	}
	r = hal_stream_tcp_connect(loop, &address, config->silence_s, err, &link);
	if (r < 0)
		return r;
	r = hal_stream_rfc2217_new(loop, link, address.text, config, ret_stream);
	if (r < 0) {
		hal_stream_close(link);
		(void)snprintf(err->text, sizeof(err->text), "%s: %s", address.text, strerror(-r));
	}
	return r;
}
