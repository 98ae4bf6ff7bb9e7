/* SPDX-License-Identifier: MIT */
#include "drivers/at/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/at/queue_internal.h"
#include "drivers/at/redact.h"

static struct at_cmd *to_cmd(struct hal_list *node)
{
	return HAL_CONTAINER_OF(node, struct at_cmd, node);
}

void at_queue_trace(struct at_queue *queue, char direction, struct hal_slice text, bool secret)
{
	char shown[HAL_LOG_LINE_MAX / 2];

	if (!hal_log_wants(queue->log, HAL_LOG_TRACE))
		return;
	if (queue->log->personal)
		hal_slice_escape(text, shown, sizeof(shown));
	else if (secret)
		at_redact_command(text, shown, sizeof(shown));
	else
		at_redact_line(text, shown, sizeof(shown));
	hal_log(queue->log, HAL_LOG_TRACE, queue->object, "%c %s", direction, shown);
}

/* Sending */

/* Writers are told to go on, but not in the silence that an escape needs. */
static bool is_data_wanted(const struct at_queue *queue)
{
	return queue->data_blocked && queue->phase == AT_PHASE_DATA &&
	       queue->escape.step == AT_ESCAPE_NONE;
}

void at_queue_update_want_write(struct at_queue *queue)
{
	/* Fails only when the stream is lost, which has an event of its own. */
	(void)hal_stream_want_write(queue->stream,
				    at_queue_sending(queue) || is_data_wanted(queue));
}

/* @return true when nothing is left */
static bool flush_tx(struct at_queue *queue)
{
	while (at_queue_sending(queue)) {
		ssize_t n = hal_stream_write(queue->stream, queue->tx + queue->tx_sent,
					     queue->tx_len - queue->tx_sent);
		/* -EAGAIN: goes on when writable. -ENODEV: has an event of its own. */
		if (n < 0)
			return false;
		queue->tx_sent += (size_t)n;
	}
	queue->last_tx_us = hal_loop_now_us(queue->loop);
	return true;
}

void at_queue_send(struct at_queue *queue, struct hal_slice text)
{
	memcpy(queue->tx, text.data, text.len);
	queue->tx_len = text.len;
	queue->tx_sent = 0;
	if (!flush_tx(queue))
		at_queue_update_want_write(queue);
}

static void send_command(struct at_queue *queue, struct at_cmd *cmd)
{
	bool raw = cmd->flags & AT_CMD_RAW;

	queue->phase = AT_PHASE_BUSY;
	queue->current = cmd;
	queue->hook_seen = false;
	queue->abort_wanted = false;
	queue->counts.sent++;
	at_queue_trace(queue, '>', hal_slice(cmd->text, cmd->len), cmd->flags & AT_CMD_SECRET);
	at_queue_send(queue, hal_slice(cmd->text, raw ? cmd->len : cmd->len + 1));
	/* Not sent as a whole: set anew when it is. */
	queue->sent_us = at_queue_sending(queue) ? hal_loop_now_us(queue->loop) : queue->last_tx_us;
	hal_timer_arm_at_us(queue->loop, &queue->timer,
			    queue->sent_us + cmd->timeout_ms * HAL_USEC_PER_MSEC);
}

/* @return true when the modem wants more time; the timer pumps again */
static bool too_early(struct at_queue *queue)
{
	uint64_t due = queue->final_us + queue->delay_ms * HAL_USEC_PER_MSEC;

	if (queue->delay_ms == 0 || hal_loop_now_us(queue->loop) >= due)
		return false;
	hal_timer_arm_at_us(queue->loop, &queue->timer, due);
	return true;
}

void at_queue_pump(struct at_queue *queue)
{
	struct hal_list *node;

	if (queue->closed || queue->reading || queue->phase != AT_PHASE_IDLE)
		return;
	if (queue->needs_resync) {
		at_resync_start(queue, 0);
		return;
	}
	if (hal_list_empty(&queue->waiting) || too_early(queue))
		return;
	node = hal_list_pop(&queue->waiting);
	send_command(queue, to_cmd(node));
}

/* Aborting */

/* When the last of what was sent has been on the wire for long enough. */
static uint64_t abort_due_us(const struct at_queue *queue)
{
	uint64_t bits = queue->tx_len * AT_BITS_PER_CHAR;
	uint64_t wire_us = queue->baud ? bits * HAL_USEC_PER_SEC / queue->baud : 0;

	return queue->last_tx_us + wire_us + AT_ABORT_DELAY_MS * HAL_USEC_PER_MSEC;
}

