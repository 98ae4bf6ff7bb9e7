/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/rfc2217.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "hal/telnet.h"

#define DATA_MAX 4096 /* each way, not yet encoded, not yet read */
#define OUT_MAX	 2048 /* encoded */
/* Encoded data at a time: what is left of OUT_MAX is for answers. */
#define ENCODE_MAX 512
/* No command has an answer of more than three times its length, or this. */
#define ANSWER_FACTOR 3
#define ANSWER_MAX    64

struct port {
	struct hal_stream stream;
	struct hal_stream *link; /* NULL: no client */
	struct hal_telnet telnet;
	struct hal_work work; /* reports events; after close: frees */
	unsigned int pending; /* OPENED, LINES */
	unsigned int inputs;  /* DSR, CTS */
	unsigned int outputs; /* as the client sees them: DCD, RI, DSR, CTS */
	uint8_t changed;      /* of modemstate, not yet told */
	uint8_t news;	      /* the same, and RI when it rises; what the mask is for */
	uint8_t modem_mask, line_mask;
	uint8_t datasize, parity, stopsize, flow;
	char baudrate[4];
	bool break_on;
	bool agreed; /* the client speaks RFC 2217 */
	bool suspended;
	bool wants_write, paused, watches_lines;
	bool held; /* the link is not read, for lack of room */
	bool closed;
	struct hal_ring rx, tx, out;
	char rx_buf[DATA_MAX];
	char tx_buf[DATA_MAX];
	char out_buf[OUT_MAX];
};

static struct port *to_port(struct hal_stream *s)
{
	return HAL_CONTAINER_OF(s, struct port, stream);
}

/* ---- events for the modem ---- */

static unsigned int get_events(const struct port *p)
{
	unsigned int events = p->pending;

	if (p->rx.len > 0 && !p->paused)
		events |= HAL_STREAM_READABLE;
	if (p->wants_write && hal_ring_space(&p->tx) > 0)
		events |= HAL_STREAM_WRITABLE;
	return events;
}

static void notify(struct port *p)
{
	if (get_events(p) != 0)
		hal_work_queue(p->stream.loop, &p->work);
}

static void on_work(struct hal_work *work)
{
	struct port *p = HAL_CONTAINER_OF(work, struct port, work);
	unsigned int events = get_events(p);

	p->pending = 0;
	if (events == 0 || !p->stream.fn)
		return;
	p->stream.fn(p->stream.user, events);
	if (!p->closed)
		notify(p);
}

static void set_inputs(struct port *p, unsigned int lines, bool on)
{
	unsigned int old = p->inputs;

	p->inputs = on ? old | lines : old & ~lines;
	if (p->inputs != old && p->watches_lines)
		p->pending |= HAL_STREAM_LINES;
	notify(p);
}

/* ---- to the client ---- */

static void answer(struct port *p, uint8_t command, uint8_t value)
{
	const char byte = (char)value;

	/* There is room: see get_room(). */
	(void)hal_telnet_send_com_port(&p->telnet, (uint8_t)(HAL_COM_PORT_SERVER + command),
				       hal_slice(&byte, 1));
}

static uint8_t get_modemstate(const struct port *p)
{
	return (uint8_t)((p->outputs & HAL_STREAM_CTS ? HAL_COM_PORT_CTS : 0) |
			 (p->outputs & HAL_STREAM_DSR ? HAL_COM_PORT_DSR : 0) |
			 (p->outputs & HAL_STREAM_RI ? HAL_COM_PORT_RI : 0) |
			 (p->outputs & HAL_STREAM_DCD ? HAL_COM_PORT_DCD : 0));
}

static void tell_modemstate(struct port *p)
{
	if (hal_ring_space(&p->out) < ANSWER_MAX)
		return; /* later */
	answer(p, HAL_COM_PORT_MODEMSTATE, get_modemstate(p) | p->changed);
	p->changed = 0;
	p->news = 0;
}

static void encode_data(struct port *p)
{
	struct hal_slice piece = hal_ring_peek(&p->tx);
	size_t n = piece.len < ENCODE_MAX ? piece.len : ENCODE_MAX;

	if (!p->suspended && p->out.len == 0 && n > 0)
		hal_ring_drop(&p->tx, hal_telnet_send(&p->telnet, hal_slice(piece.data, n)));
}

