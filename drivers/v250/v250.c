/* SPDX-License-Identifier: MIT */
#include "drivers/v250/v250.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int v250_submit(struct v250 *v, const char *text, uint32_t timeout_ms, unsigned int flags,
		at_done_fn on_done)
{
	const struct at_cmd_spec spec = {
		.text = text,
		.timeout_ms = timeout_ms,
		.flags = flags,
		.on_done = on_done,
		.user = v,
		.group = v->group,
	};

	return at_queue_submit(v->queue, &spec);
}

int v250_query(struct v250 *v, const char *text, at_line_fn on_line, at_done_fn on_done)
{
	const struct at_cmd_spec spec = {
		.text = text,
		.timeout_ms = V250_LOCAL_MS,
		.on_line = on_line,
		.on_done = on_done,
		.user = v,
		.group = v->group,
	};

	return at_queue_submit(v->queue, &spec);
}

void v250_new_activity(struct v250 *v, enum v250_phase phase)
{
	if (v->queue) {
		at_queue_cancel_group(v->queue, v->group);
		v->group = at_queue_group(v->queue);
	}
	hal_timer_cancel(v->host.loop, &v->timer);
	hal_work_cancel(&v->work);
	v->verified = NULL;
	v->phase = phase;
}

static void on_timer(struct hal_timer *timer)
{
	struct v250 *v = HAL_CONTAINER_OF(timer, struct v250, timer);

	v->timer_fn(v);
}

void v250_wait(struct v250 *v, uint32_t ms, void (*fn)(struct v250 *v))
{
	v->timer_fn = fn;
	hal_timer_arm_ms(v->host.loop, &v->timer, ms);
}

static void on_work(struct hal_work *work)
{
	struct v250 *v = HAL_CONTAINER_OF(work, struct v250, work);

	v->work_fn(v);
}

void v250_later(struct v250 *v, void (*fn)(struct v250 *v))
{
	v->work_fn = fn;
	hal_work_queue(v->host.loop, &v->work);
}

void v250_down(struct v250 *v, int error, const char *why)
{
	v->phase = V250_DOWN;
	core_line_down(v->line, error, why);
}

bool v250_dcd(struct v250 *v)
{
	unsigned int lines = 0;

	if (!v->has_lines || hal_stream_get_lines(at_queue_stream(v->queue), &lines) < 0)
		return false;
	return lines & HAL_STREAM_DCD;
}

static void on_ring_timer(struct hal_timer *timer)
{
	struct v250 *v = HAL_CONTAINER_OF(timer, struct v250, ring_timer);

	v250_caller_reset(v);
	core_line_ring_end(v->line);
}

static void ring(struct v250 *v)
{
	/* Glare: the call that we place meets one that comes in. It rings on when ours is over. */
	if (v->phase == V250_DIALING || v->phase == V250_ANSWERING || v->phase == V250_DROPPING)
		return;
	hal_timer_arm_ms(v->host.loop, &v->ring_timer, UINT64_C(1000) * v->host.config->ring_gap_s);
	core_line_ring(v->line);
}

/* A port that has gone meanwhile says so by itself. */
static void raise_dtr(struct v250 *v)
{
	if (v->queue)
		(void)hal_stream_set_lines(at_queue_stream(v->queue), HAL_STREAM_DTR, true);
}

static void on_dtr_timer(struct hal_timer *timer)
{
	struct v250 *v = HAL_CONTAINER_OF(timer, struct v250, dtr_timer);

	raise_dtr(v);
	v250_recover_now(v);
}

/* ---- what the modem says unasked ---- */

static void on_call_result(struct v250 *v, struct hal_slice line, enum at_result result)
{
	if (v->phase == V250_DROPPING)
		v250_drop_result(v, result);
	else if ((v->phase == V250_READY || v->phase == V250_COMMAND) &&
		 result == AT_RESULT_CONNECT)
		v250_answered_itself(v, line);
	else if (v->phase == V250_ASIDE && result == AT_RESULT_NO_CARRIER)
		v250_remote_end(v, 0, at_result_name(result), NULL);
	else if (v->phase == V250_TALKING && result == AT_RESULT_VCON)
		core_call_event(v->line, CORE_CALL_EVENT_CONNECT);
	else if (v->phase == V250_TALKING && result != AT_RESULT_CONNECT)
		v250_talk_end(v, result);
}

