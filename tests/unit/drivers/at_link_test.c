/* SPDX-License-Identifier: MIT */
#include "drivers/at/link.h"

#include <criterion/criterion.h>

static void assert_link(const char *name, const struct at_link *link,
			const struct at_link *expected)
{
	cr_assert_eq(link->rate, expected->rate, "%s: rate %u", name, link->rate);
	cr_assert_eq(link->rate_rx, expected->rate_rx, "%s: rx %u", name, link->rate_rx);
	cr_assert_eq(link->dte_rate, expected->dte_rate, "%s: dte %u", name, link->dte_rate);
	cr_assert_str_eq(link->modulation, expected->modulation, "%s", name);
	cr_assert_str_eq(link->error_control, expected->error_control, "%s", name);
	cr_assert_str_eq(link->compression, expected->compression, "%s", name);
}

Test(at_link, connect_lines)
{
	/* line, rate, receive rate, modulation, error control, compression */
	static const struct {
		const char *line;
		struct at_link link;
	} rows[] = {
		{"CONNECT", {0}},
		{"CONNECT 300", {.rate = 300}},
		{"CONNECT 1200 NoEC", {.rate = 1200, .error_control = "NONE"}},
		{"CONNECT 2400 MNP5",
		 {.rate = 2400, .error_control = "ALT", .compression = "MNP5"}},
		{"CONNECT 9600 MNP4", {.rate = 9600, .error_control = "ALT"}},
		{"CONNECT 9600/ARQ", {.rate = 9600, .error_control = "ARQ"}},
		{"CONNECT 14400/REL", {.rate = 14400, .error_control = "ARQ"}},
		{"CONNECT/ARQ", {.error_control = "ARQ"}},
		{"CONNECT 14400 V42", {.rate = 14400, .error_control = "LAPM"}},
		{"CONNECT 28800 V42bis",
		 {.rate = 28800, .error_control = "LAPM", .compression = "V42B"}},
		{"CONNECT 28800/V.42bis",
		 {.rate = 28800, .error_control = "LAPM", .compression = "V42B"}},
		{"CONNECT 33600/ARQ/V34/LAPM/V42BIS",
		 {.rate = 33600,
		  .modulation = "V34",
		  .error_control = "LAPM",
		  .compression = "V42B"}},
		{"CONNECT 49333/ARQ/V90/LAPM/V42BIS",
		 {.rate = 49333,
		  .modulation = "V90",
		  .error_control = "LAPM",
		  .compression = "V42B"}},
		{"CONNECT 52000/ARQ/V92/LAPM/V44",
		 {.rate = 52000,
		  .modulation = "V92",
		  .error_control = "LAPM",
		  .compression = "V44"}},
		{"CONNECT 45333/ARQ/x2/LAPM/V42BIS",
		 {.rate = 45333,
		  .modulation = "X2",
		  .error_control = "LAPM",
		  .compression = "V42B"}},
		{"CONNECT 14400/ARQ/HST/V42BIS",
		 {.rate = 14400,
		  .modulation = "HST",
		  .error_control = "LAPM",
		  .compression = "V42B"}},
		{"CONNECT 14400/V32b/NONE",
		 {.rate = 14400, .modulation = "V32B", .error_control = "NONE"}},
		{"CONNECT 14400 V.32bis", {.rate = 14400, .modulation = "V32B"}},
		{"CONNECT 44000 K56FLEX", {.rate = 44000, .modulation = "K56FLEX"}},
		{"CONNECT 115200 V34, LAPM",
		 {.rate = 115200, .modulation = "V34", .error_control = "LAPM"}},
		{"CONNECT 1200TX/75RX", {.rate = 1200, .rate_rx = 75}},
		{"CONNECT 75TX/1200RX", {.rate = 75, .rate_rx = 1200}},
		{"CONNECT 115200/V34/LAPM/V42BIS/33600:TX/28800:RX",
		 {.rate = 33600,
		  .rate_rx = 28800,
		  .modulation = "V34",
		  .error_control = "LAPM",
		  .compression = "V42B"}},
		{"CONNECT 9600 LAPM/ARQ", {.rate = 9600, .error_control = "LAPM"}},
		{"CONNECT 99999999999", {0}},
		{"CONNECT VOICE", {0}},
		{"CONNECT a-word-that-is-longer-than-any", {0}},
		{"CONNECT  //, /", {0}},
		{"BUSY", {0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct at_link link = {0};

		at_link_add_connect(&link, hal_slice_str(rows[i].line));
		assert_link(rows[i].line, &link, &rows[i].link);
	}
}

Test(at_link, reports)
{
	static const struct {
		const char *line;
		bool known;
		struct at_link link;
	} rows[] = {
		{"+MCR: V34", true, {.modulation = "V34"}},
		{"+MCR: V32B", true, {.modulation = "V32B"}},
		{"+MRR: 33600", true, {.rate = 33600}},
		{"+MRR: 31200,50666", true, {.rate = 31200, .rate_rx = 50666}},
		{"+ER: LAPM", true, {.error_control = "LAPM"}},
		{"+ER: ALT", true, {.error_control = "ALT"}},
		{"+ER: NONE", true, {.error_control = "NONE"}},
		{"+DR: V42B", true, {.compression = "V42B"}},
		{"+DR: NONE", true, {.compression = "NONE"}},
		{"+ILRR: 115200", true, {.dte_rate = 115200}},
		{"CARRIER 26400", true, {.rate = 26400}},
		{"CARRIER 31200/VFC", true, {.rate = 31200}},
		{"CARRIER 33600 V34", true, {.rate = 33600, .modulation = "V34"}},
		{"PROTOCOL: LAPM", true, {.error_control = "LAPM"}},
		{"PROTOCOL: LAP-M", true, {.error_control = "LAPM"}},
		{"PROTOCOL: ALT", true, {.error_control = "ALT"}},
		{"PROTOCOL: NONE", true, {.error_control = "NONE"}},
		{"COMPRESSION: CLASS 5", true, {.compression = "MNP5"}},
		{"COMPRESSION: V.42BIS", true, {.compression = "V42B"}},
		{"COMPRESSION: V.42 bis", true, {.compression = "V42B"}},
		{"COMPRESSION: NONE", true, {.compression = "NONE"}},
		{"COMPRESSION:", true, {0}},
		{"+MRR: fast", true, {0}},
		{"+MCR:", true, {0}},
		{"CARRIERS", false, {0}},
		{"NO CARRIER", false, {0}},
		{"+MRX: 1", false, {0}},
		{"", false, {0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct at_link link = {0};

		cr_assert_eq(at_link_add_report(&link, hal_slice_str(rows[i].line)), rows[i].known,
			     "%s", rows[i].line);
		assert_link(rows[i].line, &link, &rows[i].link);
	}
}

Test(at_link, connect_does_not_override_the_reports)
{
	struct at_link link = {0};

	at_link_add_report(&link, HAL_SLICE("CARRIER 26400"));
	at_link_add_report(&link, HAL_SLICE("PROTOCOL: NONE"));
	at_link_add_connect(&link, HAL_SLICE("CONNECT 115200/V34/LAPM/V42BIS"));

	assert_link("rockwell", &link,
		    &(struct at_link){.rate = 26400,
				      .modulation = "V34",
				      .error_control = "NONE",
				      .compression = "V42B"});
}