static void pump(struct port *p)
{
	ssize_t n = 1;

	if (!p->link)
		return;
	while (n > 0) {
		struct hal_slice piece;

		if (p->agreed && (p->news & p->modem_mask))
			tell_modemstate(p);
		encode_data(p);
		piece = hal_ring_peek(&p->out);
		if (piece.len == 0)
			break;
		n = hal_stream_write(p->link, piece.data, piece.len);
		if (n > 0)
			hal_ring_drop(&p->out, (size_t)n);
	}
	(void)hal_stream_want_write(p->link, p->out.len > 0); /* a loss has an event of its own */
	notify(p);
}

static void set_outputs(struct port *p, unsigned int lines, bool on)
{
	unsigned int old = p->outputs, changed;

	p->outputs = on ? old | lines : old & ~lines;
	changed = old ^ p->outputs;
	if (changed & HAL_STREAM_CTS)
		p->changed |= HAL_COM_PORT_CTS_CHANGED;
	if (changed & HAL_STREAM_DSR)
		p->changed |= HAL_COM_PORT_DSR_CHANGED;
	if (changed & HAL_STREAM_DCD)
		p->changed |= HAL_COM_PORT_DCD_CHANGED;
	if (changed & old & HAL_STREAM_RI)
		p->changed |= HAL_COM_PORT_RI_ENDED;
	p->news |= p->changed | (changed & p->outputs & HAL_STREAM_RI ? HAL_COM_PORT_RI : 0);
	pump(p);
}

void sim_rfc2217_set_inputs(struct hal_stream *stream, unsigned int lines, bool on)
{
	set_outputs(to_port(stream), lines, on);
}

/* ---- from the client ---- */

static void set_control(struct port *p, uint8_t code)
{
	bool dtr, rts;

	if (code >= HAL_COM_PORT_FLOW_NONE && code <= HAL_COM_PORT_FLOW_RTSCTS)
		p->flow = code;
	else if (code == HAL_COM_PORT_BREAK_ON || code == HAL_COM_PORT_BREAK_OFF)
		p->break_on = code == HAL_COM_PORT_BREAK_ON;
	else if (code == HAL_COM_PORT_DTR_ON || code == HAL_COM_PORT_DTR_OFF)
		set_inputs(p, HAL_STREAM_DSR, code == HAL_COM_PORT_DTR_ON);
	else if (code == HAL_COM_PORT_RTS_ON || code == HAL_COM_PORT_RTS_OFF)
		set_inputs(p, HAL_STREAM_CTS, code == HAL_COM_PORT_RTS_ON);
	dtr = p->inputs & HAL_STREAM_DSR;
	rts = p->inputs & HAL_STREAM_CTS;
	if (code <= HAL_COM_PORT_FLOW_RTSCTS)
		code = p->flow;
	else if (code <= HAL_COM_PORT_BREAK_OFF)
		code = p->break_on ? HAL_COM_PORT_BREAK_ON : HAL_COM_PORT_BREAK_OFF;
	else if (code <= HAL_COM_PORT_DTR_OFF)
		code = dtr ? HAL_COM_PORT_DTR_ON : HAL_COM_PORT_DTR_OFF;
	else if (code <= HAL_COM_PORT_RTS_OFF)
		code = rts ? HAL_COM_PORT_RTS_ON : HAL_COM_PORT_RTS_OFF;
	/* Flow control of the other direction has codes that are answered as they are. */
	answer(p, HAL_COM_PORT_CONTROL, code);
}

/* 0 asks for what it is. */
static void set_number(struct port *p, uint8_t command, uint8_t value, uint8_t *number)
{
	if (value != 0)
		*number = value;
	answer(p, command, *number);
}

static void set_baudrate(struct port *p, struct hal_slice value)
{
	const char none[4] = {0};

	if (value.len != 4)
		return;
	if (!hal_slice_eq(value, hal_slice(none, 4)))
		for (size_t i = 0; i < 4; i++)
			p->baudrate[i] = value.data[i];
	(void)hal_telnet_send_com_port(&p->telnet, HAL_COM_PORT_SERVER + HAL_COM_PORT_BAUDRATE,
				       hal_slice(p->baudrate, 4)); /* there is room */
}

static void purge(struct port *p, uint8_t value)
{
	if (value & 1)
		hal_ring_drop(&p->tx, p->tx.len);
	if (value & 2)
		hal_ring_drop(&p->rx, p->rx.len);
	answer(p, HAL_COM_PORT_PURGE, value);
}

