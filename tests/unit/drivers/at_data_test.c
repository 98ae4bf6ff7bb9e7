/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "at_fixture.h"

#define DIAL (AT_CMD_CALL | AT_CMD_DATA | AT_CMD_ABORTABLE)

static void go_online(struct fixture *f, const struct hal_stream_mem_limits *limits)
{
	static const struct answer_row answers[] = {
		{"ATD1", 0, "\r\nCONNECT 9600\r\n"}, {"ATH", 0, "\r\nOK\r\n"}, {0}};
	static struct command dial;

	fixture_open_with(f, answers, limits);
	dial = (struct command){.f = f, .name = "dial"};
	submit(&dial, "ATD1", 60000, DIAL, 0);
	run_ms(f, 10);
	cr_assert_notes(f, "open: dial:CONNECT 9600");
	cr_assert(at_queue_in_data(f->queue));
	forget_notes(f);
	memset(f->heard, 0, sizeof(f->heard));
	f->n_heard = 0;
}

Test(at_data, data_behind_CONNECT_is_data_wherever_chunks_end)
{
	static const char says[] = "\r\nCONNECT 9600\r\nOK\r\n\nx";
	const size_t len = sizeof(says) - 1;

	for (size_t at = 0; at <= len; at++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};
		char first[64] = "", all[64] = "", *pos;

		fixture_open(&f, NULL);
		submit(&a, "ATD1", 60000, DIAL, 0);
		memcpy(first, says, at);
		modem_says(&f, first);
		run_ms(&f, 1);
		modem_says(&f, says + at);
		run_ms(&f, 1);
		/* data may come in two pieces */
		for (pos = f.notes; (pos = strstr(pos, "data:")); pos++) {
			size_t n = strcspn(pos + 5, " ");

			strncat(all, pos + 5, n);
		}
		cr_assert_str_eq(all, "OK\\x0d\\x0a\\x0ax", "%zu: %s", at, f.notes);
		cr_assert_eq(strncmp(f.notes, "a:CONNECT 9600 ", 15), 0);
		fixture_close(&f);
	}
}

Test(at_data, without_the_flag_CONNECT_stays_in_command_state)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, NULL);
	submit(&a, "ATD1", 60000, AT_CMD_CALL, 0);
	modem_says(&f, "\r\nCONNECT\r\nRING\r\n");
	run_ms(&f, 1);
	cr_assert_notes(&f, "a:CONNECT unsol:RING");
	cr_assert_not(at_queue_in_data(f.queue));
	fixture_close(&f);
}

Test(at_data, commands_are_refused_online_and_go_on_afterwards)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"}, b = {.f = &f, .name = "b"};

	fixture_open(&f, NULL);
	submit(&a, "ATD1", 60000, DIAL, 0);
	submit(&b, "AT+B", 1000, 0, 0);
	modem_says(&f, "\r\nCONNECT\r\n");
	run_ms(&f, 5000);
	cr_assert_eq(submit(&b, "AT", 1000, 0, 0), -EBUSY);
	cr_assert_str_eq(f.heard, "ATD1|");
	at_queue_leave_data(f.queue, false);
	run_ms(&f, 10);
	cr_assert_str_eq(f.heard, "ATD1|AT+B|");
	modem_says(&f, "\r\nNO CARRIER\r\n\r\nOK\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:CONNECT unsol:NO CARRIER b:OK");
	fixture_close(&f);
}

Test(at_data, leaving_without_trust_resynchronises)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	modem_says(&f, "half a li");
	run_ms(&f, 1);
	at_queue_leave_data(f.queue, true);
	submit(&a, "ATH", 1000, AT_CMD_HOOK, 0);
	modem_says(&f, "ne\r\nNO CARRIER\r\n\r\nOK\r\n");
	run_ms(&f, 1000);
	cr_assert_notes(&f, "data:half a li unsol:ne unsol:NO CARRIER a:OK");
	cr_assert_str_eq(f.heard, "ATS4?|ATH|");
	at_queue_leave_data(f.queue, true); /* at any time */
	run_ms(&f, 1000);
	cr_assert_str_eq(f.heard, "ATS4?|ATH|ATS5?|");
	fixture_close(&f);
}

