/* SPDX-License-Identifier: MIT */

/*
 * A queue in virtual time; the input is a list of orders: the modem says something, time passes,
 * the user submits, cancels, aborts, enters and leaves data state, the device is lost. Each command
 * that was accepted must complete exactly once unless the queue is freed before, and what completes
 * must never be more than what was accepted.
 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "drivers/at/queue.h"
#include "fuzz.h"
#include "hal/stream_mem.h"

#define MAX_COMMANDS 64
#define N_GROUPS     4

struct state;

struct command {
	struct state *state;
	unsigned int n_done;
};

struct state {
	struct hal_clock_virtual clock;
	struct hal_loop *loop;
	struct hal_log log;
	struct hal_stream *modem;
	struct at_queue *queue;
	struct command commands[MAX_COMMANDS];
	size_t n_commands;
	struct hal_timer end;
	const uint8_t *data;
	size_t size;
	bool inside; /* a call that must not call back */
	bool freed;
};

static uint8_t take(struct state *s)
{
	if (s->size == 0)
		return 0;
	s->size--;
	return *s->data++;
}

static void order(struct state *s);

/* A user who does something in every other callback. */
static void called(struct state *s)
{
	FUZZ_CHECK(!s->inside && !s->freed);
	if (s->size > 0 && (s->data[0] & 0x80))
		order(s);
}

static bool on_unsolicited(void *user, struct hal_slice line, enum at_result result)
{
	(void)result;
	FUZZ_CHECK(line.len > 0);
	called(user);
	return line.len % 2;
}

static void on_data(void *user, struct hal_slice data)
{
	FUZZ_CHECK(data.len > 0);
	called(user);
}

static void on_event(void *user)
{
	called(user);
}

static const struct at_queue_events events = {
	.on_unsolicited = on_unsolicited,
	.on_data = on_data,
	.on_writable = on_event,
	.on_lines = on_event,
	.on_open = on_event,
	.on_lost = on_event,
	.on_stuck = on_event,
};

static void on_line(void *user, struct hal_slice line)
{
	struct command *c = user;

	FUZZ_CHECK(line.len > 0 && c->n_done == 0);
	called(c->state);
}

static void on_done(void *user, const struct at_answer *answer)
{
	struct command *c = user;

	FUZZ_CHECK(++c->n_done == 1);
	FUZZ_CHECK(answer->error == 0 || answer->error == -ETIMEDOUT ||
		   answer->error == -ECANCELED || answer->error == -ENODEV);
	FUZZ_CHECK((answer->error == 0) == (answer->result != AT_RESULT_NONE));
	called(c->state);
}

static void submit(struct state *s)
{
	static const char *const texts[] = {"AT", "ATD1", "ATH", "AT+CLCC", "ATA", "ATS3?"};
	struct command *c = &s->commands[s->n_commands];
	unsigned int what = take(s);
	struct at_cmd_spec spec = {
		.text = texts[what % 6],
		.timeout_ms = 1 + 50u * take(s),
		.flags = take(s) & 0x1f,
		.prefix = what & 0x40 ? "+CLCC:" : NULL,
		.on_line = what & 0x20 ? on_line : NULL,
		.on_done = on_done,
		.user = c,
		.group = what % N_GROUPS,
	};

	if (s->n_commands == MAX_COMMANDS)
		return;
	c->state = s;
	if (at_queue_submit(s->queue, &spec) == 0)
		s->n_commands++;
}

static void start_escape(struct state *s)
{
	struct command *c = &s->commands[s->n_commands];
	uint32_t guard_ms = 10u * take(s);

	if (s->n_commands == MAX_COMMANDS)
		return;
	c->state = s;
	if (at_queue_escape(s->queue, guard_ms, 10u * take(s), on_done, c, guard_ms % N_GROUPS) ==
	    0)
		s->n_commands++;
}

static void say(struct state *s)
{
	static const char *const words[] = {
		"\r\nOK\r\n", "\r\nERROR\r\n", "\r\nNO CARRIER\r\n", "\r\nCONNECT 9600\r\n",
		"\r\nRING",   "\r\n013\r\n",   "\r\n010\r\n",	     "\r\n008\r\n",
		"+CLCC: 1\r", "ATD1\r",	       "\r\nBUSY\r\n",	     "\n",
	};
	unsigned int what = take(s);
	size_t n = what % 16;

	if (what >= 0x80 && n < 12) {
		(void)hal_stream_write(s->modem, words[n], strlen(words[n]));
		return;
	}
	n = n < s->size ? n : s->size;
	(void)hal_stream_write(s->modem, s->data, n);
	s->data += n;
	s->size -= n;
}

