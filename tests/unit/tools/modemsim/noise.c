/* SPDX-License-Identifier: MIT */
/* Bad bytes: what may be asked for, and what becomes of them with error control and without. */
#include "tests/unit/tools/modemsim/fixture.h"

#include <errno.h>
#include <string.h>

TestSuite(modemsim_noise);

#define NO_CONTROL "AT+ES=0\r"
#define TOTAL	   20000

Test(modemsim_noise, texts_are_read_or_explained)
{
	static const struct {
		const char *text;
		struct sim_noise noise;
		const char *why; /* NULL: it is right */
	} texts[] = {
		{"none", {SIM_NOISE_NONE, SIM_NOISE_IN, 0, 0}, NULL},
		{"flip in 1000", {SIM_NOISE_FLIP, SIM_NOISE_IN, 1000, 1}, NULL},
		{"lose every 1", {SIM_NOISE_LOSE, SIM_NOISE_EVERY, 1, 1}, NULL},
		{" flip  at 0  burst 20 ", {SIM_NOISE_FLIP, SIM_NOISE_AT, 0, 20}, NULL},
		{"lose in 1000000000 burst 1000000",
		 {SIM_NOISE_LOSE, SIM_NOISE_IN, 1000000000, 1000000},
		 NULL},
		{"", {0}, "write none, or flip or lose"},
		{"none at all", {0}, "write none, or flip or lose"},
		{"rattle", {0}, "write none, or flip or lose"},
		{"flip", {0}, "write 'in N', 'every N' or 'at N'"},
		{"flip never 3", {0}, "write 'in N', 'every N' or 'at N'"},
		{"flip in", {0}, "write a number of bytes"},
		{"flip in 0", {0}, "write a number of bytes"},
		{"flip every 0", {0}, "write a number of bytes"},
		{"flip at 1000000001", {0}, "write a number of bytes"},
		{"flip at 5 5", {0}, "write 'burst' and a number"},
		{"flip at 5 burst", {0}, "write 'burst' and a number"},
		{"flip at 5 burst 0", {0}, "write 'burst' and a number"},
		{"flip at 5 burst 1000001", {0}, "write 'burst' and a number"},
		{"flip at 5 burst 2 3", {0}, "write 'burst' and a number"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sim_noise noise = {0};
		const char *why = "";
		int r = sim_noise_parse(hal_slice_str(texts[i].text), &noise, &why);

		cr_expect_eq(r, texts[i].why ? -EINVAL : 0, "'%s'", texts[i].text);
		cr_expect_eq(memcmp(&noise, &texts[i].noise, sizeof(noise)), 0, "'%s'",
			     texts[i].text);
		if (texts[i].why)
			cr_expect_eq(strncmp(why, texts[i].why, strlen(texts[i].why)), 0,
				     "'%s': %s", texts[i].text, why);
	}
}

Test(modemsim_noise, bad_bytes_are_where_they_are_asked_for)
{
	static const struct {
		const char *text;
		const char *hits; /* of twenty bytes */
	} patterns[] = {
		{"none", "...................."},
		{"flip every 5", "....x....x....x....x"},
		{"flip every 7 burst 3", "......xxx....xxx...."},
		{"flip at 0", "x..................."},
		{"lose at 17 burst 10", ".................xxx"},
		{"flip in 1", "xxxxxxxxxxxxxxxxxxxx"},
	};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct sim_noise_state state;
		struct sim_noise noise;
		char hits[21] = "";
		const char *why;

		cr_assert_eq(sim_noise_parse(hal_slice_str(patterns[i].text), &noise, &why), 0);
		sim_noise_start(&state, 1);
		for (int k = 0; k < 20; k++)
			hits[k] = sim_noise_hits(&state, &noise) ? 'x' : '.';
		cr_expect_str_eq(hits, patterns[i].hits, "%s: %s", patterns[i].text, hits);
	}
}

Test(modemsim_noise, chance_is_as_frequent_as_asked_for_and_the_same_for_the_same_seed)
{
	const struct sim_noise noise = {SIM_NOISE_FLIP, SIM_NOISE_IN, 100, 1};
	unsigned int counts[3] = {0};

	for (uint32_t run = 0; run < 3; run++) {
		struct sim_noise_state state;

		sim_noise_start(&state, run / 2);
		for (unsigned int i = 0; i < 1000000; i++)
			counts[run] += sim_noise_hits(&state, &noise);
		cr_assert(counts[run] > 9500 && counts[run] < 10500, "%u", counts[run]);
	}
	cr_assert_eq(counts[0], counts[1]);
	cr_assert_neq(counts[0], counts[2]);
}

/* ---- on the line ---- */

static void set_noise(struct port *port, const char *text, uint32_t speed, uint32_t latency_ms)
{
	struct sim_modem_options options = *sim_modem_options(port->modem);
	const char *why = "";

	cr_assert_eq(sim_noise_parse(hal_slice_str(text), &options.noise, &why), 0, "%s", why);
	options.speed = speed;
	options.latency_ms = latency_ms;
	sim_modem_set_options(port->modem, &options);
}