static void take_byte(struct port *p, uint8_t command, uint8_t value)
{
	switch (command) {
	case HAL_COM_PORT_DATASIZE:
		set_number(p, command, value, &p->datasize);
		break;
	case HAL_COM_PORT_PARITY:
		set_number(p, command, value, &p->parity);
		break;
	case HAL_COM_PORT_STOPSIZE:
		set_number(p, command, value, &p->stopsize);
		break;
	case HAL_COM_PORT_CONTROL:
		set_control(p, value);
		break;
	case HAL_COM_PORT_LINESTATE_MASK:
		p->line_mask = value;
		answer(p, command, value);
		break;
	case HAL_COM_PORT_MODEMSTATE_MASK:
		p->modem_mask = value;
		answer(p, command, value);
		tell_modemstate(p);
		break;
	case HAL_COM_PORT_PURGE:
		purge(p, value);
		break;
	default:
		break;
	}
}

static void on_agreed(void *user, bool agreed)
{
	struct port *p = user;

	p->agreed = agreed;
	if (agreed)
		tell_modemstate(p);
}

static void on_com_port(void *user, uint8_t command, struct hal_slice value)
{
	struct port *p = user;

	/* pyserial does not say WILL when our DO comes before: this is how it agrees. */
	if (!p->agreed)
		on_agreed(p, true);
	if (command == HAL_COM_PORT_BAUDRATE)
		set_baudrate(p, value);
	else if (command == HAL_COM_PORT_SIGNATURE && value.len == 0)
		(void)hal_telnet_send_com_port(&p->telnet,
					       HAL_COM_PORT_SERVER + HAL_COM_PORT_SIGNATURE,
					       HAL_SLICE("modemsim")); /* there is room */
	else if (command == HAL_COM_PORT_MODEMSTATE)
		tell_modemstate(p); /* some clients ask so */
	else if (command == HAL_COM_PORT_SUSPEND || command == HAL_COM_PORT_RESUME)
		p->suspended = command == HAL_COM_PORT_SUSPEND;
	else if (value.len == 1)
		take_byte(p, command, (uint8_t)value.data[0]);
}

static void on_data(void *user, struct hal_slice data)
{
	struct port *p = user;

	(void)hal_ring_put(&p->rx, data.data, data.len); /* fits: see get_room() */
}

static void on_mark(void *user)
{
	(void)user; /* we ask for none */
}

static size_t get_room(const struct port *p)
{
	size_t room = hal_ring_space(&p->out), data = hal_ring_space(&p->rx);

	room = room > ANSWER_MAX ? (room - ANSWER_MAX) / ANSWER_FACTOR : 0;
	return data < room ? data : room;
}

static void hold(struct port *p, bool on)
{
	if (!p->link || p->held == on)
		return;
	p->held = on;
	(void)hal_stream_want_read(p->link, !on); /* a loss has an event of its own */
}

