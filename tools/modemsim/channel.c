/* SPDX-License-Identifier: MIT */
#include "tools/modemsim/private.h"

/*
 * One direction of a line in data state, from the modem that sends: how fast bytes leave and when
 * they arrive. With error control they travel in frames of V.42, else one by one with a start and a
 * stop bit (V.14). A line of which nothing is asked is no channel at all: see sim_exchange_send().
 */

#define FRAME_MAX	128 /* octets of information, N401 (V.42 9.2.3) */
#define FRAME_OVERHEAD	6   /* flag, address, control field of two, FCS of two (V.42 8.1) */
#define OCTET_BITS	8
#define CHARACTER_BITS	10
#define REPEATS_MAX	10  /* N400 (V.42 9.2.2) */
#define PIECES_A_SECOND 100 /* characters that arrive at once take no longer than a hundredth */

static size_t waiting(const struct sim_channel *channel)
{
	return channel->ring.len - channel->on_line;
}

/* How long the transmitter is busy with it. */
static uint64_t airtime_us(struct sim_channel *channel, bool framed, size_t len)
{
	uint64_t bits = framed ? (len + FRAME_OVERHEAD) * OCTET_BITS : len * CHARACTER_BITS;
	uint64_t us;

	if (channel->speed == 0)
		return 0;
	bits = bits * HAL_USEC_PER_SEC + channel->rest;
	us = bits / channel->speed;
	channel->rest = bits % channel->speed;
	return us;
}

static size_t piece_length(const struct sim_channel *channel, bool framed)
{
	size_t len = channel->repeats > 0 ? channel->repeated : waiting(channel);
	size_t max = channel->speed / CHARACTER_BITS / PIECES_A_SECOND;

	if (framed || channel->speed == 0 || max > FRAME_MAX)
		max = FRAME_MAX;
	if (max == 0)
		max = 1;
	return len < max ? len : max;
}

/* Does the far end hear noise in a frame of that length? */
static bool is_damaged(struct sim_modem *receiver, size_t len)
{
	bool damaged = false;

	for (size_t i = 0; receiver && i < len; i++)
		damaged |= sim_noise_hits(&receiver->noise, &receiver->options.noise);
	return damaged;
}

/* V.42 8.4.4: the far end rejects it, and that has to come back first. */
static void repeat(struct sim_modem *modem, struct sim_modem *receiver, size_t len)
{
	struct sim_channel *channel = &modem->channel;

	modem->link.errors_tx++;
	receiver->link.errors_rx++;
	channel->free_us += 2 * channel->latency_us;
	channel->repeated = len;
	channel->repeats++;
	if (channel->repeats <= REPEATS_MAX)
		return;
	channel->broken = true;
	sim_dial_line_event(modem, SIM_LINE_USELESS);
}

static void send_piece(struct sim_modem *modem)
{
	struct sim_channel *channel = &modem->channel;
	struct sim_modem *receiver = sim_exchange_receiver(modem);
	bool framed = modem->diagnostics.lapm;
	size_t last = (channel->first + channel->count) % SIM_PIECES_MAX;
	size_t len = piece_length(channel, framed);

	channel->free_us += airtime_us(channel, framed, len);
	modem->link.frames_tx += framed;
	if (framed && is_damaged(receiver, len)) {
		repeat(modem, receiver, len);
		return;
	}
	if (framed && receiver)
		receiver->link.frames_rx++;
	channel->repeats = 0;
	channel->pieces[last].arrives_us = channel->free_us + channel->latency_us;
	channel->pieces[last].len = len;
	channel->count++;
	channel->on_line += len;
}

/* Is the line full, or is there something that the far end does not take? */
static bool is_held(const struct sim_channel *channel, uint64_t now)
{
	return channel->count == SIM_PIECES_MAX || channel->on_line + FRAME_MAX > SIM_ON_LINE_MAX ||
	       (channel->count > 0 && channel->pieces[channel->first].arrives_us <= now);
}

/* All that has arrived and is wanted has been delivered. @return false: nothing can leave now */
static bool transmit(struct sim_modem *modem, uint64_t now)
{
	struct sim_channel *channel = &modem->channel;

	if (waiting(channel) == 0 || channel->broken || channel->free_us > now)
		return false;
	/* Time that the far end has taken is not made up for; being late ourselves is. */
	if (channel->stalled)
		channel->free_us = now;
	channel->stalled = is_held(channel, now);
	if (channel->stalled)
		return false;
	send_piece(modem);
	return true;
}

/* Without error control the user gets what came. data.len <= FRAME_MAX */
static void pass_noise(struct sim_modem *receiver, struct hal_slice data)
{
	const struct sim_noise *noise = &receiver->options.noise;
	char heard[FRAME_MAX];
	size_t len = 0;

	for (size_t i = 0; i < data.len; i++) {
		bool bad = sim_noise_hits(&receiver->noise, noise);
		bool lost = bad && noise->kind == SIM_NOISE_LOSE;

		receiver->link.dropped += lost;
		receiver->link.flipped += bad && !lost;
		if (!lost)
			heard[len++] =
				bad ? sim_noise_flip(&receiver->noise, data.data[i]) : data.data[i];
	}
	sim_data_from_line(receiver, hal_slice(heard, len));
}

/* @return bytes that the far end has taken */
static size_t hand_over(struct sim_modem *modem, size_t max)
{
	struct sim_modem *receiver = sim_exchange_receiver(modem);
	struct hal_slice data = hal_ring_peek(&modem->channel.ring);
	size_t room = receiver ? hal_ring_space(&receiver->line_rx) : max;

	data.len = data.len < max ? data.len : max;
	data.len = data.len < room ? data.len : room;
	if (receiver && !modem->diagnostics.lapm)
		pass_noise(receiver, data);
	else if (receiver)
		sim_data_from_line(receiver, data);
	hal_ring_drop(&modem->channel.ring, data.len);
	modem->channel.on_line -= data.len;
	sim_data_sent(modem, data.len);
	return data.len;
}

