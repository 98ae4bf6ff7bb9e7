/* SPDX-License-Identifier: MIT */

/*
 * A user's command. What is let through is looked at again in another way: cut at ';', a piece is
 * basic commands up to the first character that begins an extended one. In the basic part each
 * letter without a prefix is a command; in a vendor's command so is a letter behind a number.
 */

#include <string.h>

#include "drivers/v250/v250.h"
#include "fuzz.h"

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

static bool is_call(char c)
{
	return is_in("ADHOZadhoz", c);
}

static size_t check_basic(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && !is_in("+#*^$-@!", text[i]); i++)
		FUZZ_CHECK(!is_call(text[i]) || (i > 0 && is_in("&%\\", text[i - 1])));
	return i;
}

static void check_piece(const char *text, size_t len)
{
	size_t i = check_basic(text, len);

	if (i == len || text[i] == '+')
		return;
	for (i++; i < len; i++)
		FUZZ_CHECK(!is_call(text[i]) || !is_in("0123456789?", text[i - 1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[AT_CMD_TEXT_MAX];
	size_t len = 0;

	if (v250_command_check(hal_slice((const char *)data, size)) < 0)
		return 0;
	for (size_t i = 0; i < size; i++) {
		FUZZ_CHECK(data[i] >= 0x20 && data[i] < 0x7f);
		if (data[i] == ' ')
			continue;
		FUZZ_CHECK(len < sizeof(text));
		if (data[i] == ';') {
			check_piece(text, len);
			len = 0;
		} else {
			text[len++] = (char)data[i];
		}
	}
	check_piece(text, len);
	return 0;
}