static bool on_unsolicited(void *user, struct hal_slice line, enum at_result result)
{
	struct v250 *v = user;

	if (result == AT_RESULT_RING) {
		ring(v);
		return true;
	}
	if (result == AT_RESULT_RINGING) {
		core_call_event(v->line, CORE_CALL_EVENT_RINGBACK);
		return true;
	}
	if (at_result_is_call_final(result)) {
		on_call_result(v, line, result);
		return true;
	}
	return at_link_add_report(&v->link, line) || v250_caller_line(v, line);
}

static void on_data(void *user, struct hal_slice data)
{
	v250_data_receive(user, data);
}

static size_t data_room(void *user)
{
	struct v250 *v = user;

	return core_call_room(v->line);
}

static void on_writable(void *user)
{
	struct v250 *v = user;

	core_call_writable(v->line);
}

static void on_lines(void *user)
{
	struct v250 *v = user;

	if (v->phase == V250_ONLINE || v->phase == V250_ASIDE || v->phase == V250_RETURNING ||
	    v->phase == V250_DOUBTING)
		v250_data_lines(v);
	else if (v->verified)
		v250_verify_lines(v);
	else if (v->phase == V250_DROPPING)
		v250_drop_lines(v);
}

static void on_open(void *user)
{
	struct v250 *v = user;

	v->has_lines = hal_stream_has(at_queue_stream(v->queue), HAL_STREAM_CAP_LINES);
	if (v->phase == V250_DROPPING) {
		v250_drop_opened(v);
		return;
	}
	core_line_opened(v->line);
	v250_probe(v);
}

static void on_lost(void *user)
{
	struct v250 *v = user;
	const struct hal_stream *stream = at_queue_stream(v->queue);
	bool carrier = v250_data_hung_up(v);

	if (v->phase == V250_OPENING && stream->error < 0) {
		v250_down(v, stream->error, stream->why);
		return;
	}
	v250_data_stop(v);
	v->phase = V250_DOWN;
	if (carrier)
		v250_carrier_hang_up(v);
	else if (stream->why)
		core_line_lost_for(v->line, stream->why);
	else
		core_line_lost(v->line);
}

static void on_stuck(void *user)
{
	struct v250 *v = user;

	switch (v->phase) {
	case V250_PROBING:
		v250_probe_stuck(v);
		break;
	case V250_READY:
	case V250_COMMAND:
	case V250_RECOVERING:
		v250_down(v, -ETIMEDOUT, "the modem has stopped answering");
		break;
	case V250_OPENING:
	case V250_DIALING:
	case V250_ANSWERING:
	case V250_ONLINE:
	case V250_ASIDE:
	case V250_RETURNING:
	case V250_DOUBTING:
	case V250_TALKING:
	case V250_DROPPING:
	case V250_ENDED:
	case V250_DOWN:
		/* The command that timed out has its own consequences. */
		break;
	}
}

/* ---- life ---- */

struct hal_stream_config v250_stream_config(const struct core_line_config *config)
{
	struct hal_stream_config c = HAL_STREAM_CONFIG_DEFAULT;

	c.baud = config->baud;
	c.silence_s = config->net_timeout_s;
	switch (config->flow) {
	case CORE_FLOW_NONE:
		c.flow = HAL_STREAM_FLOW_NONE;
		break;
	case CORE_FLOW_RTSCTS:
		c.flow = HAL_STREAM_FLOW_RTSCTS;
		break;
	case CORE_FLOW_XONXOFF:
		c.flow = HAL_STREAM_FLOW_XONXOFF;
		break;
	}
	return c;
}

int v250_open(struct v250 *v)
{
	static const struct at_queue_events events = {
		.on_unsolicited = on_unsolicited,
		.on_data = on_data,
		.data_room = data_room,
		.on_writable = on_writable,
		.on_lines = on_lines,
		.on_open = on_open,
		.on_lost = on_lost,
		.on_stuck = on_stuck,
	};
	const struct core_line_config *config = v->host.config;
	const struct hal_stream_config c = v250_stream_config(config);
	struct hal_stream *stream;
	int r;

	r = v->host.provider->open(v->host.provider, v->host.loop, v->host.device, &c, &v->why,
				   &stream);
	if (r < 0)
		return r;
	r = at_queue_new(v->host.loop, v->host.log, config->name, stream, &events, v, &v->queue);
	if (r < 0) {
		hal_stream_close(stream);
		(void)snprintf(v->why.text, sizeof(v->why.text), "out of memory");
		return r;
	}
	at_queue_set_delay(v->queue, config->command_delay_ms);
	at_queue_set_baud(v->queue, config->baud);
	v->group = at_queue_group(v->queue);
	return 0;
}