static void arm_abort(struct at_queue *queue)
{
	/* Not even sent as a whole: look again later. */
	if (at_queue_sending(queue))
		hal_timer_arm_ms(queue->loop, &queue->abort_timer, AT_ABORT_DELAY_MS);
	else
		hal_timer_arm_at_us(queue->loop, &queue->abort_timer, abort_due_us(queue));
}

static void on_abort_timer(struct hal_timer *timer)
{
	struct at_queue *queue = HAL_CONTAINER_OF(timer, struct at_queue, abort_timer);

	if (at_queue_sending(queue) || hal_loop_now_us(queue->loop) < abort_due_us(queue)) {
		arm_abort(queue);
		return;
	}
	at_queue_send(queue, HAL_SLICE("\r"));
	if (queue->phase == AT_PHASE_RESYNC)
		at_resync_heard(queue);
}

/* The answer to what has been sent last will not be waited for. */
static void forget_answer(struct at_queue *queue, unsigned int flags)
{
	at_resync_start(queue, flags);
	if (flags & AT_CMD_ABORTABLE)
		arm_abort(queue);
}

/* Completions */

static void complete(struct at_queue *queue, struct at_cmd *cmd, const struct at_answer *answer)
{
	at_done_fn on_done = cmd->on_done;
	void *user = cmd->user;

	/* Before the call, which may want the slot. The escape's is not one of ours. */
	if (cmd != &queue->escape.cmd)
		hal_list_prepend(&queue->free, &cmd->node);
	if (on_done)
		on_done(user, answer);
}

/* A turn completes what there can be without new submissions: it stays bounded. */
static void run_done(struct hal_work *work)
{
	struct at_queue *queue = HAL_CONTAINER_OF(work, struct at_queue, work);

	for (size_t i = 0; i <= AT_QUEUE_SLOTS && !queue->closed; i++) {
		struct hal_list *node = hal_list_pop(&queue->done);
		struct at_answer answer = {0};

		if (!node)
			break;
		answer.error = to_cmd(node)->error;
		complete(queue, to_cmd(node), &answer);
	}
	if (queue->closed)
		return;
	if (!hal_list_empty(&queue->done))
		hal_work_queue(queue->loop, &queue->work);
	at_queue_pump(queue);
}

void at_queue_complete_later(struct at_queue *queue, struct at_cmd *cmd, int error)
{
	cmd->error = error;
	hal_list_append(&queue->done, &cmd->node);
	hal_work_queue(queue->loop, &queue->work);
}

void at_queue_complete_all(struct at_queue *queue, int error)
{
	struct hal_list *node;

	if (queue->current)
		at_queue_abandon(queue, error);
	at_escape_end(queue, error);
	while ((node = hal_list_pop(&queue->waiting)))
		at_queue_complete_later(queue, to_cmd(node), error);
}

static struct at_cmd *take_current(struct at_queue *queue)
{
	struct at_cmd *cmd = queue->current;

	queue->current = NULL;
	hal_timer_cancel(queue->loop, &queue->timer);
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	return cmd;
}

void at_queue_abandon(struct at_queue *queue, int error)
{
	at_queue_complete_later(queue, take_current(queue), error);
}

uint32_t at_queue_elapsed_ms(const struct at_queue *queue)
{
	return (uint32_t)((hal_loop_now_us(queue->loop) - queue->sent_us) / HAL_USEC_PER_MSEC);
}

static void finish(struct at_queue *queue, enum at_result result, struct hal_slice final)
{
	struct at_answer answer = {.final = final, .result = result};
	struct at_cmd *cmd = take_current(queue);

	if (queue->delay_ms > 0)
		queue->final_us = hal_loop_now_us(queue->loop);
	queue->phase = AT_PHASE_IDLE;
	if (result == AT_RESULT_CONNECT && (cmd->flags & AT_CMD_DATA))
		at_data_enter(queue);
	complete(queue, cmd, &answer);
}

/* NO CARRIER to a hang-up, with or without an OK behind it. */
static void finish_hook(struct at_queue *queue)
{
	finish(queue, AT_RESULT_NO_CARRIER, hal_slice_str(at_result_name(AT_RESULT_NO_CARRIER)));
}

static void time_out(struct at_queue *queue)
{
	struct at_answer answer = {.error = -ETIMEDOUT};
	unsigned int flags = queue->current->flags;
	struct at_cmd *cmd;

	if (queue->hook_seen) {
		queue->needs_resync = true; /* the OK may still come */
		finish_hook(queue);
		return;
	}
	queue->counts.timeouts++;
	hal_debug(queue->log, queue->object, "no answer in %u ms", at_queue_elapsed_ms(queue));
	cmd = take_current(queue);
	forget_answer(queue, flags);
	complete(queue, cmd, &answer);
}

