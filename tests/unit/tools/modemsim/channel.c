/* SPDX-License-Identifier: MIT */
/* The line between two modems: how fast it is and how long. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <string.h>

TestSuite(modemsim_channel);

#define NO_CONTROL "AT+ES=0\r"

static void shape(struct port *port, uint32_t speed, uint32_t latency_ms)
{
	struct sim_modem_options options = *sim_modem_options(port->modem);

	options.speed = speed;
	options.latency_ms = latency_ms;
	sim_modem_set_options(port->modem, &options);
}

static void fill(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 256);
}

/* As much of it as is taken. @return bytes taken */
static size_t offer(struct port *port, const char *data, size_t len)
{
	ssize_t n = len > 0 ? hal_stream_write(port->dte, data, len) : 0;

	return n > 0 ? (size_t)n : 0;
}

Test(modemsim_channel, bytes_leave_no_faster_than_the_line_and_no_slower)
{
	static const struct {
		const char *name;
		const char *setup;
		uint32_t speed;
		uint64_t bits; /* of 2000 bytes */
	} lines[] = {
		{"frames", "AT\r", 33600, (2000 + 16 * 6) * 8},
		{"frames, slow", "AT\r", 1200, (2000 + 16 * 6) * 8},
		{"frames, fast", "AT\r", 4000000, (2000 + 16 * 6) * 8},
		{"characters", NO_CONTROL, 33600, 2000 * 10},
		{"characters, slow", NO_CONTROL, 300, 2000 * 10},
		{"characters, fast", NO_CONTROL, 1000000, 2000 * 10},
	};
	char data[2000];

	fill(data, sizeof(data));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		uint64_t us = lines[i].bits * 1000000 / lines[i].speed, begin;
		struct fixture f;
		struct port *a = &f.port[0], *b = &f.port[1];

		fixture_init(&f);
		shape(a, lines[i].speed, 0);
		expect(&f, a, lines[i].setup, "\r\nOK\r\n");
		connect_ports(&f);
		begin = f.clock.now_us;
		say_bytes(a, data, sizeof(data));
		for (uint64_t t = 10; t > 0; t--) {
			uint64_t then = begin + us - us * t / 10;

			(void)hal_loop_run_virtual(f.loop, &f.clock, then, NULL, NULL);
			hal_clock_virtual_set(&f.clock, then);
			cr_expect_leq(b->heard_len * 8 * 1000000, (then - begin) * lines[i].speed,
				      "%s: %zu bytes", lines[i].name, b->heard_len);
		}
		cr_expect_lt(b->heard_len, sizeof(data), "%s", lines[i].name);
		(void)hal_loop_run_virtual(f.loop, &f.clock, begin + us + 1, NULL, NULL);
		cr_expect_eq(b->heard_len, sizeof(data), "%s: %zu bytes", lines[i].name,
			     b->heard_len);
		cr_expect_arr_eq(b->heard, data, sizeof(data), "%s", lines[i].name);
		fixture_fini(&f);
	}
}

Test(modemsim_channel, what_is_told_is_the_speed_of_the_slower_one)
{
	static const struct {
		const char *name;
		uint32_t a, b;
		const char *heard;
	} pairs[] = {
		{"none", 0, 0, "\r\n+MCR: V34\r\n\r\n+MRR: 33600\r\n\r\nCONNECT 33600\r\n"},
		{"ours", 2400, 0, "\r\n+MCR: V22B\r\n\r\n+MRR: 2400\r\n\r\nCONNECT 2400\r\n"},
		{"theirs", 0, 14400, "\r\n+MCR: V32B\r\n\r\n+MRR: 14400\r\n\r\nCONNECT 14400\r\n"},
		{"both", 56000, 28800, "\r\n+MCR: V34\r\n\r\n+MRR: 28800\r\n\r\nCONNECT 28800\r\n"},
		{"faster than any", 4000000, 0,
		 "\r\n+MCR: V90\r\n\r\n+MRR: 4000000\r\n\r\nCONNECT 4000000\r\n"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct fixture f;
		struct port *a = &f.port[0], *b = &f.port[1];

		fixture_init(&f);
		shape(a, pairs[i].a, 0);
		shape(b, pairs[i].b, 0);
		expect(&f, a, "AT+MR=1\r", "\r\nOK\r\n");
		forget(a);
		say(a, "ATD102\r");
		run_ms(&f, 200);
		say(b, "ATA\r");
		run_ms(&f, 300);
		cr_expect_str_eq(a->heard, pairs[i].heard, "%s: %s", pairs[i].name, a->heard);
		fixture_fini(&f);
	}
}

Test(modemsim_channel, bytes_arrive_as_much_later_as_both_lines_are_long)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	shape(a, 0, 100);
	shape(b, 0, 50);
	connect_ports(&f);
	say(a, "there");
	say(b, "back");
	run_ms(&f, 149);
	expect_heard(b, "");
	expect_heard(a, "");
	run_ms(&f, 2);
	expect_heard(b, "there");
	expect_heard(a, "back");
	say(a, "1");
	run_ms(&f, 100);
	say(a, "2");
	run_ms(&f, 51);
	expect_heard(b, "there1");
	run_ms(&f, 100);
	expect_heard(b, "there12");
	fixture_fini(&f);
}

