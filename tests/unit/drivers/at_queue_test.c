/* SPDX-License-Identifier: MIT */
#include "drivers/at/queue.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "at_fixture.h"

#define OK "\r\nOK\r\n"

static const struct answer_row plain_modem[] = {
	{"AT", 0, OK},
	{"ATE0", 0, OK},
	{"AT+GMI", 0, "\r\nAcme\r\n\r\nOK\r\n"},
	{"AT+CSQ", 0, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"},
	{"AT+SLOW", 100, OK},
	{"AT+SILENT", 0, NULL},
	{"AT+BAD", 0, "\r\nERROR\r\n"},
	{"AT+CPIN?", 0, "\r\n+CME ERROR: 10\r\n"},
	{0},
};

Test(at_queue, commands_are_answered_in_order)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
		       c = {.f = &f, .name = "c"};

	fixture_open(&f, plain_modem);
	cr_assert_eq(submit(&a, "AT+SLOW", 1000, 0, 0), 0);
	cr_assert_eq(submit(&b, "AT+GMI", 1000, 0, 0), 0);
	cr_assert_eq(submit(&c, "AT+CPIN?", 1000, 0, 0), 0);
	run_ms(&f, 50);
	cr_assert_str_eq(f.heard, "AT+SLOW|");
	run_ms(&f, 1000);

	cr_assert_notes(&f, "a:OK unsol:Acme b-line:Acme b:OK c:+CME ERROR: 10");
	cr_assert_eq(a.elapsed_ms, 100);
	cr_assert_eq(c.result, AT_RESULT_CME_ERROR);
	cr_assert_eq(at_queue_get_counts(f.queue)->sent, 3);
	cr_assert_eq(at_queue_get_counts(f.queue)->resyncs, 0);
	fixture_close(&f);
}

static void submit_again(struct fixture *f, const char *what)
{
	static struct command again;

	if (strcmp(what, "a") != 0)
		return;
	again = (struct command){.f = f, .name = "again"};
	cr_assert_eq(submit(&again, "AT", 1000, 0, 0), 0);
	note(f, "submitted", "");
}

Test(at_queue, a_completion_may_submit_and_is_not_run_inside_submit)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	f.hook = submit_again;
	cr_assert_eq(submit(&a, "AT", 1000, 0, 0), 0);
	cr_assert_notes(&f, "");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:OK submitted: again:OK");
	fixture_close(&f);
}

Test(at_queue, commands_wait_until_the_stream_is_open)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open_with(&f, plain_modem, NULL);
	cr_assert_eq(submit(&a, "AT", 1000, 0, 0), 0);
	run_ms(&f, 10);
	cr_assert_notes(&f, "open: a:OK");
	fixture_close(&f);
}

Test(at_queue, bad_text_is_refused)
{
	static const struct {
		const char *name, *text;
		size_t len;
		unsigned int flags;
		int r;
	} rows[] = {
		{"CR", "AT\rATH", 0, 0, -EINVAL},
		{"LF", "AT\n", 0, 0, -EINVAL},
		{"ESC", "\x1b", 0, 0, -EINVAL},
		{"ESC, raw", "\x1b", 0, AT_CMD_RAW, 0},
		{"DEL", "AT\x7f", 0, 0, -EINVAL},
		{"longest", NULL, AT_CMD_TEXT_MAX, 0, 0},
		{"too long", NULL, AT_CMD_TEXT_MAX + 1, 0, -EINVAL},
		{"too long, raw", NULL, AT_CMD_TEXT_MAX + 1, AT_CMD_RAW, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[AT_CMD_TEXT_MAX + 2] = "";
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		memset(text, 'x', rows[i].len);
		fixture_open(&f, plain_modem);
		cr_assert_eq(submit(&a, rows[i].text ? rows[i].text : text, 1000, rows[i].flags, 0),
			     rows[i].r, "%s", rows[i].name);
		fixture_close(&f);
	}
}

Test(at_queue, slots_are_limited_and_come_back)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	for (int round = 0; round < 2; round++) {
		a.n_done = 0;
		for (int i = 0; i < AT_QUEUE_SLOTS; i++)
			cr_assert_eq(submit(&a, "AT", 1000, 0, 0), 0);
		cr_assert_eq(submit(&a, "AT", 1000, 0, 0), -ENOSPC);
		run_ms(&f, 100);
		cr_assert_eq(a.n_done, AT_QUEUE_SLOTS);
	}
	fixture_close(&f);
}

