/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "tools/modemsim/private.h"

/* Bytes between DTE and line, and the way out to the DTE. */

#define ESCAPE_UNIT_US (20 * HAL_USEC_PER_MSEC) /* S12 counts fiftieths of a second */
#define ESCAPE_COUNT   3

/* Hayes: guard time, three characters closer together than that, guard time. */
static void watch_escape(struct sim_modem *modem, struct hal_slice data)
{
	uint64_t now = hal_loop_now_us(modem->loop);
	uint64_t guard = modem->settings.sreg[12] * ESCAPE_UNIT_US;
	uint8_t escape = modem->settings.sreg[2];

	if (escape > 127 || sim_fault_is_on(modem, SIM_FAULT_STUCK) ||
	    sim_fault_is_on(modem, SIM_FAULT_SILENT))
		return;
	/* It was not the DTE that paused. */
	if (modem->was_paused)
		modem->last_data_us = now;
	modem->was_paused = false;
	for (size_t i = 0; i < data.len; i++) {
		uint64_t gap = now - modem->last_data_us;
		bool in_time = modem->escapes == 0 ? gap >= guard : gap <= guard;

		if ((uint8_t)data.data[i] == escape && in_time && modem->escapes < ESCAPE_COUNT)
			modem->escapes++;
		else
			modem->escapes = 0;
		modem->last_data_us = now;
	}
	if (modem->escapes == ESCAPE_COUNT)
		hal_timer_arm_us(modem->loop, &modem->escape_timer, guard);
	else
		hal_timer_cancel(modem->loop, &modem->escape_timer);
}

void sim_data_escape_timeout(struct hal_timer *timer)
{
	struct sim_modem *modem = HAL_CONTAINER_OF(timer, struct sim_modem, escape_timer);

	modem->escapes = 0;
	modem->state = SIM_MODEM_ESCAPED;
	modem->phase = SIM_LINE_WAIT_A;
	sim_report_result(modem, SIM_OK);
	sim_data_flush(modem);
}

size_t sim_data_from_dte(struct sim_modem *modem, struct hal_slice data)
{
	size_t space = sim_exchange_space(modem);

	if (data.len > space)
		data.len = space;
	if (data.len == 0)
		return 0;
	watch_escape(modem, data);
	sim_exchange_send(modem, data);
	return data.len;
}

void sim_data_sent(struct sim_modem *modem, size_t n)
{
	modem->stats.bytes_tx += n;
	modem->link.tx += n;
}

void sim_data_lost(struct sim_modem *modem, size_t n)
{
	modem->stats.lost += n;
	modem->link.lost_tx += n;
}

void sim_data_unheard(struct sim_modem *modem, size_t n)
{
	modem->stats.lost += n;
	modem->link.lost_rx += n;
}

void sim_data_from_line(struct sim_modem *modem, struct hal_slice data)
{
	size_t n = hal_ring_put(&modem->line_rx, data.data, data.len);

	modem->stats.bytes_rx += n;
	modem->link.rx += n;
	sim_data_flush(modem);
}

void sim_data_finish(struct sim_modem *modem)
{
	while (modem->line_rx.len > 0) {
		struct hal_slice piece = hal_ring_peek(&modem->line_rx);

		sim_data_unheard(modem,
				 piece.len - hal_ring_put(&modem->output, piece.data, piece.len));
		hal_ring_drop(&modem->line_rx, piece.len);
	}
}

/* @return false when the stream is full */
static bool write_ring(struct sim_modem *modem, struct hal_ring *ring, size_t max)
{
	while (ring->len > 0 && max > 0) {
		struct hal_slice piece = hal_ring_peek(ring);
		ssize_t n = hal_stream_write(modem->stream, piece.data,
					     piece.len < max ? piece.len : max);

		/* A lost stream takes nothing either; HAL_STREAM_LOST is on its way. */
		if (n <= 0)
			return false;
		hal_ring_drop(ring, (size_t)n);
		max -= (size_t)n;
	}
	return true;
}

static void want_write(struct sim_modem *modem, bool on)
{
	if (modem->write_wanted != on && hal_stream_want_write(modem->stream, on) == 0)
		modem->write_wanted = on;
}

static struct hal_ring *next_ring(struct sim_modem *modem)
{
	if (modem->output.len > 0)
		return &modem->output;
	if (modem->line_rx.len > 0 && modem->state == SIM_MODEM_ONLINE)
		return &modem->line_rx;
	return NULL;
}

/* Room in line_rx: the sender may go on. */
static void wake_sender(struct sim_modem *modem)
{
	struct sim_modem *far = sim_exchange_far_end(modem);
	struct sim_modem *sender = far ? far : modem;

	if (sender->input.len > 0 || sender->channel.on)
		hal_work_queue(sender->loop, &sender->resume_work);
}

static void write_out(struct sim_modem *modem, size_t max)
{
	struct hal_ring *ring;
	bool room = true;

	while (room && max > 0 && (ring = next_ring(modem))) {
		size_t before = ring->len;

		room = write_ring(modem, ring, max);
		max -= before - ring->len;
		if (ring == &modem->line_rx && ring->len < before)
			wake_sender(modem);
	}
	want_write(modem, !room);
}

static bool is_delayed(const struct sim_modem *modem)
{
	return sim_fault_is_on(modem, SIM_FAULT_SPLIT) || sim_fault_is_on(modem, SIM_FAULT_MERGE);
}

static void delay_output(struct sim_modem *modem)
{
	bool split = sim_fault_is_on(modem, SIM_FAULT_SPLIT);

	if (next_ring(modem) && !hal_timer_armed(&modem->output_timer))
		hal_timer_arm_ms(modem->loop, &modem->output_timer,
				 sim_fault_ms(modem, split ? SIM_FAULT_SPLIT : SIM_FAULT_MERGE));
}

void sim_data_flush(struct sim_modem *modem)
{
	if (!modem->stream)
		return;
	if (is_delayed(modem))
		delay_output(modem);
	else
		write_out(modem, SIZE_MAX);
}

void sim_data_output_timeout(struct hal_timer *timer)
{
	struct sim_modem *modem = HAL_CONTAINER_OF(timer, struct sim_modem, output_timer);

	write_out(modem, sim_fault_is_on(modem, SIM_FAULT_SPLIT) ? 1 : SIZE_MAX);
	sim_data_flush(modem);
}