static void fill(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 256);
}

/* Send it all, as fast as it is taken. @return milliseconds until it had arrived */
static uint64_t carry(struct fixture *f, struct port *from, struct port *to, const char *data,
		      size_t len)
{
	uint64_t begin = now_ms(f);
	size_t sent = 0;

	while (to->heard_len < len && now_ms(f) < begin + 100000) {
		ssize_t n = sent < len ? hal_stream_write(from->dte, data + sent, len - sent) : 0;

		sent += n > 0 ? (size_t)n : 0;
		run_ms(f, 1);
	}
	return now_ms(f) - begin;
}

Test(modemsim_noise, error_control_repairs_all_and_counts_each)
{
	static const struct {
		const char *name;
		const char *noise;
		uint32_t speed, latency_ms, every;
	} lines[] = {
		{"a byte now and then", "flip every 1000", 33600, 0, 1000},
		{"lost ones", "lose every 777", 33600, 0, 777},
		{"a long line", "flip every 1000", 33600, 50, 1000},
		{"no speed", "flip every 500", 0, 0, 500},
	};
	char data[TOTAL];

	fill(data, sizeof(data));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct sim_link *out, *in;
		uint64_t ms, errors, frames, us;
		struct fixture f;
		struct port *a = &f.port[0], *b = &f.port[1];

		fixture_init(&f);
		set_noise(b, lines[i].noise, lines[i].speed, lines[i].latency_ms);
		connect_ports(&f);
		ms = carry(&f, a, b, data, sizeof(data));
		cr_assert_eq(b->heard_len, sizeof(data), "%s", lines[i].name);
		cr_assert_arr_eq(b->heard, data, sizeof(data), "%s", lines[i].name);
		out = sim_modem_link(a->modem);
		in = sim_modem_link(b->modem);
		errors = out->errors_tx;
		/* Frames that are sent again are noise's, too; here all of those are full. */
		cr_expect_eq(errors, (TOTAL + 128 * errors) / lines[i].every, "%s: %lu",
			     lines[i].name, (unsigned long)errors);
		cr_expect_gt(errors, 10, "%s", lines[i].name);
		cr_expect_eq(in->errors_rx, errors);
		cr_expect_eq(out->frames_tx, in->frames_rx + errors);
		cr_expect_eq(out->errors_rx + in->errors_tx + in->flipped + in->dropped, 0);
		cr_expect_eq(out->tx, TOTAL);
		cr_expect_eq(in->rx, TOTAL);
		/* And each takes its time: the frame, and there and back again. */
		frames = out->frames_tx;
		us = lines[i].speed ? (TOTAL + 128 * errors + 6 * frames) * 8000000 / lines[i].speed
				    : 0;
		us += (2 * errors + 1) * lines[i].latency_ms * 1000;
		cr_expect(ms * 1000 >= us && ms * 1000 <= us + 6000 + us / 50, "%s: %lu ms, %lu us",
			  lines[i].name, (unsigned long)ms, (unsigned long)us);
		fixture_fini(&f);
	}
}

Test(modemsim_noise, without_error_control_bad_bytes_reach_the_user)
{
	char data[TOTAL];
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fill(data, sizeof(data));
	fixture_init(&f);
	expect(&f, a, NO_CONTROL, "\r\nOK\r\n");
	set_noise(b, "flip every 1000 burst 2", 0, 0);
	connect_ports(&f);
	(void)carry(&f, a, b, data, sizeof(data));
	cr_assert_eq(b->heard_len, sizeof(data));
	for (size_t i = 0; i < sizeof(data); i++) {
		bool bad = i % 1000 == 999 || (i > 0 && i % 1000 == 0);
		unsigned int bits = (unsigned char)(data[i] ^ b->heard[i]);

		cr_expect_eq(__builtin_popcount(bits), bad, "at %zu", i);
	}
	cr_assert_eq(sim_modem_link(b->modem)->flipped, 39, "the last burst is cut off");
	cr_assert_eq(sim_modem_link(b->modem)->errors_rx, 0, "no modem knows");

	set_noise(b, "lose at 100 burst 50", 0, 0);
	forget(b);
	say_bytes(a, data, 1000);
	run_ms(&f, 10);
	cr_assert_eq(b->heard_len, 950);
	cr_assert_arr_eq(b->heard, data, 100);
	cr_assert_arr_eq(b->heard + 100, data + 150, 850);
	cr_assert_eq(sim_modem_link(b->modem)->dropped, 50);
	fixture_fini(&f);
}

