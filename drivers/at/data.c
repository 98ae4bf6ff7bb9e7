/* SPDX-License-Identifier: MIT */
#include "drivers/at/queue_internal.h"

#include <errno.h>
#include <string.h>

void at_data_enter(struct at_queue *queue)
{
	queue->phase = AT_PHASE_DATA;
	/* A modem's own guard time begins no sooner than the data state. */
	queue->last_tx_us = hal_loop_now_us(queue->loop);
	queue->pluses = 0;
	at_lexer_reset(&queue->lexer);
}

void at_queue_enter_data(struct at_queue *queue)
{
	if (queue->phase == AT_PHASE_LOST || queue->phase == AT_PHASE_DATA)
		return;
	if (queue->current)
		at_queue_abandon(queue, -ECANCELED);
	hal_timer_cancel(queue->loop, &queue->timer);
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	queue->resync.flags = 0;
	at_data_enter(queue);
}

bool at_queue_in_data(const struct at_queue *queue)
{
	return queue->phase == AT_PHASE_DATA;
}

bool at_data_pause(struct at_queue *queue)
{
	queue->paused = hal_stream_want_read(queue->stream, false) == 0;
	return queue->paused;
}

void at_queue_resume_data(struct at_queue *queue)
{
	if (!queue->paused)
		return;
	queue->paused = false;
	/* Fails only when the stream is lost, which has an event of its own. */
	(void)hal_stream_want_read(queue->stream, true);
}

static void forget_plus(struct at_queue *queue)
{
	queue->plus_held = false;
	hal_timer_cancel(queue->loop, &queue->plus_timer);
}

static void leave(struct at_queue *queue)
{
	queue->phase = AT_PHASE_IDLE;
	queue->data_blocked = false;
	forget_plus(queue);
	at_queue_resume_data(queue);
	hal_timer_cancel(queue->loop, &queue->timer);
	at_queue_update_want_write(queue);
}

void at_queue_leave_data(struct at_queue *queue, bool resync)
{
	queue->needs_resync = queue->needs_resync || resync;
	if (queue->phase == AT_PHASE_DATA) {
		at_escape_end(queue, -ECANCELED);
		leave(queue);
		at_lexer_reset(&queue->lexer);
	}
	at_queue_pump(queue);
}

/* ---- three pluses are no escape ---- */

/* How many stand at the end, behind run of them. */
static unsigned int count_pluses(unsigned int run, const char *data, size_t len)
{
	size_t skipped = len > 4 ? len - 4 : 0;

	for (size_t i = skipped; i < len; i++) {
		if (data[i] != '+')
			run = 0;
		else if (run < 4)
			run++;
	}
	return run;
}

/* Write, but hold back a third plus at the end. @return bytes taken; -EAGAIN, -ENODEV */
static ssize_t write_guarded(struct at_queue *queue, const char *data, size_t len)
{
	bool hold = count_pluses(queue->pluses, data, len) == 3;
	ssize_t n = 0;

	if (len - hold > 0)
		n = hal_stream_write(queue->stream, data, len - hold);
	if (n < 0)
		return n;
	queue->pluses = count_pluses(queue->pluses, data, (size_t)n);
	queue->last_tx_us = hal_loop_now_us(queue->loop);
	if (!hold || (size_t)n < len - hold)
		return n;
	queue->plus_held = true;
	hal_timer_arm_ms(queue->loop, &queue->plus_timer, AT_PLUS_PAUSE_MS);
	return n + 1;
}

/* The one that was held goes first, and not alone. */
static ssize_t write_behind_plus(struct at_queue *queue, const char *data, size_t len)
{
	char joined[256] = "+";
	ssize_t n;

	if (len > sizeof(joined) - 1)
		len = sizeof(joined) - 1;
	memcpy(joined + 1, data, len);
	forget_plus(queue);
	n = write_guarded(queue, joined, len + 1);
	if (n > 1)
		return n - 1;
	if (n < 1) {
		queue->plus_held = true;
		hal_timer_arm_ms(queue->loop, &queue->plus_timer, AT_PLUS_PAUSE_MS);
	}
	return n < 0 ? n : -EAGAIN;
}

/* What the port has taken and not sent. */
static size_t count_unsent(struct at_queue *queue)
{
	size_t n = 0;

	/* Fails where the stream cannot tell, and when it is lost; then it has gone. */
	(void)hal_stream_unsent(queue->stream, false, &n);
	return n;
}

