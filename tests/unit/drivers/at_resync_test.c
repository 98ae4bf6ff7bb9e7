/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "at_fixture.h"

#define OK	   "\r\nOK\r\n"
#define TIMEOUT_MS 1000

/*
 * a answers late or twice; b, which has no answer of its own but a line, must never get a's. What
 * is right for b: its own answer "B".
 */
Test(at_resync, a_late_answer_never_reaches_another_command)
{
	static const struct {
		const char *name;
		uint32_t delay_ms;
		const char *reply;
		bool in_time;
	} rows[] = {
		{"1 ms early", TIMEOUT_MS - 1, OK, true},
		{"1 ms late", TIMEOUT_MS + 1, OK, false},
		{"error 1 ms late", TIMEOUT_MS + 1, "\r\nERROR\r\n", false},
		{"doubled", TIMEOUT_MS + 1, "\r\nOK\r\n\r\nOK\r\n", false},
		{"with text", TIMEOUT_MS + 1, "\r\nAcme\r\n\r\nOK\r\n", false},
		{"while quiet", TIMEOUT_MS + AT_RESYNC_QUIET_MS - 1, OK, false},
		{"as the probe is sent", TIMEOUT_MS + AT_RESYNC_QUIET_MS, OK, false},
		{"error as the probe is sent", TIMEOUT_MS + AT_RESYNC_QUIET_MS, "\r\nERROR\r\n",
		 false},
		{"just behind the probe", TIMEOUT_MS + AT_RESYNC_QUIET_MS + 1, OK, false},
		{"doubled with the probe", TIMEOUT_MS + AT_RESYNC_QUIET_MS + 5,
		 "\r\nOK\r\n\r\nOK\r\n", false},
		{"a wrong value", TIMEOUT_MS + AT_RESYNC_QUIET_MS + 5, "\r\n008\r\n\r\nOK\r\n",
		 false},
	};
	static const uint32_t probe_delays[] = {0, 10, 900, 1100};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 4; i++) {
		const uint32_t delay_ms = probe_delays[i % 4];
		const struct answer_row answers[] = {
			{"AT+A", rows[i / 4].delay_ms, rows[i / 4].reply},
			{"AT+B", 0, "\r\nB\r\n\r\n+CME ERROR: 99\r\n"},
			{"ATS3?", delay_ms, "\r\n013\r\n\r\nOK\r\n"},
			{"ATS4?", delay_ms, "\r\n010\r\n\r\nOK\r\n"},
			{"ATS5?", delay_ms, "\r\n008\r\n\r\nOK\r\n"},
			{0},
		};
		struct fixture f;
		struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

		fixture_open(&f, answers);
		submit(&a, "AT+A", TIMEOUT_MS, 0, 0);
		submit(&b, "AT+B", TIMEOUT_MS, 0, 0);
		run_ms(&f, 20000);
		cr_assert_eq(a.n_done, 1);
		cr_assert_eq(a.error, rows[i / 4].in_time ? 0 : -ETIMEDOUT, "%s", rows[i / 4].name);
		cr_assert_eq(b.n_done, 1, "%s: %s", rows[i / 4].name, f.notes);
		/* A modem that needs longer than a probe may take can be stuck. */
		if (b.error != -ETIMEDOUT || delay_ms < AT_RESYNC_PROBE_MS)
			cr_assert_eq(b.result, AT_RESULT_CME_ERROR, "%s, probe %u: %s",
				     rows[i / 4].name, delay_ms, f.notes);
		fixture_close(&f);
	}
}

Test(at_resync, the_sentinel_rotates)
{
	static const struct answer_row answers[] = {{"AT+A", 0, NULL}, {0}};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, answers);
	for (int i = 0; i < 4; i++) {
		submit(&a, "AT+A", 100, 0, 0);
		run_ms(&f, 1000);
	}
	cr_assert_str_eq(f.heard, "AT+A|ATS4?|AT+A|ATS5?|AT+A|ATS3?S3?|AT+A|ATS4?S3?|");
	cr_assert_eq(at_queue_get_counts(f.queue)->timeouts, 4);
	cr_assert_eq(at_queue_get_counts(f.queue)->resyncs, 4);
	fixture_close(&f);
}

Test(at_resync, no_selection_of_registers_comes_twice_before_all_have_been)
{
	static const struct answer_row answers[] = {{"AT+A", 0, NULL}, {0}};
	static char probes[40][16];
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, answers);
	for (int i = 0; i < 40; i++) {
		memset(f.heard, 0, sizeof(f.heard));
		f.n_heard = 0;
		f.notes[0] = '\0';
		submit(&a, "AT+A", 100, 0, 0);
		run_ms(&f, 1000);
		cr_assert_eq(strncmp(f.heard, "AT+A|", 5), 0);
		(void)snprintf(probes[i], sizeof(probes[i]), "%.15s", f.heard + 5);
		for (int before = 0; before < i && i < 39; before++)
			cr_assert_str_neq(probes[i], probes[before]);
	}
	cr_assert_str_eq(probes[39], probes[0]);
	fixture_close(&f);
}