Test(modemsim_noise, a_line_that_carries_nothing_is_given_up)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	set_noise(b, "flip every 1", 33600, 0);
	connect_ports(&f);
	say(a, "nobody will ever read this");
	run_ms(&f, 1000);
	expect_heard(a, "\r\nNO CARRIER\r\n");
	expect_heard(b, "");
	cr_assert_eq(sim_modem_link(a->modem)->errors_tx, 11);
	cr_assert_eq(sim_modem_link(a->modem)->lost_tx, 26);
	forget(a);
	say(a, "AT#UD\r");
	run_ms(&f, 1);
	cr_assert(has_heard(a, "60=5D>"), "%s", a->heard);
	cr_assert(has_heard(a, "56=B 57=0 58=B 59=0>"), "%s", a->heard);
	cr_assert(has_heard(a, "52=0 53=0 54=1A 55=0>"), "%s", a->heard);
	run_ms(&f, 2000);
	expect_heard(b, "\r\nNO CARRIER\r\n");
	fixture_fini(&f);
}

/* ---- retrains and rates ---- */

Test(modemsim_noise, a_retrain_holds_both_ends_up_and_is_counted_by_who_asked)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	cr_assert_eq(sim_modem_retrain(a->modem), -ENOTCONN);
	connect_ports(&f);
	cr_assert_eq(sim_modem_retrain(a->modem), 0);
	say(a, "late");
	say(b, "as late");
	run_ms(&f, 999);
	expect_heard(a, "");
	expect_heard(b, "");
	cr_assert(lines_of(a) & HAL_STREAM_DCD);
	run_ms(&f, 2);
	expect_heard(a, "as late");
	expect_heard(b, "late");
	cr_assert_eq(sim_modem_retrain(a->modem), 0);
	cr_assert_eq(sim_modem_retrain(b->modem), 0);
	escape(&f, a);
	say(a, "ATH#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(a, "30=0 31=0 32=2 33=1>"), "%s", a->heard);
	cr_assert_eq(sim_modem_link(b->modem)->retrains_asked, 1);
	cr_assert_eq(sim_modem_link(b->modem)->retrains_granted, 2);
	run_ms(&f, 2000);
	fixture_fini(&f);
}

Test(modemsim_noise, another_speed_is_a_renegotiation_at_both_ends)
{
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fixture_init(&f);
	connect_ports(&f);
	set_noise(b, "none", 9600, 0);
	set_noise(b, "none", 9600, 10);
	set_noise(a, "none", 4800, 0);
	escape(&f, a);
	say(a, "ATH#UD\r");
	run_ms(&f, 10);
	cr_assert(has_heard(a, "34=12C0 35=12C0 44=1>"), "%s", a->heard);
	cr_assert(has_heard(a, "30=0 31=2 32=0 33=0>"), "%s", a->heard);
	cr_assert_eq(sim_modem_link(b->modem)->renegotiations, 2);
	run_ms(&f, 2000);
	fixture_fini(&f);
}

/* ---- counts ---- */

Test(modemsim_noise, what_the_end_of_a_call_overtakes_is_counted_where_it_was)
{
	char data[TOTAL];
	const struct sim_link *out, *in;
	struct fixture f;
	struct port *a = &f.port[0], *b = &f.port[1];

	fill(data, sizeof(data));
	fixture_init(&f);
	connect_ports(&f);
	b->deaf = true;
	for (int ms = 0; ms < 100; ms++) {
		(void)hal_stream_write(a->dte, data, sizeof(data));
		run_ms(&f, 1);
	}
	out = sim_modem_link(a->modem);
	in = sim_modem_link(b->modem);
	cr_assert_eq(hal_stream_set_lines(a->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 1);
	cr_assert_eq(out->lost_tx, 4096, "it was still in the modem");
	cr_assert_eq(out->tx, in->rx);
	cr_assert_eq(hal_stream_set_lines(b->dte, HAL_STREAM_DTR, false), 0);
	run_ms(&f, 1);
	cr_assert_eq(in->lost_rx, 4096, "and there");
	b->deaf = false;
	cr_assert_eq(hal_stream_want_read(b->dte, true), 0);
	run_ms(&f, 100);
	cr_assert(has_heard(b, "\r\nNO CARRIER\r\n"));
	cr_assert_eq(b->heard_len - strlen("\r\nNO CARRIER\r\n"), in->rx - in->lost_rx);
	fixture_fini(&f);
}

Test(modemsim_noise, connect_tells_error_control_and_compression_when_asked_to)
{
	static const struct {
		const char *setup;
		const char *heard;
	} cases[] = {
		{"AT\r", "\r\nCONNECT 33600/ARQ/V34/LAPM/V42BIS\r\n"},
		{"AT+DS=0\r", "\r\nCONNECT 33600/ARQ/V34/LAPM\r\n"},
		{NO_CONTROL, "\r\nCONNECT 33600/V34/NONE\r\n"},
		{"ATX0\r", "\r\nCONNECT\r\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_modem_options options;
		struct fixture f;
		struct port *a = &f.port[0];

		fixture_init(&f);
		options = *sim_modem_options(a->modem);
		options.connect_flags = true;
		sim_modem_set_options(a->modem, &options);
		expect(&f, a, cases[i].setup, "\r\nOK\r\n");
		forget(a);
		say(a, "ATD102\r");
		run_ms(&f, 200);
		say(&f.port[1], "ATA\r");
		run_ms(&f, 300);
		expect_heard(a, cases[i].heard);
		fixture_fini(&f);
	}
}
