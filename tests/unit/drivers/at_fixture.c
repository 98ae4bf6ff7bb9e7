/* SPDX-License-Identifier: MIT */
#include "at_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#define START_MS 5000

static const struct answer_row s_registers[] = {
	{"ATS3?", 0, "\r\n013\r\n\r\nOK\r\n"},
	{"ATS4?", 0, "\r\n010\r\n\r\nOK\r\n"},
	{"ATS5?", 0, "\r\n008\r\n\r\nOK\r\n"},
	{0},
};

uint64_t now_ms(const struct fixture *f)
{
	return hal_clock_now_us(&f->clock.clock) / HAL_USEC_PER_MSEC - START_MS;
}

void note(struct fixture *f, const char *what, const char *text)
{
	size_t len = strlen(f->notes);

	snprintf(f->notes + len, sizeof(f->notes) - len, "%s%s:%s", len ? " " : "", what, text);
	if (f->hook)
		f->hook(f, what);
}

void forget_notes(struct fixture *f)
{
	f->notes[0] = '\0';
}

static void note_slice(struct fixture *f, const char *what, struct hal_slice s)
{
	char text[256];

	hal_slice_escape(s, text, sizeof(text));
	note(f, what, text);
}

static bool on_unsolicited(void *user, struct hal_slice line, enum at_result result)
{
	struct fixture *f = user;

	(void)result;
	note_slice(f, "unsol", line);
	return f->known;
}

static void on_data(void *user, struct hal_slice data)
{
	note_slice(user, "data", data);
}

static void on_writable(void *user)
{
	note(user, "writable", "");
}

static void on_lines(void *user)
{
	note(user, "lines", "");
}

static void on_open(void *user)
{
	note(user, "open", "");
}

static void on_lost(void *user)
{
	note(user, "lost", "");
}

static void on_stuck(void *user)
{
	note(user, "stuck", "");
}

static const struct at_queue_events events = {
	.on_unsolicited = on_unsolicited,
	.on_data = on_data,
	.on_writable = on_writable,
	.on_lines = on_lines,
	.on_open = on_open,
	.on_lost = on_lost,
	.on_stuck = on_stuck,
};

static void on_said(struct hal_timer *timer)
{
	struct said *said = HAL_CONTAINER_OF(timer, struct said, timer);

	modem_says(said->f, said->text);
}