static void answer_by_itself(struct fixture *f, const char *what)
{
	if (strcmp(what, "unsol") == 0)
		at_queue_enter_data(f->queue);
}

Test(at_data, the_modem_may_answer_by_itself)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	fixture_open(&f, NULL);
	f.hook = answer_by_itself;
	submit(&a, "AT+POLL", 1000, 0, 0);
	modem_says(&f, "\r\nCONNECT\r\nabc");
	run_ms(&f, 5000);
	cr_assert_notes(&f, "unsol:CONNECT data:abc a:cancelled");
	at_queue_enter_data(f.queue);
	cr_assert(at_queue_in_data(f.queue));
	fixture_close(&f);
}

Test(at_data, writes_return_what_was_taken)
{
	const struct hal_stream_mem_limits tight = {.capacity = 16};
	struct fixture f;

	go_online(&f, &tight);
	cr_assert_eq(at_queue_write_data(f.queue, "", 0), 0);
	cr_assert_eq(at_queue_write_data(f.queue, "0123456789abcdefgh", 18), 16);
	cr_assert_eq(at_queue_write_data(f.queue, "gh", 2), -EAGAIN);
	cr_assert_notes(&f, "");
	run_ms(&f, 1);
	cr_assert_notes(&f, "writable:");
	cr_assert_eq(at_queue_write_data(f.queue, "gh", 2), 2);
	run_ms(&f, 1);
	cr_assert_notes(&f, "writable:");
	cr_assert_str_eq(f.heard, "0123456789abcdefgh");
	at_queue_leave_data(f.queue, false);
	cr_assert_eq(at_queue_write_data(f.queue, "x", 1), -ENOTCONN);
	fixture_close(&f);
}

Test(at_data, a_refused_write_may_be_tried_again_at_once)
{
	const struct hal_stream_mem_limits tight = {.capacity = 16}, wide = {0};
	struct fixture f;

	go_online(&f, NULL);
	hal_stream_mem_set_limits(f.modem, &tight);
	cr_assert_eq(at_queue_write_data(f.queue, "0123456789abcdef", 16), 16);
	cr_assert_eq(at_queue_write_data(f.queue, "gh", 2), -EAGAIN);
	cr_assert_eq(at_queue_write_data(f.queue, "gh", 2), -EAGAIN);
	hal_stream_mem_set_limits(f.modem, &wide);
	cr_assert_eq(at_queue_write_data(f.queue, "gh", 2), 2);
	cr_assert_notes(&f, "");
	run_ms(&f, 1);
	cr_assert_notes(&f, "writable:"); /* which was promised, and comes once */
	run_ms(&f, 1);
	cr_assert_notes(&f, "writable:");
	cr_assert_str_eq(f.heard, "0123456789abcdefgh");
	fixture_close(&f);
}

/* Escape: guard 1000 ms, OK within 500 ms more */

static int escape(struct command *c)
{
	return at_queue_escape(c->f->queue, 1000, 500, on_command_done, c, 7);
}

Test(at_data, the_escape_keeps_its_guard_times)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	run_ms(&f, 5000);
	at_queue_write_data(f.queue, "x", 1);
	run_ms(&f, 300);
	cr_assert_eq(escape(&a), 0);
	cr_assert_eq(escape(&a), -EBUSY);
	cr_assert_eq(at_queue_write_data(f.queue, "y", 1), -EAGAIN);
	run_ms(&f, 699);
	cr_assert_str_eq(f.heard, "x");
	run_ms(&f, 1);
	cr_assert_str_eq(f.heard, "x+++");
	modem_says_in(&f, 600, "abc");
	modem_says_in(&f, 1000, "\r\nOK\r\n\r\nRING\r\n");
	run_ms(&f, 2000);
	cr_assert_notes(&f, "data:abc a:OK unsol:RING");
	cr_assert_not(at_queue_in_data(f.queue));
	cr_assert_eq(escape(&a), -ENOTCONN);
	fixture_close(&f);
}

