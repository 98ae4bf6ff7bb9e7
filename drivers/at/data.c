/* SPDX-License-Identifier: MIT */
#include "drivers/at/queue_internal.h"

#include <errno.h>
#include <string.h>

void at_data_enter(struct at_queue *queue)
{
	queue->phase = AT_PHASE_DATA;
	/* A modem's own guard time begins no sooner than the data state. */
	queue->last_tx_us = hal_loop_now_us(queue->loop);
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

static void leave(struct at_queue *queue)
{
	queue->phase = AT_PHASE_IDLE;
	queue->data_blocked = false;
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

ssize_t at_queue_write_data(struct at_queue *queue, const char *data, size_t len)
{
	ssize_t n = -EAGAIN;

	if (queue->phase == AT_PHASE_LOST)
		return -ENODEV;
	if (queue->phase != AT_PHASE_DATA)
		return -ENOTCONN;
	if (len == 0)
		return 0;
	/* Silence is part of the escape. */
	if (queue->escape.step == AT_ESCAPE_NONE && !at_queue_sending(queue))
		n = hal_stream_write(queue->stream, data, len);
	if (n > 0)
		queue->last_tx_us = hal_loop_now_us(queue->loop);
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

static bool ends_escape(const struct at_queue *queue, struct hal_slice line)
{
	enum at_result result = at_result_parse(line);
	uint64_t silent_us = hal_loop_now_us(queue->loop) - queue->last_tx_us;

	if (result != AT_RESULT_OK && result != AT_RESULT_NO_CARRIER)
		return false;
	/* The modem waits for its own guard time: what comes much sooner is the far end's. */
	return silent_us >= queue->escape.guard_ms * HAL_USEC_PER_MSEC / 2;
}

static void finish_escape(struct at_queue *queue, struct hal_slice line)
{
	struct at_escape *escape = &queue->escape;
	uint64_t now = hal_loop_now_us(queue->loop);
	struct at_answer answer = {
		.result = at_result_parse(line),
		.final = line,
		.elapsed_ms = (uint32_t)((now - queue->last_tx_us) / HAL_USEC_PER_MSEC),
	};

	escape->step = AT_ESCAPE_NONE;
	leave(queue);
	at_queue_trace(queue, '<', line, false);
	if (!escape->muted && escape->cmd.on_done)
		escape->cmd.on_done(escape->cmd.user, &answer);
}

/* +++ is sent: data goes on until a line says that it is over. What of the line came in chunks
 * before has been taken for data. */
static void receive_until_ok(struct at_queue *queue, struct hal_slice *input)
{
	struct hal_slice data = *input;
	struct at_token token;

	while (at_lexer_next(&queue->lexer, input, &token) != AT_TOKEN_NONE) {
		if (token.type != AT_TOKEN_LINE || !ends_escape(queue, token.text))
			continue;
		data.len = (size_t)(input->data - data.data);
		data.len -= data.len < token.text.len + 1 ? data.len : token.text.len + 1;
		/* CR LF stand before a response, too (V.250 §5.7.1). */
		if (data.len >= 2 && memcmp(data.data + data.len - 2, "\r\n", 2) == 0)
			data.len -= 2;
		break;
	}
	give_data(queue, data);
	if (token.type == AT_TOKEN_LINE && !queue->closed && queue->phase == AT_PHASE_DATA)
		finish_escape(queue, token.text);
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

/* The Hayes escape. */

int at_queue_escape(struct at_queue *queue, uint32_t guard_ms, uint32_t timeout_ms,
		    at_done_fn on_done, void *user, uint32_t group)
{
	struct at_escape *escape = &queue->escape;
	uint64_t now = hal_loop_now_us(queue->loop);
	uint64_t due = queue->last_tx_us + guard_ms * HAL_USEC_PER_MSEC;

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
	hal_timer_arm_us(queue->loop, &queue->timer, due > now ? due - now : 0);
	return 0;
}

static void send_escape(struct at_queue *queue)
{
	struct at_escape *escape = &queue->escape;

	escape->step = AT_ESCAPE_WAIT;
	at_lexer_init(&queue->lexer);
	hal_timer_arm_ms(queue->loop, &queue->timer,
			 (uint64_t)escape->guard_ms + escape->cmd.timeout_ms);
	at_queue_trace(queue, '>', HAL_SLICE("+++"), false);
	at_queue_send(queue, HAL_SLICE("+++"));
}

static void give_up_escape(struct at_queue *queue)
{
	struct at_answer answer = {.error = -ETIMEDOUT};
	struct at_escape *escape = &queue->escape;

	escape->step = AT_ESCAPE_NONE;
	at_lexer_init(&queue->lexer); /* all it has seen was data */
	queue->counts.timeouts++;
	at_queue_update_want_write(queue);
	if (!escape->muted && escape->cmd.on_done)
		escape->cmd.on_done(escape->cmd.user, &answer);
}

void at_escape_timer(struct at_queue *queue)
{
	if (queue->escape.step == AT_ESCAPE_GUARD)
		send_escape(queue);
	else if (queue->escape.step == AT_ESCAPE_WAIT)
		give_up_escape(queue);
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