/* What has arrived by then, as far as there is room at the far end. */
static void deliver(struct sim_modem *modem, uint64_t then)
{
	struct sim_channel *channel = &modem->channel;

	while (channel->count > 0 && channel->pieces[channel->first].arrives_us <= then) {
		struct sim_piece *piece = &channel->pieces[channel->first];
		size_t n = hand_over(modem, piece->len);

		if (n == 0)
			return;
		piece->len -= n;
		if (piece->len > 0)
			continue;
		channel->first = (channel->first + 1) % SIM_PIECES_MAX;
		channel->count--;
	}
}

/* What has arrived, or may not be sent, waits for the far end and not for the time. */
static void arm(struct sim_modem *modem, uint64_t now)
{
	struct sim_channel *channel = &modem->channel;
	uint64_t next = UINT64_MAX;

	if (channel->count > 0 && channel->pieces[channel->first].arrives_us > now)
		next = channel->pieces[channel->first].arrives_us;
	if (waiting(channel) > 0 && !channel->stalled && !channel->broken &&
	    channel->free_us < next)
		next = channel->free_us;
	if (next == UINT64_MAX)
		hal_timer_cancel(modem->loop, &channel->timer);
	else
		hal_timer_arm_us(modem->loop, &channel->timer, next - now);
}

void sim_channel_pump(struct sim_modem *modem)
{
	uint64_t now = hal_loop_now_us(modem->loop);

	if (!modem->channel.on)
		return;
	do
		deliver(modem, now);
	while (transmit(modem, now));
	arm(modem, now);
}

static void on_time(struct hal_timer *timer)
{
	struct sim_modem *modem = HAL_CONTAINER_OF(timer, struct sim_modem, channel.timer);

	sim_channel_pump(modem);
	sim_modem_unblock(modem);
}

void sim_channel_init(struct sim_channel *channel)
{
	hal_timer_init(&channel->timer, on_time);
}

size_t sim_channel_space(const struct sim_channel *channel)
{
	return SIM_BUFFER_MAX - waiting(channel);
}

void sim_channel_send(struct sim_modem *modem, struct hal_slice data)
{
	struct sim_channel *channel = &modem->channel;
	uint64_t now = hal_loop_now_us(modem->loop);

	if (waiting(channel) == 0 && channel->free_us < now)
		channel->free_us = now;
	(void)hal_ring_put(&channel->ring, data.data, data.len); /* fits: sim_channel_space() */
	sim_channel_pump(modem);
}

/* The slower of two; 0 has no limit. */
static uint32_t slower(uint32_t a, uint32_t b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

static void start(struct sim_channel *channel)
{
	if (channel->on)
		return;
	hal_ring_init(&channel->ring, channel->buf, sizeof(channel->buf));
	channel->on = true;
	channel->stalled = false;
	channel->broken = false;
	channel->free_us = 0;
	channel->on_line = 0;
	channel->count = 0;
	channel->repeats = 0;
}

void sim_channel_tune(struct sim_modem *modem)
{
	const struct sim_modem *far = sim_exchange_far_end(modem);
	const struct sim_modem *receiver = sim_exchange_receiver(modem);
	const struct sim_modem_options *own = &modem->options;
	struct sim_channel *channel = &modem->channel;
	uint32_t latency_ms = own->latency_ms + (far ? far->options.latency_ms : 0);
	bool noisy = receiver && receiver->options.noise.kind != SIM_NOISE_NONE;

	channel->speed = slower(own->speed, far ? far->options.speed : 0);
	channel->latency_us = latency_ms * (uint64_t)HAL_USEC_PER_MSEC;
	channel->rest = 0;
	if (channel->speed == 0 && latency_ms == 0 && !noisy && !channel->on)
		return;
	start(channel);
	sim_channel_pump(modem);
	sim_modem_unblock(modem);
}

void sim_channel_silence(struct sim_modem *modem, uint32_t ms)
{
	struct sim_channel *channel = &modem->channel;
	uint64_t now = hal_loop_now_us(modem->loop);

	start(channel);
	if (channel->free_us < now)
		channel->free_us = now;
	channel->free_us += ms * (uint64_t)HAL_USEC_PER_MSEC;
	sim_channel_pump(modem); /* for its timer */
}

/* What has left and arrived, and finds no room there. */
static size_t left_over(const struct sim_channel *channel, uint64_t then)
{
	size_t len = 0;

	for (size_t i = 0; i < channel->count; i++) {
		const struct sim_piece *piece =
			&channel->pieces[(channel->first + i) % SIM_PIECES_MAX];

		if (piece->arrives_us > then)
			break;
		len += piece->len;
	}
	return len;
}

void sim_channel_close(struct sim_modem *modem)
{
	struct sim_channel *channel = &modem->channel;
	uint64_t then = hal_loop_now_us(modem->loop) + channel->latency_us;
	struct sim_modem *receiver = sim_exchange_receiver(modem);
	size_t unheard;

	if (!channel->on)
		return;
	hal_timer_cancel(modem->loop, &channel->timer);
	/* What has left the modem is on its way and arrives. */
	deliver(modem, then);
	unheard = left_over(channel, then);
	if (unheard > 0) {
		receiver->link.rx += unheard;
		sim_data_unheard(receiver, unheard);
	}
	sim_data_sent(modem, unheard);
	sim_data_lost(modem, channel->ring.len - unheard);
	channel->on = false;
}