/* Lines */

bool at_queue_unsolicited(struct at_queue *queue, struct hal_slice line, enum at_result result)
{
	const struct at_queue_events *events = &queue->events;

	return events->on_unsolicited && events->on_unsolicited(queue->user, line, result);
}

static bool is_final(const struct at_cmd *cmd, enum at_result result)
{
	return at_result_is_plain_final(result) ||
	       ((cmd->flags & AT_CMD_CALL) && at_result_is_call_final(result)) ||
	       ((cmd->flags & AT_CMD_HOOK) && result == AT_RESULT_NO_CARRIER);
}

static void take_final(struct at_queue *queue, enum at_result result, struct hal_slice line)
{
	unsigned int flags = queue->current->flags;

	if (queue->hook_seen) {
		finish_hook(queue);
	} else if (result == AT_RESULT_NO_CARRIER && (flags & AT_CMD_HOOK)) {
		queue->hook_seen = true;
		hal_timer_arm_ms(queue->loop, &queue->timer, AT_HOOK_GRACE_MS);
	} else {
		finish(queue, result, line);
	}
}

/* A line while a command is in progress. */
static void answer_line(struct at_queue *queue, struct hal_slice line)
{
	const struct at_cmd *cmd = queue->current;
	enum at_result result;
	bool own;

	if (hal_slice_eq(line, hal_slice(cmd->text, cmd->len)))
		return; /* echo */
	result = at_result_parse(line);
	if (is_final(cmd, result)) {
		take_final(queue, result, line);
		return;
	}
	own = cmd->prefix.len > 0 && hal_slice_istarts(line, cmd->prefix);
	if (!own && at_queue_unsolicited(queue, line, result))
		return;
	/* The user may have closed the queue or cancelled the command. */
	if (queue->closed || queue->current != cmd || !cmd->on_line)
		return;
	if (own || (cmd->prefix.len == 0 && result == AT_RESULT_NONE))
		cmd->on_line(cmd->user, line);
}

/* Has no command asked for the line, as far as can be told before its own driver has seen it? */
static bool is_unasked(const struct at_queue *queue, struct hal_slice line)
{
	const struct at_cmd *cmd = queue->current;
	enum at_result result = at_result_parse(line);

	if (!cmd)
		return queue->phase != AT_PHASE_RESYNC;
	if (is_final(cmd, result))
		return false;
	return cmd->prefix.len > 0 ? !hal_slice_istarts(line, cmd->prefix) &&
					     !hal_slice_istarts(line, HAL_SLICE("AT"))
				   : result != AT_RESULT_NONE;
}

static void trace_line(struct at_queue *queue, struct hal_slice line)
{
	unsigned int flags = queue->current ? queue->current->flags : queue->resync.flags;
	bool secret = (flags & AT_CMD_SECRET) && hal_slice_istarts(line, HAL_SLICE("AT"));

	at_queue_trace(queue, is_unasked(queue, line) ? '*' : '<', line, secret);
}

static void take_line(struct at_queue *queue, struct hal_slice line)
{
	if (hal_log_wants(queue->log, HAL_LOG_TRACE))
		trace_line(queue, line);
	if (queue->current)
		answer_line(queue, line);
	else if (queue->phase == AT_PHASE_RESYNC)
		at_resync_line(queue, line);
	else
		(void)at_queue_unsolicited(queue, line, at_result_parse(line));
}

static void take_junk(struct at_queue *queue, const struct at_token *token)
{
	char shown[64];

	if (token->type == AT_TOKEN_OVERLONG)
		queue->counts.overlong++;
	else
		queue->counts.junk++;
	/* Not even personal information can be told from noise here. */
	if (queue->log->personal)
		hal_debug(queue->log, queue->object, "ignored: %s",
			  hal_slice_escape(token->text, shown, sizeof(shown)));
	else
		hal_debug(queue->log, queue->object, "ignored %zu bytes of %s", token->text.len,
			  token->type == AT_TOKEN_OVERLONG ? "a line too long" : "junk");
}

static void take_token(struct at_queue *queue, struct hal_slice *input)
{
	struct at_token token;

	switch (at_lexer_next(&queue->lexer, input, &token)) {
	case AT_TOKEN_LINE:
		take_line(queue, token.text);
		break;
	case AT_TOKEN_JUNK:
	case AT_TOKEN_OVERLONG:
		take_junk(queue, &token);
		break;
	case AT_TOKEN_NONE:
	case AT_TOKEN_PROMPT:
		break;
	}
}