/* It takes 2.6 s for every command, one after the other, and remembers all that were sent. */
Test(at_resync, a_modem_that_falls_behind_by_many_probes_is_not_believed)
{
	static const struct answer_row silent[] = {
		{"AT+A", 0, NULL}, {"ATS3?", 0, NULL}, {"ATS4?", 0, NULL}, {"ATS5?", 0, NULL}, {0}};
	static const char *const late[] = {
		"\r\n010\r\n" OK,
		"\r\n008\r\n" OK,
		"\r\n013\r\n\r\n013\r\n" OK,
	};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, silent);
	submit(&a, "AT+A", 100, 0, 0);
	run_ms(&f, 5000);
	cr_assert_notes(&f, "a:timeout stuck:");
	at_queue_restart(f.queue);
	submit(&b, "AT+A", 100, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		run_ms(&f, AT_RESYNC_QUIET_MS + 300);
		modem_says(&f, late[i]);
		run_ms(&f, 10);
		cr_assert_eq(b.n_done, 0, "%zu", i);
	}
	fixture_close(&f);
}

/* The time the first probe is sent at, when reports come every 100 ms. */
Test(at_resync, quiet_is_waited_for_but_not_for_ever)
{
	static const struct {
		const char *name;
		unsigned int n_reports;
		uint32_t probe_ms;
	} rows[] = {
		{"quiet at once", 0, 200},
		{"one report", 1, 300},
		{"five reports", 5, 700},
		{"no end of reports", 60, 2000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		fixture_open(&f, NULL);
		submit(&a, "AT+A", 100, 0, 0);
		run_ms(&f, 100);
		for (unsigned int n = 1; n <= rows[i].n_reports; n++)
			modem_says_in(&f, n * 100, "\r\nRING\r\n");
		run_ms(&f, rows[i].probe_ms - 1);
		cr_assert_str_eq(f.heard, "AT+A|", "%s", rows[i].name);
		run_ms(&f, 1);
		cr_assert_str_eq(f.heard, "AT+A|ATS4?|", "%s", rows[i].name);
		cr_assert_eq(strncmp(f.notes, "a:timeout unsol:RING", rows[i].n_reports ? 20 : 9),
			     0);
		fixture_close(&f);
	}
}

Test(at_resync, calls_that_end_are_reported_unless_the_lost_command_is_a_call)
{
	static const struct {
		const char *name;
		unsigned int flags;
		const char *says, *notes;
	} rows[] = {
		{"query", 0, "\r\nNO CARRIER\r\n", "a:timeout unsol:NO CARRIER"},
		{"dial", AT_CMD_CALL, "\r\nNO CARRIER\r\n", "a:timeout"},
		{"dial, ring", AT_CMD_CALL, "\r\nRING\r\n", "a:timeout unsol:RING"},
		{"dial, online", AT_CMD_CALL, "\r\nCONNECT\r\n", "a:timeout unsol:CONNECT"},
		{"hang-up", AT_CMD_HOOK, "\r\nNO CARRIER\r\n", "a:timeout"},
		{"hang-up, busy", AT_CMD_HOOK, "\r\nBUSY\r\n", "a:timeout unsol:BUSY"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		fixture_open(&f, NULL);
		submit(&a, "ATX", 100, rows[i].flags, 0);
		run_ms(&f, 150);
		modem_says(&f, rows[i].says);
		run_ms(&f, 2000);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		fixture_close(&f);
	}
}

static const struct answer_row no_registers[] = {
	{"AT", 0, OK},
	{"AT+A", 0, NULL},
	{"AT+B", 0, OK},
	{"ATS3?", 0, "\r\nERROR\r\n"},
	{"ATS4?", 0, "\r\nERROR\r\n"},
	{"ATS5?", 0, "\r\nERROR\r\n"},
	{0},
};

Test(at_resync, a_modem_without_S_registers_is_asked_a_bare_AT)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, no_registers);
	submit(&a, "AT+A", 100, 0, 0);
	submit(&b, "AT+B", 100, 0, 0);
	run_ms(&f, 5000);
	cr_assert_notes(&f, "a:timeout b:OK");
	cr_assert_str_eq(f.heard, "AT+A|ATS4?|ATS5?|AT|AT+B|");

	submit(&a, "AT+A", 100, 0, 0);
	submit(&b, "AT+B", 100, 0, 0);
	run_ms(&f, 100 + 200 + 199);
	cr_assert_eq(b.n_done, 1);
	run_ms(&f, 1);
	cr_assert_eq(b.n_done, 2);
	cr_assert_str_eq(f.heard, "AT+A|ATS4?|ATS5?|AT|AT+B|AT+A|AT|AT+B|");
	fixture_close(&f);
}