Test(at_queue, a_raw_command_has_no_end)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	submit(&a, "+++", 1000, AT_CMD_RAW, 0);
	run_ms(&f, 10);
	cr_assert_str_eq(f.heard, "+++");
	modem_says(&f, OK);
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:OK");
	fixture_close(&f);
}

Test(at_queue, groups_are_never_zero_nor_the_same)
{
	struct fixture f;
	uint32_t first;

	fixture_open(&f, plain_modem);
	first = at_queue_group(f.queue);
	cr_assert_neq(first, 0);
	cr_assert_neq(at_queue_group(f.queue), first);
	fixture_close(&f);
}

/* Lines */

Test(at_queue, unsolicited_lines_between_command_and_answer)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	f.known = true;
	submit(&a, "AT+SLOW", 1000, 0, 0);
	run_ms(&f, 10);
	modem_says(&f, "\r\nRING\r\n\r\nNMBR = 5551234\r\n");
	run_ms(&f, 1000);
	cr_assert_notes(&f, "unsol:RING unsol:NMBR = 5551234 a:OK");
	fixture_close(&f);
}

Test(at_queue, lines_with_the_prefix_belong_to_the_command)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};
	struct at_cmd_spec spec = {.text = "AT+CSQ", .timeout_ms = 1000, .prefix = "+CSQ:"};

	fixture_open(&f, plain_modem);
	spec.on_done = on_command_done;
	spec.user = &a;
	modem_says(&f, "\r\n+CREG: 1\r\n");
	cr_assert_eq(at_queue_submit(f.queue, &spec), 0);
	run_ms(&f, 10);
	/* without on_line its line is nobody's, and not unsolicited either */
	cr_assert_notes(&f, "unsol:+CREG: 1 a:OK");
	fixture_close(&f);
}

/* Who may consume NO CARRIER, BUSY, CONNECT */
Test(at_queue, call_results_end_only_commands_that_may_consume_them)
{
	static const struct {
		const char *name, *command;
		unsigned int flags;
		const char *says, *notes;
	} rows[] = {
		{"query", "AT+GMR", 0, "\r\nNO CARRIER\r\n\r\nOK\r\n", "unsol:NO CARRIER a:OK"},
		{"query, busy", "AT+GMR", 0, "\r\nBUSY\r\nOK\r\n", "unsol:BUSY a:OK"},
		{"query, connect", "AT+GMR", 0, "\r\nCONNECT 9600\r\nOK\r\n",
		 "unsol:CONNECT 9600 a:OK"},
		{"dial", "ATD1", AT_CMD_CALL, "\r\nNO CARRIER\r\n", "a:NO CARRIER"},
		{"dial, busy", "ATD1", AT_CMD_CALL, "\r\nBUSY\r\n", "a:BUSY"},
		{"dial, progress", "ATD1", AT_CMD_CALL, "\r\nRINGING\r\n\r\nNO ANSWER\r\n",
		 "unsol:RINGING a:NO ANSWER"},
		{"dial, no tone", "ATD1", AT_CMD_CALL, "\r\nNO DIAL TONE\r\n", "a:NO DIAL TONE"},
		{"dial, error", "ATD1", AT_CMD_CALL, "\r\nERROR\r\n", "a:ERROR"},
		{"dial, voice", "ATD1;", AT_CMD_CALL, OK, "a:OK"},
		{"hang-up", "ATH", AT_CMD_HOOK, OK, "a:OK"},
		{"hang-up, carrier first", "ATH", AT_CMD_HOOK, "\r\nNO CARRIER\r\n\r\nOK\r\n",
		 "a:NO CARRIER"},
		{"hang-up, carrier alone", "ATH", AT_CMD_HOOK, "\r\nNO CARRIER\r\n",
		 "a:NO CARRIER"},
		{"hang-up, busy", "ATH", AT_CMD_HOOK, "\r\nBUSY\r\n\r\nOK\r\n", "unsol:BUSY a:OK"},
		{"hang-up, carrier behind", "ATH", AT_CMD_HOOK, "\r\nOK\r\n\r\nNO CARRIER\r\n",
		 "a:OK unsol:NO CARRIER"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		fixture_open(&f, plain_modem);
		f.known = true;
		submit(&a, rows[i].command, 5000, rows[i].flags, 0);
		modem_says(&f, rows[i].says);
		run_ms(&f, 1000);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		cr_assert_eq(a.n_done, 1);
		fixture_close(&f);
	}
}

Test(at_queue, after_a_hang_up_without_OK_a_late_one_reaches_nobody)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	submit(&a, "ATH", 5000, AT_CMD_HOOK, 0);
	submit(&b, "AT+SILENT", 500, 0, 0);
	modem_says_in(&f, 10, "\r\nNO CARRIER\r\n");
	modem_says_in(&f, 10 + AT_HOOK_GRACE_MS + 1, OK);
	run_ms(&f, 2000);
	cr_assert_notes(&f, "a:NO CARRIER b:timeout");
	fixture_close(&f);
}

