/* SPDX-License-Identifier: MIT */
/* Two modems and the exchange: setting up calls, services, voice. data.c has the rest of a call. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/tools/modemsim/alloc.h"

TestSuite(modemsim_calls);

static void set_voice(struct port *port)
{
	struct sim_modem_options options = *sim_modem_options(port->modem);

	options.voice = true;
	sim_modem_set_options(port->modem, &options);
}

static void set_flash(struct port *port)
{
	struct sim_modem_options options = *sim_modem_options(port->modem);

	options.flash_holds = true;
	sim_modem_set_options(port->modem, &options);
}

static void set_vcon(struct port *port)
{
	struct sim_modem_options options = *sim_modem_options(port->modem);

	options.says_vcon = true;
	sim_modem_set_options(port->modem, &options);
}

static void add_number(struct fixture *f, const char *pattern, enum sim_service service,
		       uint32_t answer_ms, uint32_t hangup_ms)
{
	struct sim_number number = {
		.service = service, .answer_ms = answer_ms, .hangup_ms = hangup_ms};

	hal_slice_copy(hal_slice_str(pattern), number.pattern, sizeof(number.pattern));
	cr_assert_eq(sim_exchange_add_number(f->exchange, &number), 0, "%s", pattern);
}

/* ---- set-up ---- */

Test(modemsim_calls, a_dialled_modem_rings_answers_and_both_connect)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	expect(&f, a, "ATDT102\r", "");
	cr_assert_eq(sim_modem_state(a->modem), SIM_MODEM_DIALING);
	cr_assert(sim_modem_is_off_hook(a->modem));
	forget(b);
	run_ms(&f, 200);
	expect_heard(b, "\r\nRING\r\n");
	cr_assert(lines_of(b) & HAL_STREAM_RI);
	cr_assert(sim_modem_is_ringing(b->modem));
	cr_assert_eq(sim_exchange_calls(f.exchange), 1);

	expect_after(&f, b, "ATA\r", 190, "");
	cr_assert_not(lines_of(b) & HAL_STREAM_RI);
	cr_assert_not(lines_of(b) & HAL_STREAM_DCD);
	run_ms(&f, 20);
	expect_heard(a, "\r\nCONNECT 33600\r\n");
	expect_heard(b, "\r\nCONNECT 33600\r\n");
	cr_assert(lines_of(a) & HAL_STREAM_DCD);
	cr_assert(lines_of(b) & HAL_STREAM_DCD);
	cr_assert_eq(sim_modem_stats(a->modem)->dialled, 1);
	cr_assert_eq(sim_modem_stats(b->modem)->answered, 1);
	cr_assert_eq(sim_modem_stats(b->modem)->rings, 1);
	fixture_fini(&f);
}

Test(modemsim_calls, ringing_has_a_cadence_and_stops_when_the_caller_gives_up)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	forget(b);
	say(a, "ATD102\r");
	run_ms(&f, 1900);
	cr_assert(lines_of(b) & HAL_STREAM_RI);
	run_ms(&f, 2000);
	cr_assert_not(lines_of(b) & HAL_STREAM_RI);
	run_ms(&f, 2500);
	cr_assert(lines_of(b) & HAL_STREAM_RI);
	expect_heard(b, "\r\nRING\r\n\r\nRING\r\n");
	expect(&f, b, "ATS1?\r", "\r\n002\r\n\r\nOK\r\n");

	expect(&f, a, "\r", "\r\nNO CARRIER\r\n");
	cr_assert_not(lines_of(b) & HAL_STREAM_RI);
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	forget(b);
	run_ms(&f, 20000);
	expect_heard(b, "");
	expect(&f, b, "ATS1?\r", "\r\n000\r\n\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, s0_answers_after_so_many_rings)
{
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	expect(&f, b, "ATS0=2\r", "\r\nOK\r\n");
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 6000);
	cr_assert_not(sim_modem_is_off_hook(b->modem));
	run_ms(&f, 1000);
	cr_assert(sim_modem_is_connected(b->modem));
	fixture_fini(&f);
}