static void give_up_queue(struct state *s)
{
	at_queue_free(s->queue);
	s->freed = true;
}

static void limit(struct state *s)
{
	const struct hal_stream_mem_limits limits = {
		.capacity = take(s) % 16, .max_read = take(s) % 4, .max_write = take(s) % 4};

	hal_stream_mem_set_limits(s->modem, &limits);
}

static void order(struct state *s)
{
	unsigned int what = take(s) % 32;

	if (s->freed)
		return;
	s->inside = true;
	if (what < 8)
		submit(s);
	else if (what < 18)
		say(s);
	else if (what < 20)
		at_queue_cancel_group(s->queue, take(s) % N_GROUPS);
	else if (what == 20)
		(void)at_queue_abort(s->queue, take(s) % N_GROUPS, 10u * take(s));
	else if (what == 21)
		start_escape(s);
	else if (what == 22)
		at_queue_enter_data(s->queue);
	else if (what == 23)
		at_queue_leave_data(s->queue, take(s) & 1);
	else if (what == 24)
		(void)at_queue_write_data(s->queue, "0123456789", take(s) % 11);
	else if (what == 25)
		at_queue_restart(s->queue);
	else if (what == 26)
		limit(s);
	else if (what == 27)
		hal_stream_mem_set_inputs(s->modem, HAL_STREAM_DCD, take(s) & 1);
	else if (what == 28)
		hal_stream_mem_unplug(s->modem);
	else if (what == 29)
		give_up_queue(s);
	s->inside = false;
}

static void on_end(struct hal_timer *timer)
{
	(void)timer;
}

static void run_ms(struct state *s, uint32_t ms)
{
	uint64_t until = s->clock.now_us + ms * HAL_USEC_PER_MSEC;

	hal_timer_arm_ms(s->loop, &s->end, ms);
	hal_loop_run_virtual(s->loop, &s->clock, until, NULL, NULL);
	FUZZ_CHECK(s->clock.now_us == until);
}

/* The far end reads what it is sent, now and then. */
static void on_modem(void *user, unsigned int stream_events)
{
	struct state *s = user;
	char buf[64];

	if (stream_events & HAL_STREAM_READABLE)
		(void)hal_stream_read(s->modem, buf, sizeof(buf));
}

static void on_log(void *user, enum hal_log_level level, const char *line)
{
	(void)user;
	(void)level;
	FUZZ_CHECK(line[0] != '\0');
}

static void start(struct state *s)
{
	struct hal_stream *stream;

	s->log = (struct hal_log){.fn = on_log, .level = HAL_LOG_TRACE};
	hal_clock_virtual_init(&s->clock, HAL_USEC_PER_SEC, 0);
	FUZZ_CHECK(hal_loop_new(&s->clock.clock, &s->loop) == 0);
	FUZZ_CHECK(hal_stream_mem_pair(s->loop, NULL, &stream, &s->modem) == 0);
	hal_stream_set_handler(s->modem, on_modem, s);
	FUZZ_CHECK(at_queue_new(s->loop, &s->log, "fuzz", stream, &events, s, &s->queue) == 0);
	(void)hal_stream_watch_lines(stream, 10);
	hal_timer_init(&s->end, on_end);
}

static void finish(struct state *s)
{
	/* Whatever goes on has an end: time-outs are below 13 s, then the device is lost. */
	s->size = 0;
	run_ms(s, 60000);
	hal_stream_mem_unplug(s->modem);
	run_ms(s, 60000);
	for (size_t i = 0; i < s->n_commands && !s->freed; i++)
		FUZZ_CHECK(s->commands[i].n_done == 1);
	if (!s->freed)
		at_queue_free(s->queue);
	hal_stream_close(s->modem);
	hal_loop_free(s->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s = {.data = data, .size = size};

	start(&s);
	while (s.size > 0) {
		unsigned int pause = take(&s);

		order(&s);
		run_ms(&s, pause < 128 ? pause / 16 : (pause - 127) * 20);
	}
	finish(&s);
	return 0;
}