Test(at_queue, an_answer_that_came_before_the_command_is_not_its_answer)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	submit(&a, "ATX", 1000, 0, 0);
	submit(&b, "AT+SILENT", 100, 0, 0);
	modem_says(&f, "\r\nOK\r\n\r\nOK\r\n");
	run_ms(&f, 500);
	cr_assert_notes(&f, "a:OK unsol:OK b:timeout");
	fixture_close(&f);
}

Test(at_queue, echo_is_dropped)
{
	static const struct {
		const char *name, *says;
	} rows[] = {
		{"CR LF", "AT+GMI\r\nAcme\r\n\r\nOK\r\n"},
		{"CR CR LF", "AT+GMI\r\r\nAcme\r\n\r\nOK\r\n"},
		{"twice", "AT+GMI\rAT+GMI\r\r\nAcme\r\n\r\nOK\r\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].says);

		for (size_t at = 0; at <= len; at++) {
			struct fixture f;
			struct command a = {.f = &f, .name = "a"};
			char first[64] = "";

			fixture_open(&f, NULL);
			submit(&a, "AT+GMI", 1000, 0, 0);
			memcpy(first, rows[i].says, at);
			modem_says(&f, first);
			run_ms(&f, 1);
			modem_says(&f, rows[i].says + at);
			run_ms(&f, 1);
			cr_assert_str_eq(f.notes, "unsol:Acme a-line:Acme a:OK", "%s at %zu: %s",
					 rows[i].name, at, f.notes);
			fixture_close(&f);
		}
	}
}

Test(at_queue, an_echoing_modem_can_be_probed)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	f.echo = true;
	submit(&a, "AT+SILENT", 1000, 0, 0);
	submit(&b, "AT+GMI", 1000, 0, 0);
	run_ms(&f, 2000);
	cr_assert_notes(&f, "a:timeout unsol:Acme b-line:Acme b:OK");
	fixture_close(&f);
}

Test(at_queue, junk_and_over_long_lines_are_counted_and_match_nothing)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};
	char noise[AT_LINE_MAX + 2];

	fixture_open(&f, NULL);
	submit(&a, "AT", 1000, 0, 0);
	memset(noise, 'x', sizeof(noise) - 1);
	noise[sizeof(noise) - 1] = '\0';
	modem_says(&f, "\r\nO\x01K\r\n");
	modem_says(&f, noise);
	modem_says(&f, "\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "");
	cr_assert_eq(at_queue_get_counts(f.queue)->junk, 1);
	cr_assert_eq(at_queue_get_counts(f.queue)->overlong, 1);
	f.log.personal = true;
	modem_says(&f, "\x02\r\n\r\nOK\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:OK");
	fixture_close(&f);
}

/* Cancelling */

Test(at_queue, a_waiting_command_is_cancelled_alone)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
		       c = {.f = &f, .name = "c"};
	uint32_t group;

	fixture_open(&f, plain_modem);
	group = at_queue_group(f.queue);
	submit(&a, "AT+SLOW", 1000, 0, 0);
	submit(&b, "AT+GMI", 1000, 0, group);
	submit(&c, "AT", 1000, 0, 0);
	at_queue_cancel_group(f.queue, 0);
	at_queue_cancel_group(f.queue, group);
	at_queue_cancel_group(f.queue, group);
	cr_assert_notes(&f, "");
	run_ms(&f, 1000);
	cr_assert_notes(&f, "b:cancelled a:OK c:OK");
	cr_assert_str_eq(f.heard, "AT+SLOW|AT|");
	fixture_close(&f);
}