Test(modemsim_calls, a_switch_on_the_modem_answers_whatever_s0_and_dtr_say)
{
	struct sim_modem_options options;
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	options = *sim_modem_options(b->modem);
	options.answer_rings = 1;
	sim_modem_set_options(b->modem, &options);
	cr_assert_eq(hal_stream_set_lines(b->dte, HAL_STREAM_DTR, false), 0);
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 500);
	cr_assert(sim_modem_is_connected(b->modem));
	fixture_fini(&f);
}

Test(modemsim_calls, without_dtr_nothing_is_answered_by_itself)
{
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	expect(&f, b, "ATS0=1\r", "\r\nOK\r\n");
	cr_assert_eq(hal_stream_set_lines(b->dte, HAL_STREAM_DTR, false), 0);
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 10000);
	cr_assert_not(sim_modem_is_off_hook(b->modem));
	fixture_fini(&f);
}

Test(modemsim_calls, negotiation_is_reported_in_order)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	expect(&f, a, "AT+MR=1;+ER=1;+DR=1;+ILRR=1;+IPR=57600\r", "\r\nOK\r\n");
	expect(&f, b, "ATX0S0=1+ES=1;+ER=1;+DR=1\r", "\r\nOK\r\n");
	forget(b);
	expect_after(&f, a, "ATD102\r", 500,
		     "\r\n+MCR: V34\r\n\r\n+MRR: 33600\r\n\r\n+ER: NONE\r\n\r\n+DR: NONE\r\n"
		     "\r\n+ILRR: 57600\r\n\r\nCONNECT 33600\r\n");
	expect_heard(b, "\r\nRING\r\n\r\n+ER: NONE\r\n\r\n+DR: NONE\r\n\r\nCONNECT\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, the_slower_modem_sets_the_rate)
{
	static const struct {
		const char *name;
		uint32_t rate;
		const char *carrier;
		const char *verbose;
		const char *numeric;
	} rates[] = {
		{"V.21", 300, "+MCR: V21", "CONNECT 300\r\n", "1\r"},
		{"V.22", 1200, "+MCR: V22", "CONNECT 1200\r\n", "5\r"},
		{"V.22bis", 2400, "+MCR: V22B", "CONNECT 2400\r\n", "10\r"},
		{"V.32", 9600, "+MCR: V32", "CONNECT 9600\r\n", "12\r"},
		{"V.32bis", 14400, "+MCR: V32B", "CONNECT 14400\r\n", "1\r"},
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct sim_modem_options options;
		struct fixture f;

		fixture_init(&f);
		options = *sim_modem_options(f.port[1].modem);
		options.rate = rates[i].rate;
		sim_modem_set_options(f.port[1].modem, &options);
		expect(&f, &f.port[0], "AT+MR=1\r", "\r\nOK\r\n");
		expect(&f, &f.port[1], "ATS0=1V0\r", "0\r");
		forget(&f.port[0]);
		forget(&f.port[1]);
		say(&f.port[0], "ATD102\r");
		run_ms(&f, 500);
		cr_expect(has_heard(&f.port[0], rates[i].carrier), "%s", rates[i].name);
		cr_expect(has_heard(&f.port[0], rates[i].verbose), "%s", rates[i].name);
		cr_expect(has_heard(&f.port[1], rates[i].numeric), "%s: %s", rates[i].name,
			  f.port[1].heard);
		fixture_fini(&f);
	}
}

Test(modemsim_calls, calls_that_fail_say_why_as_far_as_x_lets_them)
{
	static const struct {
		const char *name;
		const char *dial;
		const char *answer;
		const char *cause;
		const char *setup;
	} failures[] = {
		{"unknown number", "ATX4D999\r", "NO CARRIER", "60=31>", "1=2 "},
		{"no digits", "ATX4D\r", "NO CARRIER", "60=31>", "1=2 "},
		{"busy service", "ATX4D200\r", "BUSY", "60=33>", "1=3 "},
		{"busy under X3", "ATX3D200\r", "BUSY", "60=33>", "1=3 "},
		{"busy under X2", "ATX2D200\r", "NO CARRIER", "60=33>", "1=3 "},
		{"own number", "ATX4D101\r", "BUSY", "60=33>", "1=3 "},
		{"busy subscriber", "ATX4D103\r", "BUSY", "60=33>", "1=3 "},
		{"no answer", "ATX4S7=3D201\r", "NO ANSWER", "60=2C>", "1=4 "},
		{"no answer under X0", "ATX0S7=3D201\r", "NO CARRIER", "60=2C>", "1=4 "},
		{"no dial tone service", "ATX4D202\r", "NO DIALTONE", "60=2F>", "1=1 "},
		{"no dial tone under X3", "ATX3D202\r", "NO CARRIER", "60=2F>", "1=1 "},
		{"congestion", "ATX4D203\r", "NO CARRIER", "60=31>", "1=2 "},
		{"pattern", "ATX4D21\r", "BUSY", "60=33>", "1=3 "},
		{"pattern that does not match", "ATX4D2\r", "NO CARRIER", "60=31>", "1=2 "},
		{"modifiers", "ATX4DT2-0 (0)W@!\r", "BUSY", "60=33>", "1=3 "},
		{"pulse", "ATX4DP200\r", "BUSY", "60=33>", "1=3 "},
	};
	struct fixture f;

	fixture_init(&f);
	add_number(&f, "200", SIM_SERVICE_BUSY, 0, 0);
	add_number(&f, "201", SIM_SERVICE_SILENT, 0, 0);
	add_number(&f, "202", SIM_SERVICE_NO_DIALTONE, 0, 0);
	add_number(&f, "203", SIM_SERVICE_REORDER, 0, 0);
	add_number(&f, "2x", SIM_SERVICE_BUSY, 0, 0);
	expect(&f, &f.port[2], "ATH1\r", "\r\nOK\r\n");
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct port *a = &f.port[0];

		forget(a);
		say(a, failures[i].dial);
		run_ms(&f, 5000);
		cr_expect(has_heard(a, failures[i].answer), "%s: %s", failures[i].name, a->heard);
		cr_expect_not(sim_modem_is_off_hook(a->modem), "%s", failures[i].name);
		forget(a);
		say(a, "AT#UD\r");
		run_ms(&f, 10);
		cr_expect(has_heard(a, failures[i].cause), "%s: %s", failures[i].name, a->heard);
		cr_expect(has_heard(a, failures[i].setup), "%s: %s", failures[i].name, a->heard);
	}
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	fixture_fini(&f);
}