/* Events of the stream */

/* @return 0: nothing for the moment */
static size_t get_room(struct at_queue *queue)
{
	size_t room = HAL_LOOP_SCRATCH;

	if (queue->phase == AT_PHASE_DATA && queue->events.data_room)
		room = queue->events.data_room(queue->user);
	if (room == 0 && !at_data_pause(queue))
		room = HAL_LOOP_SCRATCH; /* and lose what nobody can keep */
	return room < HAL_LOOP_SCRATCH ? room : HAL_LOOP_SCRATCH;
}

static void receive(struct at_queue *queue)
{
	char *rx = hal_loop_scratch(queue->loop);
	size_t room = get_room(queue);
	struct hal_slice input;
	ssize_t n;

	if (room == 0)
		return;
	n = hal_stream_read(queue->stream, rx, room);
	if (n < 0)
		return; /* nothing there; or lost, which has an event of its own */
	queue->counts.bytes_in += (size_t)n;
	input = hal_slice(rx, (size_t)n);
	queue->reading = true;
	while (input.len > 0 && !queue->closed) {
		if (queue->phase == AT_PHASE_DATA)
			at_data_receive(queue, &input);
		else
			take_token(queue, &input);
	}
	queue->reading = false;
	if (queue->closed)
		return;
	if (queue->phase == AT_PHASE_RESYNC)
		at_resync_heard(queue);
	at_queue_pump(queue);
}

static void go_on_writing(struct at_queue *queue)
{
	bool wanted;

	if (at_queue_sending(queue)) {
		if (!flush_tx(queue))
			return;
		queue->sent_us = queue->last_tx_us;
	}
	wanted = is_data_wanted(queue);
	if (wanted)
		queue->data_blocked = false;
	at_queue_update_want_write(queue);
	if (wanted && queue->events.on_writable)
		queue->events.on_writable(queue->user);
}

static void open_up(struct at_queue *queue)
{
	queue->phase = AT_PHASE_IDLE;
	if (queue->events.on_open)
		queue->events.on_open(queue->user);
	at_queue_pump(queue);
}

static void lose(struct at_queue *queue)
{
	hal_timer_cancel(queue->loop, &queue->timer);
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	hal_timer_cancel(queue->loop, &queue->plus_timer);
	at_queue_complete_all(queue, -ENODEV);
	queue->phase = AT_PHASE_LOST;
	if (queue->events.on_lost)
		queue->events.on_lost(queue->user);
}

static void on_stream(void *user, unsigned int events)
{
	struct at_queue *queue = user;

	if (events & HAL_STREAM_OPENED)
		open_up(queue);
	if (!queue->closed && (events & HAL_STREAM_READABLE))
		receive(queue);
	if (!queue->closed && (events & HAL_STREAM_WRITABLE))
		go_on_writing(queue);
	if (!queue->closed && (events & HAL_STREAM_LINES) && queue->events.on_lines)
		queue->events.on_lines(queue->user);
	if (!queue->closed && (events & HAL_STREAM_LOST))
		lose(queue);
}

static void on_timer(struct hal_timer *timer)
{
	struct at_queue *queue = HAL_CONTAINER_OF(timer, struct at_queue, timer);

	if (queue->phase == AT_PHASE_BUSY)
		time_out(queue);
	else if (queue->phase == AT_PHASE_RESYNC)
		at_resync_timer(queue);
	else if (queue->phase == AT_PHASE_DATA)
		at_escape_timer(queue);
	at_queue_pump(queue);
}

int at_queue_abort(struct at_queue *queue, uint32_t group, uint32_t timeout_ms)
{
	uint64_t now = hal_loop_now_us(queue->loop);

	if (!queue->current || group == 0 || queue->current->group != group)
		return -ENOENT;
	if (!queue->abort_wanted)
		arm_abort(queue);
	queue->abort_wanted = true;
	if (queue->timer.deadline_us > now + timeout_ms * HAL_USEC_PER_MSEC)
		hal_timer_arm_ms(queue->loop, &queue->timer, timeout_ms);
	return 0;
}

/* Submitting and cancelling */

static bool is_text_valid(const struct at_cmd_spec *spec, size_t len)
{
	if (len > AT_CMD_TEXT_MAX)
		return false;
	for (size_t i = 0; i < len && !(spec->flags & AT_CMD_RAW); i++) {
		if ((unsigned char)spec->text[i] < 0x20 || spec->text[i] == 0x7f)
			return false;
	}
	return true;
}