Test(at_queue, the_late_answer_to_a_cancelled_command_is_swallowed)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	submit(&a, "AT+SLOW", 1000, 0, 7);
	submit(&b, "AT+SILENT", 500, 0, 0);
	at_queue_cancel_group(f.queue, 7);
	run_ms(&f, 2000);
	cr_assert_notes(&f, "a:cancelled b:timeout");
	fixture_close(&f);
}

static void cancel_on_line(struct fixture *f, const char *what)
{
	if (strcmp(what, "a-line") == 0)
		at_queue_cancel_group(f->queue, 7);
}

Test(at_queue, a_group_can_be_cancelled_from_its_own_callback)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
		       c = {.f = &f, .name = "c"};

	fixture_open(&f, plain_modem);
	f.hook = cancel_on_line;
	submit(&a, "AT+GMI", 1000, 0, 7);
	submit(&b, "AT", 1000, 0, 7);
	submit(&c, "AT", 1000, 0, 0);
	run_ms(&f, 1000);
	cr_assert_notes(&f, "unsol:Acme a-line:Acme a:cancelled b:cancelled c:OK");
	fixture_close(&f);
}

static void cancel_on_done(struct fixture *f, const char *what)
{
	if (strcmp(what, "a") == 0)
		at_queue_cancel_group(f->queue, 7);
}

Test(at_queue, a_group_can_be_cancelled_from_a_completion)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
		       c = {.f = &f, .name = "c"};

	fixture_open(&f, plain_modem);
	f.hook = cancel_on_done;
	submit(&a, "AT", 1000, 0, 7);
	submit(&b, "AT", 1000, 0, 7);
	submit(&c, "AT+GMI", 1000, 0, 0);
	run_ms(&f, 1000);
	cr_assert_notes(&f, "a:OK b:cancelled unsol:Acme c-line:Acme c:OK");
	fixture_close(&f);
}

Test(at_queue, a_cancelled_dial_is_aborted_but_not_at_once)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	submit(&b, "AT", 1000, 0, 0);
	run_ms(&f, 50);
	at_queue_cancel_group(f.queue, 7);
	run_ms(&f, 74);
	cr_assert_str_eq(f.heard, "ATD1|");
	run_ms(&f, 1);
	cr_assert_str_eq(f.heard, "ATD1||");
	modem_says_in(&f, 5, "\r\nNO CARRIER\r\n");
	run_ms(&f, 1000);
	cr_assert_notes(&f, "a:cancelled b:OK");
	cr_assert_str_eq(f.heard, "ATD1||ATS4?|AT|");
	fixture_close(&f);
}

Test(at_queue, the_owner_learns_that_a_cancelled_dial_has_connected)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE | AT_CMD_DATA, 7);
	run_ms(&f, 50);
	at_queue_cancel_group(f.queue, 7);
	modem_says(&f, "\r\nCONNECT 9600\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:cancelled unsol:CONNECT 9600");
	at_queue_enter_data(f.queue);
	modem_says(&f, "abc");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:cancelled unsol:CONNECT 9600 data:abc");
	fixture_close(&f);
}

Test(at_queue, abort_waits_125_ms_and_takes_the_modems_answer)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	cr_assert_eq(at_queue_abort(f.queue, 7, 2000), -ENOENT);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	cr_assert_eq(at_queue_abort(f.queue, 8, 2000), -ENOENT);
	cr_assert_eq(at_queue_abort(f.queue, 0, 2000), -ENOENT);
	cr_assert_eq(at_queue_abort(f.queue, 7, 2000), 0);
	cr_assert_eq(at_queue_abort(f.queue, 7, 5000), 0);
	run_ms(&f, 125 - 1);
	cr_assert_str_eq(f.heard, "ATD1|");
	run_ms(&f, 1);
	cr_assert_str_eq(f.heard, "ATD1||");
	modem_says(&f, "\r\nNO CARRIER\r\n");
	run_ms(&f, 1000);
	cr_assert_notes(&f, "a:NO CARRIER");
	cr_assert_str_eq(f.heard, "ATD1||");
	fixture_close(&f);
}

