/* SPDX-License-Identifier: MIT */
#include "core/number.h"

#include <errno.h>
#include <string.h>

/*
 * A whitelist (V.250 §6.3.1): what is not here can never reach the modem, so a number cannot end
 * the dial command and begin another one. ';' is the driver's own, to be added for voice calls.
 */
static const char dialable[] = "0123456789*#ABCDabcd,WwTtPp@!";
static const char separators[] = " -.()/";

static bool is_in(const char *set, char c)
{
	return c && strchr(set, c);
}

int core_number_normalise(const char *number, char *buf, size_t *ret_position)
{
	size_t len = 0, i;
	bool digit = false;

	for (i = 0; number[i]; i++) {
		char c = number[i];
		bool plus = c == '+' && len == 0;

		if (is_in(separators, c))
			continue;
		if ((!plus && !is_in(dialable, c)) || len == TL_NUMBER_MAX) {
			*ret_position = i;
			return -EINVAL;
		}
		digit = digit || (c >= '0' && c <= '9') || c == '*' || c == '#';
		buf[len++] = c;
	}
	if (!digit) {
		*ret_position = i;
		return -EINVAL;
	}
	buf[len] = '\0';
	return 0;
}

int tl_number_check(const char *number, size_t *ret_position)
{
	char buf[TL_NUMBER_MAX + 1];
	size_t position;
	int r;

	r = core_number_normalise(number ? number : "", buf, &position);
	if (r < 0 && ret_position)
		*ret_position = position;
	return r;
}
