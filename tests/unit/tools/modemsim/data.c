/* SPDX-License-Identifier: MIT */
/* The data phase of calls, and their ends. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <errno.h>
#include <string.h>

TestSuite(modemsim_data);

/* ---- data and escape ---- */

Test(modemsim_data, bytes_pass_both_ways_and_are_counted)
{
	static const char all[] = "\0\001AT\r\n\xff\x10+++ NO CARRIER\r\n";
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	say_bytes(a, all, sizeof(all));
	run_ms(&f, 1);
	cr_assert_eq(b->heard_len, sizeof(all));
	cr_assert_arr_eq(b->heard, all, sizeof(all));
	say(b, "back");
	run_ms(&f, 1);
	expect_heard(a, "back");
	escape(&f, a);
	expect(&f, a, "ATH#UD\r",
	       "\r\nDIAG <2A4D3263 0=1 1=7 2=0>\r\n"
	       "\r\nDIAG <2A4D3263 34=8340 35=8340 44=1>\r\n"
	       "\r\nDIAG <2A4D3263 30=0 31=0 32=0 33=0>\r\n"
	       "\r\nDIAG <2A4D3263 52=1C 53=4 54=0 55=0>\r\n"
	       "\r\nDIAG <2A4D3263 56=0 57=0 58=0 59=0>\r\n"
	       "\r\nDIAG <2A4D3263 60=51>\r\n\r\nOK\r\n");
	run_ms(&f, 1500);
	forget(b);
	say(b, "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(b, "1=8 "));
	cr_assert(has_heard(b, "53=1C "));
	cr_assert(has_heard(b, "60=41>"));
	cr_assert_eq(sim_modem_stats(b->modem)->bytes_tx, 4);
	fixture_fini(&f);
}

Test(modemsim_data, a_reader_that_stops_holds_the_sender_and_loses_nothing)
{
	char block[1024];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];
	size_t sent = 0;

	fixture_init(&f);
	connect_ports(&f);
	b->deaf = true;
	for (int i = 0; i < 100; i++) {
		ssize_t n;

		for (size_t k = 0; k < sizeof(block); k++)
			block[k] = (char)('a' + (sent + k) % 26);
		n = hal_stream_write(a->dte, block, sizeof(block));
		sent += n > 0 ? (size_t)n : 0;
		run_ms(&f, 1);
	}
	cr_assert_gt(sent, 8192);
	cr_assert_lt(sent, sizeof(b->heard) - 1);
	b->deaf = false;
	cr_assert_eq(hal_stream_want_read(b->dte, true), 0);
	run_ms(&f, 100);
	cr_assert_eq(b->heard_len, sent);
	for (size_t k = 0; k < sent; k++)
		cr_assert_eq(b->heard[k], (char)('a' + k % 26));
	cr_assert_eq(sim_modem_stats(a->modem)->lost, 0);
	fixture_fini(&f);
}

Test(modemsim_data, only_guarded_escapes_escape)
{
	static const struct {
		const char *name;
		uint64_t before_ms;
		const char *first;
		uint64_t between_ms;
		const char *second;
		bool escapes;
	} escapes[] = {
		{"guarded", 1100, "+++", 0, "", true},
		{"slowly typed", 1100, "+", 500, "++", true},
		{"no guard before", 500, "+++", 0, "", false},
		{"too slowly typed", 1100, "+", 1100, "++", false},
		{"data behind", 1100, "+++", 500, "x", false},
		{"four", 1100, "++++", 0, "", false},
		{"two", 1100, "++", 0, "", false},
		{"within text", 1100, "a+++", 0, "", false},
		{"another character", 1100, "---", 0, "", false},
	};
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		run_ms(&f, escapes[i].before_ms);
		say(a, escapes[i].first);
		run_ms(&f, escapes[i].between_ms);
		if (escapes[i].second[0])
			say(a, escapes[i].second);
		run_ms(&f, 1100);
		cr_expect_eq(sim_modem_state(a->modem) == SIM_MODEM_ESCAPED, escapes[i].escapes,
			     "%s", escapes[i].name);
		if (sim_modem_state(a->modem) == SIM_MODEM_ESCAPED)
			expect(&f, a, "ATO\r", "\r\nCONNECT 33600\r\n");
		say(a, "x");
		run_ms(&f, 1);
	}
	fixture_fini(&f);
}

Test(modemsim_data, s2_above_127_disables_the_escape)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	expect(&f, a, "ATS2=128\r", "\r\nOK\r\n");
	connect_ports(&f);
	run_ms(&f, 1100);
	say(a, "+++");
	run_ms(&f, 1100);
	cr_assert_eq(sim_modem_state(a->modem), SIM_MODEM_ONLINE);
	fixture_fini(&f);
}

Test(modemsim_data, data_waits_while_the_modem_is_in_online_command_state)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	escape(&f, a);
	cr_assert(lines_of(a) & HAL_STREAM_DCD);
	forget(b);
	say(b, "later");
	run_ms(&f, 100);
	expect_heard(a, "");
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	expect(&f, a, "ATD103\r", "\r\nERROR\r\n");
	expect(&f, a, "ATA\r", "\r\nERROR\r\n");
	expect(&f, a, "ATO\r", "\r\nCONNECT 33600\r\nlater");
	fixture_fini(&f);
}

/* ---- ends ---- */