/* The pause has been long enough: what goes out now begins a new count. @return false: later */
static bool send_plus(struct at_queue *queue)
{
	if (count_unsent(queue) > 0 || hal_stream_write(queue->stream, "+", 1) != 1)
		return false;
	forget_plus(queue);
	queue->pluses = 1;
	queue->last_tx_us = hal_loop_now_us(queue->loop);
	return true;
}

void at_plus_timer(struct hal_timer *timer)
{
	struct at_queue *queue = HAL_CONTAINER_OF(timer, struct at_queue, plus_timer);

	/* An escape that is under way sends it. */
	if (queue->escape.step == AT_ESCAPE_NONE && !send_plus(queue))
		hal_timer_arm_ms(queue->loop, timer, AT_PLUS_PAUSE_MS);
}

size_t at_queue_unsent(struct at_queue *queue, bool forget)
{
	size_t n = 0;

	if (queue->phase != AT_PHASE_DATA)
		return 0;
	/* Fails where the stream cannot tell, and when it is lost. */
	(void)hal_stream_unsent(queue->stream, forget, &n);
	n += queue->plus_held;
	if (forget)
		forget_plus(queue);
	return n;
}

/* ---- data ---- */

ssize_t at_queue_read_data(struct at_queue *queue, char *buf, size_t size)
{
	struct hal_slice data;
	ssize_t n;

	if (queue->phase == AT_PHASE_LOST)
		return -ENODEV;
	if (queue->phase != AT_PHASE_DATA || queue->escape.step == AT_ESCAPE_WAIT)
		return -EAGAIN;
	n = hal_stream_read(queue->stream, buf, size);
	if (n < 0)
		return n;
	queue->counts.bytes_in += (size_t)n;
	data = at_lexer_data(&queue->lexer, hal_slice(buf, (size_t)n));
	if (data.data != buf)
		memmove(buf, data.data, data.len);
	return data.len > 0 ? (ssize_t)data.len : -EAGAIN;
}

ssize_t at_queue_write_data(struct at_queue *queue, const char *data, size_t len)
{
	ssize_t n = -EAGAIN;

	if (queue->phase == AT_PHASE_LOST)
		return -ENODEV;
	if (queue->phase != AT_PHASE_DATA)
		return -ENOTCONN;
	if (len == 0)
		return 0;
	/* Silence is part of the escape. A stream that was full may have room again before it says
	 * so. */
	if (queue->escape.step == AT_ESCAPE_NONE && !at_queue_sending(queue))
		n = queue->plus_held ? write_behind_plus(queue, data, len)
				     : write_guarded(queue, data, len);
	if (n != (ssize_t)len && !queue->data_blocked) {
		queue->data_blocked = true;
		at_queue_update_want_write(queue);
	}
	return n;
}

static void give_data(struct at_queue *queue, struct hal_slice data)
{
	if (data.len > 0 && queue->events.on_data)
		queue->events.on_data(queue->user, data);
}

static bool may_end_escape(enum at_result result)
{
	return result == AT_RESULT_OK || result == AT_RESULT_NO_CARRIER;
}

/* Sooner the modem waits for its own guard time, and what comes is the far end's. */
static bool is_time_up(const struct at_queue *queue)
{
	uint64_t silent_us = hal_loop_now_us(queue->loop) - queue->last_tx_us;

	return silent_us >= queue->escape.guard_ms * HAL_USEC_PER_MSEC;
}

static void finish_escape(struct at_queue *queue, struct hal_slice line)
{
	struct at_escape *escape = &queue->escape;
	struct at_answer answer = {.result = at_result_parse(line), .final = line};

	escape->step = AT_ESCAPE_NONE;
	escape->tail.len = 0;
	leave(queue);
	at_queue_trace(queue, '<', line, false);
	if (!escape->muted && escape->cmd.on_done)
		escape->cmd.on_done(escape->cmd.user, &answer);
}

/* The line that has ended the escape is no data: given is what stands before it. */
static void cut_line(struct at_queue *queue, struct hal_slice data, size_t len)
{
	struct at_tail *tail = &queue->escape.tail;

	tail->len = 0;
	data.len -= data.len < len + 1 ? data.len : len + 1;
	/* CR LF stand before a response, too (V.250 §5.7.1). */
	if (data.len >= 2 && memcmp(data.data + data.len - 2, "\r\n", 2) == 0)
		data.len -= 2;
	give_data(queue, data);
}

/*
 * A line that is the last, and came too soon, can be the answer of a modem with a shorter guard
 * time. To go on before ours is over would disturb one that is still waiting: it counts when that
 * has gone by and nothing has followed.
 */