Test(modemsim_calls, patterns_are_checked)
{
	static const char *const bad[] = {"", "1.2", "12y", "+49 30",
					  "1234567890123456789012345678901"
					  "2"};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sim_number number = {.service = SIM_SERVICE_BUSY};

		memcpy(number.pattern, bad[i], strlen(bad[i]));
		cr_expect_eq(sim_exchange_add_number(f.exchange, &number), -EINVAL, "%s", bad[i]);
	}
	fixture_fini(&f);
}

Test(modemsim_calls, numbers_of_subscribers_are_checked)
{
	struct fixture f;
	struct sim_modem *modem = NULL;

	fixture_init(&f);
	cr_assert_eq(sim_modem_new(f.exchange, "101", NULL, NULL, &modem), -EEXIST);
	cr_assert_eq(sim_modem_new(f.exchange, "", NULL, NULL, &modem), -EINVAL);
	cr_assert_eq(sim_modem_new(f.exchange, "1x", NULL, NULL, &modem), -EINVAL);
	cr_assert_null(modem);
	cr_assert_eq(sim_exchange_find(f.exchange, HAL_SLICE("102")), f.port[1].modem);
	cr_assert_null(sim_exchange_find(f.exchange, HAL_SLICE("999")));
	fixture_fini(&f);
}