Test(modemsim_data, hanging_up_ends_the_far_end_after_s10)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	escape(&f, a);
	forget(b);
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	cr_assert_not(lines_of(a) & HAL_STREAM_DCD);
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	run_ms(&f, 1380);
	expect_heard(b, "");
	cr_assert(lines_of(b) & HAL_STREAM_DCD);
	run_ms(&f, 20);
	expect_heard(b, "\r\nNO CARRIER\r\n");
	cr_assert_not(lines_of(b) & HAL_STREAM_DCD);
	cr_assert_not(sim_modem_is_off_hook(b->modem));
	expect(&f, a, "ATO\r", "\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

Test(modemsim_data, both_hang_up_at_once)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	run_ms(&f, 1100);
	say(a, "+++");
	say(b, "+++");
	run_ms(&f, 1100);
	forget(a);
	forget(b);
	say(a, "ATH\r");
	say(b, "ATH\r");
	run_ms(&f, 5000);
	expect_heard(a, "\r\nOK\r\n");
	expect_heard(b, "\r\nOK\r\n");
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);
	fixture_fini(&f);
}

Test(modemsim_data, reset_hangs_up_and_clears_the_log)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	escape(&f, a);
	expect(&f, a, "ATZ\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	forget(a);
	say(a, "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(a, "60=1>"));
	fixture_fini(&f);
}

Test(modemsim_data, a_dtr_drop_does_what_ampersand_d_says)
{
	static const struct {
		const char *name;
		const char *setup;
		enum sim_modem_state state;
		const char *heard;
		const char *cause;
	} drops[] = {
		{"&D0", "AT&D0\r", SIM_MODEM_ONLINE, "", NULL},
		{"&D1", "AT&D1\r", SIM_MODEM_ESCAPED, "\r\nOK\r\n", "60=2>"},
		{"&D2", "AT&D2\r", SIM_MODEM_COMMAND, "\r\nNO CARRIER\r\n", "60=20>"},
		{"&D3", "AT&D3\r", SIM_MODEM_COMMAND, "\r\nNO CARRIER\r\n", "60=1>"},
	};

	for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
		struct fixture f;
		struct port *a = &f.port[0];

		fixture_init(&f);
		expect(&f, a, drops[i].setup, "\r\nOK\r\n");
		connect_ports(&f);
		cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
		run_ms(&f, 1);
		cr_expect_eq(sim_modem_state(a->modem), drops[i].state, "%s", drops[i].name);
		cr_expect_str_eq(a->heard, drops[i].heard, "%s", drops[i].name);
		cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, true), 0);
		run_ms(&f, 2000);
		cr_expect_eq(sim_modem_is_connected(f.port[1].modem),
			     drops[i].state != SIM_MODEM_COMMAND, "%s", drops[i].name);
		if (drops[i].cause) {
			say(a, "AT#UD\r");
			run_ms(&f, 10);
			cr_expect(has_heard(a, drops[i].cause), "%s: %s", drops[i].name, a->heard);
		}
		fixture_fini(&f);
	}
}

Test(modemsim_data, a_dtr_drop_ends_dialling)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	say(a, "ATD102\r");
	run_ms(&f, 500);
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 1);
	expect_heard(a, "ATE0\r\r\nOK\r\n\r\nNO CARRIER\r\n");
	cr_assert_not(sim_modem_is_ringing(f.port[1].modem));
	fixture_fini(&f);
}

Test(modemsim_data, data_in_flight_arrives_before_no_carrier)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	say(a, "last words");
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 2000);
	cr_assert(has_heard(b, "\r\nNO CARRIER\r\n"));
	fixture_fini(&f);
}

Test(modemsim_data, dcd_can_be_held_on)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	expect(&f, a, "AT&C0\r", "\r\nOK\r\n");
	cr_assert(lines_of(a) & HAL_STREAM_DCD);
	expect(&f, a, "AT&C1\r", "\r\nOK\r\n");
	cr_assert_not(lines_of(a) & HAL_STREAM_DCD);
	fixture_fini(&f);
}

Test(modemsim_data, a_device_that_goes_takes_its_call_along)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	sim_modem_detach(a->modem);
	run_ms(&f, 1500);
	cr_assert_not(sim_modem_has_stream(a->modem));
	expect_heard(b, "\r\nNO CARRIER\r\n");
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	fixture_fini(&f);
}

Test(modemsim_data, a_cable_pulled_at_the_program_ends_the_call_and_can_be_replaced)
{
	struct fixture f;
	struct port *a = &f.port[0];
	struct hal_stream *dce;

	fixture_init(&f);
	connect_ports(&f);
	hal_stream_mem_unplug(a->dte);
	run_ms(&f, 1);
	cr_assert_not(sim_modem_has_stream(a->modem));
	cr_assert_eq(sim_exchange_calls(f.exchange), 0);

	hal_stream_close(a->dte);
	cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &a->dte, &dce), 0);
	cr_assert_eq(sim_modem_attach(a->modem, dce), 0);
	cr_assert_eq(sim_modem_attach(a->modem, dce), -EBUSY);
	run_ms(&f, 1);
	fixture_fini(&f);
}

Test(modemsim_data, a_telephone_unplugged_while_it_rings_leaves_the_caller_waiting)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	forget(a);
	say(a, "ATS7=5D102\r");
	run_ms(&f, 200);
	sim_modem_detach(f.port[1].modem);
	run_ms(&f, 1000);
	cr_assert_eq(sim_modem_state(a->modem), SIM_MODEM_DIALING);
	run_ms(&f, 5000);
	expect_heard(a, "\r\nNO ANSWER\r\n");
	fixture_fini(&f);
}
