/* SPDX-License-Identifier: MIT */
#include "drivers/at/redact.h"

#include <string.h>

#include <criterion/criterion.h>

Test(at_redact, commands)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"ATDT5551234", "ATDT<7 hidden>"},
		{"ATDP5551234", "ATDP<7 hidden>"},
		{"ATD+15551234;", "ATD<10 hidden>"},
		{"atdt5551234", "atdt<7 hidden>"},
		{"ATD", "ATD"},
		{"ATDT", "ATDT"},
		{"ATA", "ATA"},
		{"AT", "AT"},
		{"AT+CPIN=\"1234\"", "AT+CPIN=<6 hidden>"},
		{"AT+CPIN?", "AT+CPIN?"},
		{"AT^CPIN=1234", "AT^CPIN=<4 hidden>"},
		{"5551234", "<7 hidden>"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];

		at_redact_command(hal_slice_str(rows[i].text), buf, sizeof(buf));
		cr_assert_str_eq(buf, rows[i].shown, "%s: %s", rows[i].text, buf);
	}
}

Test(at_redact, lines)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"OK", "OK"},
		{"CONNECT 115200", "CONNECT 115200"},
		{"+CREG: 1,\"00C3\"", "+CREG: 1,\"00C3\""},
		{"ATDT5551234", "ATDT<7 hidden>"},
		{"NMBR = 5551234", "NMBR =<8 hidden>"},
		{"NMBR=5551234", "NMBR=<7 hidden>"},
		{"NAME=A SMITH", "NAME=<7 hidden>"},
		{"DATE=1122", "DATE=1122"},
		{"+CLIP: \"+15551234\",145", "+CLIP: <11 hidden>,145"},
		{"+CLIP: 5551234,129", "+CLIP: <7 hidden>,129"},
		{"+CCWA: \"5551234\",129,1,\"Ann\"", "+CCWA: <9 hidden>,129,1,<5 hidden>"},
		{"+CLCC: 1,0,3,0,0,\"5551234\",129", "+CLCC: 1,0,3,0,0,<9 hidden>,129"},
		{"+clcc: 1,0,3,0,0,\"555", "+clcc: 1,0,3,0,0,<4 hidden>"},
		{"+CLIP: \"", "+CLIP: <1 hidden>"},
		{"^DSCI: 1,0,3,0,5551234,129", "^DSCI: 1,0,3,0,<7 hidden>,129"},
		{"\x01\x02", "\\x01\\x02"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buf[64];

		at_redact_line(hal_slice_str(rows[i].text), buf, sizeof(buf));
		cr_assert_str_eq(buf, rows[i].shown, "%s: %s", rows[i].text, buf);
	}
}

Test(at_redact, short_buffers_are_never_overrun)
{
	static const char line[] = "+CLCC: 1,0,3,0,0,\"5551234\",129";

	for (size_t size = 0; size < sizeof(line) + 16; size++) {
		char buf[64];

		memset(buf, '#', sizeof(buf));
		at_redact_line(hal_slice_str(line), buf, size);
		at_redact_command(hal_slice_str(line), buf, size);
		for (size_t i = size; i < sizeof(buf); i++)
			cr_assert_eq(buf[i], '#', "size %zu", size);
		cr_assert(size == 0 || memchr(buf, '\0', size));
		cr_assert_null(memmem(buf, size, "5551", 4));
	}
}
