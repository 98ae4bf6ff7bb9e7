/* SPDX-License-Identifier: MIT */
#include "drivers/at/queue_internal.h"

#include <errno.h>

/*
 * After an answer has failed to come: wait until the modem is quiet, then ask for the values of one
 * to three S-registers, another selection each time. Answers come in the order of the commands, so
 * the values we have asked for last can only come behind everything that is late. There are 39
 * selections before they repeat: a modem would have to be that many probes behind to be believed
 * wrongly.
 *
 * A modem that has no S-registers to ask is sent a bare AT; its OK could be a late one, therefore
 * no second one may follow it.
 */

#define QUIET_MAX_MS 2000 /* reports may keep a line busy for ever */

/* V.250 §6.2.1-3; init sets these values */
static const struct {
	char digit;
	uint32_t value;
} registers[] = {{'3', 13}, {'4', 10}, {'5', 8}};

#define N_REGISTERS (sizeof(registers) / sizeof(registers[0]))
#define N_SELECTIONS \
	(N_REGISTERS + N_REGISTERS * N_REGISTERS + N_REGISTERS * N_REGISTERS * N_REGISTERS)

static const struct hal_slice plain_probe = {"AT\r", 3};

/* Selections by length: all of one register, of two, of three. */
static void select_registers(struct at_resync *resync)
{
	unsigned int n = resync->selection, count = N_REGISTERS;
	size_t len = 0;

	for (resync->n_asked = 1; n >= count; resync->n_asked++) {
		n -= count;
		count *= N_REGISTERS;
	}
	resync->probe[len++] = 'A';
	resync->probe[len++] = 'T';
	for (unsigned int i = 0; i < resync->n_asked; i++, n /= N_REGISTERS) {
		resync->asked[i] = (uint8_t)(n % N_REGISTERS);
		resync->probe[len++] = 'S';
		resync->probe[len++] = registers[resync->asked[i]].digit;
		resync->probe[len++] = '?';
	}
	resync->probe[len++] = '\r';
	resync->probe_len = len;
}

static void wait_step(struct at_queue *queue, enum at_resync_step step, uint32_t delay_ms)
{
	queue->resync.step = step;
	hal_timer_arm_ms(queue->loop, &queue->timer, delay_ms);
}

static void wait_quiet(struct at_queue *queue)
{
	uint64_t now = hal_loop_now_us(queue->loop);

	queue->resync.quiet_end_us = now + QUIET_MAX_MS * HAL_USEC_PER_MSEC;
	wait_step(queue, AT_RESYNC_QUIET, AT_RESYNC_QUIET_MS);
}

void at_resync_start(struct at_queue *queue, unsigned int flags)
{
	struct at_resync *resync = &queue->resync;

	queue->phase = AT_PHASE_RESYNC;
	queue->counts.resyncs++;
	resync->flags = flags;
	resync->tries = 0;
	resync->unanswered = 0;
	wait_quiet(queue);
}

static struct hal_slice get_probe(const struct at_resync *resync)
{
	if (resync->step == AT_RESYNC_PLAIN)
		return plain_probe;
	return hal_slice(resync->probe, resync->probe_len);
}

static void send_probe(struct at_queue *queue)
{
	struct at_resync *resync = &queue->resync;
	struct hal_slice probe;

	/* The probe itself aborts; a CR behind it would hit something else. */
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	resync->n_values = 0;
	resync->wrong_value = false;
	resync->valueless = false;
	resync->selection = (resync->selection + 1) % N_SELECTIONS;
	select_registers(resync);
	wait_step(queue, resync->needs_plain ? AT_RESYNC_PLAIN : AT_RESYNC_PROBE,
		  AT_RESYNC_PROBE_MS);
	probe = get_probe(resync);
	at_queue_trace(queue, '>', hal_slice(probe.data, probe.len - 1), false);
	at_queue_send(queue, probe);
}

static void succeed(struct at_queue *queue)
{
	hal_timer_cancel(queue->loop, &queue->timer);
	hal_debug(queue->log, queue->object, "in step with the modem again, try %u",
		  queue->resync.tries + 1);
	queue->resync.flags = 0;
	queue->needs_resync = false;
	queue->phase = AT_PHASE_IDLE;
}

static void get_stuck(struct at_queue *queue)
{
	hal_debug(queue->log, queue->object, "modem does not answer %d probes", AT_RESYNC_TRIES);
	queue->phase = AT_PHASE_STUCK;
	hal_timer_cancel(queue->loop, &queue->abort_timer);
	at_queue_complete_all(queue, -ETIMEDOUT);
	if (queue->events.on_stuck)
		queue->events.on_stuck(queue->user);
}

