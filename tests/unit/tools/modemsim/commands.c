/* SPDX-License-Identifier: MIT */
/* What an idle modem answers: V.250's command line, parameters and result codes. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <string.h>

TestSuite(modemsim_commands);

struct dialogue {
	const char *name;
	const char *say;
	const char *answer;
};

#define OK     "\r\nOK\r\n"
#define ERR    "\r\nERROR\r\n"
#define I(s)   "\r\n" s "\r\n"
#define AAAA16 "AAAAAAAAAAAAAAAA"
#define AAAA64 AAAA16 AAAA16 AAAA16 AAAA16

static const struct dialogue dialogues[] = {
	{"empty", "AT\r", OK},
	{"lower case", "at\r", OK},
	{"mixed case prefix", "aT\r", OK},
	{"bit 7 is ignored", "\xc1\xd4\x8d", OK},
	{"noise before", "xyzAT\r", OK},
	{"A before AT", "AAT\r", OK},
	{"no AT", "HELLO\r", ""},
	{"spaces", "AT E0 Q0\r", OK},
	{"line feed after CR", "AT\r\n", OK},
	{"control characters are ignored", "A\001T\r", ""},
	{"control characters in the body are ignored", "ATE\0010\r", OK},
	{"backspace", "ATE9\b0\r", OK},
	{"backspace at the start", "AT\b\bE0\r", OK},
	{"several basic commands", "ATE0Q0V1X4L1M2&C1&D2\r", OK},
	{"first error ends the line", "ATE7S0?\r", ERR},
	{"what precedes the error is done", "ATS8=7E7\r", ERR},
	{"S8 was set", "ATS8?\r", I("007") OK},
	{"unknown letter", "ATY\r", ERR},
	{"unknown ampersand", "AT&Y\r", ERR},
	{"lone ampersand", "AT&\r", ERR},
	{"value out of range", "ATX5\r", ERR},
	{"huge value", "ATX99999999999\r", ERR},
	{"too long", "AT" AAAA64 AAAA64 AAAA64 AAAA64 "A\r", ERR},
	{"identify", "ATI\r", I("Emulated V.250 modem") OK},
	{"identify revision", "ATI3\r", I("1") OK},
	{"factory settings but E0", "AT&FE0\r", OK},
	{"S0 is 000", "ATS0?\r", I("000") OK},
	{"S7 is 050", "ATS7?\r", I("050") OK},
	{"S write and read", "ATS0=2S0?\r", I("002") OK},
	{"S write empty is 0", "ATS0=S0?\r", I("000") OK},
	{"S below range", "ATS7=0\r", ERR},
	{"S above range", "ATS3=128\r", ERR},
	{"S far above range", "ATS0=256\r", ERR},
	{"no such S", "ATS13?\r", ERR},
	{"S without verb", "ATS0\r", ERR},
	{"S with another verb", "ATS0!\r", ERR},
	{"manufacturer", "AT+GMI\r", I("Trunkline") OK},
	{"model", "AT+gmm\r", I("Emulated V.250 modem") OK},
	{"revision and serial in one line", "AT+GMR;+GSN\r", I("1") I("0") OK},
	{"text test", "AT+GMI=?\r", OK},
	{"text set", "AT+GMI=1\r", ERR},
	{"capabilities", "AT+GCAP\r", I("+GCAP: +ES,+DS") OK},
	{"capabilities test", "AT+GCAP=?\r", OK},
	{"capabilities set", "AT+GCAP=1\r", ERR},
	{"class test", "AT+FCLASS=?\r", I("0") OK},
	{"class read", "AT+FCLASS?\r", I("0") OK},
	{"class without verb", "AT+FCLASS\r", ERR},
	{"no voice class", "AT+FCLASS=8\r", ERR},
	{"no voice hook", "AT+VLS?\r", ERR},
	{"rate", "AT+IPR=9600;+IPR?\r", I("+IPR: 9600") OK},
	{"rate is no number", "AT+IPR=fast\r", ERR},
	{"framing", "AT+ICF?\r", I("+ICF: 3,3") OK},
	{"flow test", "AT+IFC=?\r", I("+IFC: (0-3),(0-2)") OK},
	{"second field only", "AT+IFC=,1;+IFC?\r", I("+IFC: 2,1") OK},
	{"too many fields", "AT+IFC=1,1,1\r", ERR},
	{"below a field's range", "AT+DS=3,0,511\r", ERR},
	{"a bad field changes none", "AT+DS=1,7\r", ERR},
	{"compression", "AT+DS?\r", I("+DS: 3,0,2048,32") OK},
	{"error control", "AT+ES?\r", I("+ES: 3,0,2") OK},
	{"reports", "AT+MR=1;+ER=1;+DR=1;+ILRR=1\r", OK},
	{"number without verb", "AT+MR\r", ERR},
	{"extended then basic", "AT+MR=0;E0\r", OK},
	{"basic then extended", "ATE0+MR?\r", I("+MR: 0") OK},
	{"blanks around", "AT +MR = 1 ; +MR ?\r", I("+MR: 1") OK},
	{"rubbish after the name", "AT+MR?1\r", ERR},
	{"unknown extended", "AT+NONSENSE\r", ERR},
	{"bare plus", "AT+\r", ERR},
	{"semicolon in a string", "AT+NONSENSE=\";\";+MR?\r", ERR},
	{"diagnostics without a call", "AT#UD\r",
	 I("DIAG <2A4D3263 0=1 1=0 2=0>") I("DIAG <2A4D3263 60=1>") OK},
	{"diagnostics take no value", "AT#UD=1\r", ERR},
	{"online without a call", "ATO\r", I("NO CARRIER")},
	{"hang up without a call", "ATH\r", OK},
	{"hook out of range", "ATH2\r", ERR},
	{"reset ignores the rest", "ATZS99?\r", OK},
	{"echo is back after reset", "ATE0\r", "ATE0\r" OK},
	{"dial nonsense", "ATDxyz\r", ERR},
	{"dial too many digits", "ATD01234567890123456789012345678901\r", ERR},
	{"dial with something after the semicolon", "ATD1;H\r", ERR},
};

Test(modemsim_commands, answers_follow_v250)
{
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		struct port *port = &f.port[0];

		forget(port);
		say(port, dialogues[i].say);
		run_ms(&f, 10);
		cr_expect_str_eq(port->heard, dialogues[i].answer, "%s: heard '%s'",
				 dialogues[i].name, port->heard);
	}
	fixture_fini(&f);
}

Test(modemsim_commands, one_byte_at_a_time_is_the_same)
{
	struct fixture f;

	fixture_init(&f);
	for (const char *c = "ATS7?\r"; *c; c++) {
		say_bytes(&f.port[0], c, 1);
		run_ms(&f, 5);
	}
	cr_assert(has_heard(&f.port[0], "\r\n050\r\n\r\nOK\r\n"));
	fixture_fini(&f);
}

Test(modemsim_commands, echo_repeats_every_byte_at_once)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, &f.port[0], "ATE1\r", "\r\nOK\r\n");
	expect(&f, &f.port[0], "AT", "AT");
	expect(&f, &f.port[0], "S0?", "S0?");
	expect(&f, &f.port[0], "\r", "\r\r\n000\r\n\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_commands, a_slash_repeats_without_return)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, &f.port[0], "ATS7?\r", "\r\n050\r\n\r\nOK\r\n");
	expect(&f, &f.port[0], "A/", "\r\n050\r\n\r\nOK\r\n");
	expect(&f, &f.port[0], "a/", "\r\n050\r\n\r\nOK\r\n");
	cr_assert_eq(sim_modem_stats(f.port[0].modem)->commands, 4);
	fixture_fini(&f);
}

Test(modemsim_commands, numeric_results_end_in_one_return)
{
	static const struct dialogue numeric[] = {
		{"ok", "ATV0\r", "0\r"},
		{"error", "ATY\r", "4\r"},
		{"information", "ATS0?\r", "000\r\n0\r"},
		{"no carrier", "ATO\r", "3\r"},
		{"verbose again", "ATV1\r", "\r\nOK\r\n"},
	};
	struct fixture f;

	fixture_init(&f);
	for (size_t i = 0; i < sizeof(numeric) / sizeof(numeric[0]); i++)
		expect(&f, &f.port[0], numeric[i].say, numeric[i].answer);
	fixture_fini(&f);
}

Test(modemsim_commands, quiet_hides_results_but_not_information)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, &f.port[0], "ATQ1\r", "");
	expect(&f, &f.port[0], "ATY\r", "");
	expect(&f, &f.port[0], "ATS0?\r", "\r\n000\r\n");
	expect(&f, &f.port[0], "ATQ0\r", "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_commands, s3_and_s4_change_the_frame)
{
	struct fixture f;

	fixture_init(&f);
	expect(&f, &f.port[0], "ATS3=33S4=35\r", "!#OK!#");
	expect(&f, &f.port[0], "ATS3=13S4=10!", "\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_commands, voice_class_controls_the_hook)
{
	struct sim_modem_options options;
	struct fixture f;
	struct port *port = &f.port[0];

	fixture_init(&f);
	options = *sim_modem_options(port->modem);
	options.voice = true;
	sim_modem_set_options(port->modem, &options);

	expect(&f, port, "AT+FCLASS=?\r", "\r\n0,8\r\n\r\nOK\r\n");
	expect(&f, port, "AT+VLS=1\r", "\r\nERROR\r\n");
	expect(&f, port, "AT+FCLASS=8\r", "\r\nOK\r\n");
	expect(&f, port, "AT+VLS=?\r", "\r\n+VLS: (0,1)\r\n\r\nOK\r\n");
	expect(&f, port, "AT+VLS=1\r", "\r\nOK\r\n");
	cr_assert(sim_modem_is_off_hook(port->modem));
	expect(&f, port, "AT+VLS?\r", "\r\n+VLS: 1\r\n\r\nOK\r\n");
	expect(&f, port, "AT+VLS=2\r", "\r\nERROR\r\n");
	expect(&f, port, "AT+VLS=0\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_off_hook(port->modem));
	expect(&f, port, "ATH1\r", "\r\nOK\r\n");
	cr_assert(sim_modem_is_off_hook(port->modem));
	expect(&f, port, "ATH\r", "\r\nOK\r\n");
	cr_assert_not(sim_modem_is_off_hook(port->modem));
	expect(&f, port, "AT+FCLASS?\r", "\r\n0\r\n\r\nOK\r\n");
	fixture_fini(&f);
}

Test(modemsim_commands, options_choose_what_ato_ud_and_vcid_say)
{
	struct sim_modem_options options;
	struct fixture f;
	struct port *port = &f.port[0];

	fixture_init(&f);
	options = *sim_modem_options(port->modem);
	options.online_error = true;
	options.no_diagnostics = true;
	options.no_caller_id = true;
	sim_modem_set_options(port->modem, &options);

	expect(&f, port, "ATO\r", "\r\nERROR\r\n");
	expect(&f, port, "AT#UD\r", "\r\nERROR\r\n");
	expect(&f, port, "AT+VCID=1\r", "\r\nERROR\r\n");
	fixture_fini(&f);
}

/* Letters that make commands, the rest of ASCII, and bytes: whatever comes, the modem survives. */
Test(modemsim_commands, no_bytes_confuse_a_modem_for_good)
{
	static const char words[] = "ATDASZEQVXIHO/&+#;=?,0123456789\r\n \"";
	struct fixture f;
	struct port *a = &f.port[0];
	struct hal_stream *dce;
	char answer[16];
	uint32_t seed = 1;

	fixture_init(&f);
	for (int i = 0; i < 20000; i++) {
		char bytes[12] = "\rAT";

		for (size_t k = 3; k < sizeof(bytes); k++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[k] = (seed >> 30) ? words[(seed >> 8) % (sizeof(words) - 1)]
						: (char)(seed >> 16);
		}
		forget(a);
		say_bytes(a, bytes, sizeof(bytes));
		run_ms(&f, 150);
	}
	cr_assert_geq(sim_modem_stats(a->modem)->commands, 10000);

	sim_modem_detach(a->modem);
	hal_stream_close(a->dte);
	cr_assert_eq(hal_stream_mem_pair(f.loop, NULL, &a->dte, &dce), 0);
	cr_assert_eq(sim_modem_attach(a->modem, dce), 0);
	run_ms(&f, 1);
	cr_assert_not(sim_modem_is_off_hook(a->modem));
	cr_assert_eq(hal_stream_write(a->dte, "AT\r", 3), 3);
	run_ms(&f, 1);
	cr_assert_eq(hal_stream_read(a->dte, answer, sizeof(answer)), 9);
	cr_assert_arr_eq(answer, "AT\r\r\nOK\r\n", 9);
	fixture_fini(&f);
}