/* Speed times length is more than the modems' buffers hold. */
Test(modemsim_channel, a_long_line_is_as_fast_as_a_short_one)
{
	char data[15000];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];
	size_t sent = 0;

	fill(data, sizeof(data));
	fixture_init(&f);
	shape(a, 56000, 1000);
	connect_ports(&f);
	for (int ms = 0; ms < 3300; ms++) {
		sent += offer(a, data + sent, sizeof(data) - sent);
		run_ms(&f, 1);
	}
	/* 118 frames in 2.245 s. */
	cr_assert_eq(b->heard_len, sizeof(data));
	cr_assert_arr_eq(b->heard, data, sizeof(data));
	fixture_fini(&f);
}

Test(modemsim_channel, a_dte_faster_than_the_line_is_held_up_by_cts_and_loses_nothing)
{
	static const struct {
		const char *name;
		const char *setup;
		bool by_cts;
	} cases[] = {{"by CTS", "AT\r", true}, {"by none", "AT+IFC=0,0\r", false}};
	char data[30000];

	fill(data, sizeof(data));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct port *a = &f.port[0], *b = &f.port[1];
		unsigned int held = 0;
		size_t sent = 0;

		fixture_init(&f);
		shape(b, 33600, 0);
		expect(&f, a, cases[i].setup, "\r\nOK\r\n");
		connect_ports(&f);
		cr_assert(lines_of(a) & HAL_STREAM_CTS);
		for (int ms = 0; ms < 8000; ms++) {
			sent += offer(a, data + sent, sizeof(data) - sent);
			run_ms(&f, 1);
			held += !(lines_of(a) & HAL_STREAM_CTS);
			/* Both buffers of the memory pair are 4096 as well. */
			cr_assert_leq(sent, b->heard_len + 3 * 4096, "%s", cases[i].name);
		}
		cr_expect_eq(held > 1000, cases[i].by_cts, "%s: %u", cases[i].name, held);
		cr_assert(lines_of(a) & HAL_STREAM_CTS);
		cr_assert_eq(b->heard_len, sizeof(data), "%s: %zu", cases[i].name, b->heard_len);
		cr_assert_arr_eq(b->heard, data, sizeof(data));
		cr_assert_eq(sim_modem_stats(a->modem)->lost, 0);
		cr_assert_eq(sim_modem_stats(a->modem)->bytes_tx, sizeof(data));
		fixture_fini(&f);
	}
}

Test(modemsim_channel, a_reader_that_stops_holds_the_sender_up)
{
	char data[30000];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];
	size_t sent = 0;

	fill(data, sizeof(data));
	fixture_init(&f);
	shape(b, 1000000, 10);
	connect_ports(&f);
	b->deaf = true;
	for (int ms = 0; ms < 1000; ms++) {
		sent += offer(a, data + sent, sizeof(data) - sent);
		run_ms(&f, 1);
	}
	cr_assert_lt(sent, sizeof(data), "it is held up");
	b->deaf = false;
	cr_assert_eq(hal_stream_want_read(b->dte, true), 0);
	for (int ms = 0; ms < 1000; ms++) {
		sent += offer(a, data + sent, sizeof(data) - sent);
		run_ms(&f, 1);
	}
	cr_assert_eq(b->heard_len, sizeof(data));
	cr_assert_arr_eq(b->heard, data, sizeof(data));
	fixture_fini(&f);
}