void v250_close(struct v250 *v)
{
	if (v->queue) {
		v->timeouts += at_queue_get_counts(v->queue)->timeouts;
		v->resyncs += at_queue_get_counts(v->queue)->resyncs;
	}
	at_queue_free(v->queue);
	v->queue = NULL;
}

static void report_open_error(struct v250 *v)
{
	v250_down(v, v->open_error, v->why.text);
}

static void probe_again(struct v250 *v)
{
	core_line_opened(v->line);
	v250_probe(v);
}

static int attach(struct core_line *line, const struct core_driver_host *host, void **ret_driver)
{
	struct v250 *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->line = line;
	v->host = *host;
	at_tail_init(&v->tail, &at_tail_no_carrier);
	hal_timer_init(&v->timer, on_timer);
	hal_timer_init(&v->dtr_timer, on_dtr_timer);
	hal_timer_init(&v->ring_timer, on_ring_timer);
	hal_timer_init(&v->break_timer, v250_data_break_timer);
	hal_work_init(&v->work, on_work);
	v->open_error = v250_open(v);
	if (v->open_error < 0)
		v250_later(v, report_open_error);
	*ret_driver = v;
	return 0;
}

static int probe(void *driver)
{
	struct v250 *v = driver;

	if (!v->queue || v->phase == V250_OPENING || v->phase == V250_DOWN)
		return -ENODEV;
	v250_new_activity(v, V250_PROBING);
	if (at_queue_in_data(v->queue))
		at_queue_leave_data(v->queue, true);
	at_queue_restart(v->queue);
	if (hal_timer_armed(&v->dtr_timer)) {
		hal_timer_cancel(v->host.loop, &v->dtr_timer);
		raise_dtr(v);
	}
	v->identity = (struct core_line_identity){0};
	v->host.factory = false;
	v->has_class8 = false;
	v->has_ud = false;
	v->escaped = false;
	v->found = NULL;
	v->probe_bytes = at_queue_get_counts(v->queue)->bytes_in;
	v250_later(v, probe_again);
	return 0;
}

static void free_driver(struct hal_work *work)
{
	struct v250 *v = HAL_CONTAINER_OF(work, struct v250, work);

	free(v->text);
	free(v);
}

static void detach(void *driver)
{
	struct v250 *v = driver;

	v250_data_stop(v);
	hal_timer_cancel(v->host.loop, &v->timer);
	hal_timer_cancel(v->host.loop, &v->dtr_timer);
	hal_timer_cancel(v->host.loop, &v->ring_timer);
	hal_work_cancel(&v->work);
	v250_close(v);
	/* We may be on the call stack. */
	hal_loop_free_later(v->host.loop, &v->work, free_driver);
}

static void count(void *driver, uint64_t *ret_timeouts, uint64_t *ret_resyncs)
{
	const struct v250 *v = driver;

	*ret_timeouts = v->timeouts;
	*ret_resyncs = v->resyncs;
	if (v->queue) {
		*ret_timeouts += at_queue_get_counts(v->queue)->timeouts;
		*ret_resyncs += at_queue_get_counts(v->queue)->resyncs;
	}
}

const struct core_driver_ops v250_driver = {
	.name = "v250",
	.summary = "analogue data and voice modems (V.250, V.253, Hayes)",
	.attach = attach,
	.probe = probe,
	.detach = detach,
	.dial = v250_dial,
	.answer = v250_answer,
	.ladder = v250_ladder,
	.drop = v250_drop,
	.hold = v250_hold,
	.diagnose = v250_diagnose,
	.recover = v250_recover,
	.command = v250_command,
	.read = v250_read,
	.write = v250_write,
	.data_taken = v250_data_taken,
	.unsent = v250_unsent,
	.send_break = v250_send_break,
	.lend = v250_lend,
	.escape = v250_escape,
	.resume = v250_resume,
	.count = count,
};
