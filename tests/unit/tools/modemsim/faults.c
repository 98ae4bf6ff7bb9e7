/* SPDX-License-Identifier: MIT */
/* The ways of misbehaving, switched on and off while things go on. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <errno.h>
#include <string.h>

TestSuite(modemsim_faults);

static void clear(struct port *port)
{
	sim_modem_clear_faults(port->modem);
}

Test(modemsim_faults, texts_are_read)
{
	static const struct {
		const char *text;
		int r;
		enum sim_fault_kind kind;
		uint32_t ms, after;
		const char *prefix;
	} texts[] = {
		{"silent", 0, SIM_FAULT_SILENT, 0, 0, ""},
		{"  slow   500  ", 0, SIM_FAULT_SLOW, 500, 0, ""},
		{"slow 500 on +VLS", 0, SIM_FAULT_SLOW, 500, 0, "+VLS"},
		{"error after 3", 0, SIM_FAULT_ERROR, 0, 3, ""},
		{"no-carrier-lost", 0, SIM_FAULT_NO_CARRIER_LOST, 0, 0, ""},
		{"", -EINVAL, 0, 0, 0, ""},
		{"sulky", -EINVAL, 0, 0, 0, ""},
		{"silent 500", -EINVAL, 0, 0, 0, ""},
		{"slow 600001", -EINVAL, 0, 0, 0, ""},
		{"error on", -EINVAL, 0, 0, 0, ""},
		{"error on ABCDEFGHIJKLMNOP", -EINVAL, 0, 0, 0, ""},
		{"error after", -EINVAL, 0, 0, 0, ""},
		{"error after soon", -EINVAL, 0, 0, 0, ""},
		{"error when X", -EINVAL, 0, 0, 0, ""},
		{"error on X Y", -EINVAL, 0, 0, 0, ""},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sim_fault fault = {0};
		const char *why = NULL;

		cr_expect_eq(sim_fault_parse(hal_slice_str(texts[i].text), &fault, &why),
			     texts[i].r, "%s", texts[i].text);
		cr_expect_eq(why == NULL, texts[i].r == 0, "%s", texts[i].text);
		cr_expect_eq(fault.kind, texts[i].kind, "%s", texts[i].text);
		cr_expect_eq(fault.ms, texts[i].ms, "%s", texts[i].text);
		cr_expect_eq(fault.after, texts[i].after, "%s", texts[i].text);
		cr_expect_str_eq(fault.prefix, texts[i].prefix, "%s", texts[i].text);
	}
}

Test(modemsim_faults, every_fault_has_a_name_that_is_found)
{
	for (unsigned int i = 0; i < SIM_FAULT_COUNT; i++) {
		enum sim_fault_kind kind = SIM_FAULT_COUNT;
		const char *name = sim_fault_name((enum sim_fault_kind)i);

		cr_assert_eq(sim_fault_find(hal_slice_str(name), &kind), 0);
		cr_assert_eq(kind, i);
	}
}

Test(modemsim_faults, a_silent_modem_says_and_does_nothing)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	expect(&f, a, "ATE1\r", "\r\nOK\r\n");
	set_fault(a, "silent");
	expect_after(&f, a, "ATH1\r", 10000, "");
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	clear(a);
	expect(&f, a, "AT\r", "AT\r\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, silence_in_mid_call_deafens_the_escape)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	set_fault(a, "silent");
	run_ms(&f, 1100);
	expect_after(&f, a, "+++", 1100, "");
	expect_after(&f, a, "ATH\r", 1100, "");
	cr_assert_eq(sim_modem_state(a->modem), SIM_MODEM_ONLINE);
	clear(a);
	escape(&f, a);
	fixture_fini(&f);
}

Test(modemsim_faults, echo_only_echoes)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	expect(&f, a, "ATE1\r", "\r\nOK\r\n");
	set_fault(a, "echo-only");
	expect(&f, a, "ATI\r", "ATI\r");
	fixture_fini(&f);
}

Test(modemsim_faults, a_slow_modem_answers_late_and_keeps_what_is_said_meanwhile)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "slow 3000");
	expect_after(&f, a, "ATS7?\r", 2900, "");
	say(a, "AT\r");
	run_ms(&f, 200);
	expect_heard(a, "\r\n050\r\n\r\nOK\r\n");
	forget(a);
	run_ms(&f, 2800);
	expect_heard(a, "");
	run_ms(&f, 200);
	expect_heard(a, "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, a_slow_modem_reads_no_more_than_it_can_keep)
{
	static const char noise[1024];
	struct fixture f;
	struct port *a = &f.port[0];
	size_t taken = 0;

	fixture_init(&f);
	set_fault(a, "slow 5000");
	say(a, "AT\r");
	for (int i = 0; i < 50; i++) {
		ssize_t n = hal_stream_write(a->dte, noise, sizeof(noise));

		taken += n > 0 ? (size_t)n : 0;
		run_ms(&f, 1);
	}
	cr_assert_leq(taken, 16384);
	clear(a);
	run_ms(&f, 5000);
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	cr_assert_eq(sim_modem_stats(a->modem)->lost, 0);
	fixture_fini(&f);
}

Test(modemsim_faults, error_executes_nothing)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "error on h");
	expect(&f, a, "ATH1\r", "\r\nERROR\r\n");
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	expect(&f, a, "ATH1\r", "\r\nERROR\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, a_fault_can_wait_for_a_number_of_commands)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "error after 2");
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	expect(&f, a, "AT\r", "\r\nERROR\r\n");
	expect(&f, a, "AT\r", "\r\nERROR\r\n");
	sim_modem_clear_fault(a->modem, SIM_FAULT_ERROR);
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, junk_has_nul_and_an_overlong_line_before_the_answer)
{
	static const char answer[] = "\r\nOK\r\n";
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "junk");
	forget(a);
	say(a, "AT\r");
	run_ms(&f, 10);
	cr_assert_gt(a->heard_len, 600);
	cr_assert_not_null(memchr(a->heard, '\0', a->heard_len));
	cr_assert_arr_eq(a->heard + a->heard_len - strlen(answer), answer, strlen(answer));
	fixture_fini(&f);
}

Test(modemsim_faults, a_stuck_modem_hears_neither_escape_nor_dtr)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	set_fault(a, "stuck");
	run_ms(&f, 1100);
	expect_after(&f, a, "+++", 1100, "");
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 5000);
	cr_assert(sim_modem_is_connected(a->modem));
	fixture_fini(&f);
}

Test(modemsim_faults, ok_to_ath_proves_nothing_when_the_call_is_kept)
{
	struct sim_modem_options options;
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	options = *sim_modem_options(a->modem);
	options.voice = true;
	sim_modem_set_options(a->modem, &options);
	connect_ports(&f);
	set_fault(a, "keeps-call");
	escape(&f, a);
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	cr_assert(sim_modem_is_off_hook(a->modem));
	cr_assert(lines_of(a) & HAL_STREAM_DCD);
	expect(&f, a, "AT+VLS?\r", "\r\n+VLS: 1\r\n\r\nOK\r\n");
	forget(a);
	say(a, "AT#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(a, "60=2>"));
	expect(&f, a, "ATO\r", "\r\nCONNECT 33600\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, a_deaf_modem_ignores_dtr_but_can_be_hung_up)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	set_fault(a, "deaf-dtr");
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 3000);
	cr_assert(sim_modem_is_connected(a->modem));
	escape(&f, a);
	expect(&f, a, "ATH\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	fixture_fini(&f);
}

Test(modemsim_faults, ring_comes_between_command_and_answer)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "ring on S7");
	expect(&f, a, "ATS7?\r", "\r\n050\r\n\r\nRING\r\n\r\nOK\r\n");
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, split_output_comes_byte_by_byte)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "split 10");
	expect_after(&f, a, "AT\r", 15, "\r");
	run_ms(&f, 100);
	expect_heard(a, "\r\nOK\r\n");
	cr_assert_eq(a->reads, 6);
	fixture_fini(&f);
}

Test(modemsim_faults, merged_output_comes_in_one_piece)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "merge 100");
	expect_after(&f, a, "AT\r", 50, "");
	say(a, "ATS7?\r");
	run_ms(&f, 100);
	expect_heard(a, "\r\nOK\r\n\r\n050\r\n\r\nOK\r\n");
	cr_assert_eq(a->reads, 1);
	fixture_fini(&f);
}

Test(modemsim_faults, what_was_held_back_comes_when_the_fault_goes)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "merge 10000");
	expect_after(&f, a, "AT\r", 50, "");
	clear(a);
	run_ms(&f, 1);
	expect_heard(a, "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, an_answer_is_lost_once)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	set_fault(a, "lost-answer");
	expect(&f, a, "ATS7?\r", "\r\n050\r\n");
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_faults, no_carrier_can_be_lost)
{
	struct fixture f;
	struct port *a = &f.port[0];

	fixture_init(&f);
	connect_ports(&f);
	set_fault(a, "no-carrier-lost");
	cr_assert_eq(sim_exchange_clear(a->modem), 0);
	run_ms(&f, 2000);
	expect_heard(a, "");
	cr_assert_not(lines_of(a) & HAL_STREAM_DCD);
	expect(&f, a, "AT\r", "\r\nOK\r\n");
	fixture_fini(&f);
}
