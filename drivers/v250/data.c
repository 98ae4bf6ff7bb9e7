/* SPDX-License-Identifier: MIT */
/*
 * The data of a call that is online, and its end.
 *
 * Where DCD has been seen high it decides: the call ends when it has fallen, be it for a moment
 * that only the port's counters have seen. Else there is only the text NO CARRIER, which data may
 * hold as well. So what may be that line, or its beginning, is held back while it is the last that
 * has come: a beginning for V250_GAP_MS, the line for V250_END_MS. Whatever follows proves it to be
 * data, but for ERROR: with that the modem answers what was still on its way to it, and more of
 * that may follow. When nothing does, mode.c asks the modem. The writer waits meanwhile: bytes to a
 * modem in command state would be answered, and that would look like data.
 */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <string.h>

#define DIRECT_MIN 256 /* smaller reads are served from the core's buffer */

static void give(struct v250 *v, struct hal_slice data)
{
	core_call_data(v->line, data.data, data.len);
}

/* ---- the port ---- */

/* XON and XOFF are data like all other bytes while the call is online. */
static void set_port(struct v250 *v, bool online)
{
	struct hal_stream_config config = v250_stream_config(v->host.config);

	if (online && config.flow == HAL_STREAM_FLOW_XONXOFF)
		config.flow = HAL_STREAM_FLOW_NONE;
	config.clocal = !v->minds_carrier;
	/* Fails only when the stream is lost, which has an event of its own. */
	(void)hal_stream_configure(at_queue_stream(v->queue), &config);
}

/* Only the fall of a DCD that has been seen high proves anything: it may not be wired. */
static void see_carrier(struct v250 *v)
{
	v->dcd_seen = true;
	if (!v->host.config->minds_carrier || v->minds_carrier || v->lent)
		return;
	v->minds_carrier = true;
	set_port(v, true);
}

/* Our own drop makes DCD fall, too. */
static void forget_carrier(struct v250 *v)
{
	if (!v->minds_carrier)
		return;
	v->minds_carrier = false;
	set_port(v, true);
}

/* ---- the end ---- */

static void end(struct v250 *v)
{
	/* The line of the modem, if that is what is held, is no data. */
	v->tail.len = 0;
	v250_remote_end(v, 0, "carrier lost", v250_dcd(v) ? NULL : "DCD low");
}

static void on_gap(struct v250 *v)
{
	give(v, at_tail_free(&v->tail));
	if (v->carrier_lost)
		end(v);
}

static void on_silence(struct v250 *v)
{
	if (v->carrier_lost || (v->dcd_seen && !v250_dcd(v))) {
		end(v);
	} else if (v->dcd_seen) {
		give(v, at_tail_free(&v->tail));
		core_call_writable(v->line);
	} else {
		v250_doubt(v);
	}
}

static uint32_t gap_ms(const struct v250 *v)
{
	uint32_t baud = v->host.config->baud;

	return V250_GAP_MS + (baud ? 2 * AT_BITS_PER_CHAR * 1000 / baud : 0);
}

/* Something may be held: until when? */
static void wait_for_more(struct v250 *v)
{
	if (v->doubting)
		return;
	if (v->tail.len == 0)
		hal_timer_cancel(v->host.loop, &v->timer);
	else if (!at_tail_is_whole(&v->tail))
		v250_wait(v, gap_ms(v), on_gap);
	else
		v250_wait(v, v->carrier_lost || (v->dcd_seen && !v250_dcd(v)) ? 0 : V250_END_MS,
			  on_silence);
}

static void lose_carrier(struct v250 *v)
{
	if (v->carrier_lost)
		return;
	v->carrier_lost = true;
	at_queue_drain_data(v->queue);
	if (v->tail.len == 0 || at_tail_is_whole(&v->tail))
		end(v);
}

void v250_data_lines(struct v250 *v)
{
	struct hal_stream_counters now = v->counted;
	bool dcd = v250_dcd(v), fell;

	/* Fails where there are none. */
	(void)hal_stream_get_counters(at_queue_stream(v->queue), &now);
	fell = v->dcd_seen && (!dcd || now.dcd != v->counted.dcd);
	if (now.brk != v->counted.brk)
		core_call_break(v->line);
	if (dcd)
		see_carrier(v);
	v->counted = now;
	if (fell && v->phase == V250_ONLINE)
		lose_carrier(v);
	else if (fell)
		end(v);
}

/* ---- from the far end ---- */

/* fresh: it is not the line that was held before. If it proves to be the modem's, the call ended
 * when it came. */
static void note_line(struct v250 *v, bool fresh)
{
	if (fresh && at_tail_is_whole(&v->tail))
		v->tail_us = hal_loop_now_us(v->host.loop);
}

static bool is_answered(const struct v250 *v, struct hal_slice data)
{
	return !v->dcd_seen && !v->doubting && at_tail_is_answered(&v->tail, data);
}

static void doubt_answered(struct v250 *v)
{
	if (!at_tail_is_whole(&v->tail))
		v->tail_us = hal_loop_now_us(v->host.loop);
	v->answered = true;
	hal_timer_cancel(v->host.loop, &v->timer);
	v250_doubt(v);
}