static void receive(struct port *p)
{
	char chunk[1024];
	size_t room = get_room(p);
	ssize_t n;

	if (room == 0) {
		hold(p, true);
		return;
	}
	n = hal_stream_read(p->link, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
	if (n < 0)
		return;
	hal_telnet_receive(&p->telnet, hal_slice(chunk, (size_t)n));
	pump(p);
}

/* The port is closed at the terminal server: DTR falls. */
static void hang_up(struct port *p)
{
	struct hal_stream *link = p->link;

	p->link = NULL;
	hal_stream_close(link);
	hal_ring_drop(&p->tx, p->tx.len);
	set_inputs(p, HAL_STREAM_DSR | HAL_STREAM_CTS, false);
}

static void on_link(void *user, unsigned int events)
{
	struct port *p = user;

	if (events & HAL_STREAM_OPENED) {
		hal_telnet_start(&p->telnet);
		pump(p);
	}
	if (p->link && (events & HAL_STREAM_READABLE))
		receive(p);
	if (p->link && (events & HAL_STREAM_WRITABLE)) {
		pump(p);
		if (p->held && get_room(p) > 0)
			hold(p, false);
	}
	if (p->link && (events & HAL_STREAM_LOST))
		hang_up(p);
}

static const struct hal_telnet_events telnet_events = {
	.on_data = on_data,
	.on_agreed = on_agreed,
	.on_mark = on_mark,
	.on_com_port = on_com_port,
};

bool sim_rfc2217_has_client(struct hal_stream *stream)
{
	return to_port(stream)->link != NULL;
}

void sim_rfc2217_connect(struct hal_stream *stream, struct hal_stream *link)
{
	struct port *p = to_port(stream);

	assert(!p->link);
	p->link = link;
	p->agreed = false;
	p->suspended = false;
	p->break_on = false;
	p->held = false;
	p->modem_mask = 0xff; /* RFC 2217: the default */
	p->line_mask = 0;
	p->changed = 0;
	p->news = 0;
	hal_ring_init(&p->out, p->out_buf, sizeof(p->out_buf));
	hal_telnet_init(&p->telnet, HAL_TELNET_SERVER, &telnet_events, p, &p->out);
	hal_stream_set_handler(link, on_link, p);
	/* As a tty that is opened. */
	set_inputs(p, HAL_STREAM_DSR | HAL_STREAM_CTS, true);
}

/* ---- what the modem asks for ---- */

static ssize_t port_read(struct hal_stream *s, void *buf, size_t size)
{
	struct port *p = to_port(s);
	size_t n = hal_ring_get(&p->rx, buf, size);

	if (p->held && get_room(p) > 0)
		hold(p, false);
	return n > 0 ? (ssize_t)n : -EAGAIN;
}

static ssize_t port_write(struct hal_stream *s, const void *buf, size_t len)
{
	struct port *p = to_port(s);
	size_t n;

	if (!p->link)
		return (ssize_t)len;
	n = hal_ring_put(&p->tx, buf, len);
	pump(p);
	return n > 0 ? (ssize_t)n : -EAGAIN;
}

static int port_get_lines(struct hal_stream *s, unsigned int *ret_lines)
{
	*ret_lines = to_port(s)->inputs;
	return 0;
}

static int port_set_lines(struct hal_stream *s, unsigned int lines, bool on)
{
	set_outputs(to_port(s),
		    (lines & HAL_STREAM_DTR ? HAL_STREAM_DSR : 0) |
			    (lines & HAL_STREAM_RTS ? HAL_STREAM_CTS : 0),
		    on);
	return 0;
}

static int port_flush(struct hal_stream *s)
{
	struct port *p = to_port(s);

	hal_ring_drop(&p->rx, p->rx.len);
	hal_ring_drop(&p->tx, p->tx.len);
	hold(p, false);
	return 0;
}

static int port_want_write(struct hal_stream *s, bool on)
{
	to_port(s)->wants_write = on;
	notify(to_port(s));
	return 0;
}

static int port_want_read(struct hal_stream *s, bool on)
{
	to_port(s)->paused = !on;
	notify(to_port(s));
	return 0;
}

static int port_watch_lines(struct hal_stream *s, uint32_t interval_ms)
{
	to_port(s)->watches_lines = interval_ms > 0;
	return 0;
}

static void free_port(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct port, work));
}

static void port_close(struct hal_stream *s)
{
	struct port *p = to_port(s);

	p->closed = true;
	hal_stream_close(p->link);
	hal_work_cancel(&p->work);
	hal_loop_free_later(s->loop, &p->work, free_port);
}

static const struct hal_stream_ops port_ops = {
	.name = "rfc2217-port",
	.read = port_read,
	.write = port_write,
	.get_lines = port_get_lines,
	.set_lines = port_set_lines,
	.flush = port_flush,
	.want_write = port_want_write,
	.want_read = port_want_read,
	.watch_lines = port_watch_lines,
	.close = port_close,
};

int sim_rfc2217_new(struct hal_loop *loop, struct hal_stream **ret_stream)
{
	struct port *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->stream.ops = &port_ops;
	p->stream.loop = loop;
	p->stream.caps = HAL_STREAM_CAP_LINES;
	p->datasize = 8;
	p->parity = HAL_COM_PORT_PARITY_NONE;
	p->stopsize = 1;
	p->flow = HAL_COM_PORT_FLOW_NONE;
	p->baudrate[2] = (char)(9600 >> 8);
	p->baudrate[3] = (char)(9600 & 0xff);
	p->pending = HAL_STREAM_OPENED;
	hal_ring_init(&p->rx, p->rx_buf, sizeof(p->rx_buf));
	hal_ring_init(&p->tx, p->tx_buf, sizeof(p->tx_buf));
	hal_ring_init(&p->out, p->out_buf, sizeof(p->out_buf));
	hal_work_init(&p->work, on_work);
	hal_work_queue(loop, &p->work);
	*ret_stream = &p->stream;
	return 0;
}