Test(at_data, the_guard_time_begins_when_the_port_has_sent_everything)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	(void)hal_stream_want_read(f.modem, false);
	at_queue_write_data(f.queue, "x", 1);
	cr_assert_eq(escape(&a), 0);
	run_ms(&f, 480);
	(void)hal_stream_want_read(f.modem, true);
	run_ms(&f, 999);
	cr_assert_str_eq(f.heard, "x");
	run_ms(&f, 20);
	cr_assert_str_eq(f.heard, "x+++");
	modem_says_in(&f, 1000, "\r\nOK\r\n");
	run_ms(&f, 2000);
	cr_assert_notes(&f, "a:OK");
	fixture_close(&f);
}

Test(at_data, a_port_that_sends_nothing_ends_the_escape)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	(void)hal_stream_want_read(f.modem, false);
	at_queue_write_data(f.queue, "x", 1);
	cr_assert_eq(escape(&a), 0);
	run_ms(&f, 499);
	cr_assert_notes(&f, "");
	run_ms(&f, 20);
	cr_assert_notes(&f, "a:timeout");
	cr_assert(at_queue_in_data(f.queue));
	(void)hal_stream_want_read(f.modem, true);
	run_ms(&f, 5000);
	cr_assert_str_eq(f.heard, "x");
	fixture_close(&f);
}

Test(at_data, without_traffic_before_the_escape_is_sent_at_once)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	run_ms(&f, 1000);
	cr_assert_eq(escape(&a), 0);
	run_ms(&f, 0);
	cr_assert_str_eq(f.heard, "+++");
	fixture_close(&f);
}

Test(at_data, escape_outcomes)
{
	static const struct {
		const char *name;
		uint32_t delay_ms;
		const char *says, *notes;
		bool online;
	} rows[] = {
		{"OK", 1000, "OK\r\n", "a:OK", false},
		{"call is over", 1000, "NO CARRIER\r\n", "a:NO CARRIER", false},
		{"no answer", 1501, "", "a:timeout", true},
		{"in the last moment", 1499, "OK\r\n", "a:OK", false},
		{"early, and the last", 499, "\r\nOK\r\n", "a:OK", false},
		{"early, and more behind it", 499, "\r\nOK\r\nabc",
		 "data:\\x0d\\x0aOK\\x0d\\x0aabc a:timeout", true},
		{"early, and another line behind it", 999, "\r\nOK\r\nabc\r\n",
		 "data:\\x0d\\x0aOK\\x0d\\x0aabc data:\\x0d\\x0a a:timeout", true},
		{"over, early, and the last", 999, "NO CARRIER\r\n", "data:NO CARRIER a:NO CARRIER",
		 false},
		{"other words", 1000, "OK see you\r\n", "data:OK see you data:\\x0d\\x0a a:timeout",
		 true},
		{"ERROR", 1000, "ERROR\r\n", "data:ERROR data:\\x0d\\x0a a:timeout", true},
		{"data and OK", 1000, "one\r\ntwo\r\n\r\nOK\r\nRING\r\n",
		 "data:one\\x0d\\x0atwo\\x0d\\x0a a:OK unsol:RING", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		go_online(&f, NULL);
		run_ms(&f, 1000);
		escape(&a);
		modem_says_in(&f, rows[i].delay_ms, rows[i].says);
		run_ms(&f, 3000);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		cr_assert_eq(at_queue_in_data(f.queue), rows[i].online, "%s", rows[i].name);
		cr_assert_eq(a.n_done, 1);
		fixture_close(&f);
	}
}

Test(at_data, writers_wait_until_a_failed_escape_is_over)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	run_ms(&f, 1000);
	escape(&a);
	cr_assert_eq(at_queue_write_data(f.queue, "x", 1), -EAGAIN);
	run_ms(&f, 1499);
	cr_assert_notes(&f, "");
	run_ms(&f, 2);
	cr_assert_notes(&f, "a:timeout writable:");
	cr_assert_eq(at_queue_write_data(f.queue, "x", 1), 1);
	fixture_close(&f);
}