Test(modemsim_calls, a_comma_waits_s8)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, &f.port[0], "ATS8=3\r", "\r\nOK\r\n");
	say(&f.port[0], "ATD,102\r");
	run_ms(&f, 3000);
	cr_assert_not(sim_modem_is_ringing(f.port[1].modem));
	run_ms(&f, 200);
	cr_assert(sim_modem_is_ringing(f.port[1].modem));
	fixture_fini(&f);
}

Test(modemsim_calls, an_unplugged_line_has_no_dial_tone_and_does_not_ring)
{
	struct sim_modem_options options;
	struct fixture f;

	fixture_init(&f);
	options = *sim_modem_options(f.port[0].modem);
	options.unplugged_line = true;
	sim_modem_set_options(f.port[0].modem, &options);
	expect_after(&f, &f.port[0], "ATD102\r", 600, "\r\nNO DIALTONE\r\n");
	expect_after(&f, &f.port[0], "ATD102;\r", 10, "\r\nNO DIALTONE\r\n");
	expect_after(&f, &f.port[0], "ATX3S7=2D102\r", 3000, "\r\nNO ANSWER\r\n");
	cr_assert_eq(sim_exchange_ring(f.port[0].modem, HAL_SLICE("1")), -ENOTCONN);
	expect_after(&f, &f.port[1], "ATS7=5D101\r", 6000, "\r\nNO ANSWER\r\n");
	cr_assert_eq(sim_modem_stats(f.port[0].modem)->rings, 0);
	fixture_fini(&f);
}

