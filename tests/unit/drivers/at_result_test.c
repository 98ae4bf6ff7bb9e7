/* SPDX-License-Identifier: MIT */
#include "drivers/at/result.h"

#include <string.h>

#include <criterion/criterion.h>

Test(at_result, lines)
{
	static const struct {
		const char *line;
		enum at_result result;
	} rows[] = {
		{"OK", AT_RESULT_OK},
		{"CONNECT", AT_RESULT_CONNECT},
		{"CONNECT 9600", AT_RESULT_CONNECT},
		{"CONNECT 33600/ARQ/V34/LAPM/V42BIS", AT_RESULT_CONNECT},
		{"CONNECT/ARQ", AT_RESULT_CONNECT},
		{"RING", AT_RESULT_RING},
		{"NO CARRIER", AT_RESULT_NO_CARRIER},
		{"ERROR", AT_RESULT_ERROR},
		{"NO DIALTONE", AT_RESULT_NO_DIALTONE},
		{"NO DIAL TONE", AT_RESULT_NO_DIALTONE},
		{"BUSY", AT_RESULT_BUSY},
		{"NO ANSWER", AT_RESULT_NO_ANSWER},
		{"+CME ERROR: 30", AT_RESULT_CME_ERROR},
		{"+CME ERROR: SIM not inserted", AT_RESULT_CME_ERROR},
		{"+CMS ERROR: 500", AT_RESULT_CMS_ERROR},
		{"+EXT ERROR: 4", AT_RESULT_ERROR},
		{"COMMAND NOT SUPPORT", AT_RESULT_ERROR},
		{"RINGING", AT_RESULT_RINGING},
		{"DELAYED", AT_RESULT_DELAYED},
		{"BLACKLISTED", AT_RESULT_BLACKLISTED},
		{"NO LINE", AT_RESULT_NO_LINE},
		{"LINE IN USE", AT_RESULT_LINE_IN_USE},
		{"VCON", AT_RESULT_VCON},
		/* What only looks like one */
		{"", AT_RESULT_NONE},
		{"O", AT_RESULT_NONE},
		{"OK see you", AT_RESULT_NONE},
		{"OK ", AT_RESULT_NONE},
		{" OK", AT_RESULT_NONE},
		{"ok", AT_RESULT_NONE},
		{"Ok", AT_RESULT_NONE},
		{"BUSYNET", AT_RESULT_NONE},
		{"BUSY today", AT_RESULT_NONE},
		{"+COPS: 0,0,\"BUSYNET\"", AT_RESULT_NONE},
		{"NO CARRIERS", AT_RESULT_NONE},
		{"NO  CARRIER", AT_RESULT_NONE},
		{"no carrier", AT_RESULT_NONE},
		{"ERRORCOUNT", AT_RESULT_NONE},
		{"ERROR COUNT: 0", AT_RESULT_NONE},
		{"CONNECTED", AT_RESULT_NONE},
		{"CONNECTION 1", AT_RESULT_NONE},
		{"Connect 9600", AT_RESULT_NONE},
		{"RING ", AT_RESULT_NONE},
		{"RINGBACK", AT_RESULT_NONE},
		{"+CRING: VOICE", AT_RESULT_NONE},
		{"+CME ERRORS", AT_RESULT_NONE},
		{"+CMEE: 1", AT_RESULT_NONE},
		{"+CREG: 1,\"00C3\",\"0A1B\"", AT_RESULT_NONE},
		{"0", AT_RESULT_NONE},
		{"3", AT_RESULT_NONE},
		{"NMBR = 5551234", AT_RESULT_NONE},
		{"NAME=NO CARRIER", AT_RESULT_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum at_result result = at_result_parse(hal_slice_str(rows[i].line));

		cr_assert_eq(result, rows[i].result, "%s: %d", rows[i].line, (int)result);
	}
}

Test(at_result, names_parse_back)
{
	for (int i = AT_RESULT_OK; i <= AT_RESULT_VCON; i++) {
		enum at_result result = (enum at_result)i;
		char line[32];

		strcpy(line, at_result_name(result));
		if (result == AT_RESULT_CME_ERROR || result == AT_RESULT_CMS_ERROR)
			strcat(line, ":");
		cr_assert_eq(at_result_parse(hal_slice_str(line)), result, "%s", line);
	}
	cr_assert_str_eq(at_result_name(AT_RESULT_NO_DIALTONE), "NO DIALTONE");
	cr_assert_str_eq(at_result_name(AT_RESULT_NONE), "none");
}

Test(at_result, each_is_plain_final_or_call_final_or_neither)
{
	static const char kinds[] = {
		[AT_RESULT_NONE] = '-',	       [AT_RESULT_OK] = 'p',
		[AT_RESULT_CONNECT] = 'c',     [AT_RESULT_RING] = '-',
		[AT_RESULT_NO_CARRIER] = 'c',  [AT_RESULT_ERROR] = 'p',
		[AT_RESULT_NO_DIALTONE] = 'c', [AT_RESULT_BUSY] = 'c',
		[AT_RESULT_NO_ANSWER] = 'c',   [AT_RESULT_CME_ERROR] = 'p',
		[AT_RESULT_CMS_ERROR] = 'p',   [AT_RESULT_RINGING] = '-',
		[AT_RESULT_DELAYED] = 'c',     [AT_RESULT_BLACKLISTED] = 'c',
		[AT_RESULT_NO_LINE] = 'c',     [AT_RESULT_LINE_IN_USE] = 'c',
		[AT_RESULT_VCON] = 'c',
	};

	for (size_t i = 0; i < sizeof(kinds); i++) {
		enum at_result result = (enum at_result)i;

		cr_assert_eq(at_result_is_plain_final(result), kinds[i] == 'p', "%zu", i);
		cr_assert_eq(at_result_is_call_final(result), kinds[i] == 'c', "%zu", i);
	}
}

Test(at_result, error_codes)
{
	static const struct {
		const char *line;
		bool found;
		uint32_t code;
	} rows[] = {
		{"+CME ERROR: 30", true, 30},
		{"+CME ERROR:100", true, 100},
		{"+CMS ERROR: 500", true, 500},
		{"+CME ERROR: SIM busy", false, 0},
		{"+CME ERROR:", false, 0},
		{"+CME ERROR: 99999999999", false, 0},
		{"ERROR", false, 0},
		{"+CMEE: 1", false, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t code = 0;

		cr_assert_eq(at_result_error_code(hal_slice_str(rows[i].line), &code),
			     rows[i].found, "%s", rows[i].line);
		cr_assert_eq(code, rows[i].code, "%s", rows[i].line);
	}
}