static int check_phase(const struct at_queue *queue)
{
	switch (queue->phase) {
	case AT_PHASE_OPENING:
	case AT_PHASE_IDLE:
	case AT_PHASE_BUSY:
	case AT_PHASE_RESYNC:
		return 0;
	case AT_PHASE_DATA:
		return -EBUSY;
	case AT_PHASE_STUCK:
		return -ETIMEDOUT;
	case AT_PHASE_LOST:
		return -ENODEV;
	}
	return -EINVAL;
}

int at_queue_submit(struct at_queue *queue, const struct at_cmd_spec *spec)
{
	size_t len = strnlen(spec->text, AT_CMD_TEXT_MAX + 1);
	struct hal_list *node;
	struct at_cmd *cmd;
	int r;

	if (!is_text_valid(spec, len))
		return -EINVAL;
	r = check_phase(queue);
	if (r < 0)
		return r;
	node = hal_list_pop(&queue->free);
	if (!node)
		return -ENOSPC;
	cmd = to_cmd(node);
	memcpy(cmd->text, spec->text, len);
	cmd->text[len] = '\r';
	cmd->len = len;
	cmd->timeout_ms = spec->timeout_ms;
	cmd->flags = spec->flags;
	cmd->prefix = hal_slice_str(spec->prefix);
	cmd->on_line = spec->on_line;
	cmd->on_done = spec->on_done;
	cmd->user = spec->user;
	cmd->group = spec->group;
	hal_list_append(&queue->waiting, node);
	at_queue_pump(queue);
	return 0;
}

void at_queue_cancel_group(struct at_queue *queue, uint32_t group)
{
	struct hal_list *node, *tmp;

	if (group == 0)
		return;
	if (queue->current && queue->current->group == group) {
		unsigned int flags = queue->current->flags;

		at_queue_abandon(queue, -ECANCELED);
		forget_answer(queue, flags);
	}
	at_escape_cancel(queue, group);
	hal_list_for_each_safe (node, tmp, &queue->waiting) {
		if (to_cmd(node)->group != group)
			continue;
		hal_list_del(node);
		at_queue_complete_later(queue, to_cmd(node), -ECANCELED);
	}
}

uint32_t at_queue_group(struct at_queue *queue)
{
	queue->last_group++;
	if (queue->last_group == 0)
		queue->last_group++;
	return queue->last_group;
}

/* Life */

int at_queue_new(struct hal_loop *loop, const struct hal_log *log, const char *object,
		 struct hal_stream *stream, const struct at_queue_events *events, void *user,
		 struct at_queue **ret_queue)
{
	struct at_queue *queue;

	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->loop = loop;
	queue->log = log;
	queue->stream = stream;
	queue->events = *events;
	queue->user = user;
	(void)hal_slice_copy(hal_slice_str(object), queue->object, sizeof(queue->object));
	at_lexer_init(&queue->lexer);
	hal_list_init(&queue->waiting);
	hal_list_init(&queue->done);
	hal_list_init(&queue->free);
	for (size_t i = 0; i < AT_QUEUE_SLOTS; i++) {
		queue->slots[i].text = queue->texts[i];
		hal_list_append(&queue->free, &queue->slots[i].node);
	}
	hal_list_init(&queue->escape.cmd.node);
	hal_timer_init(&queue->timer, on_timer);
	hal_timer_init(&queue->abort_timer, on_abort_timer);
	hal_timer_init(&queue->plus_timer, at_plus_timer);
	hal_work_init(&queue->work, run_done);
	hal_stream_set_handler(stream, on_stream, queue);
	*ret_queue = queue;
	return 0;
}

static void free_queue(struct hal_work *work)
{
	free(HAL_CONTAINER_OF(work, struct at_queue, work));
}

void at_queue_free(struct at_queue *queue)
{
	if (!queue || queue->closed)
		return;
	queue->closed = true;
	hal_timer_cancel(queue->loop, &queue->timer);
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	hal_timer_cancel(queue->loop, &queue->plus_timer);
	hal_work_cancel(&queue->work);
	hal_stream_close(queue->stream);
	hal_loop_free_later(queue->loop, &queue->work, free_queue);
}

void at_queue_set_baud(struct at_queue *queue, uint32_t baud)
{
	queue->baud = baud;
}

void at_queue_set_delay(struct at_queue *queue, uint32_t delay_ms)
{
	queue->delay_ms = delay_ms;
}

struct hal_stream *at_queue_stream(struct at_queue *queue)
{
	return queue->stream;
}

const struct at_queue_counts *at_queue_get_counts(const struct at_queue *queue)
{
	return &queue->counts;
}