static void note_early(struct at_queue *queue, enum at_result result, struct hal_slice behind)
{
	struct at_escape *escape = &queue->escape;
	uint64_t due = queue->last_tx_us + (escape->guard_ms + AT_EARLY_MS) * HAL_USEC_PER_MSEC;

	if (behind.len > 0 && !hal_slice_eq(behind, HAL_SLICE("\n")))
		result = AT_RESULT_NONE;
	escape->early = result;
	if (result != AT_RESULT_NONE)
		hal_timer_arm_at_us(queue->loop, &queue->timer, due);
}

/* @return the line that ends the escape; empty: none. Takes what stands before it off input. */
static struct hal_slice find_end(struct at_queue *queue, struct hal_slice *input)
{
	enum at_result early = queue->escape.early, result;
	struct hal_slice behind = *input;
	struct at_token token;

	while (at_lexer_next(&queue->lexer, input, &token) != AT_TOKEN_NONE) {
		result = token.type == AT_TOKEN_LINE ? at_result_parse(token.text) : AT_RESULT_NONE;
		if (may_end_escape(result) && is_time_up(queue))
			return token.text;
		early = may_end_escape(result) ? result : AT_RESULT_NONE;
		behind = *input;
	}
	note_early(queue, early, behind);
	return hal_slice(NULL, 0);
}

/* +++ is sent: data goes on until a line says that it is over. */
static void receive_until_ok(struct at_queue *queue, struct hal_slice *input)
{
	struct at_tail *tail = &queue->escape.tail;
	struct hal_slice data = *input;
	struct hal_slice line = find_end(queue, input);
	struct at_tail_data certain;

	data.len -= input->len;
	certain = at_tail_take(tail, data);
	give_data(queue, certain.held);
	if (queue->closed)
		return;
	/* Held is all but the LF, which the lexer skips. */
	if (!line.data || tail->len + 1 == tail->pattern->whole)
		give_data(queue, certain.chunk);
	else
		cut_line(queue, data, line.len);
	if (line.data && !queue->closed && queue->phase == AT_PHASE_DATA)
		finish_escape(queue, line);
}

void at_data_receive(struct at_queue *queue, struct hal_slice *input)
{
	struct hal_slice data;

	if (queue->escape.step == AT_ESCAPE_WAIT) {
		receive_until_ok(queue, input);
		return;
	}
	data = at_lexer_data(&queue->lexer, *input);
	*input = hal_slice_skip(*input, input->len);
	give_data(queue, data);
}

void at_queue_drain_data(struct at_queue *queue)
{
	char *rx = hal_loop_scratch(queue->loop);

	for (size_t i = 0; i < AT_DRAIN_READS && !queue->closed; i++) {
		ssize_t n = at_queue_read_data(queue, rx, HAL_LOOP_SCRATCH);

		if (n < 0)
			return;
		give_data(queue, hal_slice(rx, (size_t)n));
	}
}

int at_queue_lend(struct at_queue *queue, int *ret_fd)
{
	if (queue->phase == AT_PHASE_LOST)
		return -ENODEV;
	if (queue->phase != AT_PHASE_DATA)
		return -ENOTCONN;
	if (queue->escape.step != AT_ESCAPE_NONE || queue->plus_held || at_queue_sending(queue))
		return -EAGAIN;
	return hal_stream_lend(queue->stream, ret_fd);
}

void at_queue_take_back(struct at_queue *queue)
{
	hal_stream_take_back(queue->stream);
	/* Whoever had it has been writing up to now, for all we know. */
	queue->last_tx_us = hal_loop_now_us(queue->loop);
	queue->pluses = 0;
}

/* The Hayes escape. */

int at_queue_escape(struct at_queue *queue, uint32_t guard_ms, uint32_t timeout_ms,
		    at_done_fn on_done, void *user, uint32_t group)
{
	struct at_escape *escape = &queue->escape;

	if (queue->phase == AT_PHASE_LOST)
		return -ENODEV;
	if (queue->phase != AT_PHASE_DATA)
		return -ENOTCONN;
	if (escape->step != AT_ESCAPE_NONE || hal_list_linked(&escape->cmd.node))
		return -EBUSY;
	escape->step = AT_ESCAPE_GUARD;
	escape->guard_ms = guard_ms;
	escape->muted = false;
	escape->cmd.timeout_ms = timeout_ms;
	escape->cmd.on_done = on_done;
	escape->cmd.user = user;
	escape->cmd.group = group;
	escape->unsent = SIZE_MAX;
	hal_timer_arm_ms(queue->loop, &queue->timer, 0);
	return 0;
}