Test(at_data, data_after_a_failed_escape_is_complete)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	run_ms(&f, 1000);
	escape(&a);
	run_ms(&f, 1499);
	modem_says(&f, "x\r");
	run_ms(&f, 1);
	modem_says(&f, "\ny");
	run_ms(&f, 10);
	cr_assert_notes(&f, "data:x data:\\x0d a:timeout data:\\x0ay");
	fixture_close(&f);
}

Test(at_data, the_escape_ends_with_what_ends_it)
{
	static const struct {
		const char *name;
		uint32_t at_ms;
		char what;
		const char *notes;
	} rows[] = {
		{"cancelled in the guard", 500, 'c', "a:cancelled"},
		{"cancelled behind +++", 1500, 'c', "a:cancelled"},
		{"lost in the guard", 500, 'l', "lost: a:nodev"},
		{"lost behind +++", 1500, 'l', "lost: a:nodev"},
		{"left in the guard", 500, 'd', "a:cancelled"},
		{"left behind +++", 1500, 'd', "a:cancelled"},
		{"freed behind +++", 1500, 'f', ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};

		go_online(&f, NULL);
		at_queue_write_data(f.queue, "x", 1);
		escape(&a);
		run_ms(&f, rows[i].at_ms);
		at_queue_cancel_group(f.queue, 8);
		if (rows[i].what == 'c')
			at_queue_cancel_group(f.queue, 7);
		if (rows[i].what == 'l')
			hal_stream_mem_unplug(f.modem);
		if (rows[i].what == 'd')
			at_queue_leave_data(f.queue, false);
		if (rows[i].what == 'f') {
			at_queue_free(f.queue);
			f.queue = NULL;
		}
		cr_assert_notes(&f, "");
		run_ms(&f, 5000);
		cr_assert_str_eq(f.notes, rows[i].notes, "%s: %s", rows[i].name, f.notes);
		fixture_close(&f);
	}
}

Test(at_data, a_cancelled_escape_is_seen_when_it_works_all_the_same)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	run_ms(&f, 1000);
	escape(&a);
	run_ms(&f, 500);
	at_queue_cancel_group(f.queue, 7);
	at_queue_cancel_group(f.queue, 7);
	run_ms(&f, 500);
	modem_says(&f, "\r\nOK\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "a:cancelled");
	cr_assert_not(at_queue_in_data(f.queue));
	fixture_close(&f);
}

static void leave_on_data(struct fixture *f, const char *what)
{
	if (strcmp(what, "data") == 0)
		at_queue_leave_data(f->queue, false);
}

Test(at_data, the_owner_may_leave_from_inside_on_data)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	f.hook = leave_on_data;
	run_ms(&f, 1000);
	escape(&a);
	run_ms(&f, 900);
	modem_says(&f, "abc\r\nOK\r\n");
	run_ms(&f, 10);
	cr_assert_notes(&f, "data:abc a:cancelled");
	cr_assert_not(at_queue_in_data(f.queue));
	fixture_close(&f);
}

Test(at_data, the_escapes_own_answer_is_no_data_wherever_chunks_end)
{
	static const char says[] = "ab\r\nc\r\n\r\nOK\r\n";
	const size_t len = sizeof(says) - 1;

	for (size_t at = 1; at < len; at++) {
		struct fixture f;
		struct command a = {.f = &f, .name = "a"};
		char first[32] = "", all[64] = "", *pos;

		go_online(&f, NULL);
		run_ms(&f, 1000);
		escape(&a);
		run_ms(&f, 1000);
		memcpy(first, says, at);
		modem_says(&f, first);
		run_ms(&f, 1);
		modem_says(&f, says + at);
		run_ms(&f, 1);
		for (pos = f.notes; (pos = strstr(pos, "data:")); pos++)
			strncat(all, pos + 5, strcspn(pos + 5, " "));
		cr_assert_str_eq(all, "ab\\x0d\\x0ac\\x0d\\x0a", "%zu: %s", at, f.notes);
		cr_assert_eq(a.n_done, 1);
		fixture_close(&f);
	}
}