Test(modemsim_channel, an_escape_is_heard_while_bytes_wait_for_the_line)
{
	char data[4000];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	memset(data, 'x', sizeof(data));
	fixture_init(&f);
	shape(a, 2400, 0);
	connect_ports(&f);
	say_bytes(a, data, sizeof(data));
	escape(&f, a);
	cr_assert_lt(b->heard_len, sizeof(data) / 2);
	expect(&f, a, "ATO\r", "\r\nCONNECT 2400\r\n");
	run_ms(&f, 20000);
	cr_assert_eq(b->heard_len, sizeof(data) + 3, "and with it the sequence itself");
	fixture_fini(&f);
}

/* It was us who did not let the DTE say more before it. */
Test(modemsim_channel, a_pause_that_flow_control_makes_is_no_guard_time)
{
	char data[32768];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];
	size_t sent = 0;

	memset(data, 'x', sizeof(data));
	fixture_init(&f);
	shape(a, 33600, 0);
	connect_ports(&f);
	b->deaf = true;
	for (int ms = 0; ms < 20000; ms++) {
		sent += offer(a, data, sizeof(data));
		run_ms(&f, 1);
	}
	cr_assert_eq(offer(a, data, sizeof(data)), 0);
	b->deaf = false;
	cr_assert_eq(hal_stream_want_read(b->dte, true), 0);
	for (int ms = 0; ms < 20000 && offer(a, "+++", 3) == 0; ms++)
		run_ms(&f, 1);
	run_ms(&f, 20000);
	cr_assert_eq(sim_modem_state(a->modem), SIM_MODEM_ONLINE);
	cr_assert_eq(b->heard_len, sent + 3);
	fixture_fini(&f);
}

Test(modemsim_channel, what_has_left_arrives_when_the_call_ends_and_the_rest_is_counted)
{
	char data[4000];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];
	const struct sim_modem_stats *stats;

	fill(data, sizeof(data));
	fixture_init(&f);
	shape(a, 9600, 200);
	connect_ports(&f);
	stats = sim_modem_stats(a->modem);
	say_bytes(a, data, sizeof(data));
	run_ms(&f, 1000);
	cr_assert_eq(b->heard_len, 7 * 128, "0.8 s of the 1.0 s have arrived");
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 1);
	cr_assert_eq(b->heard_len, 8 * 128, "and what left before 1.0 s");
	cr_assert_arr_eq(b->heard, data, b->heard_len);
	cr_assert_eq(stats->bytes_tx, b->heard_len);
	cr_assert_eq(stats->bytes_tx + stats->lost, sizeof(data));
	run_ms(&f, 2000);
	fixture_fini(&f);
}

Test(modemsim_channel, a_call_changes_its_speed)
{
	char data[3000];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fill(data, sizeof(data));
	fixture_init(&f);
	shape(a, 1200, 0);
	connect_ports(&f);
	say_bytes(a, data, sizeof(data));
	run_ms(&f, 1000);
	cr_assert_eq(b->heard_len, 128);
	shape(b, 300, 0);
	run_ms(&f, 3000);
	cr_assert_leq(b->heard_len, 2 * 128);
	shape(b, 0, 0);
	shape(a, 0, 0);
	run_ms(&f, 4000);
	cr_assert_eq(b->heard_len, sizeof(data), "no limit any more");
	cr_assert_arr_eq(b->heard, data, sizeof(data));
	fixture_fini(&f);
}

Test(modemsim_channel, an_echo_comes_back_at_the_speed_of_the_line)
{
	static const struct sim_number echo = {.pattern = "5", .service = SIM_SERVICE_ECHO};
	char data[1024];
	struct fixture f;
	struct port *a = &f.port[0];

	fill(data, sizeof(data));
	fixture_init(&f);
	cr_assert_eq(sim_exchange_add_number(f.exchange, &echo), 0);
	shape(a, 9600, 0);
	expect_after(&f, a, "ATD5\r", 1000, "\r\nCONNECT 9600\r\n");
	forget(a);
	say_bytes(a, data, sizeof(data));
	run_ms(&f, 893);
	cr_assert_eq(a->heard_len, 7 * 128);
	run_ms(&f, 1);
	cr_assert_eq(a->heard_len, sizeof(data));
	cr_assert_arr_eq(a->heard, data, sizeof(data));
	fixture_fini(&f);
}