static void send_escape(struct at_queue *queue)
{
	struct at_escape *escape = &queue->escape;

	if (queue->plus_held) {
		(void)send_plus(queue); /* if not now, then after another guard time */
		escape->unsent = SIZE_MAX;
		hal_timer_arm_ms(queue->loop, &queue->timer, escape->guard_ms);
		return;
	}
	escape->step = AT_ESCAPE_WAIT;
	queue->pluses = 0;
	escape->early = AT_RESULT_NONE;
	escape->end_us = hal_loop_now_us(queue->loop) +
			 ((uint64_t)escape->guard_ms + escape->cmd.timeout_ms) * HAL_USEC_PER_MSEC;
	at_tail_init(&escape->tail, &at_tail_ok);
	at_lexer_init(&queue->lexer);
	hal_timer_arm_ms(queue->loop, &queue->timer,
			 (uint64_t)escape->guard_ms + escape->cmd.timeout_ms);
	at_queue_trace(queue, '>', HAL_SLICE("+++"), false);
	at_queue_send(queue, HAL_SLICE("+++"));
}

static void give_up_escape(struct at_queue *queue)
{
	const enum at_escape_step step = queue->escape.step;
	struct at_answer answer = {.error = -ETIMEDOUT};
	struct at_escape *escape = &queue->escape;

	/* The answer may stand behind data that nobody takes. */
	if (queue->paused) {
		hal_timer_arm_ms(queue->loop, &queue->timer, escape->cmd.timeout_ms);
		return;
	}
	/* What is held was data. Whom it is given to may end the escape, but begin no other. */
	if (step == AT_ESCAPE_WAIT)
		give_data(queue, at_tail_free(&escape->tail));
	if (queue->closed || escape->step != step)
		return;
	escape->step = AT_ESCAPE_NONE;
	at_lexer_init(&queue->lexer); /* all it has seen was data */
	queue->counts.timeouts++;
	at_queue_update_want_write(queue);
	if (!escape->muted && escape->cmd.on_done)
		escape->cmd.on_done(escape->cmd.user, &answer);
}

static void wait_longer(struct at_queue *queue)
{
	struct at_escape *escape = &queue->escape;
	uint64_t now = hal_loop_now_us(queue->loop);

	if (escape->early != AT_RESULT_NONE)
		finish_escape(queue, hal_slice_str(at_result_name(escape->early)));
	else if (now < escape->end_us)
		hal_timer_arm_at_us(queue->loop, &queue->timer, escape->end_us);
	else
		give_up_escape(queue);
}

/*
 * The modem's guard time begins with the last byte that it gets, not with the last one that the
 * port has taken. A port that sends nothing of what it has, for as long as the modem may take to
 * answer, would not send +++ either.
 */
static void guard(struct at_queue *queue)
{
	struct at_escape *escape = &queue->escape;
	uint64_t now = hal_loop_now_us(queue->loop);
	uint64_t due = queue->last_tx_us + escape->guard_ms * HAL_USEC_PER_MSEC;
	size_t unsent = count_unsent(queue);

	if (unsent > 0) {
		if (unsent < escape->unsent)
			escape->end_us = now + escape->cmd.timeout_ms * HAL_USEC_PER_MSEC;
		escape->unsent = unsent;
		queue->last_tx_us = now;
		if (now >= escape->end_us)
			give_up_escape(queue);
		else
			hal_timer_arm_ms(queue->loop, &queue->timer, AT_UNSENT_MS);
	} else if (now < due) {
		hal_timer_arm_at_us(queue->loop, &queue->timer, due);
	} else {
		send_escape(queue);
	}
}

void at_escape_timer(struct at_queue *queue)
{
	if (queue->escape.step == AT_ESCAPE_GUARD)
		guard(queue);
	else if (queue->escape.step == AT_ESCAPE_WAIT)
		wait_longer(queue);
}

void at_escape_end(struct at_queue *queue, int error)
{
	struct at_escape *escape = &queue->escape;

	if (escape->step != AT_ESCAPE_NONE && !escape->muted)
		at_queue_complete_later(queue, &escape->cmd, error);
	escape->step = AT_ESCAPE_NONE;
	at_queue_update_want_write(queue);
}

void at_escape_cancel(struct at_queue *queue, uint32_t group)
{
	struct at_escape *escape = &queue->escape;

	if (escape->step == AT_ESCAPE_NONE || escape->muted || escape->cmd.group != group)
		return;
	if (escape->step == AT_ESCAPE_GUARD) {
		hal_timer_cancel(queue->loop, &queue->timer);
		at_escape_end(queue, -ECANCELED);
		return;
	}
	/* The modem will leave data state all the same: see it. */
	at_queue_complete_later(queue, &escape->cmd, -ECANCELED);
	escape->muted = true;
}