void v250_data_receive(struct v250 *v, struct hal_slice data)
{
	bool waited = at_tail_is_whole(&v->tail);
	struct at_tail_data certain;

	if (v->phase != V250_ONLINE) {
		give(v, data);
		return;
	}
	if (is_answered(v, data))
		doubt_answered(v);
	certain = at_tail_take(&v->tail, data);
	note_line(v, !waited || certain.held.len > 0);
	give(v, certain.held);
	give(v, certain.chunk);
	wait_for_more(v);
	if (waited && !v->doubting)
		core_call_writable(v->line);
}

ssize_t v250_read(void *driver, void *buf, size_t size)
{
	struct v250 *v = driver;
	size_t held = v->tail.len;
	struct hal_slice data;
	ssize_t n;

	if (v->phase != V250_ONLINE || size < DIRECT_MIN || at_tail_is_whole(&v->tail))
		return -EAGAIN;
	memcpy(buf, v->tail.held, held);
	n = at_queue_read_data(v->queue, (char *)buf + held, size - held);
	if (n < 0)
		return n;
	if (is_answered(v, hal_slice((char *)buf + held, (size_t)n)))
		doubt_answered(v);
	v->tail.len = 0;
	data = at_tail_take(&v->tail, hal_slice(buf, held + (size_t)n)).chunk;
	note_line(v, true);
	wait_for_more(v);
	return data.len > 0 ? (ssize_t)data.len : -EAGAIN;
}

void v250_data_taken(void *driver)
{
	struct v250 *v = driver;

	if (v->queue)
		at_queue_resume_data(v->queue);
}

/* ---- to the far end ---- */

ssize_t v250_write(void *driver, const void *buf, size_t len)
{
	struct v250 *v = driver;

	if (v->phase != V250_ONLINE || v->doubting || at_tail_is_whole(&v->tail))
		return -EAGAIN;
	return at_queue_write_data(v->queue, buf, len);
}

size_t v250_unsent(void *driver, bool forget)
{
	struct v250 *v = driver;

	return v->queue ? at_queue_unsent(v->queue, forget) : 0;
}

void v250_data_break_timer(struct hal_timer *timer)
{
	struct v250 *v = HAL_CONTAINER_OF(timer, struct v250, break_timer);

	/* A port that has gone meanwhile says so by itself. */
	(void)hal_stream_set_break(at_queue_stream(v->queue), false);
}

int v250_send_break(void *driver, uint32_t ms)
{
	struct v250 *v = driver;
	int r;

	if (v->phase != V250_ONLINE || v->doubting)
		return -EAGAIN;
	if (hal_timer_armed(&v->break_timer))
		return -EBUSY;
	r = hal_stream_set_break(at_queue_stream(v->queue), true);
	if (r == 0)
		hal_timer_arm_ms(v->host.loop, &v->break_timer, ms);
	return r;
}

/* ---- by somebody else ---- */

int v250_lend(void *driver, int *ret_fd)
{
	struct v250 *v = driver;
	int r;

	if (v->phase != V250_ONLINE || v->doubting || at_tail_is_whole(&v->tail))
		return -EAGAIN;
	r = at_queue_lend(v->queue, ret_fd);
	if (r < 0)
		return r;
	v->lent = true;
	hal_timer_cancel(v->host.loop, &v->timer);
	give(v, at_tail_free(&v->tail));
	return 0;
}

void v250_take_back(struct v250 *v)
{
	struct hal_stream_config config = v250_stream_config(v->host.config);

	if (!v->lent)
		return;
	v->lent = false;
	at_queue_take_back(v->queue);
	/* Fails only when the stream is lost, which has an event of its own. */
	(void)hal_stream_configure(at_queue_stream(v->queue), &config);
}

/* ---- begin and end ---- */

void v250_data_start(struct v250 *v)
{
	struct hal_stream *stream = at_queue_stream(v->queue);

	v->tail.len = 0;
	v->doubting = false;
	v->answered = false;
	v->carrier_lost = false;
	v->asked = false;
	v->minds_carrier = false;
	if (v->host.config->flow == CORE_FLOW_XONXOFF)
		set_port(v, true);
	if (!v->has_lines)
		return;
	(void)hal_stream_watch_lines(stream, V250_LINES_POLL_MS);
	v->counted = (struct hal_stream_counters){0};
	(void)hal_stream_get_counters(stream, &v->counted);
	v->dcd_seen = false;
	if (v250_dcd(v))
		see_carrier(v);
}

void v250_data_stop(struct v250 *v)
{
	if (!v->queue)
		return;
	if (hal_timer_armed(&v->break_timer)) {
		hal_timer_cancel(v->host.loop, &v->break_timer);
		v250_data_break_timer(&v->break_timer);
	}
	v250_take_back(v);
	forget_carrier(v);
	at_queue_drain_data(v->queue);
	at_queue_resume_data(v->queue);
	give(v, at_tail_free(&v->tail));
	v->doubting = false;
	v->answered = false;
}

void v250_data_leave(struct v250 *v)
{
	if (!v->minds_carrier && v->host.config->flow != CORE_FLOW_XONXOFF)
		return;
	v->minds_carrier = false;
	set_port(v, false);
}

bool v250_data_hung_up(const struct v250 *v)
{
	return v->minds_carrier && (v->phase == V250_ONLINE || v->phase == V250_ASIDE ||
				    v->phase == V250_RETURNING || v->phase == V250_DOUBTING);
}