void modem_says(struct fixture *f, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = hal_stream_write(f->modem, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void modem_says_in(struct fixture *f, uint32_t delay_ms, const char *text)
{
	struct said *said = &f->said[f->n_said++];

	cr_assert_leq(f->n_said, MAX_SAID);
	said->f = f;
	said->text = text;
	hal_timer_init(&said->timer, on_said);
	hal_timer_arm_ms(f->loop, &said->timer, delay_ms);
}

static const struct answer_row *find_answer(const struct answer_row *rows, const char *command)
{
	for (; rows && rows->command; rows++) {
		if (strcmp(rows->command, command) == 0)
			return rows;
	}
	return NULL;
}

static const struct answer_row *find_row(const struct fixture *f, const char *command)
{
	const struct answer_row *row = find_answer(f->answers, command);

	return row ? row : find_answer(s_registers, command);
}

/* "ATS3?S4?": the values of the rows of each, and the delay of the last. @return NULL none */
static const struct answer_row *ask_registers(struct fixture *f)
{
	static const char end[] = "\r\n\r\nOK\r\n";
	struct answer_row *all = &f->composed[f->n_said % MAX_SAID];
	char *text = f->composed_text[f->n_said % MAX_SAID];
	size_t len = 0;

	for (const char *at = f->line + 2; *at; at += 3) {
		char one[] = {'A', 'T', at[0], at[1], at[2], '\0'};
		const struct answer_row *row = find_row(f, one);
		const char *rest = row && row->reply ? strstr(row->reply, end) : NULL;

		if (!rest)
			return row;
		len += (size_t)snprintf(text + len, COMPOSED_MAX - len, "%.*s",
					(int)(rest - row->reply), row->reply);
		*all = *row;
	}
	(void)snprintf(text + len, COMPOSED_MAX - len, "%s", end);
	all->reply = text;
	return all;
}

static void modem_line(struct fixture *f)
{
	const struct answer_row *row = find_row(f, f->line);

	if (!row && strncmp(f->line, "ATS", 3) == 0 && strchr(f->line, '?'))
		row = ask_registers(f);
	if (!row || !row->reply)
		return;
	if (row->delay_ms > 0)
		modem_says_in(f, row->delay_ms, row->reply);
	else
		modem_says(f, row->reply);
}

static void modem_byte(struct fixture *f, char c)
{
	const char echo[] = {c, '\0'};

	if (f->echo)
		modem_says(f, echo);
	if (f->n_heard + 1 < sizeof(f->heard))
		f->heard[f->n_heard++] = c == '\r' ? '|' : c;
	if (c != '\r') {
		if (f->line_len + 1 < sizeof(f->line))
			f->line[f->line_len++] = c;
		return;
	}
	f->line[f->line_len] = '\0';
	f->line_len = 0;
	modem_line(f);
}

static void on_modem(void *user, unsigned int stream_events)
{
	struct fixture *f = user;
	char bytes[64];
	ssize_t n;

	if (!(stream_events & HAL_STREAM_READABLE))
		return;
	n = hal_stream_read(f->modem, bytes, sizeof(bytes));
	for (ssize_t i = 0; i < n; i++)
		modem_byte(f, bytes[i]);
}

static void on_log(void *user, enum hal_log_level level, const char *line)
{
	struct fixture *f = user;
	size_t len = strlen(f->wire_log);

	if (level == HAL_LOG_TRACE)
		snprintf(f->wire_log + len, sizeof(f->wire_log) - len, "%s\n", line);
}

static void on_end(struct hal_timer *timer)
{
	(void)timer;
}

void run_ms(struct fixture *f, uint32_t ms)
{
	uint64_t until = f->clock.now_us + ms * HAL_USEC_PER_MSEC;

	hal_timer_arm_ms(f->loop, &f->end, ms);
	hal_loop_run_virtual(f->loop, &f->clock, until, NULL, NULL);
	cr_assert_eq(f->clock.now_us, until);
}

void fixture_open_with(struct fixture *f, const struct answer_row *answers,
		       const struct hal_stream_mem_limits *limits)
{
	struct hal_stream *stream;

	memset(f, 0, sizeof(*f));
	f->answers = answers;
	f->log = (struct hal_log){.fn = on_log, .user = f, .level = HAL_LOG_TRACE};
	hal_timer_init(&f->end, on_end);
	hal_clock_virtual_init(&f->clock, START_MS * HAL_USEC_PER_MSEC, 0);
	cr_assert_eq(hal_loop_new(&f->clock.clock, &f->loop), 0);
	cr_assert_eq(hal_stream_mem_pair(f->loop, limits, &stream, &f->modem), 0);
	hal_stream_set_handler(f->modem, on_modem, f);
	cr_assert_eq(at_queue_new(f->loop, &f->log, "line1", stream, &events, f, &f->queue), 0);
}

void fixture_open(struct fixture *f, const struct answer_row *answers)
{
	fixture_open_with(f, answers, NULL);
	run_ms(f, 0);
	cr_assert_str_eq(f->notes, "open:");
	forget_notes(f);
}

void fixture_close(struct fixture *f)
{
	for (size_t i = 0; i < f->n_said; i++)
		hal_timer_cancel(f->loop, &f->said[i].timer);
	at_queue_free(f->queue);
	hal_stream_close(f->modem);
	hal_loop_free(f->loop);
}

static void on_command_line(void *user, struct hal_slice line)
{
	struct command *c = user;
	char what[64];

	snprintf(what, sizeof(what), "%s-line", c->name);
	note_slice(c->f, what, line);
}

void on_command_done(void *user, const struct at_answer *answer)
{
	struct command *c = user;

	c->n_done++;
	c->error = answer->error;
	c->result = answer->result;
	c->elapsed_ms = at_queue_elapsed_ms(c->f->queue);
	c->done_ms = now_ms(c->f);
	switch (answer->error) {
	case 0:
		note_slice(c->f, c->name, answer->final);
		break;
	case -ETIMEDOUT:
		note(c->f, c->name, "timeout");
		break;
	case -ECANCELED:
		note(c->f, c->name, "cancelled");
		break;
	case -ENODEV:
		note(c->f, c->name, "nodev");
		break;
	default:
		cr_assert(false, "error %d", answer->error);
	}
}

int submit(struct command *c, const char *text, uint32_t timeout_ms, unsigned int flags,
	   uint32_t group)
{
	const struct at_cmd_spec spec = {
		.text = text,
		.timeout_ms = timeout_ms,
		.flags = flags,
		.on_line = on_command_line,
		.on_done = on_command_done,
		.user = c,
		.group = group,
	};

	return at_queue_submit(c->f->queue, &spec);
}