Test(at_resync, a_second_OK_behind_the_bare_AT_is_not_trusted)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, no_registers);
	submit(&a, "AT+A", 100, 0, 0);
	run_ms(&f, 5000);
	f.n_heard = 0;
	memset(f.heard, 0, sizeof(f.heard));

	submit(&a, "AT+A", 100, 0, 0);
	submit(&b, "AT+B", 100, 0, 0);
	modem_says_in(&f, 100 + 200 + 100, OK); /* in the middle of settling */
	run_ms(&f, 5000);
	cr_assert_eq(b.error, 0);
	cr_assert_str_eq(f.heard, "AT+A|AT|AT|AT+B|");
	fixture_close(&f);
}

Test(at_resync, one_late_ERROR_is_no_reason_to_do_without_registers)
{
	static const struct answer_row answers[] = {
		{"AT+A", 310, "\r\nERROR\r\n"},
		{"ATS4?", 500, "\r\n010\r\n\r\nOK\r\n"},
		{0},
	};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, answers);
	submit(&a, "AT+A", 100, 0, 0);
	run_ms(&f, 5000);
	cr_assert_str_eq(f.heard, "AT+A|ATS4?|");
	fixture_close(&f);
}

static void restart_when_stuck(struct fixture *f, const char *what)
{
	if (strcmp(what, "stuck") == 0)
		at_queue_restart(f->queue);
}

static const struct answer_row dead[] = {
	{"AT", 0, NULL}, {"ATS3?", 0, NULL}, {"ATS4?", 0, NULL}, {"ATS5?", 0, NULL}, {0}};

Test(at_resync, a_dead_modem_is_stuck_until_restarted)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"},
		       c = {.f = &f, .name = "c"};

	fixture_open(&f, dead);
	at_queue_restart(f.queue); /* not stuck: nothing */
	submit(&a, "AT", 100, 0, 0);
	submit(&b, "AT", 100, 0, 0);
	run_ms(&f, 100 + 3 * (AT_RESYNC_QUIET_MS + AT_RESYNC_PROBE_MS) - 1);
	cr_assert_notes(&f, "a:timeout");
	run_ms(&f, 1);
	cr_assert_notes(&f, "a:timeout stuck: b:timeout");
	cr_assert_eq(submit(&c, "AT", 100, 0, 0), -ETIMEDOUT);
	modem_says(&f, "\r\nRING\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:timeout stuck: b:timeout unsol:RING");

	f.answers = NULL; /* the modem lives again */
	at_queue_restart(f.queue);
	cr_assert_eq(submit(&c, "AT", 100, 0, 0), 0);
	run_ms(&f, 250);
	modem_says(&f, OK);
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:timeout stuck: b:timeout unsol:RING c:OK");
	fixture_close(&f);
}

Test(at_resync, restart_from_inside_on_stuck)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, dead);
	f.hook = restart_when_stuck;
	submit(&a, "AT", 100, 0, 0);
	run_ms(&f, 8000);
	cr_assert_notes(&f, "a:timeout stuck: stuck:");
	fixture_close(&f);
}

Test(at_resync, a_command_that_cannot_even_be_sent)
{
	const struct hal_stream_mem_limits closed = {.capacity = 1};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, NULL);
	hal_stream_set_handler(f.modem, NULL, NULL); /* the modem does not read */
	hal_stream_mem_set_limits(f.modem, &closed);
	submit(&a, "ATD1", 1000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	submit(&b, "AT", 1000, 0, 7);
	cr_assert_eq(at_queue_abort(f.queue, 7, 500), 0);
	run_ms(&f, 5000);
	cr_assert_notes(&f, "a:timeout stuck: b:timeout");
	fixture_close(&f);
}

Test(at_resync, an_abort_that_could_not_be_sent_in_time_is_not_sent_at_all)
{
	const struct hal_stream_mem_limits closed = {.capacity = 1}, open = {0};
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};
	hal_stream_fn on_modem;

	fixture_open(&f, NULL);
	on_modem = f.modem->fn;
	hal_stream_set_handler(f.modem, NULL, NULL);
	hal_stream_mem_set_limits(f.modem, &closed);
	submit(&a, "ATD1", 60000, AT_CMD_CALL | AT_CMD_ABORTABLE, 7);
	submit(&b, "ATD2", 1000, AT_CMD_CALL, 0);
	run_ms(&f, 50);
	at_queue_cancel_group(f.queue, 7);
	run_ms(&f, 190);
	hal_stream_set_handler(f.modem, on_modem, &f);
	hal_stream_mem_set_limits(f.modem, &open);
	run_ms(&f, 500);
	cr_assert_str_eq(f.heard, "ATD1|ATS4?|ATD2|");
	fixture_close(&f);
}