static void fail_try(struct at_queue *queue)
{
	struct at_resync *resync = &queue->resync;

	if (resync->step == AT_RESYNC_PROBE && resync->valueless)
		resync->unanswered++;
	/* Once may be the late answer itself. */
	if (resync->unanswered == 2)
		resync->needs_plain = true;
	resync->tries++;
	if (resync->tries == AT_RESYNC_TRIES)
		get_stuck(queue);
	else
		wait_quiet(queue);
}

void at_resync_timer(struct at_queue *queue)
{
	switch (queue->resync.step) {
	case AT_RESYNC_QUIET:
		if (at_queue_sending(queue))
			fail_try(queue);
		else
			send_probe(queue);
		break;
	case AT_RESYNC_PROBE:
	case AT_RESYNC_PLAIN:
		fail_try(queue);
		break;
	case AT_RESYNC_SETTLE:
		succeed(queue);
		break;
	}
}

void at_resync_heard(struct at_queue *queue)
{
	uint64_t due;

	if (queue->resync.step != AT_RESYNC_QUIET)
		return;
	due = hal_loop_now_us(queue->loop) + AT_RESYNC_QUIET_MS * HAL_USEC_PER_MSEC;
	if (due > queue->resync.quiet_end_us)
		due = queue->resync.quiet_end_us;
	hal_timer_arm_at_us(queue->loop, &queue->timer, due);
}

static void take_probe_final(struct at_queue *queue, enum at_result result)
{
	struct at_resync *resync = &queue->resync;

	if (result == AT_RESULT_OK && !resync->wrong_value && resync->n_values == resync->n_asked) {
		succeed(queue);
		return;
	}
	/* A late one, ours may be next; or this modem cannot tell. */
	if (resync->n_values == 0 && !resync->wrong_value)
		resync->valueless = true;
	resync->n_values = 0;
	resync->wrong_value = false;
}

static void take_plain_final(struct at_queue *queue, enum at_result result)
{
	struct at_resync *resync = &queue->resync;

	switch (resync->step) {
	case AT_RESYNC_QUIET:
		break;
	case AT_RESYNC_PROBE:
		take_probe_final(queue, result);
		break;
	case AT_RESYNC_PLAIN:
		if (result == AT_RESULT_OK)
			wait_step(queue, AT_RESYNC_SETTLE, AT_RESYNC_QUIET_MS);
		break;
	case AT_RESYNC_SETTLE:
		fail_try(queue);
		break;
	}
}

/* @return it was a value, whether ours or one asked for earlier */
static bool take_value(struct at_resync *resync, struct hal_slice line)
{
	uint32_t value;

	if (resync->step != AT_RESYNC_PROBE ||
	    hal_slice_u32(hal_slice_trim(line), UINT32_MAX, &value) < 0)
		return false;
	if (resync->n_values < resync->n_asked &&
	    value == registers[resync->asked[resync->n_values]].value)
		resync->n_values++;
	else
		resync->wrong_value = true;
	return true;
}

static bool is_swallowed(const struct at_resync *resync, enum at_result result)
{
	/* CONNECT means that the modem is online now: the owner has to know. */
	if (result == AT_RESULT_CONNECT)
		return false;
	return ((resync->flags & AT_CMD_CALL) && at_result_is_call_final(result)) ||
	       ((resync->flags & AT_CMD_HOOK) && result == AT_RESULT_NO_CARRIER);
}

void at_resync_line(struct at_queue *queue, struct hal_slice line)
{
	enum at_result result = at_result_parse(line);
	struct at_resync *resync = &queue->resync;
	struct hal_slice probe = get_probe(resync);

	if (take_value(resync, line))
		return;
	if (at_result_is_plain_final(result))
		take_plain_final(queue, result);
	else if (!is_swallowed(resync, result) &&
		 !hal_slice_eq(line, hal_slice(probe.data, probe.len - 1)))
		(void)at_queue_unsolicited(queue, line, result);
}

void at_queue_restart(struct at_queue *queue)
{
	if (queue->phase != AT_PHASE_STUCK)
		return;
	/* Fails only when the stream is lost, which has an event of its own. */
	(void)hal_stream_flush(queue->stream);
	queue->tx_len = 0;
	queue->tx_sent = 0;
	at_queue_update_want_write(queue);
	at_lexer_reset(&queue->lexer);
	queue->resync.needs_plain = false;
	at_resync_start(queue, 0);
}