Test(at_queue, abort_waits_for_a_slow_port_to_send_the_command)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	at_queue_set_baud(f.queue, 300);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	cr_assert_eq(at_queue_abort(f.queue, 7, 2000), 0);
	/* Five characters of ten bits, then 125 ms. */
	run_ms(&f, 166 + 125);
	cr_assert_str_eq(f.heard, "ATD1|");
	run_ms(&f, 1);
	cr_assert_str_eq(f.heard, "ATD1||");
	fixture_close(&f);
}

Test(at_queue, abort_cuts_the_time_out)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, plain_modem);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	run_ms(&f, 1000);
	cr_assert_eq(at_queue_abort(f.queue, 7, 2000), 0);
	run_ms(&f, 0);
	cr_assert_str_eq(f.heard, "ATD1||");
	run_ms(&f, 1999);
	cr_assert_notes(&f, "");
	run_ms(&f, 1);
	cr_assert_notes(&f, "a:timeout");
	fixture_close(&f);
}

/* Loss */

Test(at_queue, loss_at_each_stage_completes_everything_once)
{
	static const struct {
		const char *name;
		bool open;
		uint32_t before_ms;
		const char *notes;
	} rows[] = {
		{"opening", false, 0, "lost: a:nodev b:nodev"},
		{"in progress", true, 50, "lost: a:nodev b:nodev"},
		{"quiet", true, 1100, "a:timeout lost: b:nodev"},
		{"probe", true, 1300, "a:timeout lost: b:nodev"},
		{"stuck", true, 9000, "a:timeout stuck: b:timeout lost:"},
	};
	static const struct answer_row deaf[] = {
		{"ATS3?", 0, NULL}, {"ATS4?", 0, NULL}, {"ATS5?", 0, NULL}, {0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
			       c = {.f = &f, .name = "c"};

		if (rows[i].open)
			fixture_open(&f, deaf);
		else
			fixture_open_with(&f, deaf, NULL);
		cr_assert_eq(submit(&a, "AT", 1000, 0, 0), 0);
		cr_assert_eq(submit(&b, "AT", 1000, 0, 0), 0);
		if (rows[i].before_ms > 0)
			run_ms(&f, rows[i].before_ms);
		hal_stream_mem_unplug(f.modem);
		run_ms(&f, 100);
		if (!rows[i].open && strncmp(f.notes, "open: ", 6) == 0)
			memmove(f.notes, f.notes + 6, strlen(f.notes + 6) + 1);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		cr_assert_eq(submit(&c, "AT", 1000, 0, 0), -ENODEV);
		cr_assert_eq(at_queue_escape(f.queue, 1, 1, NULL, NULL, 0), -ENODEV);
		cr_assert_eq(at_queue_write_data(f.queue, "x", 1), -ENODEV);
		at_queue_enter_data(f.queue);
		cr_assert_not(at_queue_in_data(f.queue));
		run_ms(&f, 10000);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		fixture_close(&f);
	}
}

/* Freeing */

static const char *free_at;

static void free_queue(struct fixture *f, const char *what)
{
	if (strcmp(what, free_at) != 0)
		return;
	at_queue_free(f->queue);
	f->queue = NULL;
}

/* The modem plays the whole life: every callback comes once, freeing in it must be the last. */
static void live(struct fixture *f, struct command *a, struct command *b)
{
	const struct hal_stream_mem_limits tight = {.capacity = 8};

	f->hook = free_queue;
	run_ms(f, 1);
	if (f->queue)
		submit(a, "AT+GMI", 1000, 0, 7);
	if (f->queue)
		submit(b, "ATA", 1000, AT_CMD_CALL | AT_CMD_DATA, 7);
	run_ms(f, 100);
	if (f->queue)
		hal_stream_watch_lines(at_queue_stream(f->queue), 10);
	hal_stream_mem_set_inputs(f->modem, HAL_STREAM_DCD, true);
	run_ms(f, 1);
	hal_stream_mem_set_limits(f->modem, &tight);
	if (f->queue)
		at_queue_write_data(f->queue, "more than fits", 14);
	run_ms(f, 1);
	modem_says(f, "data");
	run_ms(f, 1);
	if (f->queue)
		at_queue_leave_data(f->queue, false);
	if (f->queue)
		submit(a, "AT+SILENT", 1000, 0, 7);
	run_ms(f, 10000);
	hal_stream_mem_unplug(f->modem);
	run_ms(f, 1);
}

Test(at_queue, can_be_freed_from_every_callback)
{
	static const char *const callbacks[] = {"open",	 "unsol", "a-line", "a",
						"b",	 "lines", "data",   "writable",
						"stuck", "lost",  "none"};
	static const struct answer_row rows[] = {{"AT+GMI", 0, "\r\nAcme\r\n\r\nOK\r\n"},
						 {"ATA", 0, "\r\nCONNECT\r\n"},
						 {"ATS3?", 0, NULL},
						 {"ATS4?", 0, NULL},
						 {"ATS5?", 0, NULL},
						 {0}};

	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};
		size_t len = strlen(callbacks[i]);
		char *last;

		free_at = callbacks[i];
		fixture_open_with(&f, rows, NULL);
		live(&f, &a, &b);
		if (strcmp(free_at, "none") != 0) {
			last = strrchr(f.notes, ' ');
			last = last ? last + 1 : f.notes;
			/* the text of a note may have blanks */
			cr_assert_null(f.queue, "%s has not come: %s", free_at, f.notes);
			cr_assert(strncmp(last, free_at, len) == 0, "%s: %s", free_at, f.notes);
		} else {
			cr_assert_not_null(f.queue);
		}
		fixture_close(&f);
	}
	at_queue_free(NULL);
}

