/* SPDX-License-Identifier: MIT */
#include "drivers/at/result.h"

#include <errno.h>
#include <string.h>

#include "drivers/at/params.h"

struct result_row {
	struct hal_slice text;
	enum at_result result;
};

/* The first row of a result has its canonical text. */
static const struct result_row rows[] = {
	{{"OK", 2}, AT_RESULT_OK},
	{{"CONNECT", 7}, AT_RESULT_CONNECT},
	{{"RING", 4}, AT_RESULT_RING},
	{{"NO CARRIER", 10}, AT_RESULT_NO_CARRIER},
	{{"ERROR", 5}, AT_RESULT_ERROR},
	{{"NO DIALTONE", 11}, AT_RESULT_NO_DIALTONE},
	{{"NO DIAL TONE", 12}, AT_RESULT_NO_DIALTONE},
	{{"BUSY", 4}, AT_RESULT_BUSY},
	{{"NO ANSWER", 9}, AT_RESULT_NO_ANSWER},
	{{"RINGING", 7}, AT_RESULT_RINGING},
	{{"DELAYED", 7}, AT_RESULT_DELAYED},
	{{"BLACKLISTED", 11}, AT_RESULT_BLACKLISTED},
	{{"NO LINE", 7}, AT_RESULT_NO_LINE},
	{{"LINE IN USE", 11}, AT_RESULT_LINE_IN_USE},
	{{"VCON", 4}, AT_RESULT_VCON},
	/* Huawei's ERROR for what it does not know */
	{{"COMMAND NOT SUPPORT", 19}, AT_RESULT_ERROR},
};

static const struct result_row prefix_rows[] = {
	{{"CONNECT ", 8}, AT_RESULT_CONNECT},	    {{"CONNECT/", 8}, AT_RESULT_CONNECT},
	{{"+CME ERROR:", 11}, AT_RESULT_CME_ERROR}, {{"+CMS ERROR:", 11}, AT_RESULT_CMS_ERROR},
	{{"+EXT ERROR:", 11}, AT_RESULT_ERROR},
};

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#define LETTER(c) (UINT32_C(1) << ((c) - 'A'))

/* Of all rows without '+'. */
static const uint32_t first_letters = LETTER('B') | LETTER('C') | LETTER('D') | LETTER('E') |
				      LETTER('L') | LETTER('N') | LETTER('O') | LETTER('R') |
				      LETTER('V');

/* What nearly all other lines do not have. */
static inline bool may_be_result(struct hal_slice line)
{
	unsigned int letter;

	if (line.len == 0)
		return false;
	if (line.data[0] == '+')
		return line.len > 4 && line.data[4] == ' ';
	letter = (unsigned char)line.data[0] - 'A';
	return letter <= 'Z' - 'A' && (first_letters >> letter & 1);
}

/* Kept apart, as what asks whether it is worth while needs no stack. */
__attribute__((noinline)) static enum at_result search(struct hal_slice line)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].text.len == line.len && rows[i].text.data[0] == line.data[0] &&
		    memcmp(rows[i].text.data, line.data, line.len) == 0)
			return rows[i].result;
	}
	for (size_t i = 0; i < ARRAY_LEN(prefix_rows); i++) {
		if (hal_slice_starts(line, prefix_rows[i].text))
			return prefix_rows[i].result;
	}
	return AT_RESULT_NONE;
}

enum at_result at_result_parse(struct hal_slice line)
{
	return may_be_result(line) ? search(line) : AT_RESULT_NONE;
}

const char *at_result_name(enum at_result result)
{
	if (result == AT_RESULT_CME_ERROR)
		return "+CME ERROR";
	if (result == AT_RESULT_CMS_ERROR)
		return "+CMS ERROR";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].result == result)
			return rows[i].text.data;
	}
	return "none";
}

bool at_result_is_plain_final(enum at_result result)
{
	return result == AT_RESULT_OK || result == AT_RESULT_ERROR ||
	       result == AT_RESULT_CME_ERROR || result == AT_RESULT_CMS_ERROR;
}

bool at_result_is_call_final(enum at_result result)
{
	switch (result) {
	case AT_RESULT_CONNECT:
	case AT_RESULT_NO_CARRIER:
	case AT_RESULT_NO_DIALTONE:
	case AT_RESULT_BUSY:
	case AT_RESULT_NO_ANSWER:
	case AT_RESULT_DELAYED:
	case AT_RESULT_BLACKLISTED:
	case AT_RESULT_NO_LINE:
	case AT_RESULT_LINE_IN_USE:
	case AT_RESULT_VCON:
		return true;
	case AT_RESULT_NONE:
	case AT_RESULT_OK:
	case AT_RESULT_RING:
	case AT_RESULT_ERROR:
	case AT_RESULT_CME_ERROR:
	case AT_RESULT_CMS_ERROR:
	case AT_RESULT_RINGING:
		return false;
	}
	return false;
}

bool at_result_error_code(struct hal_slice line, uint32_t *ret_code)
{
	struct at_params params;

	if (!at_params_start(line, "+CME ERROR:", &params) &&
	    !at_params_start(line, "+CMS ERROR:", &params))
		return false;
	return at_params_u32(&params, ret_code) == 0;
}