Test(modemsim_calls, pulling_the_line_ends_the_call_at_both_ends)
{
	struct sim_modem_options options;
	struct fixture f;

	fixture_init(&f);
	connect_ports(&f);
	options = *sim_modem_options(f.port[0].modem);
	options.unplugged_line = true;
	sim_modem_set_options(f.port[0].modem, &options);
	run_ms(&f, 1500);
	expect_heard(&f.port[0], "\r\nNO CARRIER\r\n");
	expect_heard(&f.port[1], "\r\nNO CARRIER\r\n");
	forget(&f.port[1]);
	say(&f.port[1], "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(&f.port[1], "60=3C>"));
	fixture_fini(&f);
}

/* ---- abort and races ---- */

Test(modemsim_calls, a_character_aborts_dialling_after_125_ms_only)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	expect_after(&f, a, "ATD102\r\n", 100, "");
	expect_after(&f, a, "x", 20, "");
	run_ms(&f, 10);
	expect_after(&f, a, "x", 10, "\r\nNO CARRIER\r\n");
	forget(a);
	say(a, "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(a, "60=50>"));
	fixture_fini(&f);
}

Test(modemsim_calls, answering_too_late_is_no_carrier_after_s7)
{
	struct fixture f;

	fixture_init(&f);
	expect_after(&f, &f.port[1], "ATS7=2A\r", 1900, "");
	cr_assert(sim_modem_is_off_hook(f.port[1].modem));
	run_ms(&f, 200);
	expect_heard(&f.port[1], "\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, an_answer_can_be_aborted)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	say(a, "ATD102\r");
	run_ms(&f, 200);
	say(b, "ATA\r");
	run_ms(&f, 150);
	forget(a);
	expect(&f, b, "\r", "\r\nNO CARRIER\r\n");
	expect_heard(a, "\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, dialling_while_it_rings_is_refused)
{
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 200);
	expect(&f, b, "ATD103\r", "\r\nNO CARRIER\r\n");
	forget(b);
	say(b, "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(b, "60=2D>"));
	cr_assert(sim_modem_is_ringing(b->modem));
	fixture_fini(&f);
}

Test(modemsim_calls, hanging_up_does_not_stop_the_ringing)
{
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 200);
	expect(&f, b, "ATH\r", "\r\nOK\r\n");
	cr_assert(sim_modem_is_ringing(b->modem));
	fixture_fini(&f);
}

Test(modemsim_calls, a_line_pulled_while_it_rings_forgets_the_rings)
{
	struct sim_modem_options options;
	struct fixture f;
	struct port *b = &f.port[1];

	fixture_init(&f);
	options = *sim_modem_options(b->modem);
	options.unplugged_line = true;
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 200);
	expect(&f, b, "ATS1?\r", "\r\n001\r\n\r\nOK\r\n");
	sim_modem_set_options(b->modem, &options);
	expect(&f, b, "ATS1?\r", "\r\n000\r\n\r\nOK\r\n");
	cr_assert_not(lines_of(b) & HAL_STREAM_RI);
	cr_assert_eq(sim_modem_state(f.port[0].modem), SIM_MODEM_DIALING);
	fixture_fini(&f);
}

Test(modemsim_calls, a_ringing_line_is_busy_to_others)
{
	struct fixture f;

	fixture_init(&f);
	say(&f.port[0], "ATD102\r");
	run_ms(&f, 200);
	expect_after(&f, &f.port[2], "ATD102\r", 200, "\r\nBUSY\r\n");
	fixture_fini(&f);
}

/* ---- services, strangers, caller identification ---- */

Test(modemsim_calls, the_exchange_answers_echoes_and_hangs_up)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	add_number(&f, "30.", SIM_SERVICE_ECHO, 1000, 5000);
	forget(a);
	say(a, "ATD3012\r");
	run_ms(&f, 1200);
	expect_heard(a, "");
	run_ms(&f, 200);
	expect_heard(a, "\r\nCONNECT 33600\r\n");
	expect(&f, a, "hello", "hello");
	run_ms(&f, 7000);
	expect_heard(a, "hello\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, the_exchange_listens)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	add_number(&f, "400", SIM_SERVICE_ANSWER, 0, 0);
	say(a, "ATD400\r");
	run_ms(&f, 500);
	cr_assert(sim_modem_is_connected(a->modem));
	expect(&f, a, "hello", "");
	cr_assert_eq(sim_modem_stats(a->modem)->bytes_tx, 5);
	fixture_fini(&f);
}

Test(modemsim_calls, a_stranger_rings_and_is_answered_or_goes)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	forget(a);
	cr_assert_eq(sim_exchange_clear(a->modem), -EALREADY);
	cr_assert_eq(sim_exchange_ring(a->modem, HAL_SLICE("555")), 0);
	cr_assert_eq(sim_exchange_ring(a->modem, HAL_SLICE("555")), -EBUSY);
	run_ms(&f, 100);
	expect_heard(a, "\r\nRING\r\n");
	cr_assert_eq(sim_exchange_clear(a->modem), 0);
	cr_assert_not(sim_modem_is_ringing(a->modem));

	cr_assert_eq(sim_exchange_ring(a->modem, HAL_SLICE("555")), 0);
	run_ms(&f, 100);
	expect_after(&f, a, "ATA\r", 300, "\r\nCONNECT 33600\r\n");
	cr_assert_eq(sim_exchange_clear(a->modem), 0);
	run_ms(&f, 2000);
	expect_heard(a, "\r\nCONNECT 33600\r\n\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, the_caller_is_shown_between_the_first_two_rings)
{
	static const struct {
		const char *name;
		bool withheld;
		const char *number, *caller;
	} callers[] = {
		{"shown", false, "\r\nNMBR = 101\r\n", "\r\nNAME = Alice\r\n"},
		{"withheld", true, "\r\nNMBR = P\r\n", "\r\nNAME = P\r\n"},
	};

	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		struct sim_modem_options options;
		struct fixture f;
		struct port *b = &f.port[1];

		fixture_init(&f);
		options = *sim_modem_options(f.port[0].modem);
		options.withhold_number = callers[i].withheld;
		memcpy(options.caller_name, "Alice", 6);
		sim_modem_set_options(f.port[0].modem, &options);
		expect(&f, b, "AT+VCID=1\r", "\r\nOK\r\n");
		say(&f.port[0], "ATD102\r");
		run_ms(&f, 4000);
		cr_expect(has_heard(b, "RING\r\n\r\nDATE = "), "%s", callers[i].name);
		cr_expect(has_heard(b, "\r\nTIME = "), "%s", callers[i].name);
		cr_expect(has_heard(b, callers[i].number), "%s", callers[i].name);
		cr_expect(has_heard(b, callers[i].caller), "%s", callers[i].name);
		forget(b);
		run_ms(&f, 10000);
		cr_expect_not(has_heard(b, "NMBR"), "%s", callers[i].name);
		fixture_fini(&f);
	}
}

/* ---- voice ---- */

Test(modemsim_calls, a_semicolon_dials_and_stays_in_command_state)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	expect(&f, a, "ATD102;\r", "\r\nOK\r\n");
	run_ms(&f, 200);
	cr_assert(sim_modem_is_ringing(b->modem));
	expect(&f, a, "ATD9;\r", "\r\nOK\r\n");
	expect(&f, a, "ATD103\r", "\r\nERROR\r\n");
	expect_after(&f, b, "ATS7=3A\r", 4000, "\r\nNO CARRIER\r\n");
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	fixture_fini(&f);
}

Test(modemsim_calls, a_voice_modem_hears_the_far_end_go)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	set_voice(a);
	set_voice(b);
	expect(&f, a, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect(&f, b, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect(&f, a, "ATD102\r", "\r\nOK\r\n");
	run_ms(&f, 200);
	expect(&f, b, "ATA\r", "\r\nOK\r\n");
	cr_assert(sim_modem_is_off_hook(b->modem));
	forget(a);
	run_ms(&f, 10000);
	expect_heard(a, "");
	expect(&f, b, "AT+VLS=0\r", "\r\nOK\r\n");
	expect_heard(a, "\x10"
			"b");
	run_ms(&f, 4000);
	expect_heard(a, "\x10"
			"b\x10"
			"b");
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	run_ms(&f, 10000);
	expect_heard(a, "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, a_voice_modem_says_vcon_when_it_is_answered_if_it_does_that)
{
	static const struct {
		const char *setting, *dial;
		const char *vcon; /* when b has answered */
		bool says_vcon;
	} rows[] = {
		{"AT+FCLASS=8\r", "ATD102\r", "\r\nVCON\r\n", true},
		{"ATV0+FCLASS=8\r", "ATD102\r", "VCON\r\n", true},
		{"ATQ1+FCLASS=8\r", "ATD102\r", "", true},
		{"AT+FCLASS=8\r", "ATD102\r", "", false},
		{"AT+FCLASS=0\r", "ATD102;\r", "", true},
	};
	struct port *a, *b;
	struct fixture f;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_init(&f);
		a = &f.port[0];
		b = &f.port[1];
		set_voice(a);
		set_voice(b);
		set_vcon(b); /* it has not dialled */
		if (rows[i].says_vcon)
			set_vcon(a);
		say(a, rows[i].setting);
		expect(&f, b, "AT+FCLASS=8\r", "\r\nOK\r\n");
		say(a, rows[i].dial);
		run_ms(&f, 200);
		forget(a);
		expect(&f, b, "ATA\r", "\r\nOK\r\n");
		expect_heard(a, rows[i].vcon);
		fixture_fini(&f);
	}
}

Test(modemsim_calls, a_service_is_heard_answering)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	add_number(&f, "300", SIM_SERVICE_ANSWER, 500, 0);
	set_voice(a);
	set_vcon(a);
	expect(&f, a, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect_after(&f, a, "ATD300\r", 550, "\r\nOK\r\n");
	forget(a);
	run_ms(&f, 200);
	expect_heard(a, "\r\nVCON\r\n");
	fixture_fini(&f);
}

Test(modemsim_calls, a_flash_holds_the_far_end_and_takes_it_back_where_the_exchange_does_that)
{
	static const struct {
		const char *command;
		const char *answer;
		bool holding; /* then */
	} rows[] = {
		{"AT+VTS=!\r", "\r\nOK\r\n", true},
		{"AT+VTS={5,50},{!,50}\r", "\r\nOK\r\n", false},
		{"AT+VTS=5,[1000,1300,50],*\r", "\r\nOK\r\n", false},
		{"AT+VTS=1,!,2\r", "\r\nOK\r\n", true},
		{"AT+VTS?\r", "\r\nERROR\r\n", true},
	};
	struct port *a, *b;
	struct fixture f;

	fixture_init(&f);
	a = &f.port[0];
	b = &f.port[1];
	set_voice(a);
	set_voice(b);
	expect(&f, a, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect(&f, b, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect(&f, a, "AT+VTS=!\r", "\r\nERROR\r\n"); /* on hook */
	expect(&f, a, "ATD102\r", "\r\nOK\r\n");
	run_ms(&f, 200);
	expect(&f, b, "ATA\r", "\r\nOK\r\n");
	expect(&f, a, "AT+VTS=!\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_holding(a->modem));
	set_flash(a);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(&f, a, rows[i].command, rows[i].answer);
		cr_assert_eq(sim_modem_is_holding(a->modem), rows[i].holding, "%s",
			     rows[i].command);
	}
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_holding(a->modem));
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	fixture_fini(&f);
}

/* ---- the emulator itself ---- */

Test(modemsim_calls, a_call_allocates_nothing)
{
	struct fixture f;
	unsigned int before;

	fixture_init(&f);
	before = alloc_wrap.count;
	connect_ports(&f);
	say(&f.port[0], "data");
	escape(&f, &f.port[0]);
	expect(&f, &f.port[0], "ATH\r", "\r\nOK\r\n");
	run_ms(&f, 2000);
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	cr_assert_eq(alloc_wrap.count, before);
	fixture_fini(&f);
}

Test(modemsim_calls, without_memory_nothing_begins)
{
	struct sim_number number = {.pattern = "1", .service = SIM_SERVICE_BUSY};
	struct sim_exchange *exchange = NULL;
	struct sim_modem *modem = NULL;
	struct fixture f;

	fixture_init(&f);
	alloc_wrap.fail_at = alloc_wrap.count + 1;
	cr_assert_eq(sim_exchange_new(f.loop, &f.log, &exchange), -ENOMEM);
	alloc_wrap.fail_at = alloc_wrap.count + 1;
	cr_assert_eq(sim_modem_new(f.exchange, "9", NULL, NULL, &modem), -ENOMEM);
	alloc_wrap.fail_at = alloc_wrap.count + 1;
	cr_assert_eq(sim_exchange_add_number(f.exchange, &number), -ENOMEM);
	cr_assert_null(exchange);
	cr_assert_null(modem);
	fixture_fini(&f);
}

Test(modemsim_calls, a_thousand_calls_leave_nothing_behind)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	expect(&f, b, "ATS0=1\r", "\r\nOK\r\n");
	for (int i = 0; i < 1000; i++) {
		forget(a);
		forget(b);
		say(a, "ATD102\r");
		run_ms(&f, 500);
		cr_assert(sim_modem_is_connected(a->modem));
		cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
		run_ms(&f, 1);
		cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, true), 0);
		run_ms(&f, 1500);
		cr_assert_eq(sim_exchange_calls(f.exchange), 0);
		cr_assert_not(sim_modem_is_off_hook(a->modem));
		cr_assert_not(sim_modem_is_off_hook(b->modem));
	}
	cr_assert_eq(sim_modem_stats(a->modem)->connects, 1000);
	cr_assert_eq(sim_modem_stats(b->modem)->connects, 1000);
	fixture_fini(&f);
}