Test(at_queue, pending_commands_vanish_with_the_queue)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, plain_modem);
	submit(&a, "AT+SLOW", 1000, 0, 7);
	submit(&b, "AT", 1000, 0, 7);
	at_queue_cancel_group(f.queue, 7);
	at_queue_free(f.queue);
	at_queue_free(f.queue); /* still there until the end of the turn */
	f.queue = NULL;
	run_ms(&f, 5000);
	cr_assert_notes(&f, "");
	fixture_close(&f);
}

/* Writing */

Test(at_queue, a_full_stream_is_waited_for)
{
	const struct hal_stream_mem_limits limits = {.capacity = 2, .max_write = 1};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open_with(&f, plain_modem, &limits);
	submit(&a, "AT+SILENT", 1000, 0, 0);
	run_ms(&f, 10);
	cr_assert_str_eq(f.heard, "AT+SILENT|");
	fixture_close(&f);
}

Test(at_queue, the_wire_is_logged_without_numbers)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, NULL);
	submit(&a, "ATDT5551234", 1000, AT_CMD_CALL | AT_CMD_SECRET, 0);
	modem_says(&f, "ATDT5551234\r\r\n+CLIP: \"5559876\",129\r\n\r\nBUSY\r\n");
	run_ms(&f, 10);
	cr_assert_str_eq(f.wire_log, "line1: > ATDT<7 hidden>\nline1: < ATDT<7 hidden>\n"
				     "line1: < +CLIP: <9 hidden>,129\nline1: < BUSY\n");
	f.wire_log[0] = '\0';
	f.log.personal = true;
	submit(&a, "ATDT5551234", 1000, AT_CMD_CALL | AT_CMD_SECRET, 0);
	modem_says(&f, "ATDT5551234\r\r\nBUSY\r\n");
	run_ms(&f, 10);
	cr_assert_str_eq(f.wire_log, "line1: > ATDT5551234\nline1: < ATDT5551234\nline1: < BUSY\n");
	fixture_close(&f);
}

Test(at_queue, the_wire_log_tells_what_no_command_has_asked_for)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, NULL);
	modem_says(&f, "\r\n+CREG: 1\r\n");
	run_ms(&f, 10);
	submit(&a, "ATI", 1000, 0, 0);
	modem_says(&f, "ATI\r\r\nRING\r\n\r\nTrunkline\r\n\r\nOK\r\n\r\nRING\r\n");
	run_ms(&f, 10);
	cr_assert_str_eq(f.wire_log, "line1: * +CREG: 1\nline1: > ATI\nline1: < ATI\n"
				     "line1: * RING\nline1: < Trunkline\nline1: < OK\n"
				     "line1: * RING\n");
	fixture_close(&f);
}