/* Times in ms at which something is written; what the modem has heard so far, at other times. */
Test(at_data, three_pluses_of_the_users_are_no_escape)
{
	static const struct {
		const char *name, *first, *second;
		uint32_t gap_ms;
		const char *soon, *later; /* after the second one; after the pause */
	} rows[] = {
		{"alone", "+++", "", 0, "++", "+++"},
		{"one by one", "++", "+", 5000, "++", "+++"},
		{"behind data", "abc+++", "", 0, "abc++", "abc+++"},
		{"before data", "+++", "abc", 10, "+++abc", "+++abc"},
		{"before data, late", "+++", "abc", 1400, "+++abc", "+++abc"},
		{"two", "++", "", 0, "++", "++"},
		{"four", "++++", "", 0, "++++", "++++"},
		{"three and one", "+++", "+", 10, "++++", "++++"},
		{"three and three", "+++", "+++", 10, "++++++", "++++++"},
		{"three, data, three", "+++", "x+++", 10, "+++x++", "+++x+++"},
		{"in data", "a+++b", "", 0, "a+++b", "a+++b"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].second);
		struct fixture f;

		go_online(&f, NULL);
		run_ms(&f, 3000);
		cr_assert_eq(at_queue_write_data(f.queue, rows[i].first, strlen(rows[i].first)),
			     (ssize_t)strlen(rows[i].first), "%s", rows[i].name);
		run_ms(&f, rows[i].gap_ms);
		cr_assert_eq(at_queue_write_data(f.queue, rows[i].second, len), (ssize_t)len);
		run_ms(&f, 1000);
		cr_assert_str_eq(f.heard, rows[i].soon, "%s: %s", rows[i].name, f.heard);
		run_ms(&f, 1000);
		cr_assert_str_eq(f.heard, rows[i].later, "%s: %s", rows[i].name, f.heard);
		cr_assert_eq(at_queue_unsent(f.queue, false), 0);
		fixture_close(&f);
	}
}

Test(at_data, a_plus_that_waits_is_unsent_and_goes_before_an_escape)
{
	struct fixture f;
	struct command a = {.f = &f, .name = "a"};

	go_online(&f, NULL);
	cr_assert_eq(at_queue_write_data(f.queue, "+++", 3), 3);
	run_ms(&f, 1);
	cr_assert_eq(at_queue_unsent(f.queue, false), 1);
	cr_assert_eq(escape(&a), 0);
	run_ms(&f, 999);
	cr_assert_str_eq(f.heard, "+++", "the user's, in two pieces");
	run_ms(&f, 999);
	cr_assert_str_eq(f.heard, "+++");
	run_ms(&f, 10);
	cr_assert_str_eq(f.heard, "++++++");
	fixture_close(&f);

	go_online(&f, NULL);
	cr_assert_eq(at_queue_write_data(f.queue, "+++", 3), 3);
	cr_assert_eq(at_queue_unsent(f.queue, true), 3, "nobody has read the two either");
	run_ms(&f, 5000);
	cr_assert_str_eq(f.heard, "");
	cr_assert_eq(at_queue_unsent(f.queue, true), 0);
	fixture_close(&f);
}

Test(at_data, can_be_taken_straight_from_the_stream)
{
	char buf[64];
	struct fixture f;

	go_online(&f, NULL);
	cr_assert_eq(at_queue_read_data(f.queue, buf, sizeof(buf)), -EAGAIN);
	modem_says(&f, "abc");
	cr_assert_eq(at_queue_read_data(f.queue, buf, sizeof(buf)), 3);
	run_ms(&f, 1);
	cr_assert_notes(&f, "");
	modem_says(&f, "def");
	at_queue_drain_data(f.queue);
	cr_assert_notes(&f, "data:def");
	at_queue_leave_data(f.queue, false);
	cr_assert_eq(at_queue_read_data(f.queue, buf, sizeof(buf)), -EAGAIN);
	hal_stream_mem_unplug(f.modem);
	run_ms(&f, 1);
	cr_assert_eq(at_queue_read_data(f.queue, buf, sizeof(buf)), -ENODEV);
	cr_assert_eq(at_queue_unsent(f.queue, true), 0);
	fixture_close(&f);
}
